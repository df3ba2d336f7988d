/*
 * Policies of single sockets as text, ipsec_set_policy(3): "in|out entrust|bypass|discard|none|ipsec PROTOCOL/MODE/SRC-DST/LEVEL ..".
 * What setkey.conf has of it is setkey's parser.
 */
#ifndef ESPY_CONFIG_SOCKET_TEXT_H
#define ESPY_CONFIG_SOCKET_TEXT_H

#include "ipsec/socket_policy.h"

struct socket_text { /* one policy as read */
	uint8_t dir; /* DIR_IN or DIR_OUT */
	struct socket_policy policy;
};

#define SOCKET_UNIQUE_MAX 32767 /* ipsec_set_policy(3): of a number that somebody wrote by hand */

/*
 * One policy, the whole text. name, line and column say where its first octet stands: errors are "NAME:LINE:COLUMN: want .., got ..".
 */
bool socket_text_parse(struct socket_text *t, struct bytes text, const char *name, unsigned line, unsigned column,
		       struct err *e) MUST_USE;

/*
 * Policies with ; between them, as inetd.conf(5) has them behind #@. An empty one is skipped. *n of at most cap; of several for one
 * direction the last is what takes effect (inetd(8)), and they are all there, in order.
 */
bool socket_text_parse_list(struct socket_text *list, unsigned cap, unsigned *n, struct bytes text, const char *name,
			    unsigned line, unsigned column, struct err *e) MUST_USE;

/* ipsec_dump_policy(3), on one line. snprintf convention. */
size_t socket_text_print(uint8_t dir, const struct socket_policy *p, char *text, size_t cap);

#endif
