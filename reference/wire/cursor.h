/*
 * The only hands that touch octets. A reader that runs short gives zeros and sticks (`bad`), a writer
 * that runs over keeps what fits and sticks (`full`): code reads like the RFC diagram and checks once,
 * before it uses a value. Loops run on rd_left(), which is zero once bad, so they end. Each layer narrows
 * the cursor for the next with rd_sub().
 */
#ifndef ESPY_WIRE_CURSOR_H
#define ESPY_WIRE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *p;
	size_t n;
}; /* borrowed octets */
struct rd {
	struct bytes in;
	size_t at;
	bool bad;
}; /* reader */
struct wr {
	uint8_t *p;
	size_t cap, n;
	bool full;
}; /* writer, fixed capacity, appends */

#define BYTES_NONE ((struct bytes){ NULL, 0 })
#define BYTES_OF(array) ((struct bytes){ (array), sizeof(array) })

static inline struct rd
rd_of(struct bytes b)
{
	return (struct rd){ b, 0, false };
}

/* Octets not yet read; zero once a read went past the end. */
static inline size_t
rd_left(const struct rd *r)
{
	return r->bad ? 0 : r->in.n - r->at;
}

/* Borrows the next n octets; empty and bad when there are fewer. */
static inline struct bytes
rd_take(struct rd *r, size_t n)
{
	if (rd_left(r) < n || r->bad) {
		r->bad = true;
		return BYTES_NONE;
	}
	struct bytes b = { r->in.p + r->at, n };
	r->at += n;
	return b;
}

/* All that is left. */
static inline struct bytes
rd_rest(struct rd *r)
{
	return rd_take(r, rd_left(r));
}

/* A reader over the next n octets only. */
static inline struct rd
rd_sub(struct rd *r, size_t n)
{
	struct rd sub = rd_of(rd_take(r, n));
	sub.bad = r->bad;
	return sub;
}

/* Between the host's order and the network's; its own inverse. */
static inline uint64_t
cursor_swap(uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap64(v);
#else
	return v;
#endif
}

/* Unsigned, network order, 0 to 8 octets. */
static inline uint64_t
rd_uint(struct rd *r, unsigned octets)
{
	struct bytes b = rd_take(r, octets);
	uint64_t v = 0;
	if ((octets == 4 || octets == 8) && b.n == octets) { /* known where it is inlined: one load, no loop */
		memcpy(&v, b.p, octets);
		return cursor_swap(v) >> (64 - 8 * octets);
	}
	for (size_t i = 0; i < b.n; i++)
		v = v << 8 | b.p[i];
	return v;
}

static inline void
rd_skip(struct rd *r, size_t n)
{
	(void)rd_take(r, n);
}

/* Reads without moving: the octet `ahead` of the cursor, 0 when there is none (never sets bad). */
static inline uint8_t
rd_peek(const struct rd *r, size_t ahead)
{
	return rd_left(r) > ahead ? r->in.p[r->at + ahead] : 0;
}

static inline struct wr
wr_of(uint8_t *p, size_t cap)
{
	return (struct wr){ p, cap, 0, false };
}

static inline size_t
wr_left(const struct wr *w)
{
	return w->full ? 0 : w->cap - w->n;
}

/* Room for n octets, uninitialised, for a producer that fills them (cipher output); NULL and full if none. */
static inline uint8_t *
wr_room(struct wr *w, size_t n)
{
	if (w->full || w->cap - w->n < n) {
		w->full = true;
		return NULL;
	}
	uint8_t *at = w->p + w->n;
	w->n += n;
	return at;
}

static inline void
wr_bytes(struct wr *w, struct bytes b)
{
	uint8_t *at = wr_room(w, b.n);
	if (at != NULL && b.n > 0)
		memcpy(at, b.p, b.n);
}

static inline void
wr_fill(struct wr *w, uint8_t octet, size_t n)
{
	uint8_t *at = wr_room(w, n);
	if (at != NULL && n > 0)
		memset(at, octet, n);
}

/* Unsigned, network order, 0 to 8 octets; the high part of a value that does not fit is cut. */
static inline void
wr_uint(struct wr *w, uint64_t v, unsigned octets)
{
	uint8_t *at = wr_room(w, octets);
	if (at == NULL)
		return;
	if (octets == 8) { /* widths known where this is inlined: one store instead of a loop */
		v = cursor_swap(v);
		memcpy(at, &v, 8);
		return;
	}
	if (octets == 4) {
		v = cursor_swap(v << 32);
		memcpy(at, &v, 4);
		return;
	}
	for (unsigned i = octets; i > 0; i--, v >>= 8)
		at[i - 1] = (uint8_t)v;
}

/* What has been written so far, borrowed. */
static inline struct bytes
wr_done(const struct wr *w)
{
	return (struct bytes){ w->p, w->n };
}

/* Overwrites octets already written at `at` (lengths, checksums, altered packets). False if out of range. */
static inline bool
wr_patch(struct wr *w, size_t at, uint64_t v, unsigned octets)
{
	if (at > w->n || w->n - at < octets)
		return false;
	for (unsigned i = octets; i > 0; i--, v >>= 8)
		w->p[at + i - 1] = (uint8_t)v;
	return true;
}

/* b[from .. from+n), clipped to what is there. */
static inline struct bytes
bytes_slice(struct bytes b, size_t from, size_t n)
{
	if (from >= b.n)
		return BYTES_NONE;
	return (struct bytes){ b.p + from, b.n - from < n ? b.n - from : n };
}

static inline bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

#endif
