/*
 * IP_SEC_OPT and IPV6_SEC_OPT of Solaris, ipsec(4P) "Per-Socket Policy": one struct ipsec_req for both directions of a socket. Sixteen
 * octets in the host's byte order: three words of requests, three algorithm numbers, one octet of padding.
 */
#ifndef ESPY_HOST_IPSEC_REQ_H
#define ESPY_HOST_IPSEC_REQ_H

#include "ipsec/socket_policy.h"
#include "wire/err.h"

struct host;

enum { IPSEC_PREF_NEVER = 1, IPSEC_PREF_REQUIRED = 2, IPSEC_PREF_UNIQUE = 4 };
enum { IPSEC_REQ_OCTETS = 16, IPSEC_REQ_AUTH_ANY = 255 }; /* esp_auth_alg: 0 is none, so that any has a number */

struct ipsec_req {
	uint32_t ah, esp, self_encap;            /* IPSEC_PREF_* */
	uint8_t auth_alg, esp_alg, esp_auth_alg; /* SADB_AALG_*, SADB_EALG_* of Solaris; 0: any, of esp_auth_alg none */
};

/* False for another length, or bits and numbers that mean nothing. */
bool ipsec_req_get(struct ipsec_req *q, struct bytes octets, bool swap, struct err *e) MUST_USE;
void ipsec_req_put(const struct ipsec_req *q, bool swap, struct wr *w);
bool ipsec_req_is_sound(const struct ipsec_req *q);

/* The neutral form: AH outside of ESP, each with the algorithms that were given. */
struct socket_policy ipsec_req_policy(const struct ipsec_req *q);

/* 0 or -errno: -ENOPROTOOPT where the host's sockets have another API. */
int host_sec_opt_set(struct host *h, int sock, const struct ipsec_req *q);
int host_sec_opt_get(const struct host *h, int sock, struct ipsec_req *q);
bool host_has_sec_opt(const struct host *h);

#endif
