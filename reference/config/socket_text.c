#include "config/socket_text.h"

#include "config/setkey_parse.h"
#include "wire/text.h"

static const struct word directions[] = { { "in", DIR_IN }, { "out", DIR_OUT } };
static const struct word actions[] = {
	{ "entrust", SOCKET_ENTRUST }, { "bypass", SOCKET_BYPASS }, { "discard", SOCKET_DISCARD },
	{ "none", SOCKET_NONE },       { "ipsec", SOCKET_PROTECT },
};

#define COUNT(array) ((unsigned)(sizeof(array) / sizeof(array)[0]))

/*
 * A number on the last word of a request: whoever relates manual SAs to a policy keeps below 32768, what is above is the kernel's own
 * (ipsec_set_policy(3)).
 */
static bool
numbers_are_manual(struct parser *p, const struct token *at, const struct spd_entry *e)
{
	for (unsigned i = 0; i < e->n; i++)
		if (e->request[i].reqid > SOCKET_UNIQUE_MAX)
			return want_got(p, ERR_RANGE, at, "unique: and a number from 1 to 32767", "a larger one");
	return true;
}

static bool
take_policy(struct parser *p, struct socket_text *t)
{
	struct spd_entry e = { .n = 0 };
	uint32_t dir, action;
	if (!take_word(p, directions, COUNT(directions), "a direction", &dir) ||
	    !take_word(p, actions, COUNT(actions), "a policy", &action))
		return false;
	struct token requests = p->tok;
	if (action == SOCKET_PROTECT && (!setkey_parse_requests(p, &e) || !numbers_are_manual(p, &requests, &e)))
		return false;
	*t = (struct socket_text){ .dir = (uint8_t)dir, .policy = { .action = (uint8_t)action, .n = e.n } };
	for (unsigned i = 0; i < e.n; i++)
		t->policy.request[i] = e.request[i];
	return true;
}

bool
socket_text_parse(struct socket_text *t, struct bytes text, const char *name, unsigned line, unsigned column,
		  struct err *e)
{
	struct parser p = parser_of(text, name, line, column, e);
	lex_next(&p);
	return take_policy(&p, t) && take_kind(&p, TOK_END, "the end of the policy");
}

bool
socket_text_parse_list(struct socket_text *list, unsigned cap, unsigned *n, struct bytes text, const char *name,
		       unsigned line, unsigned column, struct err *e)
{
	struct parser p = parser_of(text, name, line, column, e);
	lex_next(&p);
	for (*n = 0; p.tok.kind != TOK_END;) {
		if (p.tok.kind == TOK_SEMI) {
			lex_next(&p);
			continue;
		}
		if (*n == cap)
			return want(&p, "fewer policies");
		if (!take_policy(&p, &list[*n]))
			return false;
		++*n;
		if (p.tok.kind != TOK_END && !take_kind(&p, TOK_SEMI, "; or the end of the line"))
			return false;
	}
	return true;
}

size_t
socket_text_print(uint8_t dir, const struct socket_policy *p, char *text, size_t cap)
{
	struct text t = text_of(text, cap);
	const char *direction = word_of(directions, COUNT(directions), dir);
	const char *action = word_of(actions, COUNT(actions), p->action);
	text_add(&t, "%s %s", direction != NULL ? direction : "?", action != NULL ? action : "?");
	for (unsigned i = 0; i < p->n && p->action == SOCKET_PROTECT; i++)
		setkey_print_request(&t, &p->request[i]);
	return t.n;
}
