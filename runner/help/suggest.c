#include "runner/help/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_COMPARED 96

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool
same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Optimal string alignment over three rows. */
unsigned
suggest_distance(const char *a, const char *b)
{
	unsigned rows[3][NAME_MAX_COMPARED + 1], *before = rows[0], *last = rows[1], *now = rows[2];
	size_t n = strlen(a), m = strlen(b);
	if (n > NAME_MAX_COMPARED || m > NAME_MAX_COMPARED)
		return NAME_MAX_COMPARED;
	for (size_t j = 0; j <= m; j++)
		last[j] = before[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = least(last[j - 1] + !same(a[i - 1], b[j - 1]), least(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				now[j] = least(now[j], before[j - 2] + 1);
		}
		unsigned *free_row = before;
		before = last;
		last = now;
		now = free_row;
	}
	return last[m];
}

/* One slip in a short word, two in one of up to eight characters, then one in four; any letter is near any other. */
static unsigned
farthest(const char *given)
{
	size_t n = strlen(given);
	return n < 2 ? 0 : n < 5 ? 1 : n < 9 ? 2 : (unsigned)(n / 4);
}

void
suggest_offer(struct suggest *s, const char *name)
{
	unsigned d = suggest_distance(s->given, name), at = s->n;
	if (d > farthest(s->given))
		return;
	for (unsigned i = 0; i < s->n; i++)
		if (strcmp(s->name[i], name) == 0)
			return;
	if (s->n < SUGGESTIONS)
		s->n++;
	else if (d >= s->distance[--at])
		return;
	for (; at > 0 && s->distance[at - 1] > d; at--) {
		s->name[at] = s->name[at - 1];
		s->distance[at] = s->distance[at - 1];
	}
	s->name[at] = name;
	s->distance[at] = d;
}

void
suggest_print_with(const struct suggest *s, const char *front, char *out, size_t cap)
{
	size_t n = 0;
	out[0] = '\0';
	for (unsigned i = 0; i < s->n && n < cap; i++) {
		const char *before = i == 0 ? ": did you mean " : i + 1 == s->n ? " or " : ", ";
		int wrote = snprintf(out + n, cap - n, "%s%s%s%s", before, front, s->name[i], i + 1 == s->n ? "?" : "");
		n += wrote > 0 ? (size_t)wrote : 0;
	}
}

void
suggest_print(const struct suggest *s, char *out, size_t cap)
{
	suggest_print_with(s, "", out, cap);
}
