/* The oracle is configured as the target is and asked the same; what differs is the verdict. */
#include "runner/test_lab.h"

static struct lab lab;

static void
begin(void)
{
	lab_open(&lab);
}

static void
end(void)
{
	lab_close(&lab);
}

TestSuite(predict, .init = begin, .fini = end);

static const struct {
	const char *steps;
	uint8_t verdict;
	const char *reason;
} rows[] = {
	{ "predict > esp/echo, echo, udp(7), esp/udp(7), tcp(80)", V_PASS, "" },
	{ "predict > esp/echo\nsetkey { spdflush ; }\npredict > echo, esp/echo", V_PASS, "" },
	{ "> esp(seq=9)/echo\n< esp/echo-reply\npredict > esp/echo, esp/echo", V_PASS, "" },
	{ "link 2 predict > echo", V_PASS, "" },
	{ "tunable \"padding.strict\" = 0\npredict > esp/echo, esp(padding=0x090909)/\"abc\", echo", V_PASS, "" },
	/* what only the target was told */
	{ "tunable \"spd.miss\" = 0\npredict > udp(7)", V_FAIL, "to udp the reference answers ip4(src=192.0.2.1" },
	{ "tunable \"spd.miss\" = 0\npredict > echo, udp(7)", V_FAIL, "; got nothing" },
	{ "tunable \"policy.layers\" = 2\nsetkey { spdflush ;\nspdadd $tester $target any -P in none ; }\n"
	  "predict > echo, esp/echo",
	  V_FAIL, "to esp/echo the reference answers nothing; got ip4(src=192.0.2.1, dst=192.0.2.2)/echo-reply" },
	{ "predict > udp(99999)", V_ERROR, "the oracle: " },
};

Test(predict, compares_what_comes_back_with_what_the_reference_answers)
{
	for (unsigned i = 0; i < COUNT(rows); i++) {
		const struct outcome *o = lab_case(&lab, "MUST", "", rows[i].steps);
		cr_expect(strcmp(verdict_words[o->verdict], verdict_words[rows[i].verdict]) == 0,
			  "%s: want %s, got %s: %s", rows[i].steps, verdict_words[rows[i].verdict],
			  verdict_words[o->verdict], o->reason);
		cr_expect(strstr(o->reason, rows[i].reason) != NULL, "%s: want %s, got %s", rows[i].steps,
			  rows[i].reason, o->reason);
	}
}

Test(predict, the_oracle_follows_the_profile_of_the_target)
{
	lab.target.profile = "kame";
	const struct outcome *o = lab_case(&lab, "MUST", "",
					   "setkey { spdflush ;\nspdadd $tester $target any -P in none ; }\n"
					   "predict > esp/echo");
	cr_expect(eq(int, o->verdict, V_FAIL));
	cr_expect(strstr(o->want, "echo-reply") != NULL, "what kame lets pass: %s", o->want);
	cr_expect(eq(str, (char *)o->got, "nothing"), "what rfc4301 does not");
}
