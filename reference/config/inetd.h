/*
 * inetd.conf as far as IPsec goes (inetd(8), positional notation): services, and the policies that the lines "#@ POLICY; POLICY" set
 * for every service below them, until the next such line; "#@" alone resets. An invalid policy ends the reading of the file there.
 */
#ifndef ESPY_CONFIG_INETD_H
#define ESPY_CONFIG_INETD_H

#include "config/socket_text.h"

#define INETD_WORD 64
#define INETD_POLICIES 8

struct inetd_service {
	char service[INETD_WORD];  /* name or number of the port */
	char address[INETD_WORD];  /* to listen on; empty: any */
	char protocol[INETD_WORD]; /* udp, udp6, tcp, .. */
	char user[INETD_WORD];     /* whom the server runs as; inetd itself opens the socket */
	unsigned line;
	unsigned policies; /* set on the socket in this order, so that the last one of a direction takes effect */
	struct socket_text policy[INETD_POLICIES];
};

/*
 * At most cap services into list. False with "NAME:LINE:COLUMN: .." at the first line that is wrong; *n are those before it, which
 * inetd serves all the same.
 */
bool inetd_parse(struct inetd_service *list, unsigned cap, unsigned *n, struct bytes text, const char *name,
		 struct err *e) MUST_USE;

/* What takes effect in a direction: the last said; NULL: the host's default. */
const struct socket_policy *inetd_policy(const struct inetd_service *s, uint8_t dir);

#endif
