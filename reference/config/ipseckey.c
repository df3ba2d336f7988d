#include "config/ipseckey_parse.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct ipseckey_script {
	struct ipseckey_command *first, **tail;
	struct key_store keys;
};

/* Whether the token in hand still belongs to the line that began with `line`; takes backslashes at line ends. */
static bool
goes_on(struct parser *p, unsigned *line)
{
	while (token_is(&p->tok, "\\")) {
		unsigned at = p->tok.line;
		lex_next(p);
		if (at == *line && p->tok.line == at + 1)
			*line = p->tok.line;
	}
	return p->tok.kind != TOK_END && p->tok.line == *line;
}

static bool
take_type(struct parser *p, struct ipseckey_command *c, bool all, unsigned *line)
{
	static const struct word types[] = { { "ah", 51 }, { "esp", 50 }, { "all", 0 } };
	uint32_t v;
	if (!goes_on(p, line))
		return all || want(p, "ah or esp");
	if (!take_word(p, types, all ? 3 : 2, "a type of SA", &v))
		return false;
	c->protocol = (uint8_t)v;
	return true;
}

static bool
take_command(struct parser *p, struct ipseckey_command *c)
{
	static const struct word verbs[] = {
		{ "add", IPSECKEY_ADD },
		{ "update", IPSECKEY_UPDATE },
		{ "update-pair", IPSECKEY_UPDATE_PAIR },
		{ "delete", IPSECKEY_DELETE },
		{ "delete-pair", IPSECKEY_DELETE_PAIR },
		{ "get", IPSECKEY_GET },
		{ "flush", IPSECKEY_FLUSH },
		{ "dump", IPSECKEY_DUMP },
	};
	uint32_t verb;
	unsigned line = c->line = p->tok.line;
	if (!take_word(p, verbs, COUNT(verbs), "a command", &verb))
		return false;
	c->verb = (uint8_t)verb;
	bool all = verb == IPSECKEY_FLUSH || verb == IPSECKEY_DUMP;
	if (!take_type(p, c, all, &line))
		return false;
	struct ipseckey_line l = { .c = c };
	while (!all && goes_on(p, &line))
		if (!ipseckey_take_extension(p, &l))
			return false;
	if (all && goes_on(p, &line))
		return want(p, "the end of the line");
	return all || ipseckey_check(p, &l);
}

static bool
append(struct ipseckey_script *s, const struct ipseckey_command *c, struct err *e)
{
	struct ipseckey_command *copy = malloc(sizeof *copy);
	if (copy == NULL)
		return fail_errno(e, "ipseckey line %u", c->line);
	*copy = *c;
	*s->tail = copy;
	s->tail = &copy->next;
	return true;
}

static bool
parse_all(struct ipseckey_script *s, struct parser *p, struct err *e)
{
	lex_next(p);
	while (p->tok.kind != TOK_END) {
		struct ipseckey_command c = { .state = SA_MATURE };
		c.outer = c.inner =
			(struct ipseckey_traffic){ .sport = SELECTOR_ANY, .dport = SELECTOR_ANY, .ulp = SELECTOR_ANY };
		if (!take_command(p, &c) || !append(s, &c, e))
			return false;
	}
	return true;
}

struct ipseckey_script *
ipseckey_parse(const char *text, size_t n, const char *name, unsigned first_line, struct err *e)
{
	struct ipseckey_script *s = calloc(1, sizeof *s);
	if (s == NULL || !key_store_open(&s->keys, n, name, e)) {
		if (s == NULL)
			(void)fail_errno(e, "%s", name);
		free(s);
		return NULL;
	}
	s->tail = &s->first;
	struct parser p = parser_of((struct bytes){ (const uint8_t *)text, n }, name, first_line, 1, e);
	p.keys = wr_of(s->keys.octets, s->keys.cap);
	if (parse_all(s, &p, e))
		return s;
	ipseckey_free(s);
	return NULL;
}

const struct ipseckey_command *
ipseckey_first(const struct ipseckey_script *s)
{
	return s->first;
}

void
ipseckey_free(struct ipseckey_script *s)
{
	if (s == NULL)
		return;
	for (struct ipseckey_command *c = s->first, *next; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	key_store_close(&s->keys);
	free(s);
}
