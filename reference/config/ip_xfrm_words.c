#include "config/ip_xfrm_words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "wire/text.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/*
 * Blanks, lines and comments. A backslash at the end of a line says nothing here: words go on over lines anyhow. True at the beginning
 * of a line.
 */
static bool
skip_blanks(struct words *w)
{
	bool fresh = w->p == w->end || w->line == 0;
	w->line += w->line == 0;
	for (bool comment = false; w->p < w->end; w->p++) {
		comment = *w->p != '\n' && (comment || *w->p == '#');
		if (!comment && !is_blank(*w->p) && *w->p != '\n' && *w->p != '\\')
			break;
		fresh = *w->p == '\n';
		w->line += *w->p == '\n';
	}
	return fresh;
}

void
words_next(struct words *w)
{
	size_t n = 0;
	w->starts_line = skip_blanks(w);
	w->word_line = w->line;
	char quote = w->p < w->end && (*w->p == '\'' || *w->p == '"') ? *w->p++ : '\0';
	while (w->p < w->end && (quote != '\0' ? *w->p != quote : !is_blank(*w->p) && *w->p != '\n')) {
		if (n + 1 < WORD_MAX)
			w->word[n++] = *w->p;
		w->line += *w->p == '\n';
		w->p++;
	}
	w->p += quote != '\0' && w->p < w->end;
	w->word[n] = '\0';
}

bool
words_at_end(const struct words *w)
{
	return w->p == w->end && w->word[0] == '\0';
}

bool
words_is(const struct words *w, const char *word)
{
	return strcmp(w->word, word) == 0;
}

bool
words_want(struct words *w, const char *what)
{
	return fail(w->e, ERR_SYNTAX, "%s:%u: want %s, got '%.40s'", w->name, w->word_line, what, w->word);
}

bool
words_take_number(struct words *w, uint64_t most, uint64_t *v)
{
	char *end;
	*v = strtoull(w->word, &end, 0);
	if (!isdigit((unsigned char)w->word[0]) || (*end != '\0' && *end != '(') || *v > most)
		return words_want(w, "a number");
	words_next(w);
	return true;
}

bool
words_take_number32(struct words *w, uint32_t *v)
{
	uint64_t wide;
	if (!words_take_number(w, UINT32_MAX, &wide))
		return false;
	*v = (uint32_t)wide;
	return true;
}

/* ADDRESS[/BITS] */
bool
words_take_prefix(struct words *w, struct addr *a, uint8_t *bits)
{
	char *slash = strchr(w->word, '/'), *end = w->word;
	unsigned long n = 0;
	if (slash != NULL) {
		*slash = '\0';
		n = strtoul(slash + 1, &end, 10);
	}
	if (!addr_parse(a, w->word, NULL))
		return words_want(w, "an address");
	unsigned all = a->family == 6 ? 128 : 32;
	*bits = (uint8_t)(slash != NULL ? n : all);
	if (slash != NULL && (n > all || end == slash + 1 || *end != '\0'))
		return words_want(w, "a prefix that fits its address");
	words_next(w);
	return true;
}

bool
words_take_key(struct words *w, uint8_t room[SA_KEY_MAX], struct bytes *key)
{
	struct wr out = wr_of(room, SA_KEY_MAX);
	if (w->word[0] != '0' || w->word[1] != 'x')
		wr_bytes(&out, (struct bytes){ (const uint8_t *)w->word, strlen(w->word) });
	else if (!text_read_hex(w->word + 2, &out))
		return words_want(w, "a key of pairs of hexadecimal digits");
	*key = wr_done(&out);
	if (out.full)
		return words_want(w, "a shorter key");
	words_next(w);
	return true;
}
