#include "runner/encore/recording.h"

#include <stdlib.h>
#include <string.h>

#include "reports/case/pcapng.h"
#include "runner/observe/capture.h"

#define MESSAGES_MAX 4000000
#define OCTETS_MAX ((size_t)1 << 30)

/* --- reading --------------------------------------------------------------------------------- */

static struct message *
add_message(struct recording *r)
{
	if (r->n == r->cap) {
		size_t cap = r->cap * 2 + 64;
		struct message *more = realloc(r->message, cap * sizeof *more);
		if (more == NULL)
			return NULL;
		r->message = more;
		r->cap = cap;
	}
	return &r->message[r->n++];
}

static bool
keep(struct recording *r, const struct capture_flags *flags, const struct frame *f, size_t *octets, struct err *e)
{
	struct message *m = f->datagram.n > 0 ? add_message(r) : NULL;
	if (f->datagram.n == 0)
		return true; /* ARP and the like */
	*octets += f->datagram.n;
	if (m == NULL || r->n > MESSAGES_MAX || *octets > OCTETS_MAX)
		return fail(e, ERR_RANGE, "%s: frame %lu: more than is replayed at once (%d datagrams, 1 GiB)", r->path,
			    f->number, MESSAGES_MAX);
	uint8_t *copy = arena_alloc(&r->arena, f->datagram.n);
	struct wr w = wr_of(copy, f->datagram.n);
	wr_bytes(&w, f->datagram);
	*m = (struct message){ .number = f->number,
			       .ns = f->ns,
			       .datagram = wr_done(&w),
			       .missing = f->length > f->captured ? f->length - f->captured : 0,
			       .link = 1 };
	if (f->number > flags->n)
		return true;
	const struct frame_flags *said = &flags->frame[f->number - 1];
	m->sender = said->direction == PCAPNG_OUTBOUND  ? BY_PEER
		    : said->direction == PCAPNG_INBOUND ? BY_TARGET
							: BY_NOBODY;
	if (said->link != 0)
		m->link = said->link;
	return true;
}

bool
recording_read(struct recording *r, const char *path, struct err *e)
{
	struct capture_flags flags;
	enum capture_next next = CAPTURE_END;
	struct frame f;
	size_t octets = 0;
	*r = (struct recording){ .path = path };
	struct capture *c = capture_open(path, e);
	bool ok = c != NULL && capture_flags_read(&flags, &r->arena, path, e);
	while (ok && (next = capture_next(c, &f, e)) == CAPTURE_FRAME) {
		r->frames = f.number;
		ok = keep(r, &flags, &f, &octets, e);
	}
	capture_close(c);
	if (!ok || next == CAPTURE_BAD)
		return false;
	r->own = flags.own;
	r->flagged = r->n > 0;
	for (size_t i = 0; i < r->n; i++)
		r->flagged = r->flagged && r->message[i].sender != BY_NOBODY;
	return true;
}

void
recording_free(struct recording *r)
{
	free(r->message);
	arena_free(&r->arena);
	r->message = NULL;
	r->n = r->cap = 0;
}

/* --- who is who ------------------------------------------------------------------------------ */

static bool
ends_of(struct bytes datagram, struct addr *src, struct addr *dst)
{
	struct rd r = rd_of(datagram);
	unsigned version = rd_peek(&r, 0) >> 4;
	size_t n = version == 6 ? 16 : 4;
	rd_skip(&r, version == 6 ? 8 : 12);
	*src = addr_of(rd_take(&r, n));
	*dst = addr_of(rd_take(&r, n));
	return !r.bad && (version == 4 || version == 6);
}

static unsigned
slot_of(const struct addr *a)
{
	return a->family == 6;
}

/* The first sender of each family that has no peer yet. */
static void
first_speakers(struct recording *r)
{
	struct addr src, dst;
	for (size_t i = 0; i < r->n; i++) {
		if (r->flagged && r->message[i].sender != BY_PEER)
			continue;
		if (ends_of(r->message[i].datagram, &src, &dst) && r->peer[slot_of(&src)].family == 0)
			r->peer[slot_of(&src)] = src;
	}
}

static void
flag_by_address(struct recording *r)
{
	struct addr src, dst;
	for (size_t i = 0; i < r->n; i++) {
		struct message *m = &r->message[i];
		m->sender = BY_NOBODY;
		if (!ends_of(m->datagram, &src, &dst))
			continue;
		if (addr_equal(&src, &r->peer[slot_of(&src)]))
			m->sender = BY_PEER;
		else if (addr_equal(&dst, &r->peer[slot_of(&dst)]))
			m->sender = BY_TARGET;
	}
}

/* Whom the peer speaks to first, in each family. */
static void
find_targets(struct recording *r)
{
	struct addr src, dst;
	for (size_t i = 0; i < r->n; i++) {
		if (r->message[i].sender != BY_PEER || !ends_of(r->message[i].datagram, &src, &dst))
			continue;
		struct addr *target = &r->target[slot_of(&dst)];
		if (target->family == 0 && !addr_is_multicast(&dst) && addr_equal(&src, &r->peer[slot_of(&src)]))
			*target = dst;
	}
}

bool
recording_orient(struct recording *r, const struct addr *peer, unsigned peers, struct err *e)
{
	char text[48];
	bool some = false;
	for (unsigned i = 0; i < peers; i++)
		r->peer[slot_of(&peer[i])] = peer[i];
	if (peers == 0)
		first_speakers(r);
	if (peers > 0 || !r->flagged)
		flag_by_address(r);
	find_targets(r);
	for (size_t i = 0; i < r->n; i++)
		some = some || r->message[i].sender == BY_PEER;
	if (some || r->n == 0)
		return true;
	if (peers > 0)
		return fail(e, ERR_SYNTAX, "%s: no datagram of its %zu comes from the peer %s", r->path, r->n,
			    addr_print(&peer[0], text));
	return true; /* the target spoke unasked: what a case made it do is in the sidecar */
}
