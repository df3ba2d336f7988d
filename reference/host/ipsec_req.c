#include "host/ipsec_req.h"
#include "host/parts.h"

#include <errno.h>

#define PREFS (IPSEC_PREF_NEVER | IPSEC_PREF_REQUIRED | IPSEC_PREF_UNIQUE)

static uint32_t
get32(struct rd *r, bool swap)
{
	uint32_t v = (uint32_t)rd_uint(r, 4);
	/* The cursor reads the network's order. */
	return (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) != swap ? __builtin_bswap32(v) : v;
}

static void
put32(struct wr *w, uint32_t v, bool swap)
{
	wr_uint(w, (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) != swap ? __builtin_bswap32(v) : v, 4);
}

bool
ipsec_req_get(struct ipsec_req *q, struct bytes octets, bool swap, struct err *e)
{
	struct rd r = rd_of(octets);
	if (octets.n != IPSEC_REQ_OCTETS)
		return fail(e, ERR_SHORT, "ipsec_req: want %d octets, got %zu", IPSEC_REQ_OCTETS, octets.n);
	q->ah = get32(&r, swap);
	q->esp = get32(&r, swap);
	q->self_encap = get32(&r, swap);
	q->auth_alg = (uint8_t)rd_uint(&r, 1);
	q->esp_alg = (uint8_t)rd_uint(&r, 1);
	q->esp_auth_alg = (uint8_t)rd_uint(&r, 1);
	return ipsec_req_is_sound(q) || fail(e, ERR_RANGE, "ipsec_req: requests and algorithms that mean nothing");
}

void
ipsec_req_put(const struct ipsec_req *q, bool swap, struct wr *w)
{
	put32(w, q->ah, swap);
	put32(w, q->esp, swap);
	put32(w, q->self_encap, swap);
	wr_uint(w, q->auth_alg, 1);
	wr_uint(w, q->esp_alg, 1);
	wr_uint(w, q->esp_auth_alg, 1);
	wr_uint(w, 0, 1);
}

static bool
is_alg(uint8_t use, uint8_t number)
{
	return number == 0 || (use == ALG_AUTH && number == IPSEC_REQ_AUTH_ANY) ||
	       alg_by_pfkey(PF_SOLARIS, use, number) != NULL;
}

/* "The following value can be logically ORed to an IPSEC_PREF_REQUIRED value": unique alone says nothing, and never goes with neither. */
static bool
is_pref(uint32_t v)
{
	return v == 0 || v == IPSEC_PREF_NEVER || v == IPSEC_PREF_REQUIRED ||
	       v == (IPSEC_PREF_REQUIRED | IPSEC_PREF_UNIQUE);
}

bool
ipsec_req_is_sound(const struct ipsec_req *q)
{
	uint32_t all = q->ah | q->esp | q->self_encap;
	if (!is_pref(q->ah) || !is_pref(q->esp) || !is_pref(q->self_encap) || (all & ~(uint32_t)PREFS) != 0)
		return false;
	if ((all & IPSEC_PREF_NEVER) != 0 && (all & IPSEC_PREF_REQUIRED) != 0)
		return false;
	return is_alg(ALG_AUTH, q->auth_alg) && is_alg(ALG_ENC, q->esp_alg) && is_alg(ALG_AUTH, q->esp_auth_alg);
}

static struct spd_alg
asked(uint8_t use, uint8_t number)
{
	bool any = number == 0 || (use == ALG_AUTH && number == IPSEC_REQ_AUTH_ANY);
	return (struct spd_alg){ .wanted = true, .alg = any ? NULL : alg_by_pfkey(PF_SOLARIS, use, number) };
}

static void
add(struct socket_policy *p, uint8_t protocol, uint32_t pref, struct spd_alg enc, struct spd_alg auth)
{
	p->action = SOCKET_PROTECT;
	p->request[p->n++] = (struct spd_request){ .protocol = protocol,
						   .mode = MODE_TRANSPORT,
						   .level = LEVEL_REQUIRE,
						   .per_flow = (pref & IPSEC_PREF_UNIQUE) != 0,
						   .enc = enc,
						   .auth = auth };
}

struct socket_policy
ipsec_req_policy(const struct ipsec_req *q)
{
	static const struct spd_alg whatever = { .wanted = false };
	struct socket_policy p = { .action = SOCKET_ENTRUST };
	if (((q->ah | q->esp | q->self_encap) & IPSEC_PREF_NEVER) != 0)
		p.action = SOCKET_BYPASS;
	if ((q->esp & IPSEC_PREF_REQUIRED) != 0)
		add(&p, IPPROTO_ESP_, q->esp, asked(ALG_ENC, q->esp_alg),
		    q->esp_auth_alg != 0 ? asked(ALG_AUTH, q->esp_auth_alg) : whatever);
	if ((q->ah & IPSEC_PREF_REQUIRED) != 0)
		add(&p, IPPROTO_AH_, q->ah, whatever, asked(ALG_AUTH, q->auth_alg));
	return p;
}

bool
host_has_sec_opt(const struct host *h)
{
	return h->set.rules.socket.sec_opt;
}

int
host_sec_opt_set(struct host *h, int sock, const struct ipsec_req *q)
{
	if (!host_has_sec_opt(h))
		return -ENOPROTOOPT;
	if (!ipsec_req_is_sound(q))
		return -EINVAL;
	struct socket_policy p = ipsec_req_policy(q);
	/* The request is reflected on both outbound and inbound packets. */
	int error = host_socket_policy_set(h, sock, DIR_OUT, &p);
	if (error == 0)
		error = host_socket_policy_set(h, sock, DIR_IN, &p);
	if (error == 0)
		h->udp[sock].security.sec_opt = *q;
	return error;
}

int
host_sec_opt_get(const struct host *h, int sock, struct ipsec_req *q)
{
	if (!host_has_sec_opt(h))
		return -ENOPROTOOPT;
	if (sock < 0 || sock >= UDP_SOCKETS || !h->udp[sock].open)
		return -EBADF;
	*q = h->udp[sock].security.sec_opt;
	return 0;
}
