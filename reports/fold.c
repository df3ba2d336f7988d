#include "reports/fold.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/event.h"

#define WORD_MAX 128

static const char word_octets[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:_+-";

static bool
is_address(const char *word)
{
	unsigned char room[16];
	return inet_pton(AF_INET, word, room) == 1 || inet_pton(AF_INET6, word, room) == 1;
}

/* A number is too common a word to be the parameter every time it is met. */
static const char *
param_of(const json_t *event, const char *word)
{
	json_t *params = json_object_get(event, "params"), *value;
	const char *name;
	if (word[strspn(word, "0123456789")] == '\0')
		return NULL;
	json_object_foreach(params, name, value)
		if (json_is_string(value) && strcmp(json_string_value(value), word) == 0)
			return name;
	return NULL;
}

static void
put_folded(FILE *out, const json_t *event, const char *text, size_t n)
{
	char word[WORD_MAX];
	size_t stop = n;
	while (stop > 0 && (text[stop - 1] == ':' || text[stop - 1] == '.'))
		stop--; /* punctuation behind a word */
	snprintf(word, sizeof word, "%.*s", (int)(stop < WORD_MAX ? stop : 0), text);
	const char *param = word[0] != '\0' ? param_of(event, word) : NULL;
	if (param != NULL)
		fprintf(out, "$%s", param);
	else if (is_address(word))
		fputs("ADDRESS", out);
	else
		fwrite(text, 1, stop, out);
	fwrite(text + stop, 1, n - stop, out);
}

void
fold_text(const json_t *event, const char *text, char *out, size_t cap)
{
	FILE *f = fmemopen(out, cap, "w");
	out[0] = '\0';
	if (f == NULL)
		return;
	while (*text != '\0') {
		size_t n = strspn(text, word_octets), other;
		put_folded(f, event, text, n);
		other = strcspn(text + n, word_octets);
		fwrite(text + n, 1, other, f);
		text += n + other;
	}
	fclose(f);
	out[cap - 1] = '\0';
	trim_cut_sequence(out);
}

json_t *
fold_failures(const json_t *cases)
{
	json_t *groups = json_object(), *event;
	size_t i;
	json_array_foreach(cases, i, event) {
		char why[1200], folded[1200], *key;
		if (!event_unmet(event))
			continue;
		event_why(event, why, sizeof why);
		fold_text(event, why, folded, sizeof folded);
		if (asprintf(&key, "%s %s %s", event_text(event, "verdict"), event_text(event, "id"), folded) < 0)
			break;
		json_t *list = json_object_get(groups, key);
		if (list == NULL) {
			list = json_array();
			json_object_set_new_nocheck(groups, key, list);
		}
		json_array_append(list, event);
		free(key);
	}
	return groups;
}

json_t *
fold_values(const json_t *events, const char *name, const char *none)
{
	json_t *seen = json_object();
	const json_t *event;
	size_t i;
	json_array_foreach(events, i, event) {
		const char *value = event_text(json_object_get(event, "params"), name);
		json_object_set_new_nocheck(seen, value[0] != '\0' ? value : none, json_true());
	}
	return seen;
}

static int
most_first(const void *a, const void *b)
{
	const struct fold_count *x = a, *y = b;
	return x->n != y->n ? (x->n < y->n ? 1 : -1) : strcmp(x->name, y->name);
}

struct fold_count *
fold_counts(json_t *book, size_t *n)
{
	struct fold_count *v = calloc(json_object_size(book) + 1, sizeof *v);
	const char *name;
	json_t *count;
	*n = 0;
	if (v == NULL)
		return NULL;
	json_object_foreach(book, name, count)
		v[(*n)++] = (struct fold_count){ name, (unsigned)json_integer_value(count) };
	qsort(v, *n, sizeof *v, most_first);
	return v;
}
