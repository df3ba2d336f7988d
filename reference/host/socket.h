/*
 * Single sockets and their policies (ipsec/socket_policy.h): one for each direction, asked in front of the SPD when the socket speaks and
 * when it is spoken to. What an API lacks, what only the privileged may say, and what the administrator's SPD keeps to itself (RFC 4301
 * 4.4.1) is the profile's.
 */
#ifndef ESPY_HOST_SOCKET_H
#define ESPY_HOST_SOCKET_H

#include "host/ipsec_req.h"
#include "ipsec/selector.h"
#include "ipsec/socket_policy.h"

struct host;

#define SOCKET_USER_MAX SELECTOR_NAME_MAX

struct socket_saying {
	struct socket_policy policy;
	struct spd_entry entry; /* the same as the rest of the host knows policies */
};

/* What a socket has: its owner, and a policy for each of DIR_IN and DIR_OUT. All zero: privileged, and entrusted to the SPD. */
struct socket_security {
	char user[SOCKET_USER_MAX]; /* empty: nobody in particular, and privileged */
	bool ordinary;
	struct socket_saying policy[DIR_OUT + 1];
	struct ipsec_req sec_opt; /* what IP_SEC_OPT said, as it was said */
};

/*
 * UDP sockets of host.h. dir is DIR_IN or DIR_OUT. 0 or -errno (Linux numbers): -EBADF no such socket, -EINVAL what the API does not
 * have, -EACCES or -EPERM (the profile's) what an ordinary user may not say. Everybody is ordinary but "root" and "".
 */
int host_socket_own(struct host *h, int sock, const char *user);
int host_socket_policy_set(struct host *h, int sock, uint8_t dir, const struct socket_policy *p);
int host_socket_policy_get(const struct host *h, int sock, uint8_t dir, struct socket_policy *p);

/* A datagram of this socket is about to leave: its policy will be asked for this flow, as host.speaker. */
struct socket_security *socket_speaks(struct socket_security *s, struct bytes datagram);

/* Whose traffic it is, for selectors with names (RFC 4301 4.4.1.1); NULL: nobody said. s may be NULL. */
const char *socket_user(const struct socket_security *s);

/*
 * The entry that a socket's datagram goes by: `found` is what the SPD has for it (NULL: nothing). s NULL: of no socket. The answer may
 * be NULL, for the default of the host.
 */
const struct spd_entry *socket_entry(const struct host *h, const struct socket_security *s, uint8_t dir,
				     const struct spd_entry *found);

#endif
