#include "reports/html/cover.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "reports/event.h"

/* --- lists that grow ------------------------------------------------------------------------- */

static void *
grown(void *v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return v;
	size_t more = *cap > 0 ? *cap * 2 : 8;
	void *new = realloc(v, more * size);
	if (new != NULL)
		*cap = more;
	return new;
}

static bool
numbers_add(struct numbers *l, unsigned number)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i] == number)
			return true;
	unsigned *v = grown(l->v, l->n, &l->cap, sizeof *v);
	if (v == NULL)
		return false;
	l->v = v;
	v[l->n++] = number;
	return true;
}

static struct cover_doc *
doc_of(struct cover *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->docs[i].name, name) == 0)
			return &c->docs[i];
	struct cover_doc *docs = grown(c->docs, c->n, &c->cap, sizeof *docs);
	if (docs == NULL)
		return NULL;
	c->docs = docs;
	docs[c->n] = (struct cover_doc){ .title = clause_title(name) };
	snprintf(docs[c->n].name, sizeof docs[c->n].name, "%s", name);
	return &docs[c->n++];
}

static struct cover_section *
section_of(struct cover *c, const struct clause_part *part)
{
	struct cover_doc *d = doc_of(c, part->doc);
	for (size_t i = 0; d != NULL && i < d->n; i++)
		if (strcmp(d->v[i].name, part->section) == 0)
			return &d->v[i];
	struct cover_section *v = d != NULL ? grown(d->v, d->n, &d->cap, sizeof *v) : NULL;
	if (v == NULL)
		return NULL;
	d->v = v;
	v[d->n] = (struct cover_section){ 0 };
	memcpy(v[d->n].name, part->section, sizeof v[d->n].name);
	return &v[d->n++];
}

/* --- what stands where ----------------------------------------------------------------------- */

static bool
place_item(struct cover *c, unsigned number)
{
	const struct purpose *p = c->items[number].what;
	char text[200];
	const char *at = text;
	struct clause_part part = { 0 };
	bool ok = true;
	snprintf(text, sizeof text, p->requirement ? "%s %s" : "%s%s", p->requirement ? p->group : p->clause,
		 p->requirement ? p->section : "");
	while (ok && clause_next(&at, &part)) {
		struct cover_section *s = section_of(c, &part);
		ok = s != NULL && numbers_add(&s->items, number);
	}
	return ok;
}

static bool
place_claim(struct cover *c, unsigned number)
{
	const char *at = c->claims->v[number].clause;
	struct clause_part part = { 0 };
	bool ok = true;
	while (ok && clause_next(&at, &part)) {
		struct cover_section *s = section_of(c, &part);
		ok = s != NULL && numbers_add(&s->claims, number);
	}
	return ok;
}

/* The claims of an item: who names its id with `decides`. */
static bool
bind_claims(struct cover *c, const struct purposes *p)
{
	bool ok = true;
	for (unsigned i = 0; ok && i < c->claims->n; i++) {
		const json_t *ids = json_object_get(json_array_get(c->claims->v[i].events, 0), "decides"), *id;
		size_t k;
		json_array_foreach(ids, k, id) {
			const struct purpose *what =
				json_is_string(id) ? purposes_find(p, json_string_value(id)) : NULL;
			if (what != NULL)
				ok = ok && numbers_add(&c->items[what - p->v].claims, i);
		}
	}
	return ok;
}

/* --- what it comes to ------------------------------------------------------------------------ */

static enum standing
worst_of(const struct claims *c, const struct numbers *l, enum standing none)
{
	enum standing worst = none;
	for (size_t i = 0; i < l->n; i++)
		if (c->v[l->v[i]].standing < worst)
			worst = c->v[l->v[i]].standing;
	return worst;
}

static enum standing
item_standing(const struct cover *c, const struct cover_item *item)
{
	bool untestable = strcmp(item->what->testable, "untestable") == 0 && item->claims.n == 0;
	return untestable ? ST_UNTESTABLE : worst_of(c->claims, &item->claims, ST_UNDECIDED);
}

static unsigned
count_failing(const struct cover *c, const struct cover_section *s)
{
	struct numbers seen = { 0 };
	for (size_t i = 0; i < s->claims.n; i++)
		if (c->claims->v[s->claims.v[i]].standing <= ST_FAIL_OTHER)
			(void)numbers_add(&seen, s->claims.v[i]);
	for (size_t i = 0; i < s->items.n; i++) {
		const struct numbers *l = &c->items[s->items.v[i]].claims;
		for (size_t k = 0; k < l->n; k++)
			if (c->claims->v[l->v[k]].standing <= ST_FAIL_OTHER)
				(void)numbers_add(&seen, l->v[k]);
	}
	free(seen.v);
	return (unsigned)seen.n;
}

/* A departure of any item or case is the section's; else it is as far met as its items are. */
static enum standing
section_standing(const struct cover *c, const struct cover_section *s)
{
	enum standing of_claims = worst_of(c->claims, &s->claims, ST_UNTESTABLE), worst = of_claims;
	const unsigned *n = s->by_state;
	for (int state = ST_FAIL_MUST; state < ST_PARTLY; state++)
		if (state < (int)worst && n[state] > 0)
			worst = (enum standing)state;
	if (worst < ST_PARTLY)
		return worst;
	bool met = n[ST_MET] > 0 || of_claims == ST_MET;
	if (n[ST_UNDECIDED] > 0)
		return met ? ST_PARTLY : ST_UNDECIDED;
	if (met)
		return ST_MET;
	return of_claims == ST_UNDECIDED ? ST_UNDECIDED : ST_UNTESTABLE;
}

static void
settle_section(const struct cover *c, struct cover_doc *d, struct cover_section *s, unsigned char *counted)
{
	for (size_t i = 0; i < s->items.n; i++) {
		unsigned number = s->items.v[i];
		enum standing standing = c->items[number].standing;
		s->by_state[standing]++;
		d->by_state[standing] += counted[number] == 0;
		counted[number] = 1;
	}
	s->standing = section_standing(c, s);
	s->failing = count_failing(c, s);
	d->failing += s->standing <= ST_FAIL_SHOULD;
}

/* --- order ----------------------------------------------------------------------------------- */

/* "2.2.1" before "2.10" before "A2": numbers as numbers, appendices last. */
static int
by_section(const void *a, const void *b)
{
	const char *x = ((const struct cover_section *)a)->name, *y = ((const struct cover_section *)b)->name;
	while (*x != '\0' && *y != '\0') {
		if (isdigit((unsigned char)*x) && isdigit((unsigned char)*y)) {
			char *xe, *ye;
			unsigned long m = strtoul(x, &xe, 10), n = strtoul(y, &ye, 10);
			if (m != n)
				return m < n ? -1 : 1;
			x = xe;
			y = ye;
		} else if (*x != *y) {
			return (unsigned char)*x < (unsigned char)*y ? -1 : 1;
		} else {
			x++;
			y++;
		}
	}
	return (*x != '\0') - (*y != '\0');
}

/* RFCs that say the most first; what is no RFC last. */
static int
by_weight(const void *a, const void *b)
{
	const struct cover_doc *x = a, *y = b;
	if ((x->name[0] == '\0') != (y->name[0] == '\0'))
		return x->name[0] == '\0' ? 1 : -1;
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return strtoul(x->name, NULL, 10) < strtoul(y->name, NULL, 10) ? -1 : 1;
}

static bool
settle(struct cover *c)
{
	unsigned char *counted = calloc(c->items_n + 1, 1);
	if (counted == NULL)
		return false;
	for (size_t i = 0; i < c->items_n; i++)
		c->items[i].standing = item_standing(c, &c->items[i]);
	for (size_t i = 0; i < c->n; i++) {
		struct cover_doc *d = &c->docs[i];
		qsort(d->v, d->n, sizeof *d->v, by_section);
		memset(counted, 0, c->items_n);
		for (size_t k = 0; k < d->n; k++)
			settle_section(c, d, &d->v[k], counted);
	}
	if (c->n > 0)
		qsort(c->docs, c->n, sizeof *c->docs, by_weight);
	free(counted);
	return true;
}

bool
cover_read(struct cover *c, const struct claims *claims, const struct purposes *p, struct err *e)
{
	*c = (struct cover){ .claims = claims, .items_n = p != NULL ? p->n : 0 };
	c->items = calloc(c->items_n + 1, sizeof *c->items);
	bool ok = c->items != NULL;
	for (unsigned i = 0; ok && i < c->items_n; i++) {
		c->items[i].what = &p->v[i];
		ok = place_item(c, i);
	}
	ok = ok && (p == NULL || bind_claims(c, p));
	for (unsigned i = 0; ok && i < claims->n; i++)
		ok = place_claim(c, i);
	ok = ok && settle(c);
	return ok || fail_errno(e, "memory for the coverage of a report");
}

void
cover_free(struct cover *c)
{
	for (size_t i = 0; c->items != NULL && i < c->items_n; i++)
		free(c->items[i].claims.v);
	for (size_t i = 0; i < c->n; i++) {
		for (size_t k = 0; k < c->docs[i].n; k++) {
			free(c->docs[i].v[k].items.v);
			free(c->docs[i].v[k].claims.v);
		}
		free(c->docs[i].v);
	}
	free(c->items);
	free(c->docs);
	*c = (struct cover){ 0 };
}
