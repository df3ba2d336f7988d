#include "reports/case/plain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ipsec/chain.h"
#include "ipsec/esp_icv.h"
#include "ipsec/udpencap.h"
#include "wire/text.h"

#define LAYERS_MAX 8 /* more would be a datagram made to keep us busy */
#define ROOM (2 * DATAGRAM_WORK)
#define ICV_MAX 64

struct plain {
	uint8_t opened[3][ROOM], repaired[ROOM], work[ROOM];
};

/* Headers as the sender wrote them: a tunnel's end changes nothing. */
static const struct tunnel_rules as_written = {
	.ecn4 = INGRESS_COPY,
	.ecn6 = INGRESS_COPY,
	.egress_allowed = EGRESS_IGNORED,
	.egress_forbidden = EGRESS_IGNORED,
	.dscp = TUNNEL_DSCP_COPIED,
};

struct plain *
plain_new(void)
{
	return calloc(1, sizeof(struct plain));
}

void
plain_free(struct plain *p)
{
	if (p != NULL)
		explicit_bzero(p, sizeof *p);
	free(p);
}

/* One header on its way out. */
struct layer {
	struct datagram_result r;
	struct bytes datagram; /* with the ICV that it should have had, if its own was wrong */
	struct bytes out;      /* without the header; empty: not opened */
	uint8_t want[ICV_MAX], got[ICV_MAX];
	size_t icv_n; /* 0: its ICV was right, or there is none */
	bool other_mode, no_inner;
};

/* The same datagram under the ICV that its octets ask for, so that it opens. */
static bool
repair(struct plain *p, struct layer *l)
{
	struct chain c;
	struct bytes whole, icv;
	struct wr w = wr_of(p->repaired, sizeof p->repaired);
	struct wr want = wr_of(l->want, sizeof l->want), got = wr_of(l->got, sizeof l->got);
	if (l->icv_n > 0 || l->r.protocol != IPPROTO_ESP_ || !chain_of(l->datagram, &c))
		return false;
	size_t at = c.upper.at + (c.upper.protocol == IPPROTO_UDP_ ? UDPENCAP_HEADER : 0);
	struct bytes packet = bytes_slice(c.whole, at, SIZE_MAX);
	if (packet.n > sizeof p->work ||
	    !esp_icv_expected(l->r.sa, packet, (uint32_t)(l->r.seq >> 32), p->work, &whole, &icv))
		return false;
	wr_bytes(&w, bytes_slice(c.whole, 0, at));
	wr_bytes(&w, whole);
	wr_bytes(&want, icv);
	wr_bytes(&got, bytes_slice(packet, packet.n - icv.n, icv.n));
	l->icv_n = want.n;
	l->datagram = wr_done(&w);
	return !w.full && !want.full;
}

/* Once more with what stood in the way out of it. False: nothing helps. */
static bool
ease(struct plain *p, struct layer *l)
{
	switch (l->r.verdict) {
	case DROP_ICV: return repair(p, l);
	case DROP_MODE: /* transport where a tunnel was agreed on, or the reverse */
		if (l->other_mode)
			return false;
		l->other_mode = true;
		l->r.sa->spec.mode = MODE_ANY;
		return true;
	case DROP_INNER: /* behind the outer header it can still be looked at */
		if (l->no_inner)
			return false;
		l->no_inner = true;
		l->r.sa->spec.mode = MODE_TRANSPORT;
		return true;
	default: return false;
	}
}

static void
open_layer(struct plain *p, struct sad *sad, struct bytes datagram, uint8_t *room, struct layer *l)
{
	enum { FLAGS = DG_NO_STATE | DG_NO_REPLAY | DG_NO_DUMMIES };
	struct sa *sa = NULL;
	uint8_t mode = MODE_ANY;
	*l = (struct layer){ .datagram = datagram };
	bool again;
	do {
		struct wr w = wr_of(room, ROOM);
		datagram_unprotect_by(sad, &as_written, l->datagram, FLAGS, 0, p->work, &w, &l->r);
		if (sa == NULL && l->r.sa != NULL) {
			sa = l->r.sa;
			mode = sa->spec.mode;
		}
		if (l->r.verdict == ACCEPT && l->r.protocol != 0)
			l->out = wr_done(&w);
		again = l->r.verdict != ACCEPT && l->r.sa != NULL && ease(p, l);
	} while (again);
	if (sa != NULL)
		sa->spec.mode = mode;
}

/* --- what is said of it ---------------------------------------------------------------------- */

static void
say_icv(struct text *t, const struct layer *l)
{
	if (l->icv_n > 0) {
		text_add(t, ": ICV wrong, want ");
		text_add_hex(t, (struct bytes){ l->want, l->icv_n });
		text_add(t, ", got ");
		text_add_hex(t, (struct bytes){ l->got, l->icv_n });
	} else if (l->r.icv.n > 0) {
		text_add(t, ": ICV good, %zu octets", l->r.icv.n);
	} else if (l->r.protocol != IPPROTO_IPCOMP_) {
		text_add(t, ": no ICV");
	}
}

static void
say_sa(struct text *t, const struct sa_spec *s)
{
	static const char *const modes[] = { "any mode", "transport", "tunnel" };
	if (s->protocol != IPPROTO_IPCOMP_)
		text_add(t, ", %s", modes[s->mode <= MODE_TUNNEL ? s->mode : MODE_ANY]);
	if (s->enc != NULL)
		text_add(t, ", %s", s->enc->name);
	if (s->auth != NULL)
		text_add(t, "%s%s", s->enc != NULL ? " " : ", ", s->auth->name);
	if (s->old)
		text_add(t, " of 1995");
}

static void
say(struct text *t, const struct layer *l)
{
	const struct datagram_result *r = &l->r;
	uint8_t p = r->protocol;
	text_add(t, "%s%s", t->n > 0 ? "\n" : "", p == IPPROTO_ESP_ ? "ESP" : p == IPPROTO_AH_ ? "AH" : "IPComp");
	text_add(t, p == IPPROTO_IPCOMP_ ? " cpi 0x%04" PRIx32 : " spi 0x%08" PRIx32, r->spi);
	if (p != IPPROTO_IPCOMP_)
		text_add(t, " seq %" PRIu64, r->seq);
	if (r->sa != NULL)
		say_sa(t, &r->sa->spec);
	if (l->out.n == 0) {
		text_add(t, ": not opened: %s", verdict_name(r->verdict));
		return;
	}
	say_icv(t, l);
	if (p == IPPROTO_ESP_)
		text_add(t, ", %u of padding", r->pad_length);
	if (l->other_mode)
		text_add(t, "; not in the SA's mode");
	if (l->no_inner)
		text_add(t, "; what is inside is no whole datagram");
}

/* A room that neither of them lies in. */
static uint8_t *
free_room(struct plain *p, struct bytes a, struct bytes b)
{
	unsigned i = 0;
	while (p->opened[i] == a.p || p->opened[i] == b.p)
		i++;
	return p->opened[i];
}

struct bytes
plain_open(struct plain *p, struct sad *sad, struct bytes datagram, char *text, size_t cap)
{
	struct bytes now = datagram, best = datagram;
	struct text t = text_of(text, cap);
	text[0] = '\0';
	for (unsigned n = 0; n < LAYERS_MAX; n++) {
		struct layer l;
		open_layer(p, sad, now, free_room(p, now, best), &l);
		if (l.r.protocol == 0)
			break;
		say(&t, &l);
		if (l.out.n == 0)
			break;
		now = l.out;
		if (l.r.protocol != IPPROTO_AH_)
			best = now;
	}
	text_mark_cut(&t);
	return best;
}
