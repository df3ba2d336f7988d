/*
 * SAs in messages: ADD and UPDATE from a spec, and back from whatever carries an SA. What a dialect cannot say is
 * refused by name, so that a caller can choose another way (netlink) or report a skip.
 */
#include "ipsec/tunnel.h"
#include "pfkey/parts.h"
#include "pfkey/record.h"
#include "wire/layouts.h"

enum { REPLAY_FIELD_MAX = 255, NAT_T_ESPINUDP = 2 };

uint8_t
pfkey_satype_of(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_ESP_: return SATYPE_ESP;
	case IPPROTO_AH_: return SATYPE_AH;
	case IPPROTO_IPCOMP_: return SATYPE_IPCOMP;
	default: return SATYPE_UNSPEC;
	}
}

uint8_t
pfkey_protocol_of(uint64_t satype)
{
	switch (satype) {
	case SATYPE_ESP: return IPPROTO_ESP_;
	case SATYPE_AH: return IPPROTO_AH_;
	case SATYPE_IPCOMP: return IPPROTO_IPCOMP_;
	default: return 0;
	}
}

/* --- into a message --------------------------------------------------------------------------- */

/* An IV of 32 bits has no number of its own where there is a flag for it. */
static bool
is_iv32(const struct alg *a)
{
	return a != NULL && a->kind == ALG_CBC && a->iv < a->block;
}

static const struct alg *
numbered(const struct dialect *d, const struct alg *a)
{
	return is_iv32(a) && d->flag_iv32 != 0 ? alg_by_name("des-cbc", ALG_ENC) : a;
}

static bool
check_alg(const struct dialect *d, const struct alg *a, struct err *e)
{
	if (a == NULL || dialect_alg_number(d, numbered(d, a)) >= 0)
		return true;
	return fail(e, ERR_UNSUPPORTED, "%s: PF_KEY of %s has no number for it", a->name, d->name);
}

/* Whether the window is said by the extension of its own, not by sadb_sa_replay. */
static bool
has_wide_window(const struct dialect *d, const struct sa_spec *s)
{
	return s->replay > (uint32_t)REPLAY_FIELD_MAX * d->replay_unit;
}

static uint32_t
tunnel_mask(const struct dialect *d)
{
	return d->flag_no_ecn | d->flag_decap_dscp | d->flag_df_clear | d->flag_df_set | d->flag_df_copy;
}

static uint32_t
df_flag(const struct dialect *d, const struct sa_tunnel *t)
{
	return t->df == DF_SET ? d->flag_df_set : t->df == DF_COPY ? d->flag_df_copy : d->flag_df_clear;
}

static uint32_t
tunnel_flags(const struct dialect *d, const struct sa_tunnel *t)
{
	return (t->no_ecn ? d->flag_no_ecn : 0) | (t->decap_dscp ? d->flag_decap_dscp : 0) |
	       (t->df_given ? df_flag(d, t) : 0);
}

static bool
tunnel_is_sayable(const struct dialect *d, const struct sa_tunnel *t)
{
	return !(t->no_ecn && d->flag_no_ecn == 0) && !(t->decap_dscp && d->flag_decap_dscp == 0) &&
	       !(t->df_given && df_flag(d, t) == 0);
}

static bool
check_sayable(const struct dialect *d, const struct sa_spec *s, struct err *e)
{
	if (!check_alg(d, s->enc, e) || !check_alg(d, s->auth, e))
		return false;
	if (s->old && d->flag_old == 0)
		return fail(e, ERR_UNSUPPORTED, "AH and ESP of RFC 1826 and 1827: PF_KEY of %s cannot say them",
			    d->name);
	if (s->esn && d->flag_esn == 0)
		return fail(e, ERR_UNSUPPORTED, "esn: PF_KEY of %s cannot say it", d->name);
	/* Without a window a counter may cycle by default (RFC 4303 3.3.3); only a wish beyond that needs saying. */
	if (s->seq_cycle && s->replay != 0 && d->flag_cycle == 0)
		return fail(e, ERR_UNSUPPORTED, "cyclic sequence numbers: PF_KEY of %s cannot say it", d->name);
	if (s->replay > d->replay_max || (s->replay % d->replay_unit != 0 && !has_wide_window(d, s)))
		return fail(e, ERR_UNSUPPORTED,
			    "replay window of %u packets: PF_KEY of %s takes up to %u in units of %u", s->replay,
			    d->name, d->replay_max, d->replay_unit);
	if (d->ext_number[EXT_X_REFERENCE] < 0 && d->ext_number[EXT_X_REPLAY_VALUE] < 0 && s->seq != 0)
		return fail(e, ERR_UNSUPPORTED, "seq: PF_KEY of %s cannot start a counter elsewhere", d->name);
	if (d->ext_number[EXT_X_REFERENCE] < 0 && s->tfc != 0)
		return fail(e, ERR_UNSUPPORTED, "tfc: PF_KEY of %s cannot say it", d->name);
	if (d->ext_number[EXT_X_SELECTOR] < 0 && s->selects)
		return fail(e, ERR_UNSUPPORTED, "selectors of an SA: PF_KEY of %s cannot say them", d->name);
	if (!tunnel_is_sayable(d, &s->tunnel))
		return fail(e, ERR_UNSUPPORTED, "DF, DSCP or ECN of one SA's tunnel: PF_KEY of %s cannot say it",
			    d->name);
	return pfkey_forms_sayable(d, s, e);
}

static uint64_t
number_of(const struct dialect *d, const struct alg *a)
{
	return a != NULL ? (uint64_t)dialect_alg_number(d, numbered(d, a)) : 0;
}

/* Flags that fields of the spec say, and those that are none of ours. */
static uint32_t
flags_of(const struct dialect *d, const struct sa_spec *s)
{
	uint32_t own = d->flag_esn | d->flag_cycle | d->flag_old | d->flag_iv32 | pfkey_forms_mask(d) | tunnel_mask(d);
	return (s->flags & ~own) | pfkey_forms_flags(d, s) | tunnel_flags(d, &s->tunnel) | (s->esn ? d->flag_esn : 0) |
	       (s->seq_cycle ? d->flag_cycle : 0) | (s->old ? d->flag_old : 0) | (is_iv32(s->enc) ? d->flag_iv32 : 0);
}

bool
pfkey_push_sa(struct pfkey_msg *m, const struct sa_spec *s, uint8_t state)
{
	const struct dialect *d = m->dialect;
	struct hdr *h = pfkey_msg_push(m, EXT_SA, 0);
	if (h == NULL)
		return false;
	hdr_set(h, XSA_SPI, s->spi);
	hdr_set(h, XSA_REPLAY, has_wide_window(d, s) ? REPLAY_FIELD_MAX : s->replay / d->replay_unit);
	hdr_set(h, XSA_STATE, state);
	hdr_set(h, XSA_AUTH, number_of(d, s->auth));
	/* KAME, and Linux after it: the compression algorithm rides where the cipher would. */
	hdr_set(h, XSA_ENCRYPT, s->protocol == IPPROTO_IPCOMP_ ? s->comp : number_of(d, s->enc));
	hdr_set(h, XSA_FLAGS, flags_of(d, s));
	return true;
}

bool
pfkey_push_keys(struct pfkey_msg *m, const struct sa_spec *s)
{
	struct hdr *h;
	if (s->auth_key.n > 0) {
		h = pfkey_msg_push(m, EXT_KEY_AUTH, 0);
		if (h == NULL)
			return false;
		hdr_set_bytes(h, XKEY_KEY, s->auth_key);
	}
	if (s->enc_key.n > 0 || (s->enc != NULL && m->dialect->null_key)) {
		h = pfkey_msg_push(m, EXT_KEY_ENCRYPT, 0);
		if (h == NULL)
			return false;
		hdr_set_bytes(h, XKEY_KEY, s->enc_key);
	}
	return true;
}

/* An original address, where somebody said it and the dialect can. */
static bool
push_original(struct pfkey_msg *m, enum pfkey_ext kind, const struct addr *a)
{
	if (a->family == 0 || m->dialect->ext_number[kind] < 0)
		return true;
	return pfkey_msg_push_address(m, kind, a, a->family == 4 ? 32 : 128, 0, 0, NULL);
}

static bool
push_frag(struct pfkey_msg *m, uint16_t frag)
{
	if (frag == 0 || m->dialect->ext_number[EXT_X_NAT_T_FRAG] < 0)
		return true;
	struct hdr *h = pfkey_msg_push(m, EXT_X_NAT_T_FRAG, 0);
	if (h == NULL)
		return false;
	hdr_set(h, XNT_VALUE, frag);
	return true;
}

static bool
push_nat_t(struct pfkey_msg *m, const struct encap *encap)
{
	struct hdr *type = pfkey_msg_push(m, EXT_X_NAT_T_TYPE, 0);
	struct hdr *sport = pfkey_msg_push(m, EXT_X_NAT_T_SPORT, 0);
	struct hdr *dport = pfkey_msg_push(m, EXT_X_NAT_T_DPORT, 0);
	if (type == NULL || sport == NULL || dport == NULL)
		return false;
	hdr_set(type, XNT_VALUE, NAT_T_ESPINUDP);
	hdr_set(sport, XNT_VALUE, encap->sport);
	hdr_set(dport, XNT_VALUE, encap->dport);
	return push_original(m, EXT_X_NAT_T_OAI, &encap->oai) && push_original(m, EXT_X_NAT_T_OAR, &encap->oar) &&
	       push_frag(m, encap->frag);
}

static bool
push_wide_window(struct pfkey_msg *m, const struct sa_spec *s)
{
	struct hdr *h;
	if (has_wide_window(m->dialect, s) && m->dialect->ext_number[EXT_X_SA_REPLAY] >= 0) {
		h = pfkey_msg_push(m, EXT_X_SA_REPLAY, 0);
		if (h == NULL)
			return false;
		hdr_set(h, XREPLAY_WINDOW, s->replay);
	}
	bool said = m->dialect->ext_number[EXT_X_REFERENCE] < 0;
	if (said || (!has_wide_window(m->dialect, s) && s->seq == 0 && s->tfc == 0))
		return true;
	h = pfkey_msg_push(m, EXT_X_REFERENCE, 0);
	if (h == NULL)
		return false;
	hdr_set(h, XREF_WINDOW, s->replay);
	hdr_set(h, XREF_SEQUENCE, s->seq);
	hdr_set(h, XREF_TFC, s->tfc);
	return true;
}

bool
pfkey_push_extras(struct pfkey_msg *m, const struct sa_spec *s, uint32_t sequence)
{
	if (m->dialect->ext_number[EXT_X_SA2] < 0)
		return pfkey_push_forms(m, s, sequence);
	struct hdr *h = pfkey_msg_push(m, EXT_X_SA2, 0);
	if (h == NULL)
		return false;
	hdr_set(h, XSA2_MODE, s->mode);
	hdr_set(h, XSA2_SEQUENCE, sequence);
	hdr_set(h, XSA2_REQID, s->reqid);
	if (s->selects && m->dialect->ext_number[EXT_X_SELECTOR] >= 0 && !pfkey_push_x_selector(m, &s->selector, 0))
		return false;
	return (!s->encap.udp || push_nat_t(m, &s->encap)) && push_wide_window(m, s);
}

bool
pfkey_push_lifetimes(struct pfkey_msg *m, const struct sa_spec *s)
{
	return (!pfkey_lifetime_is_set(&s->hard) || pfkey_push_lifetime(m, EXT_LIFETIME_HARD, &s->hard)) &&
	       (!pfkey_lifetime_is_set(&s->soft) || pfkey_push_lifetime(m, EXT_LIFETIME_SOFT, &s->soft));
}

bool
pfkey_msg_from_sa(struct pfkey_msg *m, const struct sa_spec *spec, struct wr *store, struct err *e)
{
	(void)store; /* every field of an SA can be borrowed; policies need it */
	uint8_t bits = spec->src.family == 4 ? 32 : 128;
	if (!check_sayable(m->dialect, spec, e))
		return false;
	if (!pfkey_push_sa(m, spec, SA_MATURE) || !pfkey_push_lifetimes(m, spec))
		return fail(e, ERR_RANGE, "sa: the message is full");
	if (!pfkey_msg_push_address(m, EXT_ADDRESS_SRC, &spec->src, bits, 0, 0, e) ||
	    !pfkey_msg_push_address(m, EXT_ADDRESS_DST, &spec->dst, bits, 0, 0, e))
		return false;
	if (!pfkey_push_keys(m, spec) || !pfkey_push_extras(m, spec, 0))
		return fail(e, ERR_RANGE, "sa: the message is full");
	return true;
}

/* --- and out of one --------------------------------------------------------------------------- */

static struct sa_tunnel
get_tunnel(const struct dialect *d, uint32_t flags)
{
	struct sa_tunnel t = { .no_ecn = (flags & d->flag_no_ecn) != 0,
			       .decap_dscp = (flags & d->flag_decap_dscp) != 0,
			       .df_given = (flags & (d->flag_df_clear | d->flag_df_set | d->flag_df_copy)) != 0 };
	if (t.df_given)
		t.df = flags & d->flag_df_set ? DF_SET : flags & d->flag_df_copy ? DF_COPY : DF_CLEAR;
	return t;
}

static bool
get_alg(const struct dialect *d, uint8_t use, uint64_t number, const struct alg **a, struct err *e)
{
	*a = dialect_alg(d, use, (int)number);
	if (number != 0 && *a == NULL)
		return fail(e, ERR_UNKNOWN, "sa.%s: %s has no algorithm %u", use == ALG_AUTH ? "auth" : "encrypt",
			    d->name, (unsigned)number);
	return true;
}

static struct bytes
get_key(const struct pfkey_msg *m, enum pfkey_ext kind)
{
	const struct hdr *h = pfkey_msg_get(m, kind);
	return h != NULL ? h->v[XKEY_KEY].b : BYTES_NONE;
}

static uint64_t
nat_t_value(const struct pfkey_msg *m, enum pfkey_ext kind)
{
	const struct hdr *h = pfkey_msg_get(m, kind);
	return h != NULL ? h->v[XNT_VALUE].u : 0;
}

static struct addr
original(const struct pfkey_msg *m, enum pfkey_ext kind)
{
	const struct hdr *h = pfkey_msg_get(m, kind);
	return h != NULL ? pfkey_address(h, NULL) : (struct addr){ 0 };
}

/* Linux has one original address; it is the peer's, so the source's. */
static void
get_nat_t(const struct pfkey_msg *m, struct encap *e)
{
	e->udp = nat_t_value(m, EXT_X_NAT_T_TYPE) == NAT_T_ESPINUDP;
	e->sport = (uint16_t)nat_t_value(m, EXT_X_NAT_T_SPORT);
	e->dport = (uint16_t)nat_t_value(m, EXT_X_NAT_T_DPORT);
	e->frag = (uint16_t)nat_t_value(m, EXT_X_NAT_T_FRAG);
	e->oai = original(m, EXT_X_NAT_T_OAI);
	e->oar = original(m, EXT_X_NAT_T_OAR);
}

static void
get_extras(const struct pfkey_msg *m, struct sa_spec *s)
{
	const struct hdr *sa2 = pfkey_msg_get(m, EXT_X_SA2);
	const struct hdr *wide = pfkey_msg_get(m, EXT_X_SA_REPLAY), *own = pfkey_msg_get(m, EXT_X_REFERENCE);
	if (sa2 != NULL) {
		s->mode = (uint8_t)sa2->v[XSA2_MODE].u;
		s->reqid = (uint32_t)sa2->v[XSA2_REQID].u;
	}
	get_nat_t(m, &s->encap);
	pfkey_get_forms(m, s);
	if (wide != NULL)
		s->replay = (uint32_t)wide->v[XREPLAY_WINDOW].u;
	if (own != NULL) {
		if (own->v[XREF_WINDOW].u != 0)
			s->replay = (uint32_t)own->v[XREF_WINDOW].u;
		s->seq = own->v[XREF_SEQUENCE].u;
		s->tfc = (uint32_t)own->v[XREF_TFC].u;
	}
}

bool
pfkey_msg_to_sa(const struct pfkey_msg *m, struct sa_spec *spec, struct err *e)
{
	const struct dialect *d = m->dialect;
	const struct hdr *sa = pfkey_msg_get(m, EXT_SA);
	const struct hdr *src = pfkey_msg_get(m, EXT_ADDRESS_SRC), *dst = pfkey_msg_get(m, EXT_ADDRESS_DST);
	memset(spec, 0, sizeof *spec);
	if (sa == NULL || src == NULL || dst == NULL)
		return fail(e, ERR_SHORT, "%s: want sa, address_src and address_dst",
			    pfkey_type_name(pfkey_msg_type(m)));
	spec->spi = (uint32_t)sa->v[XSA_SPI].u;
	spec->protocol = pfkey_protocol_of(m->base.v[MSG_SATYPE].u);
	if (spec->protocol == 0)
		return fail(e, ERR_UNSUPPORTED, "pfkey.satype: want esp, ah or ipcomp, got %u",
			    (unsigned)m->base.v[MSG_SATYPE].u);
	spec->src = pfkey_address(src, NULL);
	spec->dst = pfkey_address(dst, NULL);
	if (spec->protocol == IPPROTO_IPCOMP_)
		spec->comp = (uint8_t)sa->v[XSA_ENCRYPT].u;
	else if (!get_alg(d, ALG_ENC, sa->v[XSA_ENCRYPT].u, &spec->enc, e))
		return false;
	if (!get_alg(d, ALG_AUTH, sa->v[XSA_AUTH].u, &spec->auth, e))
		return false;
	spec->enc_key = get_key(m, EXT_KEY_ENCRYPT);
	spec->auth_key = get_key(m, EXT_KEY_AUTH);
	spec->replay = (uint32_t)sa->v[XSA_REPLAY].u * d->replay_unit;
	spec->flags = (uint32_t)sa->v[XSA_FLAGS].u;
	spec->esn = (spec->flags & d->flag_esn) != 0;
	spec->seq_cycle = (spec->flags & d->flag_cycle) != 0;
	spec->old = (spec->flags & d->flag_old) != 0;
	if ((spec->flags & d->flag_iv32) != 0 && spec->enc == alg_by_name("des-cbc", ALG_ENC))
		spec->enc = alg_by_name("des-cbc-iv32", ALG_ENC);
	spec->tunnel = get_tunnel(d, spec->flags);
	pfkey_get_lifetime(m, EXT_LIFETIME_HARD, &spec->hard);
	pfkey_get_lifetime(m, EXT_LIFETIME_SOFT, &spec->soft);
	get_extras(m, spec);
	return pfkey_get_sa_selector(m, spec, e);
}
