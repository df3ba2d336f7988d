#include "runner/shard.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#define CASES 17

static struct plan
plan_of(unsigned n)
{
	struct plan p = { 0 };
	p.items = calloc(n, sizeof *p.items);
	p.n = p.cap = n;
	for (unsigned i = 0; i < n; i++)
		p.items[i].full_id = arena_printf(&p.arena, "s/case%u", i);
	return p;
}

Test(shard, takes_no_text_but_i_of_n)
{
	static const char *const bad[] = { "",    "1",    "1/",   "/2",   "0/2",     "3/2",  "1/0",
					   "a/b", "1/2x", "-1/2", "1/-2", "1/10001", "1//2", "1/2/3" };
	struct shard s;
	struct err e;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		cr_assert(not(shard_parse(bad[i], &s, &e)), "%s", bad[i]);
		cr_assert(ne(ptr, strstr(e.text, "want I/N"), NULL), "%s", e.text);
	}
	cr_assert(shard_parse("2/4", &s, &e));
	cr_assert(eq(uint, s.index, 2));
	cr_assert(eq(uint, s.of, 4));
}

Test(shard, together_they_are_the_plan_and_no_case_is_in_two)
{
	for (unsigned of = 1; of <= CASES + 2; of++) {
		unsigned seen[CASES] = { 0 };
		uint64_t plan = 0;
		for (unsigned index = 1; index <= of; index++) {
			struct plan p = plan_of(CASES);
			struct shard s = { .index = index, .of = of };
			shard_take(&s, &p);
			cr_assert(eq(uint, s.cases, CASES));
			cr_assert(plan == 0 || plan == s.plan, "%u/%u", index, of);
			plan = s.plan;
			for (unsigned i = 0; i < p.n; i++)
				seen[atoi(p.items[i].full_id + strlen("s/case"))]++;
			plan_free(&p);
		}
		for (unsigned i = 0; i < CASES; i++)
			cr_assert(eq(uint, seen[i], 1), "case %u of %u shards", i, of);
	}
}

Test(shard, another_plan_has_another_digest)
{
	struct plan p = plan_of(CASES), q = plan_of(CASES - 1);
	struct shard s = { .index = 1, .of = 2 }, t = s;
	shard_take(&s, &p);
	shard_take(&t, &q);
	cr_assert(ne(u64, s.plan, t.plan));
	plan_free(&p);
	plan_free(&q);
}
