#include "runner/observe/spool.h"

#include <stdlib.h>

#define SPOOL_FIRST (64 * 1024)
#define LENGTH_OCTETS 8

/* What was read makes room at the front; only what still does not fit costs memory. */
static bool
make_room(struct spool *s, size_t n)
{
	size_t used = s->tail - s->head, cap = s->cap > 0 ? s->cap : SPOOL_FIRST;
	if (s->cap - s->tail >= n)
		return true;
	if (used > 0 && s->head > 0)
		memmove(s->p, s->p + s->head, used);
	s->head = 0;
	s->tail = used;
	while (cap - used < n) {
		if (cap > SIZE_MAX / 2)
			return false;
		cap *= 2;
	}
	if (cap == s->cap)
		return true;
	uint8_t *p = realloc(s->p, cap);
	if (p == NULL)
		return false;
	s->p = p;
	s->cap = cap;
	return true;
}

bool
spool_push(struct spool *s, struct bytes first, struct bytes rest)
{
	if (!make_room(s, LENGTH_OCTETS + first.n + rest.n))
		return false;
	struct wr w = wr_of(s->p + s->tail, s->cap - s->tail);
	wr_uint(&w, first.n + rest.n, LENGTH_OCTETS);
	wr_bytes(&w, first);
	wr_bytes(&w, rest);
	s->tail += w.n;
	return true;
}

bool
spool_pop(struct spool *s, struct bytes *record)
{
	if (s->head == s->tail)
		return false;
	struct rd r = rd_of((struct bytes){ s->p + s->head, s->tail - s->head });
	*record = rd_take(&r, (size_t)rd_uint(&r, LENGTH_OCTETS));
	s->head += r.at;
	if (s->head == s->tail)
		s->head = s->tail = 0;
	return true;
}

void
spool_free(struct spool *s)
{
	free(s->p);
	*s = (struct spool){ 0 };
}
