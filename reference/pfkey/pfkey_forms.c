/*
 * How systems without KAME's x_sa2 say what RFC 2367 does not: OpenBSD has the mode and ESP in UDP as flags of sadb_sa, with the port in an
 * extension; Solaris has the mode as a flag, and a counter to start from in an extension that KAME does not know.
 */
#include "pfkey/parts.h"

enum { ESP_IN_UDP = 4500 }; /* RFC 3948 2.1 */

bool
pfkey_forms_sayable(const struct dialect *d, const struct sa_spec *s, struct err *e)
{
	if (d->ext_number[EXT_X_SA2] >= 0)
		return true;
	if (s->reqid != 0)
		return fail(e, ERR_UNSUPPORTED, "request id %u: PF_KEY of %s has none", s->reqid, d->name);
	if (s->encap.udp && d->flag_udpencap == 0)
		return fail(e, ERR_UNSUPPORTED, "UDP encapsulation: PF_KEY of %s asks which end is local", d->name);
	if (s->encap.udp && s->encap.sport != ESP_IN_UDP)
		return fail(e, ERR_UNSUPPORTED, "UDP encapsulation from port %u: PF_KEY of %s has one port, the peer's",
			    s->encap.sport, d->name);
	return true;
}

uint32_t
pfkey_forms_mask(const struct dialect *d)
{
	return d->flag_tunnel | d->flag_udpencap;
}

uint32_t
pfkey_forms_flags(const struct dialect *d, const struct sa_spec *s)
{
	return (s->mode == MODE_TUNNEL ? d->flag_tunnel : 0) | (s->encap.udp ? d->flag_udpencap : 0);
}

static bool
push_replay(struct pfkey_msg *m, uint64_t sequence)
{
	const int8_t *has = m->dialect->ext_number;
	struct hdr *h;
	if (sequence == 0)
		return true;
	if (has[EXT_X_REPLAY_VALUE] >= 0) {
		h = pfkey_msg_push(m, EXT_X_REPLAY_VALUE, 0);
		if (h == NULL)
			return false;
		hdr_set(h, XRVAL_REPLAY32, sequence & UINT32_MAX);
		hdr_set(h, XRVAL_REPLAY64, sequence);
	} else if (has[EXT_X_REPLAY_COUNT] >= 0) {
		h = pfkey_msg_push(m, EXT_X_REPLAY_COUNT, 0);
		if (h == NULL)
			return false;
		hdr_set(h, XRCOUNT_COUNT, sequence);
	}
	return true;
}

bool
pfkey_push_forms(struct pfkey_msg *m, const struct sa_spec *s, uint64_t sequence)
{
	if (s->encap.udp && m->dialect->ext_number[EXT_X_UDPENCAP] >= 0) {
		struct hdr *h = pfkey_msg_push(m, EXT_X_UDPENCAP, 0);
		if (h == NULL)
			return false;
		hdr_set(h, XNT_VALUE, s->encap.dport);
	}
	return push_replay(m, sequence != 0 ? sequence : s->seq);
}

/* OpenBSD's count is the kernel's to say: it has no use on the way in. */
void
pfkey_get_forms(const struct pfkey_msg *m, struct sa_spec *s)
{
	const struct dialect *d = m->dialect;
	const struct hdr *port = pfkey_msg_get(m, EXT_X_UDPENCAP), *count = pfkey_msg_get(m, EXT_X_REPLAY_VALUE);
	if (d->ext_number[EXT_X_SA2] >= 0)
		return;
	s->mode = s->flags & d->flag_tunnel ? MODE_TUNNEL : MODE_TRANSPORT;
	if (s->flags & d->flag_udpencap) {
		s->encap.udp = true;
		s->encap.sport = ESP_IN_UDP;
		s->encap.dport =
			port != NULL && port->v[XNT_VALUE].u != 0 ? (uint16_t)port->v[XNT_VALUE].u : ESP_IN_UDP;
	}
	if (count != NULL)
		s->seq = count->v[XRVAL_REPLAY64].u != 0 ? count->v[XRVAL_REPLAY64].u : count->v[XRVAL_REPLAY32].u;
}
