#include "reports/html/claims.h"

#include <stdlib.h>
#include <string.h>

#include "reports/event.h"
#include "reports/html/text.h"

const struct standing_row standing_rows[ST_N] = {
	[ST_FAIL_MUST] = { "\u2717", "MUST not met", "fail" },
	[ST_FAIL_SHOULD] = { "\u25b2", "SHOULD not met", "warn" },
	[ST_FAIL_OTHER] = { "\u25b3", "differs, no departure", "note" },
	[ST_UNCLEAR] = { "?", "inconclusive", "unclear" },
	[ST_KNOWN] = { "\u2248", "known departure", "known" },
	[ST_PARTLY] = { "\u25d0", "met as far as tried", "part" },
	[ST_MET] = { "\u2713", "met", "pass" },
	[ST_UNDECIDED] = { "\u25cb", "undecided", "none" },
	[ST_UNTESTABLE] = { "\u2013", "untestable", "never" },
};

enum severity
severity_of(const char *level)
{
	if (strncmp(level, "MUST", 4) == 0)
		return SEV_MUST;
	return strncmp(level, "SHOULD", 6) == 0 ? SEV_SHOULD : SEV_OTHER;
}

static enum standing
standing_of(const struct claim *c)
{
	const struct tally *t = &c->tally;
	if (t->fail > 0)
		return (enum standing)((int)ST_FAIL_MUST + (int)severity_of(c->level));
	if (t->inconclusive + t->error > 0)
		return ST_UNCLEAR;
	if (t->xfail > 0)
		return ST_KNOWN;
	return t->pass + t->xpass > 0 ? ST_MET : ST_UNDECIDED;
}

/* "case-esp.replay-duplicate", with "~2" behind it if another id reads the same. NULL: out of memory. */
static char *
anchor_of(const char *id, json_t *taken)
{
	char anchor[300], *text;
	html_anchor(anchor, sizeof anchor, "case-", id);
	unsigned nth = names_seen(taken, anchor);
	if (asprintf(&text, nth > 0 ? "%s~%u" : "%s", anchor, nth + 1) < 0)
		return NULL;
	return text;
}

static struct claim *
claim_of(struct claims *c, const json_t *event, json_t *taken)
{
	const char *id = event_text(event, "id");
	const json_t *at = json_object_get(c->index, id);
	if (at != NULL)
		return &c->v[json_integer_value(at)];
	if (c->n == c->cap) {
		size_t cap = c->cap > 0 ? c->cap * 2 : 256;
		struct claim *more = realloc(c->v, cap * sizeof *more);
		if (more == NULL)
			return NULL;
		c->v = more;
		c->cap = cap;
	}
	struct claim *new = &c->v[c->n];
	*new = (struct claim){ .id = id,
			       .suite = event_text(event, "suite"),
			       .level = event_text(event, "level"),
			       .clause = event_text(event, "clause"),
			       .title = event_text(event, "title"),
			       .anchor = anchor_of(id, taken),
			       .events = json_array() };
	json_object_set_new_nocheck(c->index, id, json_integer((json_int_t)c->n));
	c->n++;
	return new->anchor != NULL &&new->events != NULL ? new : NULL;
}

static bool
add_event(struct claims *c, json_t *event, json_t *taken)
{
	struct claim *claim = claim_of(c, event, taken);
	if (claim == NULL)
		return false;
	unsigned *count = tally_of(&claim->tally, event_text(event, "verdict"));
	if (count != NULL)
		++*count;
	claim->tally.total++;
	return json_array_append(claim->events, event) == 0;
}

bool
claims_read(struct claims *c, const json_t *cases, struct err *e)
{
	json_t *taken = json_object(), *event;
	size_t i;
	bool ok = taken != NULL;
	*c = (struct claims){ .index = json_object() };
	json_array_foreach(cases, i, event)
		ok = ok && add_event(c, event, taken);
	for (i = 0; i < c->n; i++)
		c->v[i].standing = standing_of(&c->v[i]);
	json_decref(taken);
	return ok || fail_errno(e, "memory for the cases of a report");
}

void
claims_free(struct claims *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].anchor);
		json_decref(c->v[i].events);
	}
	free(c->v);
	json_decref(c->index);
	*c = (struct claims){ 0 };
}
