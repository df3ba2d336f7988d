#include "runner/observe/passive_spd.h"

#include <errno.h>
#include <stdlib.h>

#include "config/format.h"
#include "ipsec/bundle.h"
#include "runner/suite_source.h"

struct passive_spd {
	struct spd *spd;
	unsigned *line; /* of the entry with this id */
	size_t lines;
};

/* --- loading --------------------------------------------------------------------------------- */

static bool
note_line(struct passive_spd *s, uint32_t id, unsigned line, struct err *e)
{
	if (id >= s->lines) {
		size_t more = 2 * (size_t)id + 16;
		unsigned *lines = realloc(s->line, more * sizeof *lines);
		if (lines == NULL)
			return fail(e, ERR_IO, "out of memory");
		s->line = lines;
		s->lines = more;
	}
	s->line[id] = line;
	return true;
}

/* An entry that was there before decides already: the first one wins. */
static bool
add(struct passive_spd *s, const struct config_entry *x, struct err *e)
{
	struct spd_entry *added;
	if (!x->is_policy || (x->policy.dir != DIR_IN && x->policy.dir != DIR_OUT))
		return true;
	if (spd_add(s->spd, &x->policy, &added, e))
		return note_line(s, added->id, x->line, e);
	return e->code == ERR_REFUSED && e->os_errno == EEXIST;
}

static bool
load(struct passive_spd *s, const char *path, const char *text, size_t n, struct err *e)
{
	struct config_entries *all = config_format_read(config_format_of(text, n), text, n, path, e);
	bool ok = all != NULL;
	for (const struct config_entry *x = ok ? config_entries_first(all) : NULL; ok && x != NULL; x = x->next)
		ok = add(s, x, e) || err_prefix(e, "%s:%u", path, x->line);
	config_entries_free(all);
	if (ok && spd_next(s->spd, NULL) == NULL)
		ok = fail(e, ERR_UNKNOWN, "%s: no policy of direction in or out", path);
	return ok;
}

struct passive_spd *
passive_spd_load(const char *path, struct err *e)
{
	struct passive_spd *s = calloc(1, sizeof *s);
	char *text = NULL;
	size_t n = 0;
	if (s != NULL)
		s->spd = spd_new();
	bool ok = (s != NULL && s->spd != NULL) || fail(e, ERR_IO, "out of memory");
	ok = ok && source_read(path, &text, &n, e) && load(s, path, text, n, e);
	if (text != NULL)
		explicit_bzero(text, n); /* it may have keys */
	free(text);
	if (ok)
		return s;
	passive_spd_free(s);
	return NULL;
}

void
passive_spd_free(struct passive_spd *s)
{
	if (s == NULL)
		return;
	spd_free(s->spd);
	free(s->line);
	free(s);
}

/* --- asking ---------------------------------------------------------------------------------- */

static bool
refuses(const struct spd_entry *p, struct sa *const *path, unsigned n)
{
	static const struct bundle_rules rules = {
		.layers = LAYERS_EXACT, .levels = { LEVEL_REQUIRE, LEVEL_REQUIRE, LEVEL_REQUIRE, LEVEL_REQUIRE }
	};
	return p->action == SPD_DISCARD || !bundle_satisfies(&rules, path, n, p);
}

unsigned
passive_spd_refuses(const struct passive_spd *s, const struct flow *f, struct sa *const *path, unsigned n)
{
	static const uint8_t directions[] = { DIR_OUT, DIR_IN };
	const struct spd_entry *refusing = NULL;
	for (size_t i = 0; i < sizeof directions; i++) {
		const struct spd_entry *p = spd_lookup(s->spd, directions[i], f);
		if (p == NULL)
			continue;
		if (!refuses(p, path, n))
			return 0;
		refusing = refusing != NULL ? refusing : p;
	}
	return refusing != NULL ? s->line[refusing->id] : 0;
}
