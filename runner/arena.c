#include "runner/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK (1 << 20)
#define SPARE_MAX 16 /* blocks kept by a reset */

struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	alignas(max_align_t) char data[];
};

static struct arena_block *
block_new(struct arena *a, size_t need)
{
	size_t cap = need > BLOCK ? need : BLOCK;
	struct arena_block *b = cap == BLOCK ? a->spare : NULL;
	if (b != NULL)
		a->spare = b->next;
	else
		b = malloc(sizeof *b + cap);
	if (b == NULL) {
		fputs("espy: out of memory\n", stderr);
		exit(3);
	}
	b->cap = cap;
	b->used = 0;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	size_t rounded = (n + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	struct arena_block *b = a->blocks;
	if (b == NULL || b->cap - b->used < rounded)
		b = block_new(a, rounded);
	void *p = b->data + b->used;
	b->used += rounded;
	return memset(p, 0, rounded);
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_alloc(a, n + 1);
	memcpy(copy, s, n);
	return copy;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	char some[256];
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int want = vsnprintf(some, sizeof some, fmt, ap);
	size_t n = want > 0 ? (size_t)want : 0;
	char *text = arena_alloc(a, n + 1);
	if (n < sizeof some)
		memcpy(text, some, n);
	else
		vsnprintf(text, n + 1, fmt, again);
	va_end(ap);
	va_end(again);
	return text;
}

static void
free_list(struct arena_block *b)
{
	while (b != NULL) {
		struct arena_block *next = b->next;
		free(b);
		b = next;
	}
}

void
arena_free(struct arena *a)
{
	free_list(a->blocks);
	free_list(a->spare);
	*a = (struct arena){ NULL, NULL };
}

void
arena_reset(struct arena *a)
{
	struct arena_block *b = a->blocks;
	unsigned kept = 0;
	for (const struct arena_block *x = a->spare; x != NULL; x = x->next)
		kept++;
	a->blocks = NULL;
	while (b != NULL) {
		struct arena_block *next = b->next;
		if (b->cap == BLOCK && kept < SPARE_MAX) {
			b->next = a->spare;
			a->spare = b;
			kept++;
		} else {
			free(b);
		}
		b = next;
	}
}
