/*
 * One allocation's lifetime for many small things: a parsed suite, a case's packets. Everything goes at once.
 * Running out of memory here is an environment we cannot say anything in: it ends the process with exit status 3.
 */
#ifndef ESPY_RUNNER_ARENA_H
#define ESPY_RUNNER_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "wire/err.h"

struct arena {
	struct arena_block *blocks, *spare;
};

void *arena_alloc(struct arena *a, size_t n); /* zeroed, aligned for anything */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
void arena_free(struct arena *a); /* safe twice */
/* As arena_free, but keeps the blocks for the next round: a page touched once need not be asked for again. */
void arena_reset(struct arena *a);

#endif
