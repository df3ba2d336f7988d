/*
 * SAs and policies by XFRM netlink (linux/xfrm.h), built with libmnl and carried by a netlink socket that the agent lends. Integers are in
 * the kernel's own byte order and layout: this manager is for targets that share ours.
 */
#include "runner/manager.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/xfrm.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "runner/stage.h"
#include "config/xfrm_alg.h"

enum { ROOM = 8192, ENCAP_ESPINUDP = 2, WINDOW_LEGACY = 32, WORD_BITS = 32 };

static int
sock(const struct engine *g)
{
	return g->xfrm_sock;
}

static bool
open_sock(struct engine *g, struct err *e)
{
	struct channel *c = &g->target->channel;
	if (engine_swaps(g) || c->hello.word_bits != 8 * sizeof(long))
		return fail(e, ERR_UNSUPPORTED, "target %s: its kernel lays netlink messages out otherwise than ours",
			    g->target->name);
	return c->ops->netlink_open(c, NETLINK_XFRM, 0, &g->xfrm_sock, e);
}

/* --- parts ----------------------------------------------------------------------------------- */

static uint16_t
family_of(const struct addr *a)
{
	return a->family == 6 ? AF_INET6 : a->family == 4 ? AF_INET : AF_UNSPEC;
}

static void
put_address(xfrm_address_t *to, const struct addr *a)
{
	struct wr w = wr_of((uint8_t *)to, sizeof *to);
	wr_bytes(&w, addr_bytes(a));
}

static uint64_t
limit(uint64_t n)
{
	return n != 0 ? n : XFRM_INF;
}

static void
put_lifetimes(struct xfrm_lifetime_cfg *to, const struct lifetime *hard, const struct lifetime *soft)
{
	*to = (struct xfrm_lifetime_cfg){
		.soft_byte_limit = limit(soft->bytes),
		.hard_byte_limit = limit(hard->bytes),
		.soft_packet_limit = limit(soft->allocations),
		.hard_packet_limit = limit(hard->allocations),
		.soft_add_expires_seconds = soft->addtime,
		.hard_add_expires_seconds = hard->addtime,
		.soft_use_expires_seconds = soft->usetime,
		.hard_use_expires_seconds = hard->usetime,
	};
}

static bool
put_attribute(struct nlmsghdr *n, uint16_t type, const void *data, size_t size, struct err *e)
{
	return mnl_attr_put_check(n, ROOM, type, size, data) || fail(e, ERR_RANGE, "xfrm: the message is full");
}

static struct nlmsghdr *
begin(uint8_t *room, uint16_t type, uint32_t seq)
{
	struct nlmsghdr *n = mnl_nlmsg_put_header(room);
	n->nlmsg_type = type;
	n->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	n->nlmsg_seq = seq;
	return n;
}

/* --- algorithms ------------------------------------------------------------------------------ */

/* The three structures of linux/xfrm.h begin alike: a name, then lengths, then the key. */
struct algorithm {
	char name[64];
	uint32_t bits[2]; /* of the key; of the ICV where the structure has it */
};
_Static_assert(sizeof(struct xfrm_algo_auth) == sizeof(struct algorithm), "linux/xfrm.h");
_Static_assert(sizeof(struct xfrm_algo_aead) == sizeof(struct algorithm), "linux/xfrm.h");

static bool
put_algorithm(struct nlmsghdr *n, uint16_t type, const struct alg *a, struct bytes key, struct err *e)
{
	uint8_t octets[sizeof(struct algorithm) + SA_KEY_MAX];
	struct algorithm head = { .bits = { (uint32_t)key.n * 8, a->icv * 8u } };
	struct wr w = wr_of(octets, sizeof octets);
	const char *name = xfrm_alg_name(a);
	if (name == NULL)
		return fail(e, ERR_UNSUPPORTED, "%s: Linux has no algorithm for it", a->name);
	snprintf(head.name, sizeof head.name, "%s", name);
	wr_bytes(&w, (struct bytes){ (const uint8_t *)&head,
				     type == XFRMA_ALG_CRYPT ? sizeof(struct xfrm_algo) : sizeof head });
	wr_bytes(&w, key);
	if (w.full)
		return fail(e, ERR_RANGE, "%s: a key of %zu octets", a->name, key.n);
	return put_attribute(n, type, octets, w.n, e);
}

static bool
put_algorithms(struct nlmsghdr *n, const struct sa_spec *s, struct err *e)
{
	if (s->comp != 0)
		return fail(e, ERR_UNSUPPORTED, "ipcomp is not said by XFRM here");
	if (s->enc != NULL &&
	    !put_algorithm(n, alg_is_combined(s->enc) ? XFRMA_ALG_AEAD : XFRMA_ALG_CRYPT, s->enc, s->enc_key, e))
		return false;
	return s->auth == NULL || s->auth->kind == ALG_NULL ||
	       put_algorithm(n, XFRMA_ALG_AUTH_TRUNC, s->auth, s->auth_key, e);
}

/* --- an SA ----------------------------------------------------------------------------------- */

static bool
has_long_state(const struct sa_spec *s)
{
	return s->esn || s->replay > WINDOW_LEGACY || s->seq != 0;
}

/* Windows beyond 32, ESN, and counters that start elsewhere. The kernel wants a bitmap that the window fits into. */
static bool
put_long_state(struct nlmsghdr *n, const struct sa_spec *s, struct err *e)
{
	uint32_t words = (s->replay + WORD_BITS - 1) / WORD_BITS;
	_Alignas(struct xfrm_replay_state_esn)
		uint8_t room[sizeof(struct xfrm_replay_state_esn) + XFRMA_REPLAY_ESN_MAX / 8] = { 0 };
	if (s->replay > XFRMA_REPLAY_ESN_MAX)
		return fail(e, ERR_UNSUPPORTED, "replay window of %u packets: XFRM takes up to %d", s->replay,
			    XFRMA_REPLAY_ESN_MAX);
	struct xfrm_replay_state_esn *r = (struct xfrm_replay_state_esn *)room;
	r->bmp_len = words;
	r->oseq = (uint32_t)s->seq;
	r->oseq_hi = (uint32_t)(s->seq >> 32);
	r->replay_window = s->replay;
	return put_attribute(n, XFRMA_REPLAY_ESN_VAL, r, sizeof *r + words * sizeof(uint32_t), e);
}

static bool
put_extras(struct nlmsghdr *n, const struct sa_spec *s, struct err *e)
{
	uint32_t wrap = XFRM_SA_XFLAG_OSEQ_MAY_WRAP;
	struct xfrm_encap_tmpl encap = { .encap_type = ENCAP_ESPINUDP,
					 .encap_sport = htons(s->encap.sport),
					 .encap_dport = htons(s->encap.dport) };
	if (s->tunnel.df_given && s->tunnel.df != DF_CLEAR)
		return fail(e, ERR_UNSUPPORTED, "DF of one SA's tunnel: XFRM can only clear it");
	if (has_long_state(s) && !put_long_state(n, s, e))
		return false;
	if (s->encap.udp && !put_attribute(n, XFRMA_ENCAP, &encap, sizeof encap, e))
		return false;
	if (s->tfc != 0 && !put_attribute(n, XFRMA_TFCPAD, &s->tfc, sizeof s->tfc, e))
		return false;
	return !s->seq_cycle || put_attribute(n, XFRMA_SA_EXTRA_FLAGS, &wrap, sizeof wrap, e);
}

/* AH on IPv4 is aligned to 4 octets (RFC 4302 3.3.3.2.1) only where the flag says so: the kernel's default is 8. */
static uint8_t
flags_of(const struct sa_spec *s)
{
	bool align4 = s->protocol == IPPROTO_AH && s->dst.family == 4;
	const struct sa_tunnel *t = &s->tunnel;
	return (uint8_t)((s->esn ? XFRM_STATE_ESN : 0) | (align4 ? XFRM_STATE_ALIGN4 : 0) |
			 (t->no_ecn ? XFRM_STATE_NOECN : 0) | (t->decap_dscp ? XFRM_STATE_DECAP_DSCP : 0) |
			 (t->df_given ? XFRM_STATE_NOPMTUDISC : 0));
}

static void
put_port(uint32_t selector, uint16_t *port, uint16_t *mask)
{
	*port = selector == SELECTOR_ANY ? 0 : htons((uint16_t)selector);
	*mask = selector == SELECTOR_ANY ? 0 : 0xffff;
}

static bool
put_selector(struct xfrm_selector *to, const struct selector *s, struct err *e)
{
	const char *why;
	if (!selector_is_plain(s, &why))
		return fail(e, ERR_UNSUPPORTED, "selector: XFRM cannot say %s", why);
	put_address(&to->saddr, &s->src);
	put_address(&to->daddr, &s->dst);
	to->prefixlen_s = s->src_bits;
	to->prefixlen_d = s->dst_bits;
	to->family = family_of(&s->src);
	to->proto = s->protocol == SELECTOR_ANY ? 0 : (uint8_t)s->protocol;
	put_port(s->sport, &to->sport, &to->sport_mask);
	put_port(s->dport, &to->dport, &to->dport_mask);
	return true;
}

static bool
say_sa(const struct stage *st, const struct sa_spec *s, struct nlmsghdr *n, struct err *e)
{
	struct xfrm_usersa_info *p = mnl_nlmsg_put_extra_header(n, sizeof *p);
	bool other_version = s->mode == MODE_TUNNEL && st->inner != st->family && s->src.family == st->family;
	p->id.spi = htonl(s->spi);
	p->id.proto = s->protocol;
	put_address(&p->id.daddr, &s->dst);
	put_address(&p->saddr, &s->src);
	p->family = family_of(&s->dst);
	/* What a tunnel may carry is of its ends' version unless the selector says otherwise. */
	p->sel.family = other_version ? st->inner == 6 ? AF_INET6 : AF_INET : p->family;
	put_lifetimes(&p->lft, &s->hard, &s->soft);
	p->reqid = s->reqid;
	p->mode = s->mode == MODE_TUNNEL ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT;
	p->replay_window = has_long_state(s) ? 0 : (uint8_t)s->replay;
	p->flags = flags_of(s);
	return (!s->selects || put_selector(&p->sel, &s->selector, e)) && put_algorithms(n, s, e) &&
	       put_extras(n, s, e);
}

static bool
name_sa(const struct sa_spec *s, struct nlmsghdr *n, struct err *e)
{
	struct xfrm_usersa_id *p = mnl_nlmsg_put_extra_header(n, sizeof *p);
	xfrm_address_t src = { 0 };
	put_address(&p->daddr, &s->dst);
	put_address(&src, &s->src);
	p->spi = htonl(s->spi);
	p->family = family_of(&s->dst);
	p->proto = s->protocol;
	return put_attribute(n, XFRMA_SRCADDR, &src, sizeof src, e);
}

/* --- a policy -------------------------------------------------------------------------------- */

static bool
put_templates(struct nlmsghdr *n, const struct spd_entry *entry, struct err *e)
{
	struct xfrm_user_tmpl t[SPD_REQUESTS] = { 0 };
	for (unsigned i = 0; i < entry->n; i++) {
		const struct spd_request *q = &entry->request[i];
		t[i].id.proto = q->protocol;
		t[i].family = family_of(q->mode == MODE_TUNNEL ? &q->dst : &entry->selector.dst);
		t[i].mode = q->mode == MODE_TUNNEL ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT;
		t[i].reqid = q->reqid;
		t[i].optional = q->level == LEVEL_USE;
		t[i].aalgos = t[i].ealgos = t[i].calgos = UINT32_MAX; /* whatever the SA has */
		if (q->mode != MODE_TUNNEL)
			continue;
		put_address(&t[i].saddr, &q->src);
		put_address(&t[i].id.daddr, &q->dst);
	}
	return put_attribute(n, XFRMA_TMPL, t, entry->n * sizeof t[0], e);
}

static bool
say_policy(const struct spd_entry *entry, struct nlmsghdr *n, struct err *e)
{
	struct xfrm_userpolicy_info *p = mnl_nlmsg_put_extra_header(n, sizeof *p);
	static const struct lifetime none;
	if (entry->pfp != 0)
		return fail(e, ERR_UNSUPPORTED, "policy: XFRM has no populate-from-packet flags");
	put_lifetimes(&p->lft, &entry->hard, &none);
	p->priority = entry->priority;
	p->dir = (uint8_t)(entry->dir - DIR_IN + XFRM_POLICY_IN);
	p->action = entry->action == SPD_DISCARD ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW;
	return put_selector(&p->sel, &entry->selector, e) &&
	       (entry->action != SPD_PROTECT || put_templates(n, entry, e));
}

static bool
name_policy(const struct spd_entry *entry, struct nlmsghdr *n, struct err *e)
{
	struct xfrm_userpolicy_id *p = mnl_nlmsg_put_extra_header(n, sizeof *p);
	p->index = entry->id;
	p->dir = (uint8_t)(entry->dir - DIR_IN + XFRM_POLICY_IN);
	return put_selector(&p->sel, &entry->selector, e);
}

/* --- commands -------------------------------------------------------------------------------- */

static bool
flush_sas(uint8_t protocol, struct nlmsghdr *n)
{
	struct xfrm_usersa_flush *p = mnl_nlmsg_put_extra_header(n, sizeof *p);
	p->proto = protocol; /* 0: every one */
	return true;
}

static bool
fill(const struct stage *s, const struct setkey_command *c, struct nlmsghdr *n, struct err *e)
{
	switch (c->verb) {
	case SETKEY_ADD:
	case SETKEY_UPDATE: return say_sa(s, &c->sa, n, e);
	case SETKEY_GET:
	case SETKEY_DELETE: return name_sa(&c->sa, n, e);
	case SETKEY_FLUSH: return flush_sas(c->protocol, n);
	case SETKEY_SPDADD:
	case SETKEY_SPDUPDATE: return say_policy(&c->policy, n, e);
	case SETKEY_SPDDELETE: return name_policy(&c->policy, n, e);
	case SETKEY_SPDFLUSH: return true;
	default: return fail(e, ERR_UNSUPPORTED, "deleteall and dumps are not said by XFRM here");
	}
}

static bool
say(struct stage *s, const struct setkey_command *c, uint32_t seq, struct wr *w, struct err *e)
{
	static const uint16_t types[] = {
		[SETKEY_ADD] = XFRM_MSG_NEWSA,
		[SETKEY_UPDATE] = XFRM_MSG_UPDSA,
		[SETKEY_GET] = XFRM_MSG_GETSA,
		[SETKEY_DELETE] = XFRM_MSG_DELSA,
		[SETKEY_FLUSH] = XFRM_MSG_FLUSHSA,
		[SETKEY_SPDADD] = XFRM_MSG_NEWPOLICY,
		[SETKEY_SPDUPDATE] = XFRM_MSG_UPDPOLICY,
		[SETKEY_SPDDELETE] = XFRM_MSG_DELPOLICY,
		[SETKEY_SPDFLUSH] = XFRM_MSG_FLUSHPOLICY,
		[SETKEY_SPDDUMP] = 0,
	};
	static _Thread_local _Alignas(struct nlmsghdr) uint8_t room[ROOM];
	struct nlmsghdr *n = begin(room, types[c->verb], seq);
	if (!fill(s, c, n, e))
		return false;
	wr_bytes(w, (struct bytes){ room, n->nlmsg_len });
	return !w->full || fail(e, ERR_RANGE, "xfrm: a message of %u octets", n->nlmsg_len);
}

static bool
send_message(struct engine *g, struct bytes message, struct err *e)
{
	struct channel *c = &g->target->channel;
	return c->ops->netlink_send(c, g->xfrm_sock, message, e);
}

/* --- answers --------------------------------------------------------------------------------- */

/* What the kernel says in words beside the errno (NETLINK_EXT_ACK). */
static void
take_text(const struct nlmsghdr *n, const struct nlmsgerr *error, struct manager_answer *a)
{
	size_t offset = sizeof *error;
	const struct nlattr *at;
	if (!(n->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(n->nlmsg_flags & NLM_F_CAPPED))
		offset += (error->msg.nlmsg_len - sizeof error->msg + 3) & ~(size_t)3;
	for (at = mnl_nlmsg_get_payload_offset(n, offset); xfrm_attribute_ok(n, at); at = mnl_attr_next(at))
		if (mnl_attr_get_type(at) == NLMSGERR_ATTR_MSG && mnl_attr_validate(at, MNL_TYPE_NUL_STRING) >= 0)
			snprintf(a->text, sizeof a->text, "%s", mnl_attr_get_str(at));
}

static bool
hear(const struct engine *g, struct bytes octets, struct manager_answer *a, struct err *e)
{
	static _Thread_local _Alignas(struct nlmsghdr) uint8_t room[ROOM];
	struct wr w = wr_of(room, sizeof room);
	const struct nlmsghdr *n = (const struct nlmsghdr *)room;
	(void)g;
	e->code = ERR_NONE;
	wr_bytes(&w, octets);
	if (w.full || !mnl_nlmsg_ok(n, (int)w.n))
		return fail(e, ERR_SHORT, "answer to a setkey command: %zu octets are no netlink message", octets.n);
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(n);
	if (n->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(n) < sizeof *error)
		return false;
	*a = (struct manager_answer){ .seq = n->nlmsg_seq, .number = -error->error };
	take_text(n, error, a);
	return true;
}

const struct manager manager_xfrm = {
	.name = "xfrm",
	.out = EV_XFRM_OUT,
	.in = EV_XFRM_IN,
	.sock = sock,
	.open = open_sock,
	.say = say,
	.send = send_message,
	.hear = hear,
};
