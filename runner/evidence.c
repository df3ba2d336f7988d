#include "runner/evidence.h"

#include <string.h>
#include <time.h>

uint64_t
clock_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void
evidence_reset(struct evidence *v)
{
	arena_reset(&v->arena);
	v->first = v->last = NULL;
	v->began_ns = clock_ns();
}

void
evidence_free(struct evidence *v)
{
	arena_free(&v->arena);
	v->first = v->last = NULL;
}

struct exhibit *
evidence_add(struct evidence *v, uint8_t kind, unsigned line, unsigned link, struct bytes octets, const char *text)
{
	struct exhibit *x = arena_alloc(&v->arena, sizeof *x);
	x->kind = kind;
	x->t_ns = clock_ns() - v->began_ns;
	x->line = line;
	x->link = link;
	if (octets.n > 0) {
		uint8_t *copy = arena_alloc(&v->arena, octets.n);
		memcpy(copy, octets.p, octets.n);
		x->octets = (struct bytes){ copy, octets.n };
	}
	x->text = text != NULL ? arena_strdup(&v->arena, text) : NULL;
	if (v->last != NULL)
		v->last->next = x;
	else
		v->first = x;
	v->last = x;
	return x;
}
