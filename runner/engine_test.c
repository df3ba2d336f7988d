/* One case from its first step to its verdict, on the reference target: every kind of step, every verdict, nothing left behind. */
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

TestSuite(engine, .init = begin, .fini = end);

#define ECHO "> esp/echo(id=1, seq=1)\n< esp/echo-reply(id=1, seq=1)\n"

static void
expect(const struct outcome *o, const char *steps, uint8_t verdict, const char *reason)
{
	cr_expect(strcmp(verdict_words[o->verdict], verdict_words[verdict]) == 0, "%s: want %s, got %s: %s", steps,
		  verdict_words[verdict], verdict_words[o->verdict], o->reason);
	cr_expect(strstr(o->reason, reason) != NULL, "%s: want %s, got %s", steps, reason, o->reason);
}

/* What decides, by step; the reason is what a report shows. */
static const struct {
	const char *steps;
	uint8_t verdict;
	const char *reason;
} rows[] = {
	/* packets */
	{ ECHO, V_PASS, "" },
	{ "alive\nalive", V_PASS, "" },
	{ ECHO "< nothing", V_PASS, "" },
	{ "> esp(seq=1)/echo\n< whatever\n> esp(seq=1)/echo\n< nothing", V_PASS, "" },
	{ "> esp/echo\n< nothing", V_FAIL, "want nothing, got ip4/esp/echo-reply" },
	{ "> esp/echo | flip icv\n< esp/echo-reply", V_FAIL, "got nothing (the sentinel came back)" },
	{ "> esp/echo(id=1)\n< esp/echo-reply(id=2)", V_FAIL, "echo-reply.id: want 2, got 1" },
	{ "> esp/echo\n< esp/udp", V_FAIL, "want ip4/esp/udp, got ip4/esp/echo-reply" },
	{ "> esp/echo\n< esp(seq=5|6)/echo-reply", V_FAIL, "esp.seq: want 5|6, got 1" },
	{ "> esp/echo\n< esp(seq=1|6)/echo-reply", V_PASS, "" },
	{ "> esp/echo\n< esp(padding=default)/echo-reply", V_PASS, "" },
	{ "> esp/echo(size=8)\n< esp/echo-reply size <= 200", V_PASS, "" },
	{ "> esp/echo(size=8)\n< esp/echo-reply size > 200", V_FAIL, "size: want > 200, got " },
	{ "> esp/echo\n< esp/echo-reply if 1 == 1 else nothing", V_PASS, "" },
	{ "> esp/echo | flip icv\n< esp/echo-reply if 1 == 2 else nothing", V_PASS, "" },
	{ "> esp(seq=1)/echo\n< esp(seq=?s)/echo-reply\ncheck $s == 1", V_PASS, "" },
	{ "> esp(seq=1)/echo\n< esp(seq=?s)/echo-reply\ncheck $s == 1 and $s == 2 and $s == 1", V_FAIL, "got 1 and 2" },
	{ "any {\n}", V_PASS, "" },
	{ "> esp/echo(id=1)\n> esp/echo(id=2)\nany { < esp/echo-reply(id=2)\n< esp/echo-reply(id=1) }", V_PASS, "" },
	{ "> esp/echo(id=1)\nany { < esp/echo-reply(id=2)\n< esp/echo-reply(id=1) }", V_FAIL,
	  "echo-reply(id=2), got nothing (the sentinel came back)" },
	{ "> esp/echo(id=3)\nany { < esp/echo-reply(id=2)\n< esp/echo-reply(id=1) }", V_FAIL,
	  "or one of the others, got ip4" },
	{ "> esp/echo(id=1)\nany { link 2 < esp/echo-reply(id=1) }", V_FAIL, "got nothing" },
	{ "any { alive }", V_ERROR, "any: want only expected packets inside" },
	{ "any { < echo if 1 == 1 else nothing }", V_ERROR, "any: want only expected packets inside" },
	{ "model replay window = 32\nfor n in 1 2 2 40 8 7 {\n> esp(seq=$n)/echo(id=$n)\n< esp/echo-reply(id=$n) if model }",
	  V_PASS, "" },
	{ "< echo if model", V_ERROR, "if model: want a model before it" },
	{ "model magic x = 3", V_ERROR, "no model called 'magic'" },
	{ "link 2 > udp(7)\nlink 2 < nothing", V_FAIL, "want nothing, got " },
	/* control */
	{ "for n in 1..3 9 { " ECHO " }", V_PASS, "" },
	{ "for t in @one { check $t == \"" PLAIN "\" }", V_PASS, "" },
	{ "for n in 18446744073709551614..18446744073709551615 { let m = $n }\ncheck $m == 18446744073709551615",
	  V_PASS, "" },
	{ "for n in 5..3 { alive }", V_ERROR, "for n: want a range" },
	{ "let n = 0\nrepeat 5 { let n = $n + 1 }\ncheck $n == 5", V_PASS, "" },
	{ "pfkey a > register\npfkey a < register\nlet n = 0\nrepeat 9 {\nlet n = $n + 1\nif $n == 4 { pfkey b > flush }\n} until pfkey a < "
	  "flush\ncheck $n == 4",
	  V_PASS, "" },
	{ "repeat 3 { alive } until pfkey a < flush", V_FAIL, "got no message" },
	{ "repeat 3 { pfkey b > flush } until pfkey a < dump", V_FAIL, "pfkey.type" },
	{ "repeat 100001 { alive }", V_ERROR, "repeat: want a number up to 100000" },
	{ "let sum = 0\nshuffle 9 of 1..9 as $n { let sum = $sum + $n }\ncheck $sum == 45", V_PASS, "" },
	{ "shuffle 4 of 1..3 as $n { alive }", V_ERROR, "shuffle: want COUNT of FROM..TO" },
	{ "if 1 == 2 { check 1 == 2 } else { alive }", V_PASS, "" },
	{ "if 1 == 1 { check 1 == 2 }", V_FAIL, "check 1 == 2" },
	{ "if $gone == 1 { alive }", V_ERROR, "no variable $gone" },
	{ "check registers_encrypt(12)", V_PASS, "" },
	{ "check registers_encrypt(99)", V_FAIL, "registers_encrypt(99) is not so" },
	{ "check mutable(1)", V_ERROR, "mutable: no AH packet was sent just before" },
	{ "let n = $gone", V_ERROR, "no variable $gone" },
	{ "wait 121", V_ERROR, "wait: want up to 120 seconds" },
	{ "wait 0\nnote \"x\"", V_PASS, "" },
	/* configuration */
	{ "setkey { flush ; }\n> esp/echo\n< nothing", V_PASS, "" },
	{ "setkey { add $gone ; }", V_ERROR, "t.suite:12: no variable $gone" },
	{ "setkey {\n nonsense ; }", V_ERROR, "t.suite:13:2: want a statement" },
	{ "setkey { add $tester $target esp 0x1001 -m transport $keys_in ; }", V_SKIP, "the target refused: add" },
	/* PF_KEY */
	{ "pfkey > get/rest\npfkey < get/sa(spi=0x1001)", V_PASS, "" },
	{ "pfkey > get/rest\npfkey < get/sa(spi=0x1002)", V_FAIL, "sa.spi: want 0x1002, got 0x1001" },
	{ "pfkey > get/rest\npfkey < get/sa(spi=0x1002|0x1003)", V_FAIL, "sa.spi: want 0x1002|0x1003, got 0x1001" },
	{ "pfkey > get/rest\npfkey < get/sa(spi=?s)\ncheck $s == 0x1001", V_PASS, "" },
	{ "pfkey > get/rest\npfkey < get without sa", V_FAIL, "want no extension sa, got one" },
	{ "pfkey > get/rest\npfkey < get/proposal", V_FAIL, "want the extension proposal, got a message without it" },
	{ "pfkey > get/rest\npfkey < nothing", V_FAIL, "want no message, got get(" },
	{ "pfkey < nothing", V_PASS, "" },
	{ "pfkey < get", V_FAIL, "got no message (the channel is in step)" },
	{ "pfkey > get/sa(spi=0x77)/rest\npfkey < get(errno=ESRCH)", V_PASS, "" },
	{ "pfkey > get/sa(spi=0x77)/rest\npfkey < get(errno=refused)", V_PASS, "" },
	{ "pfkey > get/sa(spi=0x77)/rest\npfkey < get", V_FAIL, "errno: want 0, got ESRCH" },
	{ "pfkey > get/rest\npfkey < get(errno=refused)", V_FAIL, "pfkey.errno: want an error, got 0" },
	{ "pfkey > get/rest without $transform", V_ERROR, "no PF_KEY extension" },
	{ "pfkey two > get/rest\npfkey two < get\npfkey two close", V_PASS, "" },
	{ "pfkey two close", V_ERROR, "no PF_KEY socket called 'two'" },
	/* sockets of the target */
	{ "setkey { spdflush ; }\napp a = udp bind 5000\n> udp(sport=9, dport=5000)/\"hi\"\ndeliver \"hi\" to a\ndeliver nothing to a",
	  V_PASS, "" },
	{ "setkey { spdflush ; }\napp a = udp bind 5000\n> udp(sport=9, dport=5000)/\"hi\"\ndeliver \"ho\" to a",
	  V_FAIL, "want 2 octets delivered to a, got 2 that differ" },
	{ "setkey { spdflush ; }\napp a = udp bind 5000\n> udp(sport=9, dport=5000)/\"3\"\ndeliver (1 + 2) to a",
	  V_PASS, "" },
	{ "app a = udp bind 5000\ndeliver \"hi\" to a", V_FAIL, "want 2 octets delivered to a, got nothing" },
	{ "setkey { spdflush ; }\napp a = udp bind 5000\n> udp(sport=9, dport=5000)/\"hi\"\ndeliver nothing to a",
	  V_FAIL, "want nothing delivered to a, got 2 octets" },
	{ "app a = udp bind 5000\napp a send \"hi\" to $tester 9\n< udp(sport=5000, dport=9)/\"hi\"", V_PASS, "" },
	{ "app a = udp bind 5000\napp a send (1 + 2) to $tester 9\n< udp/\"3\"", V_PASS, "" },
	{ "app a = udp bind 5000\napp a send size 10 to $tester 9\n< udp/data(\"xxxxxxxxxx\")", V_PASS, "" },
	{ "app a = udp bind 5000\napp a send size 70000 to $tester 9", V_ERROR, "size: want at most 65535, got 70000" },
	{ "app a = udp bind 5000 as root policy \"in bypass\" policy \"out entrust\"\napp a policy in == \"in bypass\"",
	  V_PASS, "" },
	{ "app a = udp bind 5000\napp a policy \"out ipsec esp/tunnel/$target-$tester/use\"\n"
	  "app a policy out == \"out ipsec esp/tunnel/$target-$tester/use\"",
	  V_PASS, "" },
	{ "app a = udp bind 5000\napp a policy out == \"out bypass\"", V_FAIL,
	  "the policy of a: want \"out bypass\", got \"out entrust\"" },
	{ "app a = udp bind 5000 as user policy \"in bypass\"", V_FAIL,
	  "the target refused the policy \"in bypass\": " },
	{ "app a = udp bind 5000 as user policy \"in bypass\" refused EPERM EACCES", V_PASS, "" },
	{ "app a = udp bind 5000 as user policy \"in bypass\" refused EPERM", V_FAIL, "with another error: " },
	{ "app a = udp bind 5000 policy \"in bypass\" refused", V_FAIL, "the target took what it should refuse" },
	{ "app a = udp bind 5000\napp a policy \"in bypass\" refused EINVAL | octet 6 9", V_PASS, "" },
	{ "app a = udp bind 5000\napp a policy \"in forever\"", V_ERROR, "want a policy (entrust, " },
	{ "app b policy \"in bypass\"", V_ERROR, "no application socket called 'b'" },
	{ "app a = udp bind 5000\napp a close\napp a close", V_ERROR, "no application socket called 'a'" },
	{ "app a = udp bind 5000\napp a close\napp a = udp bind 5000\napp a send \"hi\" to $tester 9\n< udp/\"hi\"",
	  V_PASS, "" },
	{ "app a send \"x\" to $tester 9", V_ERROR, "no application socket called 'a'" },
	{ "deliver nothing to a", V_ERROR, "no application socket called 'a'" },
	{ "audit replay\naudit icv", V_PASS, "" },
	{ "tunable \"no.such\" = 1", V_SKIP, "tunable no.such: " },
	/* the positive control decides nothing about the claim */
	{ "setkey { delete $tester $target esp 0x1001 ; }\nalive", V_INCONCLUSIVE, "control exchange failed: want " },
};

Test(engine, steps_decide)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct outcome *o = lab_case(&lab, "MUST", "", rows[i].steps);
		expect(o, rows[i].steps, rows[i].verdict, rows[i].reason);
		if (rows[i].verdict == V_PASS)
			cr_expect(eq(str, (char *)o->reason, ""), "%s", rows[i].steps);
		cr_expect(not(lab.engine.dead), "%s", rows[i].steps);
	}
}

Test(engine, a_case_says_at_which_step_it_was_decided)
{
	const struct outcome *o = lab_case(&lab, "MUST", "", "alive\n> esp/echo\nif 1 == 1 {\n  < nothing\n}");
	cr_assert(o->step != NULL);
	cr_expect(eq(u32, o->step->at.line, 15));
	cr_expect(eq(str, (char *)o->step->text, "< nothing"));
	cr_expect(eq(str, (char *)o->want, "nothing"));
}

Test(engine, what_an_earlier_step_wanted_is_not_shown_for_a_later_one)
{
	const struct outcome *o = lab_case(&lab, "MUST", "", "alive\ncheck 1 == 2");
	expect(o, "check", V_FAIL, "check 1 == 2: got 1 and 2");
	cr_expect(eq(str, (char *)o->want, ""));
	cr_expect(eq(str, (char *)o->got, ""));
}

Test(engine, claims_that_may_be_are_observed)
{
	static const struct {
		const char *level;
		uint8_t verdict;
		const char *reason;
	} levels[] = {
		{ "MUST", V_FAIL, "want nothing" },
		{ "SHOULD", V_FAIL, "want nothing" },
		{ "MAY", V_PASS, "observed: want nothing" },
		{ "INFO", V_PASS, "observed: want nothing" },
	};
	for (size_t i = 0; i < COUNT(levels); i++) {
		expect(lab_case(&lab, levels[i].level, "", "> esp/echo\n< nothing"), levels[i].level, levels[i].verdict,
		       levels[i].reason);
		expect(lab_case(&lab, levels[i].level, "", "let x = $gone"), levels[i].level, V_ERROR, "no variable");
	}
}

Test(engine, a_case_the_target_cannot_be_asked_is_skipped_with_the_reason)
{
	static const struct {
		const char *head, *attributes, *reason;
	} skips[] = {
		{ "", "  needs linux\n", "needs linux, which this target and manager have not" },
		{ "  for transform in no-such-thing\n", "", "" },
	};
	char text[400];
	snprintf(text, sizeof text, "suite t \"t\"\ncase c MUST \"c\"\n%s{ alive }\n", skips[0].attributes);
	lab_suite(&lab, text);
	expect(lab_run(&lab, 0), "needs", V_SKIP, skips[0].reason);
	snprintf(text, sizeof text, "suite t \"t\"\n%scase c MUST \"c\"\n{ alive }\n", skips[1].head);
	lab_suite(&lab, text);
	expect(lab_run(&lab, 0), "transform", V_ERROR, "want an algorithm of the table");
}

/* --- nothing is left behind ------------------------------------------------------------------ */

static const char tidy[] =
	"suite t \"t\"\n  for transform in " PLAIN "\n"
	"case messy MUST \"leaves everything open\"\n{\n"
	"  setkey {\n    add $tester $target esp 0x1001 -m transport $keys_in ;\n    spdadd $tester $target icmp -P in discard ;\n  }\n"
	"  app a = udp bind 5000\n  let leak = 1\n  pfkey two > flush\n  pfkey > register\n  > udp(sport=9, dport=5000)/\"late\"\n"
	"  app a send \"late\" to $tester 9\n  model replay window = 32\n"
	"  check 1 == 2\n}\n"
	"case next MUST \"finds nothing of it\"\n{\n"
	"  < nothing\n  pfkey < nothing\n  > echo\n  < echo-reply\n  app a = udp bind 5000\n  deliver nothing to a\n"
	"  pfkey > dump\n  pfkey < dump(errno=0|ENOENT|ESRCH) without sa\n}\n"
	"case leak MUST \"variables too\"\n{\n  let x = $leak\n}\n"
	"case model MUST \"and models\"\n{\n  < echo if model\n}\n";

Test(engine, the_next_case_finds_a_fresh_target)
{
	lab_suite(&lab, tidy);
	for (unsigned round = 0; round < 3; round++) {
		expect(lab_run(&lab, 0), "messy", V_FAIL, "check 1 == 2");
		expect(lab_run(&lab, 1), "next", V_PASS, "");
		expect(lab_run(&lab, 2), "leak", V_ERROR, "no variable $leak");
		expect(lab_run(&lab, 3), "model", V_ERROR, "if model");
	}
}

/* Many more cases than the target has sockets: each closes its own. */
Test(engine, sockets_are_closed_behind_the_case)
{
	for (unsigned i = 0; i < 300; i++) {
		const struct outcome *o = lab_case(
			&lab, "MUST", "",
			"app a = udp bind 5000\napp b = udp bind 5001\npfkey two > flush\npfkey three > flush");
		cr_assert(eq(u8, o->verdict, V_PASS), "round %u: %s", i, o->reason);
	}
}

static const char *
tunable(const char *name)
{
	static char value[200];
	struct err e = { 0 };
	struct channel *c = &lab.target.channel;
	cr_assert(c->ops->tunable_get(c, name, value, sizeof value, &e), "%s", e.text);
	return value;
}

Test(engine, tunables_are_put_back_even_when_set_twice)
{
	static const char name[] = "forward";
	char was[200], steps[400];
	snprintf(was, sizeof was, "%s", tunable(name));
	snprintf(steps, sizeof steps, "tunable \"%s\" = %d\ntunable \"%s\" = %s\ntunable \"%s\" = %d\ncheck 1 == 2",
		 name, was[0] == '0', name, was, name, was[0] == '0');
	expect(lab_case(&lab, "MUST", "", steps), steps, V_FAIL, "check 1 == 2");
	cr_expect(eq(str, (char *)tunable(name), was));
	snprintf(steps, sizeof steps,
		 "tunable \"%s\" = %d\ntunable \"%s\" = 0\ntunable \"%s\" = 0\ntunable \"%s\" = 0\ntunable \"%s\" = 0",
		 name, was[0] == '0', name, name, name, name);
	expect(lab_case(&lab, "MUST", "", steps), steps, V_ERROR, "a case sets at most 4 tunables");
	cr_expect(eq(str, (char *)tunable(name), was));
}

/* Each step's octets are its own: a long case does not run out of room. */
Test(engine, a_case_may_send_more_than_the_store_holds)
{
	expect(lab_case(&lab, "MUST", "", "repeat 300 {\n> esp/echo(size=1000)\n< esp/echo-reply\n}"), "repeat", V_PASS,
	       "");
}

Test(engine, the_case_after_one_that_ended_early_waits_for_its_answers)
{
	lab_suite(&lab,
		  "suite t \"t\"\ncase sends MUST \"s\"\n{ > echo }\ncase skipped MUST \"s\"\n  needs linux\n{ }\n"
		  "case fails MUST \"f\"\n{ check 1 == 2 }\ncase passes MUST \"p\"\n{ > echo\n< echo-reply\n}\n");
	(void)lab_run(&lab, 3);
	cr_expect(not(lab.engine.unsettled));
	(void)lab_run(&lab, 0);
	cr_expect(lab.engine.unsettled, "an answer to the last packet may be on its way");
	(void)lab_run(&lab, 1);
	cr_expect(lab.engine.unsettled, "a case that was skipped settles nothing");
	(void)lab_run(&lab, 3);
	cr_expect(not(lab.engine.unsettled));
	(void)lab_run(&lab, 2);
	cr_expect(not(lab.engine.unsettled), "a case that failed has waited for its answers itself");
}

static unsigned
exhibits_of(const struct evidence *v, uint8_t kind)
{
	unsigned n = 0;
	for (const struct exhibit *x = v->first; x != NULL; x = x->next)
		n += x->kind == kind;
	return n;
}

/* What it did not take belongs to its capture, or sending that again would seem to be answered more than it was. */
Test(engine, a_case_that_fails_early_keeps_all_answers)
{
	lab_suite(&lab, "suite t \"t\"\ncase f MUST \"f\"\n{\n> echo\n> echo\n< echo-reply(seq=9)\n}\n");
	const struct outcome *o = lab_run(&lab, 0);
	cr_expect(eq(int, o->verdict, V_FAIL));
	cr_expect(eq(uint, exhibits_of(&lab.evidence, EV_FRAME_OUT), 2));
	cr_expect(eq(uint, exhibits_of(&lab.evidence, EV_FRAME_IN), 2));
}

Test(engine, a_seed_decides_the_order_of_a_shuffle)
{
	static const char steps[] =
		"let order = 0\nshuffle 5 of 1..9 as $n { let order = $order * 10 + $n }\ncheck $order == 0";
	char first[600];
	snprintf(first, sizeof first, "%s", lab_case(&lab, "MUST", "", steps)->reason);
	cr_expect(eq(str, (char *)lab_case(&lab, "MUST", "", steps)->reason, first));
	lab.engine.seed++;
	cr_expect(ne(str, (char *)lab_case(&lab, "MUST", "", steps)->reason, first));
}
