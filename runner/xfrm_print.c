/* XFRM netlink messages for people: what stands in the evidence of a case. Keys are not shown. */
#include "runner/manager.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/xfrm.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
	char *at;
	size_t n, cap;
};

static void say(struct text *t, const char *fmt, ...) PRINTF(2, 3);

static void
say(struct text *t, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(t->n < t->cap ? t->at + t->n : NULL, t->n < t->cap ? t->cap - t->n : 0, fmt, ap);
	va_end(ap);
	t->n += n > 0 ? (size_t)n : 0;
}

static void
say_address(struct text *t, const char *label, int family, const xfrm_address_t *a)
{
	char text[INET6_ADDRSTRLEN] = "any";
	if (family != 0)
		inet_ntop(family, a, text, sizeof text);
	say(t, "%s%s", label, text);
}

static void
say_sa(struct text *t, const struct xfrm_usersa_info *p)
{
	say(t, " spi=0x%08x proto=%u", (unsigned)ntohl(p->id.spi), p->id.proto);
	say_address(t, " ", p->family, &p->saddr);
	say_address(t, " > ", p->family, &p->id.daddr);
	say(t, " mode=%u flags=0x%02x window=%u reqid=%u", p->mode, p->flags, p->replay_window, p->reqid);
}

static void
say_policy(struct text *t, const struct xfrm_userpolicy_info *p)
{
	say_address(t, " ", p->sel.family, &p->sel.saddr);
	say_address(t, " > ", p->sel.family, &p->sel.daddr);
	say(t, " /%u /%u proto=%u sport=%u dport=%u dir=%u action=%u priority=%u", p->sel.prefixlen_s,
	    p->sel.prefixlen_d, p->sel.proto, ntohs(p->sel.sport), ntohs(p->sel.dport), p->dir, p->action, p->priority);
}

/* The structures of algorithms begin alike: a name of 64 octets, then the bits of the key. */
static void
say_algorithm(struct text *t, const struct nlattr *at)
{
	const struct xfrm_algo *a = mnl_attr_get_payload(at);
	if (mnl_attr_get_payload_len(at) >= sizeof *a)
		say(t, " %.64s(key=%u bits)", a->alg_name, a->alg_key_len);
}

static void
say_templates(struct text *t, const struct nlattr *at)
{
	const struct xfrm_user_tmpl *q = mnl_attr_get_payload(at);
	for (size_t i = 0; i < mnl_attr_get_payload_len(at) / sizeof *q; i++)
		say(t, " template(proto=%u mode=%u reqid=%u%s)", q[i].id.proto, q[i].mode, q[i].reqid,
		    q[i].optional ? " optional" : "");
}

static void
say_attribute(struct text *t, const struct nlattr *at)
{
	const struct xfrm_replay_state_esn *r = mnl_attr_get_payload(at);
	switch (mnl_attr_get_type(at)) {
	case XFRMA_ALG_AEAD:
	case XFRMA_ALG_CRYPT:
	case XFRMA_ALG_AUTH_TRUNC: say_algorithm(t, at); return;
	case XFRMA_TMPL: say_templates(t, at); return;
	case XFRMA_REPLAY_ESN_VAL:
		say(t, " replay(window=%u oseq=0x%08x%08x)", r->replay_window, r->oseq_hi, r->oseq);
		return;
	default: say(t, " attribute(%u)", mnl_attr_get_type(at)); return;
	}
}

/* How many octets stand between the header of a message and its attributes. */
static size_t
head_of(uint16_t type)
{
	switch (type) {
	case XFRM_MSG_NEWSA:
	case XFRM_MSG_UPDSA: return sizeof(struct xfrm_usersa_info);
	case XFRM_MSG_NEWPOLICY:
	case XFRM_MSG_UPDPOLICY: return sizeof(struct xfrm_userpolicy_info);
	case XFRM_MSG_DELPOLICY: return sizeof(struct xfrm_userpolicy_id);
	case XFRM_MSG_GETSA:
	case XFRM_MSG_DELSA: return sizeof(struct xfrm_usersa_id);
	default: return 0;
	}
}

static const char *
type_name(uint16_t type)
{
	static const char *const names[] = {
		[XFRM_MSG_NEWSA - XFRM_MSG_BASE] = "newsa",
		[XFRM_MSG_DELSA - XFRM_MSG_BASE] = "delsa",
		[XFRM_MSG_GETSA - XFRM_MSG_BASE] = "getsa",
		[XFRM_MSG_NEWPOLICY - XFRM_MSG_BASE] = "newpolicy",
		[XFRM_MSG_DELPOLICY - XFRM_MSG_BASE] = "delpolicy",
		[XFRM_MSG_UPDPOLICY - XFRM_MSG_BASE] = "updpolicy",
		[XFRM_MSG_UPDSA - XFRM_MSG_BASE] = "updsa",
		[XFRM_MSG_FLUSHSA - XFRM_MSG_BASE] = "flushsa",
		[XFRM_MSG_FLUSHPOLICY - XFRM_MSG_BASE] = "flushpolicy",
	};
	size_t i = (size_t)type - XFRM_MSG_BASE;
	return type < XFRM_MSG_BASE || i >= sizeof names / sizeof names[0] || names[i] == NULL ? "message" : names[i];
}

bool
xfrm_attribute_ok(const struct nlmsghdr *n, const struct nlattr *at)
{
	return mnl_attr_ok(at, (int)((const char *)mnl_nlmsg_get_payload_tail(n) - (const char *)at));
}

static void
say_body(struct text *t, const struct nlmsghdr *n)
{
	const struct nlattr *at;
	size_t head = head_of(n->nlmsg_type);
	if (head == 0 || mnl_nlmsg_get_payload_len(n) < head)
		return;
	if (n->nlmsg_type == XFRM_MSG_NEWSA || n->nlmsg_type == XFRM_MSG_UPDSA)
		say_sa(t, mnl_nlmsg_get_payload(n));
	if (n->nlmsg_type == XFRM_MSG_NEWPOLICY || n->nlmsg_type == XFRM_MSG_UPDPOLICY)
		say_policy(t, mnl_nlmsg_get_payload(n));
	for (at = mnl_nlmsg_get_payload_offset(n, head); xfrm_attribute_ok(n, at); at = mnl_attr_next(at))
		say_attribute(t, at);
}

size_t
manager_xfrm_print(struct bytes message, char *text, size_t cap)
{
	static _Thread_local _Alignas(struct nlmsghdr) uint8_t room[8192];
	struct wr w = wr_of(room, sizeof room);
	struct text t = { text, 0, cap };
	const struct nlmsghdr *n = (const struct nlmsghdr *)room;
	wr_bytes(&w, message);
	if (w.full || !mnl_nlmsg_ok(n, (int)w.n)) {
		say(&t, "(cannot be read)");
		return t.n;
	}
	if (n->nlmsg_type == NLMSG_ERROR && mnl_nlmsg_get_payload_len(n) >= sizeof(struct nlmsgerr)) {
		const struct nlmsgerr *error = mnl_nlmsg_get_payload(n);
		say(&t, "answer to %u: %s", n->nlmsg_seq, error->error == 0 ? "done" : strerror(-error->error));
		return t.n;
	}
	say(&t, "%s %u:", type_name(n->nlmsg_type), n->nlmsg_seq);
	say_body(&t, n);
	return t.n;
}
