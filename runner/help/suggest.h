/* "did you mean": the nearest of known names by edit distance. */
#ifndef ESPY_RUNNER_HELP_SUGGEST_H
#define ESPY_RUNNER_HELP_SUGGEST_H

#include <stddef.h>

#define SUGGESTIONS 3

struct suggest {
	const char *given;
	const char *name[SUGGESTIONS]; /* borrowed, nearest first */
	unsigned distance[SUGGESTIONS];
	unsigned n;
};

/* Single-character insertions, deletions, replacements and swaps of neighbours, without regard to case. */
unsigned suggest_distance(const char *a, const char *b);
/* Offers one known name; those too far to be a slip are not kept. */
void suggest_offer(struct suggest *s, const char *name);
/* ": did you mean a, b or c?" or "". */
void suggest_print(const struct suggest *s, char *out, size_t cap);
/* The same with something in front of each name: "--" of options. */
void suggest_print_with(const struct suggest *s, const char *front, char *out, size_t cap);

#endif
