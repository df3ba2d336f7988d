/*
 * setkey.conf as on NetBSD and ipsec-tools: text to commands and back. Algorithm names are NetBSD setkey's
 * plus the AEADs and truncations of crypto/alg.c; AEAD and counter-mode keys are key then salt. -esn and -seq
 * N are ours. It knows the syntax, not PF_KEY: commands carry sa_spec and spd_entry.
 */
#ifndef ESPY_CONFIG_SETKEY_H
#define ESPY_CONFIG_SETKEY_H

#include "ipsec/sa.h"
#include "ipsec/spd.h"

enum setkey_verb {
	SETKEY_ADD,
	SETKEY_UPDATE,
	SETKEY_GET,
	SETKEY_DELETE,
	SETKEY_DELETEALL,
	SETKEY_FLUSH,
	SETKEY_DUMP,
	SETKEY_SPDADD,
	SETKEY_SPDUPDATE,
	SETKEY_SPDDELETE,
	SETKEY_SPDFLUSH,
	SETKEY_SPDDUMP,
};

/* What -f leaves in sa_spec.flags: KAME's SADB_X_EXT_PRAND and _PZERO. */
enum setkey_flags { SETKEY_PAD_RANDOM = 0x0100, SETKEY_PAD_ZERO = 0x0200 };

/*
 * Beyond the manual page: -r counts packets on every system (a dialect turns it into octets where it must); a
 * counter may cycle when there is neither a window nor -f nocyclic-seq, or when -f cyclic-seq says so;
 * esp-udp without ports means 4500 on both sides; `prio N` puts a policy at 0x80000000 - N, and a policy
 * without it has priority 0, as libipsec has it. Ports of a request's ends are read and not kept: the SA
 * carries them.
 *
 * Ours, for one SA's tunnel header (RFC 4301 5.1.2, 8.1): -f noecn, decap-dscp, df-clear, df-set, df-copy.
 *
 * Ours, for the selectors of RFC 4301 4.4.1.1: an address may be a range (192.0.2.1-192.0.2.9), a port too ([1000-2000]) or [opaque];
 * behind icmp, icmp6 and mh TYPE[-TYPE][,CODE[-CODE]] or opaque; the protocol opaque (IPv6). Between direction and policy, in any order
 * with prio: `pfp src,dst,proto,sport,dport` (populate from packet, 4.4.1.2) and `name "USER"`. An SA says what it is for (4.4.2.1) by
 * -selector SOURCE[PORTS] DESTINATION[PORTS] PROTOCOL [TYPES].
 */
struct setkey_command {
	uint8_t verb;            /* enum setkey_verb */
	uint8_t protocol;        /* flush, dump: 50, 51, 108, 0 for all */
	struct sa_spec sa;       /* add, get, delete, deleteall; keys borrow from the script's storage */
	struct spd_entry policy; /* spd* */
	unsigned line;
	struct setkey_command *next;
};

struct setkey_script; /* owns its commands and keys, wipes them */

/*
 * Parses a whole text. name is what errors call it: "FILE:LINE:COLUMN: want .., got ..". On error nothing is
 * returned and every error is reported in e as the first of them, with the number of the rest. first_line:
 * number of the first line (a block inside a suite file).
 */
struct setkey_script *setkey_parse(const char *text, size_t n, const char *name, unsigned first_line, struct err *e);
/* The first command, NULL in an empty script; it and what it borrows live as long as the script. */
const struct setkey_command *setkey_first(const struct setkey_script *s);
/* NULL allowed. */
void setkey_free(struct setkey_script *s);

/* One command as setkey text, with the final " ;\n". Keys are written only with show_keys (else 0x..).
 * snprintf convention. */
size_t setkey_print_sa(const struct sa_spec *sa, bool show_keys, char *text, size_t cap);
size_t setkey_print_policy(const struct spd_entry *p, char *text, size_t cap);

#endif
