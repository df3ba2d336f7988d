#include "ipsec/sad_table.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LINES_LEAST = 16, ENDS_LEAST = 16, LINE_OCTETS = 64, PAGE_LARGE = 2 << 20 };
_Static_assert(sizeof(struct sad_line) == LINE_OCTETS, "four slots to a line of memory");

static uint64_t
mix(uint64_t h)
{
	h = (h ^ h >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

/* --- ends ------------------------------------------------------------------------------------- */

static struct sad_end
end_of(uint8_t protocol, const struct addr *dst)
{
	struct sad_end end = { .family = dst->family, .protocol = protocol };
	memcpy(&end.high, dst->o, 8);
	memcpy(&end.low, dst->o + 8, 8);
	return end;
}

static uint64_t
end_hash(const struct sad_end *e)
{
	return mix((e->high ^ (uint64_t)e->protocol << 56) + mix(e->low + e->family));
}

static bool
end_equal(const struct sad_end *a, const struct sad_end *b)
{
	return a->high == b->high && a->low == b->low && a->family == b->family && a->protocol == b->protocol;
}

/* The slot of an end, or the free one where it belongs. */
static struct sad_end *
end_slot(struct sad_end *ends, size_t mask, const struct sad_end *e)
{
	size_t i = end_hash(e) & mask;
	while (ends[i].number != 0 && !end_equal(&ends[i], e))
		i = (i + 1) & mask;
	return &ends[i];
}

static bool
ends_grow(struct sad_table *t)
{
	size_t n = t->ends != NULL ? (t->ends_mask + 1) * 2 : ENDS_LEAST;
	struct sad_end *ends = calloc(n, sizeof *ends);
	if (ends == NULL)
		return false;
	for (size_t i = 0; t->ends != NULL && i <= t->ends_mask; i++)
		if (t->ends[i].number != 0)
			*end_slot(ends, n - 1, &t->ends[i]) = t->ends[i];
	free(t->ends);
	t->ends = ends;
	t->ends_mask = n - 1;
	return true;
}

/* With a number, which it keeps as long as an SA has it. NULL: out of memory, or of numbers. */
static struct sad_end *
end_get(struct sad_table *t, const struct sad_end *e)
{
	if ((t->ends == NULL || t->ends_n * 2 > t->ends_mask) && !ends_grow(t))
		return NULL;
	struct sad_end *slot = end_slot(t->ends, t->ends_mask, e);
	if (slot->number != 0)
		return slot;
	if (t->numbers == UINT32_MAX)
		return NULL;
	*slot = *e;
	slot->number = ++t->numbers;
	t->ends_n++;
	return slot;
}

/* What stood behind the freed slot and belongs before it moves up, so that no search ends too early. */
static void
end_drop(struct sad_table *t, struct sad_end *e)
{
	size_t hole = (size_t)(e - t->ends), mask = t->ends_mask;
	for (size_t i = (hole + 1) & mask; t->ends[i].number != 0; i = (i + 1) & mask) {
		size_t home = end_hash(&t->ends[i]) & mask;
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		t->ends[hole] = t->ends[i];
		hole = i;
	}
	t->ends[hole] = (struct sad_end){ 0 };
	t->ends_n--;
}

/* --- lines ------------------------------------------------------------------------------------ */

static uint64_t
key_of(const struct sad_end *e, uint32_t spi)
{
	return (uint64_t)e->number << 32 | spi;
}

static size_t
home_of(uint64_t key, size_t mask)
{
	return mix(key) & mask;
}

static bool
line_full(const struct sad_line *l)
{
	return l->slot[SAD_LINE - 1].sa != NULL;
}

/* Without a branch: which slot it is nobody can predict, and a wrong guess waits for memory. */
static struct sa *
line_find(const struct sad_line *l, uint64_t key)
{
	uintptr_t found = 0;
	for (unsigned i = 0; i < SAD_LINE; i++)
		found |= (uintptr_t)l->slot[i].sa & (0 - (uintptr_t)(l->slot[i].key == key));
	return (struct sa *)found;
}

struct sa *
sad_table_find(const struct sad_table *t, uint32_t spi, uint8_t protocol, const struct addr *dst)
{
	struct sad_end want = end_of(protocol, dst);
	if (t->ends == NULL)
		return NULL;
	const struct sad_end *e = end_slot(t->ends, t->ends_mask, &want);
	if (e->number == 0)
		return NULL;
	uint64_t key = key_of(e, spi);
	for (size_t i = home_of(key, t->lines_mask);; i = (i + 1) & t->lines_mask) {
		struct sa *sa = line_find(&t->lines[i], key);
		if (sa != NULL || !line_full(&t->lines[i]))
			return sa;
	}
}

static void
line_put(struct sad_line *lines, size_t mask, uint64_t key, struct sa *sa)
{
	size_t i = home_of(key, mask);
	while (line_full(&lines[i]))
		i = (i + 1) & mask;
	unsigned at = 0;
	while (lines[i].slot[at].sa != NULL)
		at++;
	lines[i].slot[at].key = key;
	lines[i].slot[at].sa = sa;
}

/*
 * A large table in large pages: with small ones every lookup would first miss where its line is mapped, which costs as much as the line.
 * Only a hint, and only where the system knows it.
 */
static struct sad_line *
lines_new(size_t n)
{
	size_t size = n * sizeof(struct sad_line);
	bool large = size >= PAGE_LARGE;
	struct sad_line *lines = aligned_alloc(large ? PAGE_LARGE : LINE_OCTETS, size);
#ifdef MADV_HUGEPAGE
	if (lines != NULL && large)
		(void)madvise(lines, size, MADV_HUGEPAGE);
#endif
	return lines;
}

static bool
lines_grow(struct sad_table *t)
{
	size_t n = t->lines != NULL ? (t->lines_mask + 1) * 2 : LINES_LEAST;
	struct sad_line *lines = lines_new(n);
	if (lines == NULL)
		return false;
	memset(lines, 0, n * sizeof *lines);
	for (size_t i = 0; t->lines != NULL && i <= t->lines_mask; i++)
		for (unsigned k = 0; k < SAD_LINE && t->lines[i].slot[k].sa != NULL; k++)
			line_put(lines, n - 1, t->lines[i].slot[k].key, t->lines[i].slot[k].sa);
	free(t->lines);
	t->lines = lines;
	t->lines_mask = n - 1;
	return true;
}

/* The slot of a key in line i; SAD_LINE: it is not there. A key that was removed may still be written in a free slot. */
static unsigned
slot_of(const struct sad_line *l, uint64_t key)
{
	unsigned at = 0;
	while (at < SAD_LINE && (l->slot[at].sa == NULL || l->slot[at].key != key))
		at++;
	return at;
}

static struct sad_line *
line_of(const struct sad_table *t, uint64_t key, unsigned *at)
{
	size_t i = home_of(key, t->lines_mask);
	while ((*at = slot_of(&t->lines[i], key)) == SAD_LINE && line_full(&t->lines[i]))
		i = (i + 1) & t->lines_mask;
	return &t->lines[i];
}

bool
sad_table_put(struct sad_table *t, uint32_t spi, uint8_t protocol, const struct addr *dst, struct sa *sa)
{
	struct sad_end want = end_of(protocol, dst);
	if ((t->lines == NULL || t->n >= (t->lines_mask + 1) * SAD_LINE / 2) && !lines_grow(t))
		return false;
	struct sad_end *e = end_get(t, &want);
	if (e == NULL)
		return false;
	unsigned at;
	struct sad_line *line = line_of(t, key_of(e, spi), &at);
	if (at < SAD_LINE) {
		line->slot[at].sa = sa;
		return true;
	}
	line_put(t->lines, t->lines_mask, key_of(e, spi), sa);
	e->sas++;
	t->n++;
	return true;
}

/* Slots of a line are taken from the first on. */
static void
line_close_gap(struct sad_line *l, unsigned at)
{
	unsigned last = SAD_LINE - 1;
	while (l->slot[last].sa == NULL)
		last--;
	l->slot[at] = l->slot[last];
	l->slot[last].sa = NULL;
}

/* One of line i that belongs to line `hole` or before; SAD_LINE: all are at home behind it. */
static unsigned
movable(const struct sad_table *t, size_t i, size_t hole)
{
	unsigned at = 0;
	while (at < SAD_LINE &&
	       (t->lines[i].slot[at].sa == NULL || ((i - home_of(t->lines[i].slot[at].key, t->lines_mask)) &
						    t->lines_mask) < ((i - hole) & t->lines_mask)))
		at++;
	return at;
}

/* A line that is full no more ends searches: what passed it on its way to a later one comes back. */
static void
lines_refill(struct sad_table *t, size_t hole)
{
	for (size_t i = (hole + 1) & t->lines_mask;; i = (i + 1) & t->lines_mask) {
		bool was_full = line_full(&t->lines[i]);
		unsigned at = movable(t, i, hole);
		if (at < SAD_LINE) {
			t->lines[hole].slot[SAD_LINE - 1] = t->lines[i].slot[at];
			line_close_gap(&t->lines[i], at);
			hole = i;
		}
		if (!was_full)
			return;
	}
}

void
sad_table_remove(struct sad_table *t, uint32_t spi, uint8_t protocol, const struct addr *dst)
{
	struct sad_end want = end_of(protocol, dst);
	struct sad_end *e = end_slot(t->ends, t->ends_mask, &want);
	unsigned at;
	struct sad_line *line = line_of(t, key_of(e, spi), &at);
	assert(e->number != 0 && at < SAD_LINE);
	bool was_full = line_full(line);
	line_close_gap(line, at);
	t->n--;
	if (was_full)
		lines_refill(t, (size_t)(line - t->lines));
	if (--e->sas == 0)
		end_drop(t, e);
}

void
sad_table_free(struct sad_table *t)
{
	free(t->lines);
	free(t->ends);
	*t = (struct sad_table){ 0 };
}
