#include "ipsec/replay.h"

#include <assert.h>
#include <stdlib.h>

#define SUBSPACE ((uint64_t)1 << 32)
#define WINDOW_MAX ((uint32_t)1 << 31) /* RFC 4303 A2: the algorithm assumes no more */

/* One word more than the window fills, so that a word can be cleared while every number of the window has a
 * bit of its own; then up to a power of two, so that a number finds its word without a division. */
static uint32_t
words_for(uint32_t window)
{
	uint32_t need = window / 64 + (window % 64 != 0) + 1, words = 2;
	while (words < need)
		words *= 2;
	return words;
}

bool
replay_init(struct replay *r, uint32_t window, bool esn, struct err *e)
{
	*r = (struct replay){ .window = window, .esn = esn };
	if (window > WINDOW_MAX)
		return fail(e, ERR_RANGE, "replay: want a window of at most 2^31, got %u", window);
	if (window == 0)
		return true;
	r->words = words_for(window);
	r->bits = calloc(r->words, sizeof *r->bits);
	if (r->bits == NULL)
		return fail_errno(e, "replay: window of %u", window);
	return true;
}

void
replay_free(struct replay *r)
{
	free(r->bits);
	*r = (struct replay){ 0 };
}

/*
 * RFC 4303 A2.2, cases A and B in one: the full number is the first at or right of the window's left edge B
 * that ends in these 32 bits. Before the window has left the first subspace B is 0: there is no subspace to
 * the left of it. With anti-replay off (which RFC 4303 3.3.3 discourages beside ESN) the widest window decides.
 */
uint64_t
replay_infer(const struct replay *r, uint32_t low)
{
	if (!r->esn)
		return low;
	uint32_t w = r->window > 0 ? r->window : WINDOW_MAX;
	uint64_t left = r->top >= w - 1 ? r->top - (w - 1) : 0;
	uint64_t seq = (left & ~(SUBSPACE - 1)) | low;
	return seq >= left ? seq : seq + SUBSPACE;
}

static uint64_t *
word_of(const struct replay *r, uint64_t seq)
{
	return &r->bits[(seq / 64) & (r->words - 1)];
}

static uint64_t
bit_of(uint64_t seq)
{
	return (uint64_t)1 << seq % 64;
}

enum verdict
replay_check(const struct replay *r, uint64_t seq)
{
	assert(r->esn || seq < SUBSPACE);
	if (r->window == 0)
		return ACCEPT;
	if (seq == 0)
		return DROP_SEQ_ZERO;
	if (seq > r->top)
		return ACCEPT;
	if (r->top - seq >= r->window)
		return DROP_OLD;
	return *word_of(r, seq) & bit_of(seq) ? DROP_REPLAYED : ACCEPT;
}

/* The words that the right edge enters hold numbers that fell out on the left. */
static void
slide(struct replay *r, uint64_t seq)
{
	uint64_t from = r->top / 64, n = seq / 64 - from;
	if (n > r->words)
		n = r->words;
	for (uint64_t i = 1; i <= n; i++)
		r->bits[(from + i) & (r->words - 1)] = 0;
}

void
replay_commit(struct replay *r, uint64_t seq)
{
	assert(r->esn || seq < SUBSPACE);
	if (r->window > 0 && seq <= r->top && r->top - seq >= r->window)
		return; /* left of the window: its bit belongs to another number */
	if (r->window > 0 && seq > r->top)
		slide(r, seq);
	if (seq > r->top)
		r->top = seq;
	if (r->window > 0)
		*word_of(r, seq) |= bit_of(seq);
}
