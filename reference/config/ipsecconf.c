#include "config/ipsecconf_parse.h"

#include <stdio.h>
#include <stdlib.h>

#include "wire/text.h"

struct ipsecconf_script {
	struct ipsecconf_entry *first, **tail;
};

static bool
want_pair(struct parser *p, const struct pair *pairs, size_t n, const char *what)
{
	char list[400];
	struct text t = text_of(list, sizeof list);
	text_add(&t, "%s (", what);
	for (size_t i = 0; i < n; i++)
		text_add(&t, "%s%s", i > 0 ? ", " : "", pairs[i].name);
	text_add(&t, ") or }");
	return want(p, list);
}

static bool
take_pair(struct parser *p, struct ipsecconf_entry *c, const struct pair *pairs, size_t n, uint32_t *said,
	  const char *what)
{
	for (size_t i = 0; i < n; i++) {
		char once[60];
		if (!token_means(&p->tok, pairs[i].name))
			continue;
		snprintf(once, sizeof once, "%s once", pairs[i].name);
		if ((*said >> pairs[i].id & 1) != 0)
			return want(p, once);
		*said |= 1u << pairs[i].id;
		lex_next(p);
		return pairs[i].parse(p, c, pairs[i].id, said);
	}
	return want_pair(p, pairs, n, what);
}

bool
ipsecconf_take_pairs(struct parser *p, struct ipsecconf_entry *c, const struct pair *pairs, size_t n, uint32_t *said,
		     const char *what)
{
	if (!take_kind(p, TOK_LBRACE, "{"))
		return false;
	while (p->tok.kind != TOK_RBRACE)
		if (!take_pair(p, c, pairs, n, said, what))
			return false;
	return true;
}

/* *last: where the entry before ended. */
static bool
take_entry(struct parser *p, struct ipsecconf_entry *c, unsigned *last)
{
	c->line = p->tok.line;
	if (p->tok.kind == TOK_LBRACE && p->tok.line == *last)
		return want_got(p, ERR_SYNTAX, &p->tok, "every entry on a line of its own", "two on one");
	return ipsecconf_take_pattern(p, c) && ipsecconf_take_rules(p, c, last);
}

static bool
append(struct ipsecconf_script *s, const struct ipsecconf_entry *c, struct err *e)
{
	struct ipsecconf_entry *copy = malloc(sizeof *copy);
	if (copy == NULL)
		return fail_errno(e, "ipsecconf line %u", c->line);
	*copy = *c;
	*s->tail = copy;
	s->tail = &copy->next;
	return true;
}

struct ipsecconf_script *
ipsecconf_parse(const char *text, size_t n, const char *name, unsigned first_line, struct err *e)
{
	struct ipsecconf_script *s = calloc(1, sizeof *s);
	if (s == NULL) {
		(void)fail_errno(e, "%s", name);
		return NULL;
	}
	s->tail = &s->first;
	struct parser p = parser_of((struct bytes){ (const uint8_t *)text, n }, name, first_line, 1, e);
	p.braces = true;
	unsigned last = 0;
	lex_next(&p);
	while (p.tok.kind != TOK_END) {
		struct ipsecconf_entry c = { 0 };
		if (!take_entry(&p, &c, &last) || !append(s, &c, e)) {
			ipsecconf_free(s);
			return NULL;
		}
	}
	return s;
}

const struct ipsecconf_entry *
ipsecconf_first(const struct ipsecconf_script *s)
{
	return s->first;
}

void
ipsecconf_free(struct ipsecconf_script *s)
{
	if (s == NULL)
		return;
	for (struct ipsecconf_entry *c = s->first, *next; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(s);
}
