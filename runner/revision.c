#include "runner/revision.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "runner/plan.h"

#define FNV_BASIS 14695981039346656037u
#define FNV_PRIME 1099511628211u

static uint64_t
add_octets(uint64_t h, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * FNV_PRIME;
	return h;
}

/* With its end, so that "a" "bc" and "ab" "c" differ. */
static uint64_t
add_word(uint64_t h, const char *word)
{
	return add_octets(h, word, strlen(word) + 1);
}

static uint64_t
add_number(uint64_t h, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++, v >>= 8)
		h = (h ^ (v & 0xff)) * FNV_PRIME;
	return h;
}

/* Octets of a string with both quotes; one without an end ends with its line. */
static size_t
string_length(const char *p, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (p[i] == '\n')
			return i;
		if (p[i] == '"')
			return i + 1;
		i += p[i] == '\\';
	}
	return n;
}

static size_t
blank_length(const char *p, size_t n)
{
	const char *eol;
	if (p[0] == '#')
		return (eol = memchr(p, '\n', n)) != NULL ? (size_t)(eol - p) : n;
	if (p[0] == '\\' && n > 1 && p[1] == '\n')
		return 2;
	return p[0] == ' ' || p[0] == '\t' || p[0] == '\r' || p[0] == '\n';
}

uint64_t
revision_text(const char *text, size_t n)
{
	uint64_t h = FNV_BASIS;
	char gap = '\0';
	for (size_t i = 0, step; i < n; i += step) {
		step = blank_length(text + i, n - i);
		if (step > 0) {
			gap = text[i] == '\n' || gap == '\n' ? '\n' : ' ';
			continue;
		}
		if (gap != '\0')
			h = add_octets(h, &gap, 1);
		gap = '\0';
		step = text[i] == '"' ? string_length(text + i, n - i) : 1;
		h = add_octets(h, text + i, step);
	}
	return h;
}

static uint64_t
add_words(uint64_t h, const struct word_list *w)
{
	for (; w != NULL; w = w->next)
		h = add_word(h, w->word);
	return add_word(h, "");
}

static uint64_t
add_setup(uint64_t h, const struct plan_item *item)
{
	const char *want = item->spec->setup != NULL ? item->spec->setup : "default";
	for (const struct setup *u = item->suite->setups; u != NULL; u = u->next)
		if (strcmp(u->name, want) == 0)
			return add_number(h, u->digest);
	return h;
}

void
revision_of_case(const struct plan_item *item, char out[REVISION_TEXT])
{
	const struct case_spec *c = item->spec;
	uint64_t h = add_word(FNV_BASIS, level_names[c->level]);
	h = add_words(h, case_profiles(item->suite, c));
	h = add_words(h, c->needs);
	h = add_word(h, c->raw_transform ? "uncalibrated" : "");
	h = add_setup(h, item);
	h = add_number(h, c->digest);
	for (unsigned i = 0; i < item->params_n; i++)
		h = add_word(add_word(h, item->params[i].name), item->params[i].value);
	snprintf(out, REVISION_TEXT, "%016llx", (unsigned long long)h);
}

void
revision_of_suites(const struct suite *list, unsigned *n, char out[REVISION_TEXT])
{
	uint64_t h = FNV_BASIS;
	for (*n = 0; list != NULL; list = list->next, ++*n)
		h = add_number(add_word(h, list->name), list->digest);
	snprintf(out, REVISION_TEXT, "%016llx", (unsigned long long)h);
}
