#include "config/setkey_parse.h"

#include <stdio.h>
#include <stdlib.h>

struct setkey_script {
	struct setkey_command *first, **tail;
	struct key_store keys;
};

/* flush, dump: [PROTOCOL] */
static bool
parse_protocol(struct parser *p, struct setkey_command *c)
{
	static const struct word protocols[] = { { "esp", 50 }, { "ah", 51 }, { "ipcomp", 108 } };
	uint32_t v;
	if (p->tok.kind == TOK_SEMI)
		return true;
	if (!take_word(p, protocols, sizeof protocols / sizeof protocols[0], "an IPsec protocol", &v))
		return false;
	c->protocol = (uint8_t)v;
	return true;
}

static bool
parse_nothing(struct parser *p, struct setkey_command *c)
{
	(void)p, (void)c;
	return true;
}

static const struct verb {
	const char *name;
	bool (*parse)(struct parser *p, struct setkey_command *c);
} verbs[] = {
	[SETKEY_ADD] = { "add", setkey_parse_sa },
	[SETKEY_UPDATE] = { "update", setkey_parse_sa },
	[SETKEY_GET] = { "get", setkey_parse_sa },
	[SETKEY_DELETE] = { "delete", setkey_parse_sa },
	[SETKEY_DELETEALL] = { "deleteall", setkey_parse_sa },
	[SETKEY_FLUSH] = { "flush", parse_protocol },
	[SETKEY_DUMP] = { "dump", parse_protocol },
	[SETKEY_SPDADD] = { "spdadd", setkey_parse_spd },
	[SETKEY_SPDUPDATE] = { "spdupdate", setkey_parse_spd },
	[SETKEY_SPDDELETE] = { "spddelete", setkey_parse_spd },
	[SETKEY_SPDFLUSH] = { "spdflush", parse_nothing },
	[SETKEY_SPDDUMP] = { "spddump", parse_nothing },
};

static bool
parse_statement(struct parser *p, struct setkey_command *c)
{
	struct word words[sizeof verbs / sizeof verbs[0]];
	unsigned n = sizeof verbs / sizeof verbs[0];
	uint32_t verb;
	for (unsigned i = 0; i < n; i++)
		words[i] = (struct word){ verbs[i].name, i };
	c->line = p->tok.line;
	if (!take_word(p, words, n, "a statement", &verb))
		return false;
	c->verb = (uint8_t)verb;
	return verbs[verb].parse(p, c) && take_kind(p, TOK_SEMI, ";");
}

/* Past the semicolon of a statement that could not be read. */
static void
recover(struct parser *p)
{
	while (p->tok.kind != TOK_SEMI && p->tok.kind != TOK_END)
		lex_next(p);
	if (p->tok.kind == TOK_SEMI)
		lex_next(p);
}

static bool
append(struct setkey_script *s, const struct setkey_command *c, struct err *e)
{
	struct setkey_command *copy = malloc(sizeof *copy);
	if (copy == NULL)
		return fail_errno(e, "setkey line %u", c->line);
	*copy = *c;
	*s->tail = copy;
	s->tail = &copy->next;
	return true;
}

/* Reads every statement; the first error stays in e, the others are counted. */
static unsigned
parse_all(struct parser *p, struct setkey_script *s, struct err *e)
{
	struct err later = { 0 };
	unsigned errors = 0;
	lex_next(p);
	while (p->tok.kind != TOK_END) {
		struct setkey_command c = { 0 };
		p->e = errors == 0 ? e : &later;
		if (parse_statement(p, &c)) {
			errors += !append(s, &c, p->e);
			continue;
		}
		errors++;
		recover(p);
	}
	return errors;
}

static void
count_errors(struct err *e, unsigned more)
{
	if (e == NULL || more == 0)
		return;
	size_t n = strlen(e->text);
	snprintf(e->text + n, sizeof e->text - n, " (and %u more error%s)", more, more == 1 ? "" : "s");
}

struct setkey_script *
setkey_parse(const char *text, size_t n, const char *name, unsigned first_line, struct err *e)
{
	struct setkey_script *s = calloc(1, sizeof *s);
	if (s == NULL || !key_store_open(&s->keys, n, name, e)) {
		if (s == NULL)
			(void)fail_errno(e, "%s", name);
		free(s);
		return NULL;
	}
	s->tail = &s->first;
	struct parser p = parser_of((struct bytes){ (const uint8_t *)text, n }, name, first_line, 1, e);
	p.keys = wr_of(s->keys.octets, s->keys.cap);
	unsigned errors = parse_all(&p, s, e);
	if (errors == 0)
		return s;
	count_errors(e, errors - 1);
	setkey_free(s);
	return NULL;
}

const struct setkey_command *
setkey_first(const struct setkey_script *s)
{
	return s->first;
}

void
setkey_free(struct setkey_script *s)
{
	if (s == NULL)
		return;
	for (struct setkey_command *c = s->first, *next; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	key_store_close(&s->keys);
	free(s);
}
