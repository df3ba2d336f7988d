/* Interfaces of a namespace that the test makes for itself; skipped where it may not. */
#include "runner/test_lab.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

static struct lab x;
static struct err e;

/* Two ends of a cable: tester0 is ours; the kernel has the target's addresses at target0. */
static void
make_cable(void)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0)
		cr_skip_test("needs CAP_NET_ADMIN: no network namespace of its own");
	int status =
		system("ip link add tester0 type veth peer name target0 && ip link set tester0 addrgenmode none &&"
		       "ip link set lo up && ip link set tester0 up && ip link set target0 up &&"
		       "ip address add 192.0.2.1/24 dev target0 && ip address add 2001:db8:1::1/64 dev target0 nodad");
	if (status != 0)
		cr_skip_test("no veth here: ip(8) said status %d", status);
}

static bool
open_target(const char *spec, struct target_wishes *w)
{
	const struct target_options o = { .wishes = w, .timeout_ms = 5000 };
	memset(&x, 0, sizeof x);
	random_seeded_init(&x.random, 1);
	return target_open(&x.target, spec, &o, &e) && engine_open(&x.engine, &x.target, 1, &x.random.random, &e);
}

static void
tear_down(void)
{
	lab_close(&x);
}

TestSuite(target_raw, .init = make_cable, .fini = tear_down, .timeout = 30);

static const char plain[] =
	"suite t \"t\"\n"
	"case four MUST \"4\"\n{\n> echo(seq=1)/\"abc\"\n< echo-reply(seq=1)/\"abc\"\n< nothing\n}\n"
	"case six MUST \"6\"\n  for family in ipv6\n{\n> echo(seq=1)/\"abc\"\n< echo-reply(seq=1)/\"abc\"\n}\n";

Test(target_raw, whoever_has_the_address_is_the_target)
{
	cr_assert(open_target("raw:tester0", NULL), "%s", e.text);
	cr_assert(eq(uint, x.target.links, 1));
	lab_suite(&x, plain);
	for (unsigned i = 0; i < 2; i++) {
		const struct outcome *o = lab_run(&x, i);
		cr_expect(eq(int, o->verdict, V_PASS), "case %u: %s", i, o->reason);
	}
}

/* A burst that waits in the kernel is not lost: each small frame has a slot of its own. */
Test(target_raw, a_burst_of_answers_is_kept)
{
	cr_assert(open_target("raw:tester0", NULL), "%s", e.text);
	lab_suite(&x, "suite t \"t\"\ncase c MUST \"c\"\n{\nfor n in 1..500 {\n> echo(seq=$n)\n}\n"
		      "for n in 1..500 {\n< echo-reply(seq=$n)\n}\n< nothing\n}\n");
	const struct outcome *o = lab_run(&x, 0);
	cr_assert(eq(int, o->verdict, V_PASS), "%s", o->reason);
}

Test(target_raw, an_agent_lends_the_sockets_of_the_far_end)
{
	char self[400], command[500];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(command, sizeof command, "%s/../../../espy-agent", self);
	struct target_wishes w = { .agent = command };
	cr_assert(open_target("raw:tester0", &w), "%s", e.text);
	cr_assert(eq(str, x.target.os, "linux"));
	cr_assert(x.target.has_channel);
	lab_suite(&x, "suite t \"t\"\ncase c MUST \"c\"\n{\napp s = udp bind 4000\n> udp(dport=4000)/\"hi\"\n"
		      "deliver \"hi\" to s\n}\n");
	const struct outcome *o = lab_run(&x, 0);
	cr_assert(eq(int, o->verdict, V_PASS), "%s", o->reason);
}

Test(target_raw, nobody_at_the_address_is_said_with_the_option_that_helps)
{
	struct target_wishes w = { .agent = NULL };
	cr_assert(target_wish_target(&w, "192.0.2.77", &e));
	cr_assert(target_wish_target(&w, "2001:db8:1::77", &e));
	cr_expect(not(open_target("raw:tester0", &w)));
	cr_expect(strstr(e.text, "192.0.2.77") != NULL && strstr(e.text, "--target-address") != NULL, "%s", e.text);
}

Test(target_raw, addresses_can_be_others)
{
	struct target_wishes w = { .agent = NULL };
	cr_assert(eq(int, system("ip address add 10.7.0.1/24 dev target0"), 0));
	cr_assert(target_wish_target(&w, "10.7.0.1", &e));
	cr_assert(target_wish_tester(&w, "10.7.0.2", &e));
	cr_assert(open_target("raw:tester0", &w), "%s", e.text);
	lab_suite(&x, plain);
	const struct outcome *o = lab_run(&x, 0);
	cr_assert(eq(int, o->verdict, V_PASS), "%s", o->reason);
}

/* Frames for the card's own address would reach a kernel that has the tester's address on another card, and answers in its place. */
Test(target_raw, a_tester_whose_address_is_taken_is_a_station_of_its_own)
{
	cr_assert(eq(int,
		     system("ip link add other0 type veth peer name other1 && ip link set other0 up &&"
			    "ip address add 192.0.2.2/32 dev other0"),
		     0));
	cr_assert(open_target("raw:tester0", NULL), "%s", e.text);
	cr_expect(eq(int, x.target.link[0].tester_mac[0], 2));
	cr_expect(eq(int, x.target.link[0].tester_mac[5], 2));
}

Test(target_raw, interfaces_that_cannot_be_are_named)
{
	static const struct {
		const char *spec, *want;
	} cases[] = {
		{ "raw:none0", "no such interface" },
		{ "raw:tester0,none0", "none0" },
		{ "raw:tester0,a,b", "at most 2" },
		{ "raw:,tester0", "INTERFACE" },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		cr_expect(not(open_target(cases[i].spec, NULL)));
		cr_expect(strstr(e.text, cases[i].want) != NULL, "%s: %s", cases[i].spec, e.text);
	}
}

Test(target_raw, somebody_who_types_is_believed_and_the_packets_judge)
{
	struct target_wishes w = { .yes = true };
	cr_assert(open_target("manual:tester0", &w), "%s", e.text);
	const struct outcome *o = lab_case(&x, "MUST", "", "> esp/echo(seq=1)\n< esp/echo-reply(seq=1)");
	cr_expect(eq(int, o->verdict, V_FAIL), "nobody typed it in, and yet: %s", o->reason);
	lab_suite(&x, plain);
	o = lab_run(&x, 0);
	cr_expect(eq(int, o->verdict, V_PASS), "%s", o->reason);
	lab_suite(&x, "suite t \"t\"\ncase c MUST \"c\"\n{\npfkey > dump\n}\n");
	o = lab_run(&x, 0);
	cr_expect(eq(int, o->verdict, V_SKIP), "%s", o->reason);
}
