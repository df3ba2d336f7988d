#include "ipsec/chain.h"
#include "ipsec/datagram.h"
#include "ipsec/ipcomp.h"
#include "ipsec/old.h"
#include "ipsec/tunnel.h"
#include "ipsec/udpencap.h"

#define DATAGRAM_MAX 65535

/* One datagram on its way in. */
struct arrival {
	const struct sad *sad;
	const struct tunnel_rules *rules;
	unsigned flags;
	uint64_t now;
	uint8_t *work;
	struct wr *out;
	struct datagram_result *r;
	struct chain c;
	bool in_udp;
	bool compressed;      /* false: a tunnel of IPComp let it be */
	struct bytes packet;  /* from the AH or ESP header on */
	struct bytes payload; /* what was protected */
	uint8_t next_header;
};

static bool
is_passive(const struct arrival *a)
{
	return a->flags & DG_NO_STATE;
}

/* ESP in UDP; fragments are left to reassembly. */
static bool
find_in_udp(struct arrival *a)
{
	struct rd r = rd_of(a->packet);
	uint16_t sport = (uint16_t)rd_uint(&r, 2), dport = (uint16_t)rd_uint(&r, 2);
	size_t length = (size_t)rd_uint(&r, 2);
	rd_skip(&r, 2);
	if (r.bad || a->c.fragment || length < UDPENCAP_HEADER || length > a->packet.n)
		return false;
	struct bytes payload = rd_take(&r, length - UDPENCAP_HEADER);
	if (!(a->flags & DG_IN_UDP) &&
	    !udpencap_is_esp(a->sad, &a->c.src, &a->c.final, sport, dport, payload, is_passive(a), &a->r->sa))
		return false;
	a->in_udp = true;
	a->packet = payload;
	return true;
}

/*
 * RFC 3173 2: what the sender did not compress must be taken as well. Transport mode leaves no trace then; a tunnel's outer header stays,
 * and its ends tell whose it is. An observer has no need to know.
 */
static bool
find_uncompressed(struct arrival *a)
{
	if ((a->r->protocol != IPPROTO_IP4 && a->r->protocol != IPPROTO_IP6) || is_passive(a) || a->c.fragment)
		return false;
	a->r->sa = sad_outbound(a->sad, IPPROTO_IPCOMP_, MODE_TUNNEL, &a->c.src, &a->c.final, 0);
	return a->r->sa != NULL && a->r->sa->spec.mode == MODE_TUNNEL;
}

/* Whether there is AH, ESP or IPComp, and where. */
static bool
find(struct arrival *a)
{
	a->packet = bytes_slice(a->c.whole, a->c.upper.at, SIZE_MAX);
	a->r->protocol = a->c.upper.protocol;
	if (a->r->protocol == IPPROTO_UDP_ && find_in_udp(a))
		a->r->protocol = IPPROTO_ESP_;
	a->compressed = a->r->protocol == IPPROTO_IPCOMP_;
	if (a->compressed || a->r->protocol == IPPROTO_ESP_ || a->r->protocol == IPPROTO_AH_)
		return true;
	if (find_uncompressed(a)) {
		a->next_header = a->r->protocol;
		a->payload = a->packet;
		a->r->protocol = IPPROTO_IPCOMP_;
		a->r->spi = a->r->sa->spec.spi;
		return true;
	}
	a->r->protocol = 0;
	a->r->sa = NULL;
	return false;
}

/* SPI and sequence number; IPComp has a CPI and no number. */
static bool
take_index(struct arrival *a, uint32_t *low)
{
	static const uint8_t before[] = { [IPPROTO_AH_] = 4, [IPPROTO_IPCOMP_] = 2 };
	struct rd head = rd_of(a->packet);
	bool numbered = a->r->protocol != IPPROTO_IPCOMP_;
	rd_skip(&head, before[a->r->protocol]);
	a->r->spi = (uint32_t)rd_uint(&head, numbered ? 4 : 2);
	*low = numbered ? (uint32_t)rd_uint(&head, 4) : 0;
	a->r->seq = *low;
	return !head.bad;
}

/* RFC 4301 5.2 step 3a */
static enum verdict
find_sa(struct arrival *a)
{
	struct datagram_result *r = a->r;
	uint32_t low;
	if (!take_index(a, &low))
		return DROP_SHORT;
	r->sa = sad_inbound(a->sad, r->spi, r->protocol, &a->c.src, &a->c.final);
	if (r->sa == NULL)
		return DROP_NO_SA;
	if (r->sa->state == SA_LARVAL || r->sa->state == SA_DEAD)
		return DROP_SA_STATE;
	r->seq = r->sa->spec.old ? 0 : replay_infer(&r->sa->replay, low);
	/* An observer cannot know whether the SA's owner agreed to the encapsulation. */
	if (r->protocol == IPPROTO_ESP_ && r->sa->spec.encap.udp != a->in_udp && !(a->in_udp && is_passive(a)))
		return DROP_ENCAP;
	return ACCEPT;
}

static enum verdict
judge_esp(const struct arrival *a, const struct esp_opened *o)
{
	if ((a->flags & DG_STRICT_PADDING) && !esp_padding_default(o->padding))
		return DROP_PADDING;
	return o->next_header == IPPROTO_NONE_ ? DROP_DUMMY : ACCEPT;
}

/* What esp_receive and ah_receive do, for those who leave the window, or its verdict, alone. */
static enum verdict
check_replay(const struct arrival *a)
{
	return a->flags & DG_NO_REPLAY ? ACCEPT : replay_check(&a->r->sa->replay, a->r->seq);
}

static void
commit_replay(struct arrival *a)
{
	if (!is_passive(a))
		replay_commit(&a->r->sa->replay, a->r->seq);
}

static enum verdict
open_esp(struct arrival *a)
{
	struct esp_opened o = { 0 };
	struct sa *sa = a->r->sa;
	enum verdict v;
	if (sa->spec.old) {
		v = esp_old_open(sa, a->packet, a->work, &o);
	} else if (!(a->flags & (DG_NO_STATE | DG_NO_REPLAY))) {
		v = esp_receive(sa, a->packet, a->flags & DG_STRICT_PADDING, a->work, &o);
	} else if ((v = check_replay(a)) == ACCEPT) {
		v = esp_open(sa, a->packet, (uint32_t)(a->r->seq >> 32), a->work, &o);
		if (v == ACCEPT) {
			commit_replay(a);
			v = judge_esp(a, &o);
		}
	}
	/* RFC 2406 2.6 knew no dummies: 59 is a protocol that is there or not. */
	if (v == DROP_DUMMY && (a->flags & DG_NO_DUMMIES))
		v = ACCEPT;
	a->r->pad_length = o.pad_length;
	a->r->iv = o.iv;
	a->r->icv = o.icv;
	a->payload = o.payload;
	a->next_header = o.next_header;
	return v;
}

static enum verdict
open_ah(struct arrival *a)
{
	struct ah_opened o = { 0 };
	struct sa *sa = a->r->sa;
	struct bytes front = bytes_slice(a->c.whole, 0, a->c.upper.at);
	enum verdict v;
	if (sa->spec.old) {
		v = ah_old_open(sa, front, a->packet, &o);
	} else if (!(a->flags & (DG_NO_STATE | DG_NO_REPLAY))) {
		v = ah_receive(sa, front, a->packet, &o);
	} else if ((v = check_replay(a)) == ACCEPT) {
		v = ah_open(sa, front, a->packet, (uint32_t)(a->r->seq >> 32), &o);
		if (v == ACCEPT)
			commit_replay(a);
	}
	a->r->iv = o.iv;
	a->r->icv = o.icv;
	a->payload = o.payload;
	a->next_header = o.next_header;
	return v;
}

/* What swells beyond a datagram is none: in transport mode the header in front of it counts (RFC 791 3.1, RFC 8200 3). */
static enum verdict
open_ipcomp(struct arrival *a)
{
	struct ipcomp_opened o;
	size_t front = a->c.upper.at - (a->c.family == 6 ? tunnel_header_n(6) : 0);
	bool tunnel = a->r->sa->spec.mode == MODE_TUNNEL;
	struct wr w = wr_of(a->work, tunnel ? DATAGRAM_WORK : DATAGRAM_MAX - front);
	enum verdict v = ipcomp_open(a->r->sa, a->packet, &w, &o);
	a->payload = o.payload;
	a->next_header = o.next_header;
	return v;
}

static enum verdict
open_layer(struct arrival *a)
{
	switch (a->r->protocol) {
	case IPPROTO_AH_: return open_ah(a);
	case IPPROTO_IPCOMP_: return open_ipcomp(a);
	default: return open_esp(a);
	}
}

/* RFC 4303 3.4.4.1 step 5, transport mode: the header gets back what protection changed. */
static enum verdict
restore_transport(struct arrival *a)
{
	size_t at = a->out->n, n = a->payload.n;
	/* Only ESP has TFC padding. */
	if (a->r->protocol == IPPROTO_ESP_)
		n = chain_payload_n(a->next_header, a->payload);
	wr_bytes(a->out, bytes_slice(a->c.whole, 0, a->c.upper.at));
	wr_bytes(a->out, bytes_slice(a->payload, 0, n));
	if (!a->out->full)
		chain_rewrite(a->out, at, a->out->n - at, a->c.family, a->c.upper.announced_at, a->next_header);
	return ACCEPT;
}

/*
 * In transport mode 4 and 41 are an upper protocol as any other: IP in IP that somebody protected (RFC
 * 4301 4.1). In tunnel mode nothing else can be inside.
 */
static enum verdict
restore(struct arrival *a)
{
	bool ip_inside = a->next_header == IPPROTO_IP4 || a->next_header == IPPROTO_IP6;
	uint8_t mode = a->r->sa->spec.mode;
	if (mode == MODE_TUNNEL && !ip_inside)
		return DROP_MODE;
	if (mode == MODE_TRANSPORT || !ip_inside)
		return restore_transport(a);
	struct tunnel_exit end = tunnel_exit_of(&a->r->sa->spec, a->rules, &a->c);
	return tunnel_inner_put(a->next_header, a->payload, &end, a->out, &a->r->ecn_alarm) ? ACCEPT : DROP_INNER;
}

/* Bytes count the datagram as it arrived. */
static void
account(struct arrival *a)
{
	struct datagram_result *r = a->r;
	if (is_passive(a))
		return;
	sa_account(r->sa, a->c.whole.n, a->now, &r->soft, &r->hard);
	if (r->hard)
		r->sa->state = SA_DEAD;
	else if (r->soft && r->sa->state == SA_MATURE)
		r->sa->state = SA_DYING;
}

static enum verdict
unprotect(struct arrival *a)
{
	/* RFC 4303 3.4.1, RFC 4302 3.4.1: reassembly comes first. */
	if (a->c.fragment)
		return DROP_FRAGMENT;
	bool opened = a->r->protocol == IPPROTO_IPCOMP_ && !a->compressed;
	enum verdict v = opened ? ACCEPT : find_sa(a);
	if (v == ACCEPT && !opened)
		v = open_layer(a);
	/* RFC 4301 4.4.2.1: what was decrypted counts, dummies and what cannot be delivered too. */
	bool counts = v == ACCEPT || v == DROP_DUMMY || v == DROP_PADDING;
	if (v == ACCEPT)
		v = restore(a);
	if (counts)
		account(a);
	return v;
}

void
datagram_unprotect(const struct sad *sad, struct bytes datagram, unsigned flags, uint64_t now, uint8_t *work,
		   struct wr *out, struct datagram_result *r)
{
	datagram_unprotect_by(sad, &tunnel_rfc4301, datagram, flags, now, work, out, r);
}

void
datagram_unprotect_by(const struct sad *sad, const struct tunnel_rules *rules, struct bytes datagram, unsigned flags,
		      uint64_t now, uint8_t *work, struct wr *out, struct datagram_result *r)
{
	struct arrival a = { .sad = sad, .rules = rules, .flags = flags, .now = now, .work = work, .out = out, .r = r };
	size_t at = out->n;
	*r = (struct datagram_result){ .verdict = DROP_HEADER };
	if (!chain_of(datagram, &a.c) || a.c.truncated || a.c.malformed)
		return;
	if (find(&a)) {
		r->verdict = unprotect(&a);
	} else {
		wr_bytes(out, datagram);
		r->verdict = ACCEPT;
	}
	if (r->verdict == ACCEPT && out->full)
		r->verdict = DROP_TOO_BIG;
	if (r->verdict != ACCEPT)
		out->n = at;
}
