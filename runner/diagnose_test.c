/* What may be behind a failure, on a reference whose SA differs from what the case configured in one way. */
#include "runner/test_lab.h"

#include "runner/second_look.h"
#include "runner/side_counters.h"

static struct lab lab;

static void
begin(void)
{
	lab_open(&lab);
	lab.engine.counting = true;
}

static void
end(void)
{
	lab_close(&lab);
}

TestSuite(diagnose, .init = begin, .fini = end);

#define DELETE(spi, from, to)                                                                                          \
	"pfkey > delete/sa(spi=" spi ")/address_src(addr=" from ")/address_dst(addr=" to ")\npfkey < delete(errno=0)\n"
#define ADD(sa, from, to, keys)                                                                                        \
	"pfkey > add/sa(" sa ")/address_src(addr=" from ")/address_dst(addr=" to ")/" keys "\npfkey < add(errno=0)\n"
#define OUT_DELETED DELETE("0x1002", "$target", "$tester")
#define SHA1 "encrypt=12, auth=3, state=mature"
#define KEY16 "000102030405060708090a0b0c0d0e0f"
#define OTHER "key_auth(key=0x" KEY16 "10111213)/key_encrypt(key=0x" KEY16 ")"
#define ASK "> esp/echo\n< esp/echo-reply\n"

static const struct {
	const char *steps, *hint;
} rows[] = {
	{ OUT_DELETED ADD("spi=0x1002, " SHA1, "$target", "$tester", OTHER) ASK,
	  "the authentication key of SPI 0x1002 differs" },
	{ OUT_DELETED "pfkey > add/sa(spi=0x1002)/address_src(addr=$target)/address_dst(addr=$tester)/rest\n"
		      "pfkey < add(errno=0)\n" ASK,
	  "It opens with the keys of SPI 0x1001: the keys of two SAs are mixed up" },
	{ OUT_DELETED "pfkey > add/sa(spi=0x1003)/address_src(addr=$target)/address_dst(addr=$tester)/rest\n"
		      "pfkey < add(errno=0)\n" ASK,
	  "It opens with the keys of SPI 0x1001: the target uses another SPI" },
	{ DELETE("0x1001", "$tester", "$target") ASK, "The target counted drop.no-sa 1 time: no SA was found" },
	{ DELETE("0x1001", "$tester", "$target") ADD("spi=0x1001, " SHA1, "$tester", "$target", OTHER) ASK,
	  "The target counted drop.icv 1 time: an ICV was wrong" },
	{ "pfkey > x_spdflush\npfkey < x_spdflush(errno=0)\n" ASK, "It came in clear" },
	{ "> esp/echo\n< echo-reply\n", NULL },
	{ "> esp/echo\n< esp/echo-reply(id=9)\n", NULL },
};

Test(diagnose, each_planted_difference_is_named)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct outcome *o = lab_case(&lab, "MUST", "", rows[i].steps);
		cr_assert(eq(int, o->verdict, V_FAIL), "%s: %s", rows[i].steps, o->reason);
		if (rows[i].hint == NULL)
			cr_expect(zero(o->hints), "%s: %s", rows[i].steps, o->hint[0]);
		else
			cr_expect(o->hints > 0 && strstr(o->hint[0], rows[i].hint) != NULL, "%s: %s: %s", rows[i].steps,
				  o->reason, o->hint[0]);
	}
}

Test(diagnose, what_is_only_observed_gets_no_hint)
{
	const struct outcome *o = lab_case(&lab, "MAY", "", rows[3].steps);
	cr_assert(eq(int, o->verdict, V_PASS), "%s", o->reason);
	cr_expect(zero(o->hints));
}

Test(diagnose, a_failure_is_asked_twice_and_one_that_does_not_repeat_is_told)
{
	struct second_look look = { 0 };
	struct outcome o;
	lab.engine.counting = false;
	(void)lab_case(&lab, "MUST", "", rows[0].steps);
	(void)second_look_run(&look, &lab.engine, &lab.plan.items[0], &o);
	cr_expect(eq(int, o.looks, LOOKS_STEADY));
	/* Each time the counter is one higher when it begins: only the third meets the condition. */
	(void)lab_case(&lab, "SHOULD", "", "audit icv as n\n> esp/echo | flip icv 0\n< nothing\ncheck $n == 2");
	cr_assert(eq(int, lab.outcome.verdict, V_FAIL), "%s", lab.outcome.reason);
	(void)second_look_run(&look, &lab.engine, &lab.plan.items[0], &o);
	cr_expect(eq(int, o.verdict, V_FAIL), "%s", o.reason);
	cr_expect(eq(int, o.looks, LOOKS_UNSTEADY));
	cr_expect(o.hints > 0 && strstr(o.hint[o.hints - 1], "another end (PASS)") != NULL);
	(void)lab_case(&lab, "MUST", "", ASK);
	(void)second_look_run(&look, &lab.engine, &lab.plan.items[0], &o);
	cr_expect(eq(int, o.looks, LOOKS_ONE));
	second_look_free(&look);
}

Test(side_counters, only_what_moved_is_told)
{
	struct side_counters before = { true, "A 1\nAB 2\nC \t 7\n" }, now = { true, "AB 2\nA 4\nC \t 8\nnew 1\n" };
	const char *at = NULL, *want[] = { "A", "C", "new" };
	unsigned long long by, wanted[] = { 3, 1, 1 };
	char name[40];
	for (size_t i = 0; i < COUNT(want); i++) {
		cr_assert(side_counters_moved(&before, &now, &at, name, sizeof name, &by), "%s", want[i]);
		cr_expect(eq(str, name, (char *)(uintptr_t)want[i]));
		cr_expect(eq(ullong, by, wanted[i]), "%s", name);
	}
	cr_expect(not(side_counters_moved(&before, &now, &at, name, sizeof name, &by)));
}
