#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "config/inetd.h"

static struct bytes
octets(const char *text)
{
	return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

/* --- ipsec_set_policy(3) -------------------------------------------------------------------------- */

static const struct {
	const char *text, *back; /* back NULL: the same */
} good[] = {
	{ "in entrust", NULL },
	{ "out bypass", NULL },
	{ "in discard", NULL },
	{ "in none", NULL },
	{ "in ipsec esp/transport//require", NULL },
	{ "out ipsec esp/transport/10.1.1.1-10.1.1.2/require", NULL },
	{ "out ipsec esp/transport/10.1.1.2-10.1.1.1/use\n\tah/tunnel/10.1.1.2-10.1.1.1/unique:1000",
	  "out ipsec esp/transport/10.1.1.2-10.1.1.1/use ah/tunnel/10.1.1.2-10.1.1.1/unique:1000" },
	{ "out ipsec esp/tunnel/2001:db8::1-2001:db8::2", "out ipsec esp/tunnel/2001:db8::1-2001:db8::2/default" },
	{ "in ipsec ah/transport", "in ipsec ah/transport//default" },
	{ "in ipsec esp/transport//unique", NULL },
	{ "in ipsec esp/transport//unique:32767", NULL },
};

Test(socket_text, a_policy_reads_back_as_it_was_written)
{
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct socket_text t;
		struct err e = { 0 };
		char text[200];
		cr_assert(socket_text_parse(&t, octets(good[i].text), "t", 1, 1, &e), "%s: %s", good[i].text, e.text);
		(void)socket_text_print(t.dir, &t.policy, text, sizeof text);
		cr_assert(eq(str, text, (char *)(uintptr_t)(good[i].back != NULL ? good[i].back : good[i].text)));
	}
}

static const struct {
	const char *text, *error;
} bad[] = {
	{ "", "t:3:5: want a direction (in, out), got the end of the text" },
	{ "fwd none", "t:3:5: want a direction (in, out), got \"fwd\"" },
	{ "in", "t:3:7: want a policy (entrust, bypass, discard, none, ipsec), got the end of the text" },
	{ "in protect", "t:3:8: want a policy (entrust, bypass, discard, none, ipsec), got \"protect\"" },
	{ "in bypass esp/transport//use", "t:3:15: want the end of the policy, got \"esp\"" },
	{ "in ipsec", "t:3:13: want protocol/mode/src-dst/level, got the end of the text" },
	{ "out ipsec tcp/transport//use",
	  "t:3:15: want esp, ah or ipcomp of a request (esp, ah, ipcomp), got \"tcp\"" },
	{ "out ipsec esp/bridge//use", "t:3:19: want a mode (transport, tunnel), got \"bridge\"" },
	{ "out ipsec esp/tunnel//use", "t:3:26: want /SRC-DST of the tunnel, got \"/\"" },
	{ "out ipsec esp/transport//often", "t:3:30: want a level (default, use, require, unique), got \"often\"" },
	{ "out ipsec esp/transport//require:7", "t:3:37: want unique before :, got \":7\"" },
	{ "out ipsec esp/transport//unique:0", "t:3:37: want an identifier (1 to 4294967295), got \"0\"" },
	{ "out ipsec esp/transport//unique:32768",
	  "t:3:15: want unique: and a number from 1 to 32767, got a larger one" },
};

Test(socket_text, a_bad_policy_is_refused_where_it_goes_wrong)
{
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct socket_text t;
		struct err e = { 0 };
		cr_assert(not(socket_text_parse(&t, octets(bad[i].text), "t", 3, 5, &e)), "%s", bad[i].text);
		cr_assert(eq(str, e.text, (char *)(uintptr_t)bad[i].error));
	}
}

Test(socket_text, tunnel_ends_are_of_one_family)
{
	struct socket_text t;
	struct err e = { 0 };
	cr_assert(not(socket_text_parse(&t, octets("out ipsec esp/tunnel/10.0.0.1-2001:db8::1/use"), "t", 1, 1, &e)));
	cr_assert(eq(int, e.code, ERR_SYNTAX));
}

/* --- inetd.conf ----------------------------------------------------------------------------------- */

#define LINE "dgram udp wait nobody /usr/libexec/d d\n"

static const char conf[] = "# services\n"
			   "7 " LINE "#@ in ipsec ah/transport//require; out ipsec ah/transport//use\n"
			   "10.0.0.1:discard dgram udp,sndbuf=8k wait root:wheel internal\n"
			   "9 " LINE "\n"
			   "*:\n"
			   "#@in bypass ; in entrust;\n"
			   "13 " LINE "#@\n"
			   "19 " LINE;

static unsigned
read_conf(const char *text, struct inetd_service list[8], struct err *e)
{
	unsigned n;
	bool ok = inetd_parse(list, 8, &n, octets(text), "inetd.conf", e);
	cr_assert(eq(int, ok, e->code == ERR_NONE), "%s", e->text);
	return n;
}

Test(inetd, a_policy_line_holds_until_the_next_one)
{
	struct inetd_service s[8];
	struct err e = { 0 };
	cr_assert(eq(u32, read_conf(conf, s, &e), 5), "%s", e.text);
	static const struct {
		const char *service, *address, *user;
		int in, out; /* actions; -1: none said */
	} want[] = {
		{ "7", "", "nobody", -1, -1 },
		{ "discard", "10.0.0.1", "root", SOCKET_PROTECT, SOCKET_PROTECT },
		{ "9", "10.0.0.1", "nobody", SOCKET_PROTECT, SOCKET_PROTECT },
		{ "13", "", "nobody", SOCKET_ENTRUST, -1 },
		{ "19", "", "nobody", -1, -1 },
	};
	for (unsigned i = 0; i < 5; i++) {
		const struct socket_policy *in = inetd_policy(&s[i], DIR_IN), *out = inetd_policy(&s[i], DIR_OUT);
		cr_assert(eq(str, s[i].service, (char *)(uintptr_t)want[i].service));
		cr_assert(eq(str, s[i].address, (char *)(uintptr_t)want[i].address), "%s", want[i].service);
		cr_assert(eq(str, s[i].user, (char *)(uintptr_t)want[i].user), "%s", want[i].service);
		cr_assert(eq(str, s[i].protocol, "udp"), "%s", want[i].service);
		cr_assert(eq(int, in != NULL ? in->action : -1, want[i].in), "%s: in", want[i].service);
		cr_assert(eq(int, out != NULL ? out->action : -1, want[i].out), "%s: out", want[i].service);
	}
	cr_assert(eq(u32, s[3].policies, 2), "both are set, the last takes effect");
}

static const struct {
	const char *text, *error;
	unsigned services; /* before it */
} wrong[] = {
	{ "7 " LINE "#@ in ipsec esp/transport//always\n9 " LINE,
	  "inetd.conf:2:28: want a level (default, use, require, unique), got \"always\"", 1 },
	{ "#@ in bypass out bypass\n", "inetd.conf:1:14: want ; or the end of the line, got \"out\"", 0 },
	{ "7 dgram udp wait\n", "inetd.conf:1:17: want service, type, protocol, wait, user and program, got 4 fields",
	  0 },
};

Test(inetd, an_invalid_policy_ends_the_reading_of_the_file)
{
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct inetd_service s[8];
		struct err e = { 0 };
		cr_assert(eq(u32, read_conf(wrong[i].text, s, &e), wrong[i].services), "row %zu", i);
		cr_assert(eq(str, e.text, (char *)(uintptr_t)wrong[i].error));
	}
}
