/*
 * The tester's end of the links: frames out, frames in, address resolution answered. What counts as the sentinel is sentinel.c's.
 */
#include "runner/stage.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "wire/checksum.h"

#define REPLY_MS 2 /* how long to look for an answer before asking the sentinel: a shortcut, decides nothing */

/* --- out ------------------------------------------------------------------------------------- */

static bool
send_frame(struct stage *s, unsigned link, uint16_t type, struct bytes payload, size_t trail, struct err *e)
{
	struct link *l = &s->g->target->link[link - 1];
	uint8_t octets[LINK_FRAME_MAX];
	struct wr w = wr_of(octets, sizeof octets);
	wr_bytes(&w, BYTES_OF(l->target_mac));
	wr_bytes(&w, BYTES_OF(l->tester_mac));
	wr_uint(&w, type, 2);
	wr_bytes(&w, payload);
	wr_fill(&w, 0, trail);
	if (w.full)
		return fail(e, ERR_RANGE, "frame of %zu octets: too long for the link", payload.n + trail);
	return l->ops->send(l, wr_done(&w), e);
}

bool
tester_frame(struct stage *s, unsigned link, uint16_t ethertype, struct bytes payload, struct err *e)
{
	return send_frame(s, link, ethertype, payload, 18, e);
}

/* With the words of the step under way, which outlive the evidence. */
static struct exhibit *
keep_frame(struct stage *s, uint8_t kind, unsigned link, struct bytes datagram)
{
	const struct step *st = s->step;
	struct exhibit *x = evidence_add(s->ev, kind, st != NULL ? st->at.line : 0, link, datagram, NULL);
	x->text = st != NULL ? st->text : NULL;
	return x;
}

bool
tester_send(struct stage *s, unsigned link, struct bytes datagram, size_t trail, struct err *e)
{
	struct rd r = rd_of(datagram);
	uint16_t type = rd_peek(&r, 0) >> 4 == 6 ? ETHER_IP6 : ETHER_IP4;
	if (link == 0 || link > s->g->target->links)
		return fail(e, ERR_UNSUPPORTED, "the target has no link %u", link);
	s->awaiting = true;
	keep_frame(s, EV_FRAME_OUT, link, datagram);
	return send_frame(s, link, type, datagram, trail, e);
}

/* --- address resolution ---------------------------------------------------------------------- */

/* RFC 826: from the tester's own MAC address in the name of spa. */
bool
tester_arp(struct stage *s, unsigned link, enum arp_op op, struct bytes spa, struct bytes tha, struct bytes tpa,
	   struct err *e)
{
	uint8_t octets[64];
	struct wr w = wr_of(octets, sizeof octets);
	wr_uint(&w, 1, 2);
	wr_uint(&w, ETHER_IP4, 2);
	wr_uint(&w, 0x0604, 2);
	wr_uint(&w, op, 2);
	wr_bytes(&w, BYTES_OF(s->g->target->link[link - 1].tester_mac));
	wr_bytes(&w, spa);
	wr_bytes(&w, tha);
	wr_bytes(&w, tpa);
	return tester_frame(s, link, ETHER_ARP, wr_done(&w), e);
}

/* Asking for its own address a station wants to know whether somebody else has it (RFC 5227, RFC 4862 5.4). */
static bool
is_targets(const struct stage *s, unsigned link, struct bytes address)
{
	const struct target_net *net = &s->g->target->net[link - 1];
	return bytes_equal(address, BYTES_OF(net->target4)) || bytes_equal(address, BYTES_OF(net->second4)) ||
	       bytes_equal(address, BYTES_OF(net->target6)) || bytes_equal(address, BYTES_OF(net->second6));
}

static bool
answer_arp(struct stage *s, unsigned link, struct bytes arp, bool *is_reply, struct err *e)
{
	struct rd r = rd_of(arp);
	rd_skip(&r, 6);
	uint64_t op = rd_uint(&r, 2);
	struct bytes sha = rd_take(&r, 6), spa = rd_take(&r, 4);
	rd_skip(&r, 6);
	struct bytes tpa = rd_take(&r, 4);
	*is_reply = !r.bad && op == ARP_REPLY;
	if (r.bad || op != ARP_REQUEST || is_targets(s, link, tpa))
		return true;
	return tester_arp(s, link, ARP_REPLY, tpa, sha, spa, e);
}

/* A neighbour solicitation for any address on the link is ours to answer (RFC 4861 4.4). */
static bool
answer_nd(struct stage *s, unsigned link, struct bytes src, struct bytes wanted, struct err *e)
{
	const struct link *l = &s->g->target->link[link - 1];
	uint8_t na[32], datagram[72];
	struct wr w = wr_of(na, sizeof na);
	wr_uint(&w, 0x88000000, 4);
	wr_uint(&w, 0x60000000, 4);
	wr_bytes(&w, wanted);
	wr_uint(&w, 0x0201, 2);
	wr_bytes(&w, BYTES_OF(l->tester_mac));
	(void)wr_patch(&w, 2, checksum_upper(wanted, src, 58, wr_done(&w)), 2);
	struct wr d = wr_of(datagram, sizeof datagram);
	wr_uint(&d, 0x60000000, 4);
	wr_uint(&d, w.n, 2);
	wr_uint(&d, 0x3aff, 2);
	wr_bytes(&d, wanted);
	wr_bytes(&d, src);
	wr_bytes(&d, wr_done(&w));
	return send_frame(s, link, ETHER_IP6, wr_done(&d), 0, e);
}

/* --- in -------------------------------------------------------------------------------------- */

enum arrival { A_FRAME, A_HOUSEKEEPING, A_SENTINEL, A_LINK_SENTINEL };

static enum arrival
classify_ip4(struct stage *s, struct bytes d)
{
	struct rd r = rd_of(d);
	if (rd_peek(&r, 9) == 2) /* IGMP */
		return A_HOUSEKEEPING;
	int sentinel = sentinel_recognise(s, d);
	return sentinel == 0 ? A_FRAME : sentinel == 1 ? A_HOUSEKEEPING : A_SENTINEL;
}

static enum arrival
classify_ip6(struct stage *s, unsigned link, struct bytes d, struct err *e, bool *ok)
{
	struct rd r = rd_of(d);
	uint8_t next = rd_peek(&r, 6);
	rd_skip(&r, 8);
	struct bytes src = rd_take(&r, 16);
	rd_skip(&r, 16);
	if (next == 0 && rd_peek(&r, 0) == 58 && rd_peek(&r, 8) == 143) /* MLDv2 report */
		return A_HOUSEKEEPING;
	if (next != 58)
		return A_FRAME;
	uint64_t type = rd_uint(&r, 1);
	rd_skip(&r, 3);
	if (type == 135) {
		rd_skip(&r, 4);
		struct bytes wanted = rd_take(&r, 16);
		if (!r.bad && !is_targets(s, link, wanted))
			*ok = answer_nd(s, link, src, wanted, e);
		return A_HOUSEKEEPING;
	}
	return type >= 130 && type <= 137 ? A_HOUSEKEEPING : A_FRAME;
}

static void
queue_frame(struct stage *s, unsigned link, struct bytes datagram)
{
	struct exhibit *x = keep_frame(s, EV_FRAME_IN, link, datagram);
	struct frame *f = arena_alloc(s->arena, sizeof *f);
	f->datagram = x->octets;
	f->link = link;
	if (s->frames_last != NULL && s->frames != NULL)
		s->frames_last->next = f;
	else
		s->frames = f;
	s->frames_last = f;
}

/* The octets of a datagram by its own length: links pad short frames. */
static struct bytes
ip_octets(struct bytes payload, bool v6)
{
	struct rd r = rd_of(payload);
	rd_skip(&r, v6 ? 4 : 2);
	size_t n = (size_t)rd_uint(&r, 2) + (v6 ? 40 : 0);
	return r.bad || n < 20 ? payload : bytes_slice(payload, 0, n);
}

/*
 * A kernel holds back what it protected while it asks for a neighbour, for seconds if need be, so that IPv6 ESP of a case that is over may
 * come in one that speaks IPv4 only and has no such SA, or in one that configures no SA at all, for an address that is not even ours.
 */
static bool
is_of_another_case(const struct stage *s, unsigned link, struct bytes d)
{
	struct rd r = rd_of(d);
	bool esp = rd_peek(&r, 6) == 50;
	rd_skip(&r, 24);
	struct bytes to = rd_take(&r, 16);
	struct addr dst = addr_of(to);
	uint32_t spi = (uint32_t)rd_uint(&r, 4);
	if (!esp || r.bad)
		return false;
	if (sad_count(s->sad) == 0 && !bytes_equal(to, BYTES_OF(s->g->target->net[link - 1].tester6)))
		return true;
	return s->family == 4 && s->inner == 4 && !s->all_families && sad_find(s->sad, spi, 50, &dst) == NULL;
}

/* Takes one frame off a link; *some false when there was none. */
static bool
pump_one(struct stage *s, unsigned link, bool *some, enum arrival *what, struct err *e)
{
	static _Thread_local uint8_t buf[LINK_FRAME_MAX];
	struct link *l = &s->g->target->link[link - 1];
	long n = l->ops->recv(l, buf, sizeof buf, e);
	*what = A_HOUSEKEEPING;
	*some = n > 0;
	if (n < 0)
		return false;
	struct rd r = rd_of((struct bytes){ buf, (size_t)n });
	rd_skip(&r, 12);
	uint64_t type = rd_uint(&r, 2);
	struct bytes payload = rd_rest(&r);
	bool ok = true, is_reply = false;
	if (n == 0 || r.bad)
		return true;
	if (type == ETHER_ARP) {
		ok = answer_arp(s, link, payload, &is_reply, e);
		*what = is_reply ? A_LINK_SENTINEL : A_HOUSEKEEPING;
	} else if (type == ETHER_IP4) {
		*what = classify_ip4(s, payload);
	} else if (type == ETHER_IP6) {
		*what = classify_ip6(s, link, payload, e, &ok);
	}
	if (*what == A_FRAME && type == ETHER_IP6 && is_of_another_case(s, link, payload)) {
		evidence_add(s->ev, EV_NOTE, 0, link, BYTES_NONE, "IPv6 ESP of a case before arrived late: left out");
		*what = A_HOUSEKEEPING;
	}
	if (*what == A_FRAME)
		queue_frame(s, link, ip_octets(payload, type == ETHER_IP6));
	return ok;
}

bool
tester_pump(struct stage *s, bool *echoed, bool *resolved, struct err *e)
{
	for (unsigned link = 1; link <= s->g->target->links; link++) {
		bool some = true;
		for (unsigned bound = 0; some && bound < STAGE_FRAMES; bound++) {
			enum arrival what;
			if (!pump_one(s, link, &some, &what, e))
				return false;
			*echoed |= what == A_SENTINEL;
			*resolved |= what == A_LINK_SENTINEL;
		}
	}
	return true;
}

bool
tester_wait(struct stage *s, int ms)
{
	struct pollfd p[TARGET_LINKS];
	unsigned n = 0;
	for (unsigned i = 0; i < s->g->target->links; i++) {
		struct link *l = &s->g->target->link[i];
		if (l->ops->fd(l) >= 0)
			p[n++] = (struct pollfd){ .fd = l->ops->fd(l), .events = POLLIN };
	}
	return n > 0 && poll(p, n, ms) > 0;
}

bool
tester_drain(struct stage *s, struct err *e)
{
	bool a = false, b = false;
	if (!tester_pump(s, &a, &b, e))
		return false;
	s->frames = s->frames_last = NULL;
	return true;
}

/* --- taking frames --------------------------------------------------------------------------- */

struct frame *
tester_take(struct stage *s, unsigned link)
{
	struct frame **at = &s->frames;
	for (struct frame *before = NULL; *at != NULL; before = *at, at = &(*at)->next) {
		struct frame *f = *at;
		if (f->link != link)
			continue;
		*at = f->next;
		if (s->frames_last == f)
			s->frames_last = before;
		s->awaiting = false;
		return f;
	}
	return NULL;
}

bool
tester_receive(struct stage *s, unsigned link, struct frame **f, struct err *e)
{
	bool a = false, b = false;
	if (!tester_pump(s, &a, &b, e))
		return false;
	*f = tester_take(s, link);
	uint64_t until = clock_ns() + REPLY_MS * 1000000ull;
	while (*f == NULL && clock_ns() < until && tester_wait(s, 1)) {
		if (!tester_pump(s, &a, &b, e))
			return false;
		*f = tester_take(s, link);
	}
	if (*f != NULL)
		return true;
	if (!tester_sentinel(s, link, e))
		return false;
	*f = tester_take(s, link);
	return true;
}

void
tester_unreceive(struct stage *s, struct frame *f)
{
	f->next = s->frames;
	s->frames = f;
	if (s->frames_last == NULL || f->next == NULL)
		s->frames_last = f;
}
