/*
 * Silence on a target that is not in step with us: one that never answers, one that answers late through another queue, one whose
 * policies keep the sentinel. The target is the reference behind a link of our own that decides what comes back, and when.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "runner/test_lab.h"

struct slow {
	struct link inner;
	int pair[2];      /* to wait on; never readable */
	bool deaf;        /* what is sent is lost */
	bool mute;        /* the sentinel's echo is kept */
	unsigned late_ms; /* between the last frame sent and anything received */
	uint64_t due_ns;
};

static struct lab lab;
static struct slow slow[TARGET_LINKS];

static bool
slow_send(struct link *l, struct bytes frame, struct err *e)
{
	struct slow *w = l->impl;
	w->due_ns = clock_ns() + w->late_ms * 1000000ull;
	return w->deaf || w->inner.ops->send(&w->inner, frame, e);
}

/* A datagram to the sentinel's address: its echo, under ESP or as the target's policies leave it. */
static bool
is_sentinel(struct bytes frame)
{
	struct rd r = rd_of(frame);
	rd_skip(&r, 14);
	return rd_peek(&r, 0) >> 4 == 4 && rd_peek(&r, 19) == 253;
}

static long
slow_recv(struct link *l, uint8_t *buf, size_t cap, struct err *e)
{
	struct slow *w = l->impl;
	if (clock_ns() < w->due_ns)
		return 0;
	for (;;) {
		long n = w->inner.ops->recv(&w->inner, buf, cap, e);
		if (n <= 0 || !w->mute || !is_sentinel((struct bytes){ buf, (size_t)n }))
			return n;
	}
}

static int
slow_fd(const struct link *l)
{
	const struct slow *w = l->impl;
	return w->pair[0];
}

static void
slow_close(struct link *l)
{
	struct slow *w = l->impl;
	w->inner.ops->close(&w->inner);
}

static const struct link_ops slow_ops = { slow_send, slow_recv, slow_fd, slow_close };

static void
begin(void)
{
	lab_open(&lab);
	for (unsigned i = 0; i < TARGET_LINKS; i++) {
		slow[i] = (struct slow){ .inner = lab.target.link[i] };
		cr_assert(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, slow[i].pair) == 0);
		lab.target.link[i].ops = &slow_ops;
		lab.target.link[i].impl = &slow[i];
	}
}

static void
end(void)
{
	for (unsigned i = 0; i < TARGET_LINKS; i++) {
		lab.target.link[i] = slow[i].inner;
		close(slow[i].pair[0]);
		close(slow[i].pair[1]);
	}
	lab_close(&lab);
}

TestSuite(sentinel, .init = begin, .fini = end);

static double
run_for(const char *steps)
{
	uint64_t began = clock_ns();
	(void)lab_case(&lab, "MUST", "", steps);
	return (double)(clock_ns() - began) / 1e9;
}

static bool
noted(const char *text)
{
	for (const struct exhibit *x = lab.evidence.first; x != NULL; x = x->next)
		if (x->kind == EV_NOTE && x->text != NULL && strstr(x->text, text) != NULL)
			return true;
	return false;
}

Test(sentinel, silence_of_a_target_that_is_there_is_believed)
{
	double s = run_for("alive\n> esp/echo | flip icv\n< nothing");
	cr_expect(eq(u8, lab.outcome.verdict, V_PASS), "%s", lab.outcome.reason);
	cr_expect(lt(dbl, s, 1.0));
	cr_expect(not(noted("ARP")));
}

Test(sentinel, a_target_that_never_answers_decides_nothing)
{
	slow[0].deaf = true;
	double s = run_for("> esp/echo\n< nothing");
	cr_expect(eq(u8, lab.outcome.verdict, V_INCONCLUSIVE), "%s", lab.outcome.reason);
	cr_expect(eq(str, lab.outcome.reason, "no sentinel came back within 2000 ms: the target is dead or stuck"));
	cr_expect(lab.engine.dead);
	cr_expect(eq(str, lab.engine.why_dead, lab.outcome.reason));
	cr_expect(gt(dbl, s, 1.9));
	cr_expect(lt(dbl, s, 4.0));
}

Test(sentinel, nor_does_one_that_is_silent_on_its_other_link)
{
	slow[1].deaf = true;
	(void)run_for("link 2 > udp(7)\nlink 2 < nothing");
	cr_expect(eq(u8, lab.outcome.verdict, V_INCONCLUSIVE), "%s", lab.outcome.reason);
	cr_expect(eq(str, lab.outcome.reason, "link 2: no ARP answer within 2000 ms"));
	cr_expect(lab.engine.dead);
}

Test(sentinel, what_is_late_is_still_the_answer_to_what_was_sent)
{
	slow[0].late_ms = 40; /* longer than a reply is looked for, shorter than a sentinel is waited for */
	(void)run_for("> esp/echo(id=1)\n< esp/echo-reply(id=1)\n> esp/echo(id=2)\n< nothing");
	cr_expect(eq(u8, lab.outcome.verdict, V_FAIL), "%s", lab.outcome.reason);
	cr_expect(strstr(lab.outcome.reason, "echo-reply") != NULL, "%s", lab.outcome.reason);
	cr_expect(eq(u32, lab.outcome.step->at.line, 15));
	cr_expect(not(lab.engine.dead));
}

Test(sentinel, an_answer_of_the_case_before_is_not_taken_for_one_of_this)
{
	slow[0].late_ms = 40;
	lab_suite(&lab,
		  "suite t \"t\"\ncase sends MUST \"s\"\n{ > echo(id=9) }\ncase next MUST \"n\"\n{ < nothing }\n");
	cr_expect(eq(u8, lab_run(&lab, 0)->verdict, V_PASS), "%s", lab.outcome.reason);
	cr_expect(eq(u8, lab_run(&lab, 1)->verdict, V_PASS), "%s", lab.outcome.reason);
}

Test(sentinel, where_a_policy_keeps_the_echo_an_arp_answer_stands_in_and_says_so)
{
	slow[0].mute = true;
	double s = run_for("> esp/echo | flip icv\n< nothing\n< nothing");
	cr_expect(eq(u8, lab.outcome.verdict, V_PASS), "%s", lab.outcome.reason);
	cr_expect(noted("an ARP answer and a pause stand in"));
	cr_expect(lt(dbl, s, 1.0), "once covered it is not tried again in this case");
	(void)run_for("> esp/echo\n< nothing");
	cr_expect(eq(u8, lab.outcome.verdict, V_FAIL), "%s", lab.outcome.reason);
}

/* --- a channel that is gone ------------------------------------------------------------------ */

static struct channel_ops broken;

static bool
no_sync(struct channel *c, struct err *e)
{
	(void)c;
	return fail(e, ERR_DEAD, "the agent does not answer");
}

static bool
no_tunable(struct channel *c, const char *name, char *value, size_t cap, struct err *e)
{
	(void)c, (void)value, (void)cap;
	return fail(e, ERR_DEAD, "the agent does not answer to %s", name);
}

static bool
stuck_tunable(struct channel *c, const char *name, const char *value, struct err *e)
{
	(void)c;
	return strcmp(value, "1400") == 0 || fail(e, ERR_REFUSED, "%s", name);
}

Test(sentinel, a_channel_that_is_gone_decides_nothing)
{
	broken = *lab.target.channel.ops;
	broken.sync = no_sync;
	lab.target.channel.ops = &broken;
	(void)run_for("alive");
	cr_expect(eq(u8, lab.outcome.verdict, V_INCONCLUSIVE), "%s", lab.outcome.reason);
	cr_expect(eq(str, lab.outcome.reason, "the agent does not answer"));
	cr_expect(lab.engine.dead);
}

Test(sentinel, a_tunable_that_cannot_be_asked_for_is_no_reason_to_skip)
{
	broken = *lab.target.channel.ops;
	broken.tunable_get = no_tunable;
	lab.target.channel.ops = &broken;
	(void)run_for("tunable mtu = 1400");
	cr_expect(eq(u8, lab.outcome.verdict, V_INCONCLUSIVE), "%s", lab.outcome.reason);
	cr_expect(lab.engine.dead);
}

Test(sentinel, a_target_whose_tunable_stays_changed_is_not_used_again)
{
	broken = *lab.target.channel.ops;
	broken.tunable_set = stuck_tunable;
	lab.target.channel.ops = &broken;
	(void)run_for("tunable mtu = 1400");
	cr_expect(eq(u8, lab.outcome.verdict, V_PASS), "%s", lab.outcome.reason);
	cr_expect(lab.engine.dead);
	cr_expect(eq(str, lab.engine.why_dead, "tunable not put back: mtu"));
}

Test(sentinel, an_engine_does_not_open_on_a_channel_that_is_gone)
{
	struct engine second;
	struct err e = { 0 };
	broken = *lab.target.channel.ops;
	broken.sync = no_sync;
	lab.target.channel.ops = &broken;
	cr_expect(not(engine_open(&second, &lab.target, 1, &lab.random.random, &e)));
	cr_expect(eq(str, e.text, "the agent does not answer"));
}

/* Nothing is learnt from a target that dies while it is calibrated: every exchange fails then. */
Test(sentinel, an_engine_does_not_open_on_links_that_are_dead)
{
	struct engine second;
	struct err e = { 0 };
	slow[0].deaf = true;
	cr_expect(not(engine_open(&second, &lab.target, 1, &lab.random.random, &e)));
	cr_expect(strncmp(e.text, "while calibrating: ", 19) == 0, "%s", e.text);
}
