/*
 * The parser. A statement begins at `ip`, or in a listing at a line that begins with src, and goes on to the next one; inside it a
 * word says what the following ones mean, in any order.
 */
#include "config/ip_xfrm.h"

#include <stdlib.h>
#include <string.h>

#include "config/ip_xfrm_parse.h"

bool
xfrm_take_protocol(struct words *w, uint8_t *protocol)
{
	*protocol = words_is(w, "esp") ? 50 : words_is(w, "ah") ? 51 : words_is(w, "comp") ? 108 : 0;
	if (*protocol == 0)
		return words_want(w, "esp, ah or comp");
	words_next(w);
	return true;
}

bool
xfrm_take_mode(struct words *w, uint8_t *mode)
{
	*mode = words_is(w, "tunnel") ? MODE_TUNNEL : words_is(w, "transport") ? MODE_TRANSPORT : MODE_ANY;
	if (*mode == MODE_ANY)
		return words_want(w, "transport or tunnel");
	words_next(w);
	return true;
}

bool
xfrm_take_end(struct words *w, struct addr *a)
{
	uint8_t bits;
	return words_take_prefix(w, a, &bits);
}

static void
begin(struct statement *s, bool policy, unsigned line)
{
	*s = (struct statement){ .policy = policy, .begun = true, .line = line };
	s->p.action = SPD_BYPASS;
	s->p.selector = (struct selector){ .protocol = SELECTOR_ANY, .sport = SELECTOR_ANY, .dport = SELECTOR_ANY };
}

static bool
finish(struct words *w, struct statement *s, struct config_entries *to)
{
	if (!s->begun)
		return true;
	s->begun = false;
	if (s->policy && (s->p.dir == 0 || s->p.selector.src.family == 0 || s->p.selector.dst.family == 0))
		return fail(w->e, ERR_SYNTAX, "%s:%u: a policy needs src, dst and dir", w->name, s->line);
	if (s->policy)
		return config_entries_add_policy(to, &s->p, s->line, w->e);
	if (s->sa.spi == 0 || s->sa.protocol == 0 || s->sa.dst.family == 0)
		return fail(w->e, ERR_SYNTAX, "%s:%u: a state needs dst, proto and spi", w->name, s->line);
	if (s->sa.mode == MODE_ANY)
		s->sa.mode = MODE_TRANSPORT;
	s->sa.seq_cycle = s->sa.replay == 0; /* as setkey has it where nobody says */
	return config_entries_add_sa(to, &s->sa, s->line, w->e);
}

/* `ip [-..] xfrm state|policy add|update` */
static bool
command(struct words *w, struct statement *s)
{
	unsigned line = w->word_line;
	do
		words_next(w);
	while (w->word[0] == '-');
	if (!words_is(w, "xfrm"))
		return words_want(w, "xfrm");
	words_next(w);
	if (!words_is(w, "state") && !words_is(w, "policy"))
		return words_want(w, "state or policy");
	begin(s, words_is(w, "policy"), line);
	words_next(w);
	if (!words_is(w, "add") && !words_is(w, "update"))
		return words_want(w, "add or update");
	words_next(w);
	return true;
}

/* What is in no vocabulary says nothing of IPsec: the words of a listing that count or name things. */
static bool
statement_word(struct words *w, struct statement *s)
{
	const struct vocabulary *v = s->tmpl != NULL ? xfrm_template_words
				     : s->policy     ? xfrm_policy_words
						     : xfrm_state_words;
	while (v->word != NULL && !words_is(w, v->word))
		v++;
	words_next(w);
	return v->word == NULL || v->take(w, s);
}

/* In a listing only a policy's first line has prefixes. */
static bool
is_policy_line(const struct words *w)
{
	const char *eol = memchr(w->p, '\n', (size_t)(w->end - w->p));
	size_t n = (size_t)((eol != NULL ? eol : w->end) - w->p);
	return memchr(w->p, '/', n) != NULL;
}

struct config_entries *
ip_xfrm_parse(const char *text, size_t n, const char *name, struct err *e)
{
	struct config_entries *all = config_entries_new(e);
	struct words *w = calloc(1, sizeof *w);
	struct statement s = { 0 };
	bool ok = all != NULL && (w != NULL || fail(e, ERR_IO, "out of memory"));
	if (ok) {
		*w = (struct words){ .p = text, .end = text + n, .name = name, .e = e };
		words_next(w);
	}
	while (ok && !words_at_end(w)) {
		bool starts = words_is(w, "ip") || (words_is(w, "src") && w->starts_line);
		if (starts)
			ok = finish(w, &s, all);
		if (ok && words_is(w, "ip"))
			ok = command(w, &s);
		else if (ok && starts)
			begin(&s, is_policy_line(w), w->word_line);
		else if (ok && !s.begun)
			ok = words_want(w, "ip xfrm .., or a listing that begins with src");
		if (ok && !words_at_end(w) && !words_is(w, "ip"))
			ok = statement_word(w, &s);
	}
	ok = ok && finish(w, &s, all);
	free(w);
	if (ok)
		return all;
	config_entries_free(all);
	return NULL;
}
