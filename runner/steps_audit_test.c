/* Counters and audit records, on the reference. */
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

TestSuite(steps_audit, .init = begin, .fini = end);

#define REPLAY "> esp(seq=5)/echo\n< esp/echo-reply\naudit log\n> esp(seq=5)/echo\n< nothing\n"

static const struct {
	const char *steps;
	uint8_t verdict;
	const char *reason;
} rows[] = {
	{ "audit replay as a\n" REPLAY "audit replay as b\ncheck $b == $a + 1", V_PASS, "" },
	{ "audit icv as a\n" REPLAY "audit icv as b\ncheck $b == $a + 1", V_FAIL, "check $b == $a + 1" },
	{ REPLAY "audit replay(spi=0x1001, seq=5, src=$tester, dst=$target)", V_PASS, "" },
	{ REPLAY "audit replay(spi=0x1002)", V_FAIL, "want a record of replayed in the audit log, got time=" },
	{ REPLAY "audit replay(src=$target)", V_FAIL, "seqno=5" },
	{ REPLAY "audit icv(spi=0x1001)", V_FAIL, "want a record of icv in the audit log, got none" },
	/* one packet, one record */
	{ REPLAY "audit replay(seq=5)\naudit replay(seq=5)", V_FAIL, "got none" },
	{ REPLAY "audit without replay(seq=5)", V_FAIL, "want no such record in the audit log, got time=" },
	{ REPLAY "audit replay(seq=5)\naudit without replay(seq=5)", V_FAIL, "want no such record" },
	{ REPLAY "audit without replay(seq=6)", V_PASS, "" },
	{ "audit replay(seq=5)", V_ERROR, "want `audit log` before it" },
	{ REPLAY "audit pad(seq=5)", V_SKIP, "this target logs no such event" },
	{ REPLAY "audit replay(seq=\"five\")", V_ERROR, "audit: seq: want a number" },
	{ REPLAY "audit replay(src=\"here\")", V_ERROR, "here" },
};

Test(steps_audit, judge_what_the_target_counted_and_logged)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct outcome *o = lab_case(&lab, "SHOULD", "", rows[i].steps);
		cr_expect(eq(str, (char *)(uintptr_t)verdict_words[o->verdict],
			     (char *)(uintptr_t)verdict_words[rows[i].verdict]),
			  "%s: %s", rows[i].steps, o->reason);
		cr_expect(strstr(o->reason, rows[i].reason) != NULL, "%s: %s", rows[i].steps, o->reason);
	}
}

Test(steps_audit, the_log_is_off_again_behind_the_case)
{
	struct channel *c = &lab.target.channel;
	struct err e = { 0 };
	char value[8];
	const struct outcome *o = lab_case(&lab, "SHOULD", "", REPLAY);
	cr_assert(eq(int, o->verdict, V_PASS), "%s", o->reason);
	cr_assert(c->ops->tunable_get(c, "audit", value, sizeof value, &e), "%s", e.text);
	cr_expect(eq(str, value, "0"));
}
