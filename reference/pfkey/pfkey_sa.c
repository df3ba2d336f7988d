/*
 * SAs in messages: ADD and UPDATE from a spec, and back from whatever carries an SA. What a dialect cannot say is
 * refused by name, so that a caller can choose another way (netlink) or report a skip.
 */
#include "pfkey/parts.h"
#include "pfkey/record.h"
#include "wire/layouts.h"

enum { REPLAY_FIELD_MAX = 255, NAT_T_ESPINUDP = 2 };

uint8_t
pfkey_satype_of(uint8_t protocol)
{
	return protocol == IPPROTO_ESP_ ? SATYPE_ESP : protocol == IPPROTO_AH_ ? SATYPE_AH : SATYPE_UNSPEC;
}

uint8_t
pfkey_protocol_of(uint64_t satype)
{
	return satype == SATYPE_ESP ? IPPROTO_ESP_ : satype == SATYPE_AH ? IPPROTO_AH_ : 0;
}

/* --- into a message --------------------------------------------------------------------------- */

static bool
check_alg(const struct dialect *d, const struct alg *a, struct err *e)
{
	if (a == NULL || dialect_alg_number(d, a) >= 0)
		return true;
	return fail(e, ERR_UNSUPPORTED, "%s: PF_KEY of %s has no number for it", a->name, d->name);
}

/* Whether the window is said by the extension of its own, not by sadb_sa_replay. */
static bool
has_wide_window(const struct dialect *d, const struct sa_spec *s)
{
	return s->replay > (uint32_t)REPLAY_FIELD_MAX * d->replay_unit;
}

static bool
check_sayable(const struct dialect *d, const struct sa_spec *s, struct err *e)
{
	if (!check_alg(d, s->enc, e) || !check_alg(d, s->auth, e))
		return false;
	if (s->esn && d->flag_esn == 0)
		return fail(e, ERR_UNSUPPORTED, "esn: PF_KEY of %s cannot say it", d->name);
	/* Without a window a counter may cycle by default (RFC 4303 3.3.3); only a wish beyond that needs saying. */
	if (s->seq_cycle && s->replay != 0 && d->flag_cycle == 0)
		return fail(e, ERR_UNSUPPORTED, "cyclic sequence numbers: PF_KEY of %s cannot say it", d->name);
	if (s->replay > d->replay_max || (s->replay % d->replay_unit != 0 && !has_wide_window(d, s)))
		return fail(e, ERR_UNSUPPORTED,
			    "replay window of %u packets: PF_KEY of %s takes up to %u in units of %u", s->replay,
			    d->name, d->replay_max, d->replay_unit);
	if (d->ext_number[EXT_X_REFERENCE] < 0 && s->seq != 0)
		return fail(e, ERR_UNSUPPORTED, "seq: PF_KEY of %s cannot start a counter elsewhere", d->name);
	if (d->ext_number[EXT_X_REFERENCE] < 0 && s->tfc != 0)
		return fail(e, ERR_UNSUPPORTED, "tfc: PF_KEY of %s cannot say it", d->name);
	return true;
}

static uint64_t
number_of(const struct dialect *d, const struct alg *a)
{
	return a != NULL ? (uint64_t)dialect_alg_number(d, a) : 0;
}

bool
pfkey_push_sa(struct pfkey_msg *m, const struct sa_spec *s, uint8_t state)
{
	const struct dialect *d = m->dialect;
	struct hdr *h = pfkey_msg_push(m, EXT_SA, 0);
	uint32_t flags = s->flags & ~(d->flag_esn | d->flag_cycle);
	if (h == NULL)
		return false;
	hdr_set(h, XSA_SPI, s->spi);
	hdr_set(h, XSA_REPLAY, has_wide_window(d, s) ? REPLAY_FIELD_MAX : s->replay / d->replay_unit);
	hdr_set(h, XSA_STATE, state);
	hdr_set(h, XSA_AUTH, number_of(d, s->auth));
	hdr_set(h, XSA_ENCRYPT, number_of(d, s->enc));
	hdr_set(h, XSA_FLAGS, flags | (s->esn ? d->flag_esn : 0) | (s->seq_cycle ? d->flag_cycle : 0));
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
	return true;
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
	struct hdr *h = pfkey_msg_push(m, EXT_X_SA2, 0);
	if (h == NULL)
		return false;
	hdr_set(h, XSA2_MODE, s->mode);
	hdr_set(h, XSA2_SEQUENCE, sequence);
	hdr_set(h, XSA2_REQID, s->reqid);
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

static void
get_extras(const struct pfkey_msg *m, struct sa_spec *s)
{
	const struct hdr *sa2 = pfkey_msg_get(m, EXT_X_SA2), *type = pfkey_msg_get(m, EXT_X_NAT_T_TYPE);
	const struct hdr *sport = pfkey_msg_get(m, EXT_X_NAT_T_SPORT), *dport = pfkey_msg_get(m, EXT_X_NAT_T_DPORT);
	const struct hdr *wide = pfkey_msg_get(m, EXT_X_SA_REPLAY), *own = pfkey_msg_get(m, EXT_X_REFERENCE);
	if (sa2 != NULL) {
		s->mode = (uint8_t)sa2->v[XSA2_MODE].u;
		s->reqid = (uint32_t)sa2->v[XSA2_REQID].u;
	}
	s->encap.udp = type != NULL && type->v[XNT_VALUE].u == NAT_T_ESPINUDP;
	s->encap.sport = sport != NULL ? (uint16_t)sport->v[XNT_VALUE].u : 0;
	s->encap.dport = dport != NULL ? (uint16_t)dport->v[XNT_VALUE].u : 0;
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
		return fail(e, ERR_UNSUPPORTED, "pfkey.satype: want esp or ah, got %u",
			    (unsigned)m->base.v[MSG_SATYPE].u);
	spec->src = pfkey_address(src, NULL);
	spec->dst = pfkey_address(dst, NULL);
	if (!get_alg(d, ALG_ENC, sa->v[XSA_ENCRYPT].u, &spec->enc, e) ||
	    !get_alg(d, ALG_AUTH, sa->v[XSA_AUTH].u, &spec->auth, e))
		return false;
	spec->enc_key = get_key(m, EXT_KEY_ENCRYPT);
	spec->auth_key = get_key(m, EXT_KEY_AUTH);
	spec->replay = (uint32_t)sa->v[XSA_REPLAY].u * d->replay_unit;
	spec->flags = (uint32_t)sa->v[XSA_FLAGS].u;
	spec->esn = (spec->flags & d->flag_esn) != 0;
	spec->seq_cycle = (spec->flags & d->flag_cycle) != 0;
	pfkey_get_lifetime(m, EXT_LIFETIME_HARD, &spec->hard);
	pfkey_get_lifetime(m, EXT_LIFETIME_SOFT, &spec->soft);
	get_extras(m, spec);
	return true;
}
