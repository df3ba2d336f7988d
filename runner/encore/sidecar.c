#include "runner/encore/sidecar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/suite_source.h"
#include "wire/text.h"

struct reading {
	struct sidecar *s;
	const char *path;
	unsigned long frame;
	uint64_t us;
	unsigned line; /* of what is looked at */
};

static struct sidecar_step *
add_step(struct reading *x, enum sidecar_kind kind)
{
	struct sidecar_step *st = arena_alloc(&x->s->arena, sizeof *st);
	*st = (struct sidecar_step){ .kind = (uint8_t)kind, .frame = x->frame, .us = x->us, .line = x->line };
	if (x->s->last != NULL)
		x->s->last->next = st;
	else
		x->s->first = st;
	x->s->last = st;
	return st;
}

/* The setkey text between two marks, n octets from line `first` on. */
static bool
take_text(struct reading *x, const char *text, size_t n, unsigned first, struct err *e)
{
	struct setkey_script *script = setkey_parse(text, n, x->path, first, e);
	if (script == NULL)
		return false;
	if (setkey_first(script) == NULL) {
		setkey_free(script);
		return true;
	}
	for (const struct setkey_command *c = setkey_first(script); c != NULL; c = c->next)
		x->s->sas += c->verb == SETKEY_ADD || c->verb == SETKEY_UPDATE;
	add_step(x, SIDECAR_SETKEY)->script = script;
	return true;
}

static bool
unhex(struct reading *x, const char *hex, struct bytes *octets, struct err *e)
{
	size_t n = strlen(hex) / 2;
	struct wr w = wr_of(arena_alloc(&x->s->arena, n + 1), n);
	bool ok = text_read_hex(hex, &w);
	*octets = wr_done(&w);
	return ok || fail(e, ERR_SYNTAX, "%s:%u: octets: want hexadecimal digits in pairs", x->path, x->line);
}

/* "frame 3 at 1234" */
static bool
take_marker(struct reading *x, const char *words, struct err *e)
{
	unsigned long frame;
	uint64_t us;
	char rest;
	if (sscanf(words, "%lu at %" SCNu64 "%c", &frame, &us, &rest) != 2 || frame < x->frame)
		return fail(e, ERR_SYNTAX, "%s:%u: #! frame: want \"N at MICROSECONDS\" in order, got \"%s\"", x->path,
			    x->line, words);
	x->frame = frame;
	x->us = us;
	return true;
}

/* Words, and octets behind the last blank where they begin with 0x. */
static bool
take_octets(struct reading *x, struct sidecar_step *st, char *words, struct err *e)
{
	char *last = strrchr(words, ' ');
	char *hex = strncmp(words, "0x", 2) == 0                      ? words
		    : last != NULL && strncmp(last + 1, "0x", 2) == 0 ? last + 1
								      : NULL;
	if (hex != NULL && !unhex(x, hex + 2, &st->octets, e))
		return false;
	if (hex != NULL && hex > words)
		hex[-1] = '\0';
	st->words = words;
	return true;
}

static bool
take_mark(struct reading *x, char *words, struct err *e)
{
	static const char frame[] = "frame ", pfkey[] = "pfkey ", act[] = "do ", manager[] = "do manager ";
	if (strncmp(words, frame, sizeof frame - 1) == 0)
		return take_marker(x, words + sizeof frame - 1, e);
	if (strncmp(words, pfkey, sizeof pfkey - 1) == 0) {
		x->s->messages++;
		return take_octets(x, add_step(x, SIDECAR_PFKEY), words + sizeof pfkey - 1, e);
	}
	if (strncmp(words, manager, sizeof manager - 1) == 0) {
		if (x->s->last != NULL && x->s->last->kind == SIDECAR_SETKEY)
			x->s->last->manager = words + sizeof manager - 1;
		return true;
	}
	if (strncmp(words, act, sizeof act - 1) == 0)
		return take_octets(x, add_step(x, SIDECAR_DO), words + sizeof act - 1, e);
	return fail(e, ERR_SYNTAX, "%s:%u: #! %s: want frame, pfkey or do", x->path, x->line, words);
}

/* What stands before a mark is done before what follows it. */
static bool
take_lines(struct reading *x, char *text, struct err *e)
{
	char *from = text, *line = text;
	unsigned first = 1;
	bool ok = true;
	for (x->line = 1; ok && *line != '\0'; x->line++) {
		char *end = line + strcspn(line, "\n"), *next = *end == '\n' ? end + 1 : end;
		if (strncmp(line, "#! ", 3) == 0) {
			ok = take_text(x, from, (size_t)(line - from), first, e);
			char *words = arena_strndup(&x->s->arena, line + 3, (size_t)(end - line) - 3);
			ok = ok && take_mark(x, words, e);
			from = next;
			first = x->line + 1;
		}
		line = next;
	}
	return ok && take_text(x, from, strlen(from), first, e);
}

bool
sidecar_read(struct sidecar *s, const char *path, struct err *e)
{
	struct reading x = { .s = s, .path = path, .frame = 1 };
	char *text = NULL;
	size_t n = 0;
	s->path = path;
	bool ok = source_read(path, &text, &n, e);
	if (ok && strlen(text) != n)
		ok = fail(e, ERR_SYNTAX, "%s: a NUL octet, where setkey text was wanted", path);
	ok = ok && take_lines(&x, text, e);
	if (text != NULL)
		explicit_bzero(text, n);
	free(text);
	return ok;
}

void
sidecar_free(struct sidecar *s)
{
	for (struct sidecar_step *st = s->first; st != NULL; st = st->next)
		setkey_free(st->script);
	arena_free(&s->arena);
	s->first = s->last = NULL;
}
