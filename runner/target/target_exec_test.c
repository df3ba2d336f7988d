/* The program itself and the example, each as a stack in a process of its own. */
#include "runner/test_lab.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "runner/death.h"
#include "runner/target/target_child.h"

static struct lab x;
static struct err e;

/* "exec:DIR/PROGRAM WORDS", beside the folder of the tests. */
static const char *
spec_of(const char *program, const char *words)
{
	static char spec[700];
	char self[400];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(spec, sizeof spec, "exec:%s/../../../%s %s", self, program, words);
	return spec;
}

static bool
open_target(const char *spec)
{
	const struct target_options o = { .timeout_ms = 5000 };
	memset(&x, 0, sizeof x);
	random_seeded_init(&x.random, 1);
	return target_open(&x.target, spec, &o, &e) && engine_open(&x.engine, &x.target, 1, &x.random.random, &e);
}

static void
tear_down(void)
{
	lab_close(&x);
}

TestSuite(target_exec, .fini = tear_down, .timeout = 30);

Test(target_exec, our_host_in_a_process_of_its_own_is_the_reference)
{
	cr_assert(open_target(spec_of("espy", "host --exec")), "%s", e.text);
	cr_assert(eq(str, x.target.os, "reference"));
	cr_assert(eq(str, (char *)x.target.profile, "rfc4301"));
	cr_assert(eq(uint, x.target.links, 2));
	cr_assert(x.target.pass != NULL, "its clock cannot be moved on");
	const struct outcome *o = lab_case(&x, "MUST", "", "> esp/echo(seq=1)\n< esp/echo-reply(seq=1)\nalive");
	cr_assert(eq(int, o->verdict, V_PASS), "%s", o->reason);
	o = lab_case(&x, "MUST", "", "> esp/echo(seq=1)\n< esp/echo-reply(seq=2)");
	cr_assert(eq(int, o->verdict, V_FAIL), "%s", o->reason);
}

Test(target_exec, follows_the_profile_that_it_was_told)
{
	cr_assert(open_target(spec_of("espy", "host --exec --profile kame/freebsd")), "%s", e.text);
	cr_assert(eq(str, x.target.os, "reference"));
	cr_assert(eq(str, x.target.channel.hello.os, "freebsd"));
	cr_assert(eq(str, (char *)x.target.profile, "kame"));
}

/* Sockets, users, socket policies and tunables cross the process boundary as they do not at home. */
Test(target_exec, lends_what_the_reference_has)
{
	static const struct {
		const char *id, *steps;
	} cases[] = {
		{ "a socket", "> esp/udp(dport=4000)/\"x\"\n" },
		{ "a tunable", "tunable icmp.rate = 0\ntunable icmp.rate == 0\n" },
		{ "time", "wait 3\nalive\n" },
		{ "a user", "app s = udp bind 4000 as alice\napp s close\n" },
	};
	cr_assert(open_target(spec_of("espy", "host --exec")), "%s", e.text);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct outcome *o = lab_case(&x, "MUST", "", cases[i].steps);
		cr_expect(eq(int, o->verdict, V_PASS), "%s: %s", cases[i].id, o->reason);
	}
}

Test(target_exec, a_stack_with_one_card_and_no_sockets_can_be_asked_what_needs_neither)
{
	cr_assert(open_target(spec_of("exec-target", "")), "%s", e.text);
	cr_assert(eq(str, x.target.os, "example"));
	cr_assert(eq(uint, x.target.links, 1));
	lab_suite(&x, "suite t \"t\"\n"
		      "case plain MUST \"p\"\n{\n> echo(seq=1)/\"abc\"\n< echo-reply(seq=1)/\"abc\"\n< nothing\n}\n"
		      "case sas MUST \"s\"\n{\nsetkey {\nflush ;\n}\n}\n"
		      "case socket MUST \"a\"\n{\napp s = udp bind 4000\n}\n"
		      "case other MUST \"o\"\n  needs link2\n{\nlink 2 > echo\n}\n");
	static const struct {
		uint8_t verdict;
		const char *reason;
	} want[] = {
		{ V_PASS, "" },
		{ V_SKIP, "nothing configures this target" },
		{ V_SKIP, "application's socket" },
		{ V_SKIP, "link2" },
	};
	for (unsigned i = 0; i < COUNT(want); i++) {
		const struct outcome *o = lab_run(&x, i);
		cr_expect(eq(int, o->verdict, want[i].verdict), "case %u: %s", i, o->reason);
		cr_expect(strstr(o->reason, want[i].reason) != NULL, "case %u: %s", i, o->reason);
	}
}

/* The same death is an answer where the case is about robustness, and says nothing elsewhere. */
Test(target_exec, a_packet_that_kills_fails_a_case_of_robustness_only)
{
	static const struct {
		const char *decides;
		uint8_t verdict;
	} cases[] = { { "decides RB-01", V_FAIL }, { "decides RK-02", V_FAIL }, { "", V_INCONCLUSIVE } };
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[400];
		cr_assert(open_target(spec_of("exec-target", "--fragile")), "%s", e.text);
		snprintf(
			text, sizeof text,
			"suite t \"t\"\ncase c MUST \"c\"\n  %s\n{\n> echo\n< echo-reply\n> ip(protocol=50)/\"abc\"\n< nothing\n}\n",
			cases[i].decides);
		lab_suite(&x, text);
		const struct outcome *o = lab_run(&x, 0);
		cr_expect(eq(int, o->verdict, cases[i].verdict), "%s: %s", cases[i].decides, o->reason);
		cr_expect(strstr(o->reason, "died after the packet of line") != NULL, "%s", o->reason);
		cr_expect(strstr(o->reason, "signal 6") != NULL, "%s", o->reason);
		cr_expect(strstr(o->reason, "what now?") != NULL, "its console is not told: %s", o->reason);
		cr_expect(x.engine.dead);
		tear_down();
	}
}

/* Nothing was sent to it, so nothing of ours killed it. */
Test(target_exec, an_end_of_its_own_accord_says_nothing)
{
	char spec[800];
	snprintf(spec, sizeof spec, "exec:exec %s", spec_of("exec-target", "") + strlen("exec:"));
	cr_assert(open_target(spec), "%s", e.text);
	const struct child *c = x.target.impl;
	lab_suite(&x, "suite t \"t\"\ncase c MUST \"c\"\n  decides RB-01\n{\n< nothing\n}\n");
	kill(c->process.pid, SIGKILL);
	const struct outcome *o = lab_run(&x, 0);
	cr_expect(eq(int, o->verdict, V_INCONCLUSIVE), "%s", o->reason);
	cr_expect(strstr(o->reason, "died: it was killed by signal 9") != NULL, "%s", o->reason);
}

Test(target_exec, what_ends_before_its_hello_is_named_with_its_status)
{
	static const struct {
		const char *command, *want;
	} cases[] = {
		{ "exec:exit 3", "exit status 3" },
		{ "exec:kill -SEGV $$", "signal 11" },
		{ "exec:echo oh dear >&2; exit 1", "oh dear" },
		{ "exec:/nonexistent/stack", "not found" },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		cr_expect(not(open_target(cases[i].command)));
		cr_expect(strstr(e.text, cases[i].want) != NULL, "%s: %s", cases[i].command, e.text);
	}
}

Test(target_exec, what_says_something_else_is_no_agent)
{
	cr_expect(not(open_target("exec:echo hello, hello, hello; sleep 5")));
	cr_expect(strstr(e.text, "not a frame") != NULL || strstr(e.text, "hello") != NULL, "%s", e.text);
}

Test(target_exec, a_process_goes_when_it_is_told)
{
	static const struct process_setup s = { .command = "trap '' TERM; sleep 60", .console = 2, .lent = { -1, -1 } };
	struct process p;
	char how[100];
	int stream;
	cr_assert(process_start(&p, &s, &stream, &e), "%s", e.text);
	cr_expect(not(process_has_ended(&p, 20, how, sizeof how)));
	close(stream);
	process_stop(&p);
	cr_expect(eq(int, p.pid, 0));
	process_stop(&p);
}
