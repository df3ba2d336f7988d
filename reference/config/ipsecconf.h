/*
 * Policy files of ipsecconf(8): text to entries and back, and entries to what an SPD holds. Names are numeric addresses and the few
 * services of the manual; nobody is asked. A tunnel is called NAME with a number at its end, as ip.tun0, and has the SPD table of
 * that number plus one.
 */
#ifndef ESPY_CONFIG_IPSECCONF_H
#define ESPY_CONFIG_IPSECCONF_H

#include "ipsec/spd.h"

#define IPSECCONF_ALTERNATIVES 4
#define IPSECCONF_TUNNEL_NAME 32

enum ipsecconf_action { IPSECCONF_IPSEC, IPSECCONF_BYPASS, IPSECCONF_DROP, IPSECCONF_APPLY, IPSECCONF_PERMIT };
enum ipsecconf_mode { IPSECCONF_HOST, IPSECCONF_TUNNEL, IPSECCONF_TRANSPORT }; /* negotiate .. */

/* One end: an address with its prefix (family 0: any) and a port (SELECTOR_ANY). */
struct ipsecconf_end {
	struct addr addr;
	uint8_t bits;
	uint32_t port;
};

struct ipsecconf_rule {                     /* action {properties} */
	uint8_t action;                     /* enum ipsecconf_action */
	struct spd_alg ah, encr, encr_auth; /* auth_algs, encr_algs, encr_auth_algs; .wanted: it was there */
	bool unique;                        /* sa unique */
};

struct ipsecconf_entry {
	bool directed; /* saddr and daddr rather than laddr and raddr: local is the source then */
	struct ipsecconf_end local, remote;
	uint32_t ulp;                              /* SELECTOR_ANY */
	uint32_t type, type_last, code, code_last; /* SELECTOR_ANY */
	uint8_t dir;                               /* DIR_IN, DIR_OUT, or 0 for both */
	char tunnel[IPSECCONF_TUNNEL_NAME];        /* empty: the host's own policy */
	uint8_t mode;                              /* enum ipsecconf_mode */
	unsigned n;
	struct ipsecconf_rule rule[IPSECCONF_ALTERNATIVES]; /* joined by `or` */
	unsigned line;
	struct ipsecconf_entry *next;
};

struct ipsecconf_script;

/* NULL with "NAME:LINE:COLUMN: want .., got .." for the first thing that is wrong. */
struct ipsecconf_script *ipsecconf_parse(const char *text, size_t n, const char *name, unsigned first_line,
					 struct err *e);
const struct ipsecconf_entry *ipsecconf_first(const struct ipsecconf_script *s);
void ipsecconf_free(struct ipsecconf_script *s);

/*
 * What one entry is in an SPD: both directions unless it says one, both families where no address says which, and each protocol with
 * ports where a port stands without one. Returns how many; at most IPSECCONF_SPD.
 */
#define IPSECCONF_SPD 64
unsigned ipsecconf_expand(const struct ipsecconf_entry *c, struct spd_entry *out);

/* On one line, in the manual's newer form unless the entry is directed. snprintf convention. */
size_t ipsecconf_print(const struct ipsecconf_entry *c, char *text, size_t cap);

#endif
