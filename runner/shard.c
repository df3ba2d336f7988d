#include "runner/shard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHARDS_MAX 10000

bool
shard_parse(const char *text, struct shard *s, struct err *e)
{
	char *slash, *end;
	unsigned long index = strtoul(text, &slash, 10), of = *slash == '/' ? strtoul(slash + 1, &end, 10) : 0;
	bool plain = text[strspn(text, "0123456789/")] == '\0' && text[0] != '/' && *slash == '/' && slash[1] != '\0';
	if (!plain || *end != '\0' || index < 1 || index > of || of > SHARDS_MAX)
		return fail(e, ERR_SYNTAX, "--shard: want I/N with I from 1 to N and N up to %d, got '%.40s'",
			    SHARDS_MAX, text);
	*s = (struct shard){ .index = (unsigned)index, .of = (unsigned)of };
	return true;
}

/* FNV-1a, 64 bits, over the names and what separates them. */
static uint64_t
digest(const struct plan *p)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (unsigned i = 0; i < p->n; i++) {
		const char *at = p->items[i].full_id;
		do
			h = (h ^ (unsigned char)*at) * 0x100000001b3u;
		while (*at++ != '\0');
	}
	return h;
}

void
shard_take(struct shard *s, struct plan *p)
{
	unsigned kept = 0;
	if (s->of == 0)
		return;
	s->cases = p->n;
	s->plan = digest(p);
	for (unsigned i = s->index - 1; i < p->n; i += s->of)
		p->items[kept++] = p->items[i];
	p->n = kept;
}

json_t *
shard_json(const struct shard *s)
{
	char plan[20];
	if (s->of == 0)
		return NULL;
	snprintf(plan, sizeof plan, "%016" PRIx64, s->plan);
	return json_pack("{s:i, s:i, s:i, s:s}", "index", (int)s->index, "of", (int)s->of, "cases", (int)s->cases,
			 "plan", plan);
}
