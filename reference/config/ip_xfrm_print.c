#include <inttypes.h>

#include "config/ip_xfrm.h"
#include "config/xfrm_alg.h"
#include "wire/text.h"

#define ICV_BITS(alg) ((unsigned)(alg)->icv * 8)

static void
put_key(struct text *t, struct bytes key, bool show)
{
	text_add(t, " ");
	if (show)
		text_add_hex(t, key);
	else
		text_add(t, "0x..");
}

/* "auth-trunc NAME KEY BITS", "aead NAME KEY BITS", "enc NAME KEY" */
static bool
put_alg(struct text *t, const struct alg *a, struct bytes key, bool show, struct err *e)
{
	const char *name = a != NULL ? xfrm_alg_name(a) : NULL;
	if (a == NULL)
		return true;
	if (name == NULL)
		return fail(e, ERR_UNSUPPORTED, "Linux has no %s", a->name);
	bool combined = a->use == ALG_ENC && alg_is_combined(a), auth = a->use == ALG_AUTH;
	text_add(t, " %s '%s'", combined ? "aead" : auth ? "auth-trunc" : "enc", name);
	if (a->kind == ALG_NULL)
		text_add(t, " ''");
	else
		put_key(t, key, show);
	if (combined || auth)
		text_add(t, " %u", ICV_BITS(a));
	return true;
}

static void
put_limits(struct text *t, const struct lifetime *l, const char *which)
{
	if (l->bytes != 0)
		text_add(t, " limit byte-%s %" PRIu64, which, l->bytes);
	if (l->allocations != 0)
		text_add(t, " limit packet-%s %" PRIu32, which, l->allocations);
	if (l->addtime != 0)
		text_add(t, " limit time-%s %" PRIu64, which, l->addtime);
	if (l->usetime != 0)
		text_add(t, " limit time-use-%s %" PRIu64, which, l->usetime);
}

static const char *
protocol_word(uint8_t protocol)
{
	return protocol == 51 ? "ah" : protocol == 108 ? "comp" : "esp";
}

bool
ip_xfrm_print_sa(const struct sa_spec *sa, bool show_keys, char *text, size_t cap, size_t *n, struct err *e)
{
	char src[48], dst[48];
	struct text t = text_of(text, cap);
	if (sa->selects)
		return fail(e, ERR_UNSUPPORTED, "SA 0x%08" PRIx32 ": selectors of its own are not converted", sa->spi);
	if (sa->old)
		return fail(e, ERR_UNSUPPORTED, "Linux has no SAs of RFC 1826 and 1827");
	text_add(&t, "ip xfrm state add src %s dst %s proto %s spi 0x%08" PRIx32, addr_print(&sa->src, src),
		 addr_print(&sa->dst, dst), protocol_word(sa->protocol), sa->spi);
	if (sa->reqid != 0)
		text_add(&t, " reqid %" PRIu32, sa->reqid);
	text_add(&t, " mode %s", sa->mode == MODE_TUNNEL ? "tunnel" : "transport");
	if (sa->replay != 0)
		text_add(&t, " replay-window %" PRIu32, sa->replay);
	if (sa->esn)
		text_add(&t, " flag esn");
	if (sa->tunnel.no_ecn)
		text_add(&t, " flag noecn");
	if (sa->tunnel.decap_dscp)
		text_add(&t, " flag decap-dscp");
	if (sa->protocol == 51 && sa->dst.family == 4 && !sa->ah_align8)
		text_add(&t, " flag align4");
	if (sa->seq != 0)
		text_add(&t, " replay-oseq 0x%" PRIx32, (uint32_t)sa->seq);
	if (sa->seq > UINT32_MAX)
		text_add(&t, " replay-oseq-hi 0x%" PRIx32, (uint32_t)(sa->seq >> 32));
	if (!put_alg(&t, sa->auth, sa->auth_key, show_keys, e) || !put_alg(&t, sa->enc, sa->enc_key, show_keys, e))
		return false;
	if (sa->protocol == 108)
		text_add(&t, " comp deflate");
	if (sa->encap.udp)
		text_add(&t, " encap espinudp %u %u %s", sa->encap.sport, sa->encap.dport,
			 sa->dst.family == 6 ? "::" : "0.0.0.0");
	put_limits(&t, &sa->soft, "soft");
	put_limits(&t, &sa->hard, "hard");
	text_add(&t, "\n");
	*n = t.n;
	return true;
}

static void
put_selector(struct text *t, const struct selector *s)
{
	char src[48], dst[48];
	text_add(t, " src %s/%u dst %s/%u", addr_print(&s->src, src), s->src_bits, addr_print(&s->dst, dst),
		 s->dst_bits);
	if (s->protocol == SELECTOR_ANY)
		return;
	bool icmp = s->protocol == 1 || s->protocol == 58;
	text_add(t, " proto %" PRIu32, s->protocol);
	if (s->sport != SELECTOR_ANY)
		text_add(t, " %s %" PRIu32, icmp ? "type" : "sport", s->sport);
	if (s->dport != SELECTOR_ANY)
		text_add(t, " %s %" PRIu32, icmp ? "code" : "dport", s->dport);
}

static void
put_template(struct text *t, const struct spd_request *r)
{
	char src[48], dst[48];
	text_add(t, " tmpl");
	if (r->mode == MODE_TUNNEL)
		text_add(t, " src %s dst %s", addr_print(&r->src, src), addr_print(&r->dst, dst));
	text_add(t, " proto %s", protocol_word(r->protocol));
	if (r->reqid != 0)
		text_add(t, " reqid %" PRIu32, r->reqid);
	text_add(t, " mode %s", r->mode == MODE_TUNNEL ? "tunnel" : "transport");
	if (r->level == LEVEL_USE)
		text_add(t, " level use");
}

bool
ip_xfrm_print_policy(const struct spd_entry *p, char *text, size_t cap, size_t *n, struct err *e)
{
	static const char *const directions[] = { [DIR_IN] = "in", [DIR_OUT] = "out", [DIR_FWD] = "fwd" };
	const char *why;
	struct text t = text_of(text, cap);
	if (!selector_is_plain(&p->selector, &why))
		return fail(e, ERR_UNSUPPORTED, "a policy with %s", why);
	if (p->selector.src.family == 0 || p->dir < DIR_IN || p->dir > DIR_FWD)
		return fail(e, ERR_UNSUPPORTED, "a policy without addresses or of direction %u", p->dir);
	text_add(&t, "ip xfrm policy add");
	put_selector(&t, &p->selector);
	text_add(&t, " dir %s", directions[p->dir]);
	if (p->action == SPD_DISCARD)
		text_add(&t, " action block");
	if (p->priority != 0)
		text_add(&t, " priority %" PRIu32, p->priority);
	for (unsigned i = 0; p->action == SPD_PROTECT && i < p->n; i++) {
		if (!spd_request_is_plain(&p->request[i]))
			return fail(e, ERR_UNSUPPORTED, "a policy that chooses algorithms or offers alternatives");
		put_template(&t, &p->request[i]);
	}
	text_add(&t, "\n");
	*n = t.n;
	return true;
}
