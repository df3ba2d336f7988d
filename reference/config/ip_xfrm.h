/*
 * SAs and policies as ip-xfrm(8) of Linux writes and prints them: `ip xfrm state add ..`, `ip xfrm policy add ..`, and what `ip xfrm state`
 * and `ip xfrm policy` show.
 */
#ifndef ESPY_CONFIG_IP_XFRM_H
#define ESPY_CONFIG_IP_XFRM_H

#include "config/entries.h"

/* One command with its end. ERR_UNSUPPORTED for what Linux or the command has no words for. snprintf convention by *n. */
bool ip_xfrm_print_sa(const struct sa_spec *sa, bool show_keys, char *text, size_t cap, size_t *n,
		      struct err *e) MUST_USE;
bool ip_xfrm_print_policy(const struct spd_entry *p, char *text, size_t cap, size_t *n, struct err *e) MUST_USE;

/* Commands, or a listing, or both. NULL with "NAME:LINE: want .., got ..". Words that say nothing of IPsec are passed over. */
struct config_entries *ip_xfrm_parse(const char *text, size_t n, const char *name, struct err *e);

#endif
