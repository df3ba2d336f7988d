/* Which manager configures what, on a real kernel: PF_KEY first, XFRM netlink for what PF_KEY cannot say. */
#include "runner/manager.h"

#include "runner/test_lab.h"
#include "runner/target/test_uml.h"

static struct lab lab;
static struct err e;

static void
boot(enum manager_wish wish)
{
	const struct target_options o = { 0 };
	name_initramfs();
	if (!target_open(&lab.target, "linux", &o, &e)) {
		unlink(initramfs);
		if (e.code == ERR_UNSUPPORTED)
			cr_skip_test("%s", e.text);
		cr_fatal("%s", e.text);
	}
	lab.target.manager = wish;
	random_seeded_init(&lab.random, 1);
	cr_assert(engine_open(&lab.engine, &lab.target, 1, &lab.random.random, &e), "%s", e.text);
}

static void
end(void)
{
	lab_close(&lab);
	unlink(initramfs);
}

TestSuite(manager, .fini = end, .timeout = 60);

static bool
has_exhibit(uint8_t kind)
{
	for (const struct exhibit *x = lab.evidence.first; x != NULL; x = x->next)
		if (x->kind == kind && (kind != EV_NOTE || strstr(x->text, "configured by XFRM") != NULL))
			return true;
	return false;
}

static const struct outcome *
run_case(const char *transform, const char *sa_words, const char *steps)
{
	char text[4096];
	snprintf(text, sizeof text,
		 "suite t \"t\"\n  for transform in %s\ncase c MUST \"c\"\n{\n setkey {\n"
		 "  add $tester $target esp 0x1001 -m transport %s $keys_in ;\n"
		 "  add $target $tester esp 0x1002 -m transport $keys_out ;\n"
		 "  spdadd $tester $target $icmp -P in ipsec esp/transport//require ;\n"
		 "  spdadd $target $tester $icmp -P out ipsec esp/transport//require ;\n }\n%s\n}\n",
		 transform, sa_words, steps);
	lab_suite(&lab, text);
	return lab_run(&lab, 0);
}

static const char alive[] = " > esp/echo(seq=1)\n < esp/echo-reply(seq=1)\n";

struct row {
	const char *transform, *words, *steps;
	uint8_t verdict;
	bool xfrm;
	const char *reason;
};

static void
check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct outcome *o = run_case(rows[i].transform, rows[i].words, rows[i].steps);
		cr_expect(eq(str, (char *)(uintptr_t)verdict_words[o->verdict],
			     (char *)(uintptr_t)verdict_words[rows[i].verdict]),
			  "row %zu: %s", i, o->reason);
		cr_expect(strstr(o->reason, rows[i].reason) != NULL, "row %zu: %s", i, o->reason);
		cr_expect(eq(int, has_exhibit(EV_XFRM_OUT), rows[i].xfrm), "row %zu", i);
	}
}

Test(manager, auto_takes_xfrm_for_what_pfkey_cannot_say)
{
	static const struct row rows[] = {
		{ PLAIN, "-r 32", alive, V_PASS, false, "" },
		{ "aes-gcm-16-128", "-r 32", alive, V_PASS, true, "" },
		{ "chacha20-poly1305", "", alive, V_PASS, true, "" },
		{ "aes-cbc-128+aes-cmac-96", "", alive, V_PASS, true, "" },
		{ "aes-cbc-128+hmac-sha2-256-128", "", alive, V_PASS, true, "" },
		{ PLAIN, "-r 64", alive, V_PASS, true, "" },
		{ PLAIN, "-esn -r 64", alive, V_PASS, true, "" },
		{ PLAIN, "-r 5000", alive, V_SKIP, false, "5000 packets" },
		{ PLAIN, "-esn", alive, V_SKIP, true, "EINVAL" },
		/* Its messages are about the SAs of the case, which they could not name. */
		{ "aes-gcm-16-128", "", " pfkey > get/rest\n pfkey < get\n", V_SKIP, false, "has no number" },
	};
	boot(MANAGER_AUTO);
	cr_assert(eq(str, (char *)(uintptr_t)managers_named(&lab.engine), "pfkey, xfrm"));
	check_rows(rows, COUNT(rows));
	(void)run_case("aes-gcm-16-128", "", alive);
	cr_expect(has_exhibit(EV_NOTE), "the evidence does not say who configured the target");
}

Test(manager, pfkey_alone_skips_what_it_cannot_say)
{
	static const struct row rows[] = {
		{ PLAIN, "-r 32", alive, V_PASS, false, "" },
		{ "aes-gcm-16-128", "-r 32", alive, V_SKIP, false, "has no number for aes-gcm-16" },
		{ PLAIN, "-r 64", alive, V_SKIP, false, "replay window of 64" },
	};
	boot(MANAGER_PFKEY);
	check_rows(rows, COUNT(rows));
}

Test(manager, xfrm_alone_configures_everything_and_skips_pfkey)
{
	static const struct row rows[] = {
		{ PLAIN, "-r 32", alive, V_PASS, true, "" },
		{ "aes-gcm-16-128", "-r 32", alive, V_PASS, true, "" },
		{ PLAIN, "", " pfkey > get/rest\n pfkey < get\n", V_SKIP, false, "speaks PF_KEY" },
		{ "aes-128-gmac", "", alive, V_SKIP, false, "Linux has no algorithm" },
	};
	boot(MANAGER_XFRM);
	check_rows(rows, COUNT(rows));
}

Test(manager, words_of_the_option)
{
	enum manager_wish wish = MANAGER_AUTO;
	cr_assert(manager_wish_parse("xfrm", &wish, &e));
	cr_expect(eq(int, (int)wish, MANAGER_XFRM));
	cr_assert(not(manager_wish_parse("ike", &wish, &e)));
	cr_expect(eq(str, e.text, "manager: want auto, pfkey, xfrm or none, got 'ike'"));
}

Test(manager, a_target_without_netlink_is_named)
{
	const struct target_options o = { 0 };
	struct target *t = &lab.target;
	cr_assert(target_open(t, "reference", &o, &e), "%s", e.text);
	t->manager = MANAGER_XFRM;
	random_seeded_init(&lab.random, 1);
	cr_assert(not(engine_open(&lab.engine, t, 1, &lab.random.random, &e)));
	cr_expect(eq(str, e.text, "target reference: no XFRM netlink to configure it with"));
}
