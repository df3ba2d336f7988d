#include "runner/decided.h"

#include <string.h>

#include "runner/help/suggest.h"

bool
purposes_unknown(const struct purposes *p, const char *id, struct err *e)
{
	struct suggest near = { .given = id };
	char hint[200];
	for (size_t i = 0; i < p->n; i++)
		suggest_offer(&near, p->v[i].id);
	suggest_print(&near, hint, sizeof hint);
	return fail(e, ERR_UNKNOWN, "%s is neither a purpose nor a requirement%s", id, hint);
}

static bool
check_case(const struct purposes *p, const struct suite *s, const struct case_spec *c, struct err *e)
{
	for (const struct word_list *w = c->decides; w != NULL; w = w->next)
		if (purposes_find(p, w->word) == NULL) {
			(void)purposes_unknown(p, w->word, e);
			return err_prefix(e, "%s:%u:%u: case %s", s->file, w->at.line, w->at.column, c->name);
		}
	return true;
}

bool
purposes_check(const struct purposes *p, const struct suite *suites, struct err *e)
{
	for (const struct suite *s = suites; s != NULL; s = s->next)
		for (const struct case_spec *c = s->cases; c != NULL; c = c->next)
			if (!check_case(p, s, c, e))
				return false;
	return true;
}
