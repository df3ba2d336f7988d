#include "host/reassembly.h"

#include <assert.h>

bool
secpath_equal(const struct secpath *a, const struct secpath *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned i = 0; i < a->n; i++)
		if (a->sa[i] != b->sa[i] || a->spi[i] != b->spi[i])
			return false;
	return true;
}

static bool
unit_get(const struct units *u, size_t i)
{
	return u->word[i / 64] >> i % 64 & 1;
}

static void
unit_set(struct units *u, size_t i)
{
	u->word[i / 64] |= (uint64_t)1 << i % 64;
}

/*
 * The headers of a fragment say which datagram it is of: RFC 791 3.2 adds the protocol, RFC 8200
 * 4.5 does not.
 */
static bool
slot_is_of(const struct slot *s, const struct fragment *f)
{
	return s->used && s->id == f->id && (!f->sided || s->link == f->link) && s->family == f->ip->family &&
	       (s->family == 6 || s->protocol == f->protocol) && addr_equal(&s->src, &f->ip->src) &&
	       addr_equal(&s->dst, &f->ip->dst) && secpath_equal(&s->path, &f->path);
}

static void
slot_begin(struct slot *s, const struct fragment *f, uint64_t born)
{
	memset(s, 0, offsetof(struct slot, front));
	s->used = true;
	s->family = f->ip->family;
	s->protocol = f->protocol;
	s->src = f->ip->src;
	s->dst = f->ip->dst;
	s->id = f->id;
	s->path = f->path;
	s->link = f->link;
	s->until = f->now + REASSEMBLY_SECONDS;
	s->born = born;
}

/* The datagram's slot, or a free one, or the oldest. */
static struct slot *
slot_for(struct reassembly *a, const struct fragment *f)
{
	struct slot *choice = &a->slot[0];
	for (unsigned i = 0; i < REASSEMBLY_SLOTS; i++) {
		struct slot *s = &a->slot[i];
		if (slot_is_of(s, f) && f->now < s->until)
			return s;
		if (choice->used && (!s->used || s->born < choice->born))
			choice = s;
	}
	slot_begin(choice, f, ++a->births);
	return choice;
}

enum fit { FIT_NEW, FIT_DUPLICATE, FIT_OVERLAP };

/*
 * The units of [from, to) against what is there. A duplicate begins and ends where an earlier
 * fragment did.
 */
static enum fit
slot_fit(const struct slot *s, size_t from, size_t to)
{
	size_t taken = 0;
	for (size_t i = from; i < to; i++) {
		if (i > from && unit_get(&s->starts, i))
			return FIT_OVERLAP;
		taken += unit_get(&s->have, i);
	}
	if (taken == 0)
		return FIT_NEW;
	return taken == to - from && unit_get(&s->starts, from) && unit_get(&s->ends, to - 1) ? FIT_DUPLICATE
											      : FIT_OVERLAP;
}

static void
slot_take(struct slot *s, const struct fragment *f, size_t from, size_t to)
{
	struct wr w = wr_of(s->octets, sizeof s->octets);
	(void)wr_room(&w, REASSEMBLY_FRONT + f->offset);
	wr_bytes(&w, f->data);
	assert(!w.full); /* reassembly_add has seen to it */
	for (size_t i = from; i < to; i++)
		unit_set(&s->have, i);
	unit_set(&s->starts, from);
	unit_set(&s->ends, to - 1);
	s->units_have += to - from;
	s->ecn_seen |= (uint8_t)(1u << (f->ip->tos & 3));
	if (f->offset + f->data.n > s->reach)
		s->reach = f->offset + f->data.n;
}

static void
slot_take_front(struct slot *s, const struct fragment *f)
{
	struct wr w = wr_of(s->front, sizeof s->front);
	wr_bytes(&w, f->front);
	s->front_n = f->front.n;
	s->own = f->own;
	s->next_at = f->next_at;
	s->protocol = f->protocol;
	s->has_first = true;
}

/*
 * Puts the front before the data, without its last `less` octets; a writer over both, full with
 * `data_n` of the data.
 */
static struct wr
slot_lay(struct slot *s, size_t less, size_t data_n)
{
	struct wr all = wr_of(s->octets, sizeof s->octets);
	size_t n = s->front_n - less;
	(void)wr_room(&all, REASSEMBLY_FRONT - n);
	struct wr w = wr_of(wr_room(&all, n + data_n), n + data_n);
	wr_bytes(&w, (struct bytes){ s->front, n });
	(void)wr_room(&w, data_n);
	return w;
}

/* False: fragments disagree about where the datagram ends. */
static bool
slot_take_end(struct slot *s, const struct fragment *f)
{
	size_t end = f->offset + f->data.n;
	if (f->more)
		return !s->has_last || end < s->total;
	if (s->has_last)
		return end == s->total;
	s->has_last = true;
	s->total = end;
	return s->reach <= end;
}

/*
 * RFC 3168 5.3: one CE makes the whole CE, unless another fragment is not ECN-capable; then the
 * datagram is lost. Other mixtures keep the first fragment's code point.
 */
static bool
slot_ecn(struct slot *s, struct wr *front)
{
	enum { NOT_ECT = 1 << 0, CE = 1 << 3 };
	if ((s->ecn_seen & CE) == 0 || s->ecn_seen == CE)
		return true;
	if (s->ecn_seen & NOT_ECT)
		return false;
	struct rd r = rd_of(wr_done(front));
	uint16_t head = (uint16_t)rd_uint(&r, 2);
	return wr_patch(front, 0, head | (s->family == 4 ? 0x0003u : 0x0030u), 2);
}

/*
 * What the first fragment's headers say is made true of the whole: successor, length, IPv4's
 * fragment field and checksum.
 */
static bool
slot_join(struct slot *s, struct bytes *whole)
{
	struct wr w = slot_lay(s, s->own, s->total);
	wr_patch(&w, s->next_at, s->protocol, 1);
	if (s->family == 4)
		wr_patch(&w, 6, 0, 2);
	*whole = wr_done(&w);
	return slot_ecn(s, &w) && ip_finish(&w);
}

static bool
slot_is_whole(const struct slot *s)
{
	return s->has_first && s->has_last && s->units_have == (s->total + 7) / 8;
}

/* Kept until its time is over, so that what is still to come of it is swallowed too. */
static enum reassembly_result
slot_abandon(struct slot *s)
{
	s->dead = true;
	return REASSEMBLY_LOST;
}

static enum reassembly_result
slot_add(struct slot *s, const struct fragment *f, struct bytes *whole)
{
	size_t from = f->offset / 8, to = (f->offset + f->data.n + 7) / 8;
	enum fit fit = slot_fit(s, from, to);
	if (fit == FIT_DUPLICATE)
		return REASSEMBLY_WAIT;
	if (fit == FIT_OVERLAP || !slot_take_end(s, f))
		return slot_abandon(s);
	slot_take(s, f, from, to);
	if (f->offset == 0)
		slot_take_front(s, f);
	if (!slot_is_whole(s))
		return REASSEMBLY_WAIT;
	if (!slot_join(s, whole))
		return slot_abandon(s);
	s->used = false; /* its octets stay until another datagram needs the slot */
	return REASSEMBLY_WHOLE;
}

enum reassembly_result
reassembly_add(struct reassembly *a, const struct fragment *f, struct bytes *whole)
{
	size_t front = f->front.n - f->own - (f->ip->family == 4 ? 0 : IP6_HEADER);
	if (f->more && f->data.n % 8 != 0)
		return REASSEMBLY_LENGTH;
	if (front + f->offset + f->data.n > UINT16_MAX)
		return REASSEMBLY_TOO_LONG;
	if (f->data.n == 0 || f->front.n > REASSEMBLY_FRONT)
		return REASSEMBLY_LOST;
	struct slot *s = slot_for(a, f);
	return s->dead ? REASSEMBLY_LOST : slot_add(s, f, whole);
}

bool
reassembly_expire(struct reassembly *a, uint64_t now, unsigned *link, struct bytes *first)
{
	for (unsigned i = 0; i < REASSEMBLY_SLOTS; i++) {
		struct slot *s = &a->slot[i];
		if (!s->used || now < s->until)
			continue;
		s->used = false;
		*link = s->link;
		a->expired = s->path;
		struct wr w = slot_lay(s, 0, s->reach);
		/* The header's own length says where the first fragment ends. */
		*first = s->has_first && !s->dead ? wr_done(&w) : BYTES_NONE;
		return true;
	}
	return false;
}
