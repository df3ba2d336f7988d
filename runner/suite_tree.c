#include "runner/suite_tree.h"

#include <string.h>

#include "runner/suite.tab.h"
#include "runner/vars.h"

/* Appends `more` to the circular list whose last element is `tail`; the result is the new last. */
#define LIST_ADD(tail, more)                                                                                           \
	do {                                                                                                           \
		if ((tail) == NULL) {                                                                                  \
			(more)->next = (more);                                                                         \
		} else {                                                                                               \
			(more)->next = (tail)->next;                                                                   \
			(tail)->next = (more);                                                                         \
		}                                                                                                      \
	} while (0)

struct expr *
expr_leaf(struct arena *a, int kind, const char *text, struct place at)
{
	struct expr *x = arena_alloc(a, sizeof *x);
	x->kind = (uint8_t)kind;
	x->text = text;
	x->text_n = strlen(text);
	x->at = at;
	return x;
}

struct expr *
expr_number(struct arena *a, const char *digits, struct place at)
{
	struct expr *x = expr_leaf(a, E_NUMBER, digits, at);
	if (!text_to_number(digits, &x->number))
		x->kind = E_WORD; /* octets of more than 64 bits: the field's kind decides */
	return x;
}

struct expr *
expr_string(struct arena *a, const char *p, size_t n, struct place at)
{
	struct expr *x = expr_leaf(a, E_STRING, p, at);
	x->text_n = n;
	return x;
}

struct expr *
expr_pair(struct arena *a, int kind, char op, struct expr *l, struct expr *r, struct place at)
{
	struct expr *x = arena_alloc(a, sizeof *x);
	x->kind = (uint8_t)kind;
	x->op = op;
	x->text = "";
	x->left = l;
	x->right = r;
	x->at = at;
	return x;
}

struct expr *
expr_call(struct arena *a, const char *name, struct expr *arg, struct place at)
{
	struct expr *x = expr_leaf(a, E_CALL, name, at);
	x->left = arg;
	return x;
}

struct arg *
arg_new(struct arena *a, const char *name, struct expr *value, struct place at)
{
	struct arg *g = arena_alloc(a, sizeof *g);
	g->name = name;
	g->value = value;
	g->at = at;
	return g;
}

struct arg *
args_add(struct arg *tail, struct arg *more)
{
	LIST_ADD(tail, more);
	return more;
}

struct arg *
args_first(struct arg *tail)
{
	struct arg *head = tail->next;
	tail->next = NULL;
	return head;
}

struct layer_spec *
layer_new(struct arena *a, const char *name, struct arg *args, struct place at)
{
	struct layer_spec *l = arena_alloc(a, sizeof *l);
	l->name = name;
	l->args = args;
	l->at = at;
	return l;
}

struct layer_spec *
layer_payload(struct arena *a, struct expr *value, struct place at)
{
	struct layer_spec *l = layer_new(a, NULL, NULL, at);
	l->payload = value;
	return l;
}

struct layer_spec *
layer_quote(struct arena *a, struct layer_spec *quoted, struct expr *size, struct place at)
{
	struct layer_spec *l = layer_new(a, "quote", NULL, at);
	l->quoted = quoted;
	l->quote_size = size;
	return l;
}

struct layer_spec *
layers_add(struct layer_spec *tail, struct layer_spec *more)
{
	LIST_ADD(tail, more);
	return more;
}

struct layer_spec *
layers_first(struct layer_spec *tail)
{
	struct layer_spec *head = tail->next;
	tail->next = NULL;
	return head;
}

struct packet_spec *
packet_spec_new(struct arena *a, struct layer_spec *layers, bool bare, struct place at)
{
	struct packet_spec *p = arena_alloc(a, sizeof *p);
	p->layers = layers;
	p->bare = bare;
	p->at = at;
	return p;
}

struct mod *
mod_new(struct arena *a, const char *name, struct place at)
{
	struct mod *m = arena_alloc(a, sizeof *m);
	m->name = name;
	m->at = at;
	return m;
}

bool
mod_atom(struct mod *m, struct expr *atom)
{
	if (m->n == sizeof m->args / sizeof m->args[0])
		return false;
	m->args[m->n++] = atom;
	return true;
}

struct mod *
mods_add(struct mod *tail, struct mod *more)
{
	LIST_ADD(tail, more);
	return more;
}

struct mod *
mods_first(struct mod *tail)
{
	struct mod *head = tail->next;
	tail->next = NULL;
	return head;
}

struct condition *
condition_new(struct arena *a, struct expr *l, unsigned rel, struct expr *r)
{
	struct condition *c = arena_alloc(a, sizeof *c);
	c->left = l;
	c->relation = (uint8_t)rel;
	c->right = r;
	return c;
}

struct condition *
condition_and(struct condition *c, struct condition *more)
{
	more->and_next = c;
	return more;
}

struct step *
step_new(struct arena *a, int kind, struct place at)
{
	struct step *st = arena_alloc(a, sizeof *st);
	st->kind = (uint8_t)kind;
	st->at = at;
	st->text = "";
	return st;
}

struct step *
step_expectation(struct arena *a, struct place at, unsigned link, struct packet_spec *p)
{
	struct step *st = step_new(a, STEP_EXPECT, at);
	st->link = link;
	st->packet = p;
	return st;
}

struct step *
step_send_new(struct arena *a, struct place at, struct packet_spec *p)
{
	struct step *st = step_new(a, STEP_SEND, at);
	st->packet = p;
	return st;
}

struct step *
predictions_on(unsigned link, struct step *tail)
{
	struct step *head = steps_first(tail);
	for (struct step *st = head; st != NULL; st = st->next)
		st->link = link;
	return head;
}

bool
step_app_option(struct arena *a, struct step *st, const char *word, struct place at)
{
	if (strcmp(word, "anywhere") == 0)
		return st->anywhere = st->kind == STEP_APP_OPEN;
	if (strcmp(word, "encap") == 0)
		return st->encap = st->kind == STEP_APP_OPEN;
	if (strcmp(word, "refused") == 0)
		return st->refused = true;
	if (!st->refused || word[0] != 'E')
		return false;
	st->errnos = words_add(a, st->errnos, word, at);
	return true;
}

void
step_app_policy(struct arena *a, struct step *st, const char *api, const char *text, struct place at)
{
	struct socket_said **last = &st->said;
	while (*last != NULL)
		last = &(*last)->next;
	*last = arena_alloc(a, sizeof **last);
	**last = (struct socket_said){ .api = api, .text = text, .at = at };
}

/* The line as the author wrote it: what a report shows as the step. */
struct step *
step_text(struct scan *s, struct step *st)
{
	const char *end = s->text + s->text_n;
	if (s->known == NULL || st->at.line < s->known_line) {
		s->known = s->text;
		s->known_line = 1;
	}
	for (; s->known_line < st->at.line && s->known < end; s->known++)
		s->known_line += *s->known == '\n';
	const char *p = s->known;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	const char *eol = memchr(p, '\n', (size_t)(end - p));
	st->text = arena_strndup(&s->suite->arena, p, (size_t)((eol != NULL ? eol : end) - p));
	return st;
}

static void
step_without(struct scan *s, struct step *st, struct word_list *words)
{
	for (; words != NULL; words = words->next) {
		if (st->without_n == sizeof st->without / sizeof st->without[0]) {
			scan_complain(s, words->at, "without: want at most %u extensions", st->without_n);
			return;
		}
		st->without[st->without_n++] = words->word;
	}
}

struct step *
step_message(struct scan *s, struct place at, const char *socket, struct packet_spec *message,
	     struct word_list *without)
{
	struct step *st = step_new(&s->suite->arena, STEP_PFKEY_EXPECT, at);
	st->name = socket;
	st->packet = message;
	step_without(s, st, without);
	return st;
}

struct step *
steps_add(struct step *tail, struct step *more)
{
	if (more == NULL)
		return tail;
	LIST_ADD(tail, more);
	return more;
}

struct step *
steps_first(struct step *tail)
{
	if (tail == NULL)
		return NULL;
	struct step *head = tail->next;
	tail->next = NULL;
	return head;
}

unsigned
link_number(struct scan *s, const struct SUITE_YYLTYPE *at, const char *digits)
{
	if (strcmp(digits, "1") == 0 || strcmp(digits, "2") == 0)
		return (unsigned)(digits[0] - '0');
	scan_error(s, at, "link: want 1 or 2, got %s", digits);
	return 1;
}

#define AXIS_MAX 512

struct axis *
axis_add(struct scan *s, struct axis *x, struct expr *value, struct expr *end)
{
	struct arena *a = &s->suite->arena;
	if (x == NULL) {
		x = arena_alloc(a, sizeof *x);
		x->values = arena_alloc(a, AXIS_MAX * sizeof *x->values);
		x->range_end = arena_alloc(a, AXIS_MAX * sizeof *x->range_end);
	}
	if (x->n == AXIS_MAX) {
		scan_complain(s, value->at, "for: want at most %d values", AXIS_MAX);
		return x;
	}
	x->values[x->n] = value;
	x->range_end[x->n++] = end;
	return x;
}

struct axis *
axis_name(struct axis *x, const char *name, struct place at)
{
	x->name = name;
	x->at = at;
	return x;
}

struct clause *
clause_new(struct arena *a, const char *document, const char *section)
{
	struct clause *c = arena_alloc(a, sizeof *c);
	c->document = document;
	c->section = section;
	return c;
}

struct word_list *
words_add(struct arena *a, struct word_list *list, const char *word, struct place at)
{
	struct word_list *w = arena_alloc(a, sizeof *w);
	w->word = word;
	w->at = at;
	if (list == NULL)
		return w;
	struct word_list *last = list;
	while (last->next != NULL)
		last = last->next;
	last->next = w;
	return list;
}
