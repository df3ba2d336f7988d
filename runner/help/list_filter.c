#include "runner/help/list.h"

#include <string.h>

#include "runner/help/clause_name.h"
#include "runner/help/suggest.h"

static bool
push(const char **list, unsigned *n, const char *value, struct err *e)
{
	if (*n == LIST_FILTERS)
		return fail(e, ERR_RANGE, "'%s': too many, want at most %d", value, LIST_FILTERS);
	list[(*n)++] = value;
	return true;
}

bool
list_filter_needs(struct list_filter *f, const char *feature, struct err *e)
{
	struct suggest near = { .given = feature };
	char hint[200];
	if (strcmp(feature, "none") == 0)
		return push(f->needs, &f->needs_n, feature, e);
	for (size_t i = 0; case_features[i] != NULL; i++) {
		if (strcmp(case_features[i], feature) == 0)
			return push(f->needs, &f->needs_n, feature, e);
		suggest_offer(&near, case_features[i]);
	}
	suggest_print(&near, hint, sizeof hint);
	return fail(e, ERR_UNKNOWN, "--needs: no feature '%s'%s", feature, hint);
}

bool
list_filter_clause(struct list_filter *f, const char *clause, struct err *e)
{
	struct clause_name c;
	if (!clause_name_read(clause, &c))
		return fail(e, ERR_SYNTAX, "--clause: want one as rfc4303/3.4.3 or 'RFC 4303 3.4.3', got '%s'", clause);
	return push(f->clauses, &f->clauses_n, clause, e);
}

static bool
needs_pass(const struct list_filter *f, const struct case_spec *c)
{
	for (unsigned i = 0; i < f->needs_n; i++) {
		if (strcmp(f->needs[i], "none") == 0 && c->needs == NULL)
			return true;
		for (const struct word_list *w = c->needs; w != NULL; w = w->next)
			if (strcmp(f->needs[i], w->word) == 0)
				return true;
	}
	return f->needs_n == 0;
}

static bool
clauses_pass(const struct list_filter *f, const struct plan_item *it)
{
	const struct clause *all = it->spec->clauses != NULL ? it->spec->clauses : it->suite->clauses;
	for (unsigned i = 0; i < f->clauses_n; i++) {
		struct clause_name c;
		bool known = clause_name_read(f->clauses[i], &c);
		for (const struct clause *k = all; known && k != NULL; k = k->next)
			if (clause_name_holds(k, &c))
				return true;
	}
	return f->clauses_n == 0;
}

void
list_filter_plan(const struct list_filter *f, struct plan *p)
{
	unsigned n = 0;
	for (unsigned i = 0; i < p->n; i++)
		if (needs_pass(f, p->items[i].spec) && clauses_pass(f, &p->items[i]))
			p->items[n++] = p->items[i];
	p->n = n;
}
