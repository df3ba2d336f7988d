#include <errno.h>

#include "host/test_world.h"

static const uint8_t hello[] = "hello";

static struct socket_policy requires(uint8_t protocol)
{
	return (struct socket_policy){
		.action = SOCKET_PROTECT,
		.n = 1,
		.request = { { .protocol = protocol, .mode = MODE_TRANSPORT, .level = LEVEL_REQUIRE } },
	};
}

/* A socket of an owner on port 4000 of the target, and SAs of both directions. */
static int
opened_socket(struct world *w, const struct place *p, const char *user)
{
	struct addr target = at(p->target);
	int sock = host_udp_open(w->h, target.family, &target, 4000);
	cr_assert(sock >= 0);
	cr_assert(zero(int, host_socket_own(w->h, sock, user)));
	return sock;
}

static void
set(struct world *w, int sock, uint8_t dir, struct socket_policy p)
{
	cr_assert(zero(int, host_socket_policy_set(w->h, sock, dir, &p)));
}

/* How many AH and ESP layers what the socket sends has; -1: it sends nothing. */
static int
layers_sent(struct world *w, const struct place *p, int sock)
{
	struct secpath path = { .n = 0 };
	struct addr tester = at(p->tester);
	world_forget(w);
	cr_assert(zero(int, host_udp_send(w->h, sock, &tester, 5000, BYTES_OF(hello), w->now)));
	if (w->frames == 0)
		return -1;
	(void)opened(w, 0, &path);
	return (int)path.n;
}

static bool
takes(struct world *w, const struct place *p, struct sa *by)
{
	struct bytes d = udp(w, p->tester, p->target, 5000, 4000, BYTES_OF(hello));
	world_forget(w);
	input(w, 0, by != NULL ? protect(w, by, d) : d);
	return w->delivered == 1;
}

static struct sa *
both_ways(struct world *w, const struct place *p)
{
	struct sa_row out = { 0x2000, 50, MODE_TRANSPORT, "aes-cbc", "hmac-sha1-96", p->target, p->tester, 0, 0 };
	struct sa_row in = { 0x1000, 50, MODE_TRANSPORT, "aes-cbc", "hmac-sha1-96", p->tester, p->target, 0, 0 };
	(void)add_sa(w, &out);
	return add_sa(w, &in);
}

Test(socket, its_requests_protect_what_it_says_and_what_it_hears)
{
	for (unsigned i = 0; i < COUNT(places); i++) {
		struct world *w = world_open("kame");
		const struct place *p = &places[i];
		int sock = opened_socket(w, p, "");
		struct sa *in = both_ways(w, p);
		cr_assert(eq(int, layers_sent(w, p, sock), 0), "%s: entrusted", p->id);
		set(w, sock, DIR_OUT, requires(50));
		cr_assert(eq(int, layers_sent(w, p, sock), 1), "%s", p->id);
		cr_assert(takes(w, p, NULL), "%s: in says nothing", p->id);
		set(w, sock, DIR_IN, requires(50));
		cr_assert(not(takes(w, p, NULL)), "%s", p->id);
		cr_assert(takes(w, p, in), "%s", p->id);
		set(w, sock, DIR_OUT, requires(51));
		cr_assert(eq(int, layers_sent(w, p, sock), -1), "%s: no SA of AH", p->id);
		cr_assert(eq(u64, counted(w, "acquire"), 1), "%s", p->id);
		set(w, sock, DIR_OUT, (struct socket_policy){ .action = SOCKET_ENTRUST });
		cr_assert(eq(int, layers_sent(w, p, sock), 0), "%s", p->id);
		world_close(w);
	}
}

/* The SPD protects everything between the two; what a socket says instead. -1: nothing is sent. */
static const struct {
	const char *id, *profile, *user;
	uint8_t action;
	int refused, layers;
	bool clear; /* what comes in clear is taken */
} owners[] = {
	{ "nothing", "kame", "", SOCKET_ACTIONS, 0, 1, false },
	{ "entrust", "kame", "", SOCKET_ENTRUST, 0, 1, false },
	{ "bypass", "kame", "", SOCKET_BYPASS, 0, 0, true },
	{ "bypass of root", "kame", "root", SOCKET_BYPASS, 0, 0, true },
	{ "bypass of an ordinary user", "kame", "user", SOCKET_BYPASS, EACCES, 1, false },
	{ "entrust of an ordinary user", "kame", "user", SOCKET_ENTRUST, 0, 1, false },
	{ "discard is the SPD's", "kame", "", SOCKET_DISCARD, EINVAL, 1, false },
	{ "none is the SPD's", "kame", "", SOCKET_NONE, EINVAL, 1, false },
	{ "discard", "linux", "", SOCKET_DISCARD, 0, -1, false },
	{ "none", "linux", "", SOCKET_NONE, 0, 0, true },
	{ "entrust", "linux", "", SOCKET_ENTRUST, 0, 1, false },
	{ "nothing", "linux", "", SOCKET_ACTIONS, 0, 1, false },
	{ "entrust of an ordinary user", "linux", "user", SOCKET_ENTRUST, EPERM, 1, false },
	{ "bypass of an ordinary user", "rfc4301", "user", SOCKET_BYPASS, EACCES, 1, false },
};

Test(socket, who_may_say_what_against_the_spd)
{
	for (unsigned i = 0; i < COUNT(owners); i++) {
		struct world *w = world_open(owners[i].profile);
		const struct place *p = &places[0];
		int sock = opened_socket(w, p, owners[i].user);
		struct socket_policy said = { .action = owners[i].action };
		(void)both_ways(w, p);
		for (uint8_t dir = DIR_IN; dir <= DIR_OUT; dir++) {
			struct spd_entry e = policy(dir, SPD_PROTECT, dir == DIR_IN ? p->tester : p->target,
						    dir == DIR_IN ? p->target : p->tester, SELECTOR_ANY);
			request(&e, 50, MODE_TRANSPORT, LEVEL_REQUIRE);
			add_policy(w, &e);
			if (said.action != SOCKET_ACTIONS)
				cr_assert(eq(int, -host_socket_policy_set(w->h, sock, dir, &said), owners[i].refused),
					  "%s on %s", owners[i].id, owners[i].profile);
		}
		cr_assert(eq(int, layers_sent(w, p, sock), owners[i].layers), "%s on %s", owners[i].id,
			  owners[i].profile);
		cr_assert(eq(int, takes(w, p, NULL), owners[i].clear), "%s on %s", owners[i].id, owners[i].profile);
		world_close(w);
	}
}

Test(socket, an_ordinary_users_requests_stand_behind_the_spd)
{
	struct world *w = world_open("kame");
	const struct place *p = &places[0];
	int sock = opened_socket(w, p, "user");
	(void)both_ways(w, p);
	set(w, sock, DIR_OUT, requires(50));
	cr_assert(eq(int, layers_sent(w, p, sock), 1), "no entry names it");
	struct spd_entry e = policy(DIR_OUT, SPD_BYPASS, p->target, p->tester, SELECTOR_ANY);
	add_policy(w, &e);
	cr_assert(eq(int, layers_sent(w, p, sock), 0), "one does");
	world_close(w);
}

Test(socket, what_was_set_is_given_back)
{
	struct world *w = world_open("kame");
	int sock = opened_socket(w, &places[0], "");
	struct socket_policy got, want = requires(51);
	cr_assert(zero(int, host_socket_policy_get(w->h, sock, DIR_IN, &got)));
	cr_assert(eq(int, got.action, SOCKET_ENTRUST));
	set(w, sock, DIR_IN, want);
	cr_assert(zero(int, host_socket_policy_get(w->h, sock, DIR_IN, &got)));
	cr_assert(got.action == SOCKET_PROTECT && got.n == 1 && got.request[0].protocol == 51);
	cr_assert(zero(int, host_socket_policy_get(w->h, sock, DIR_OUT, &got)));
	cr_assert(eq(int, got.action, SOCKET_ENTRUST), "the other direction");
	want.request[0].level = LEVEL_UNIQUE;
	want.request[0].reqid = 40000;
	set(w, sock, DIR_IN, want);
	cr_assert(zero(int, host_socket_policy_get(w->h, sock, DIR_IN, &got)));
	cr_assert(got.request[0].reqid > 32767 && got.request[0].reqid != 40000, "a number of the host's own, got %u",
		  got.request[0].reqid);
	world_close(w);
}

Test(socket, what_no_socket_can_mean_is_refused)
{
	struct world *w = world_open("rfc4301");
	int sock = opened_socket(w, &places[0], "");
	struct socket_policy none = { .action = SOCKET_PROTECT }, ends = requires(50), tcp = requires(6),
			     more = { .n = 1 };
	ends.request[0].mode = MODE_TUNNEL;
	cr_assert(eq(int, host_socket_policy_set(w->h, sock, DIR_OUT, &none), -EINVAL), "no request");
	cr_assert(eq(int, host_socket_policy_set(w->h, sock, DIR_OUT, &ends), -EINVAL), "a tunnel without ends");
	cr_assert(eq(int, host_socket_policy_set(w->h, sock, DIR_OUT, &tcp), -EINVAL), "TCP is no protection");
	cr_assert(eq(int, host_socket_policy_set(w->h, sock, DIR_OUT, &more), -EINVAL), "entrust with a request");
	cr_assert(eq(int, host_socket_policy_set(w->h, sock, DIR_FWD, &more), -EINVAL),
		  "a direction that sockets do not have");
	cr_assert(eq(int, host_socket_policy_set(w->h, 63, DIR_OUT, &more), -EBADF));
	cr_assert(eq(int, host_socket_policy_get(w->h, sock, 0, &more), -EINVAL));
	world_close(w);
}

/* --- AH's rules ---------------------------------------------------------------------------------- */

/* Whether the host and a peer whose rules are `theirs` understand each other about an echo whose type of service is not zero. */
static bool
agree(const char *cleartos, const struct ah_rules *theirs)
{
	const struct place *p = &places[0];
	struct world *w = world_open("kame");
	struct secpath path;
	struct sa_row in = { 0x1001, 51, MODE_TRANSPORT, NULL, "hmac-sha1-96", p->tester, p->target, 0, 0 };
	struct sa_row out = { 0x2001, 51, MODE_TRANSPORT, NULL, "hmac-sha1-96", p->target, p->tester, 0, 0 };
	struct spd_entry e = policy(DIR_OUT, SPD_PROTECT, p->target, p->tester, SELECTOR_ANY);
	cr_assert(zero(int, host_tunable_set(w->h, "net.inet.ipsec.ah_cleartos", cleartos)));
	sad_set_ah(w->sad, theirs);
	struct sa *sa = add_sa(w, &in);
	(void)add_sa(w, &out);
	request(&e, 51, MODE_TRANSPORT, LEVEL_REQUIRE);
	add_policy(w, &e);
	input(w, 0, protect(w, sa, altered(w, echo(w, p->tester, p->target, 1, 8), 1, 0xb8)));
	bool ok = w->frames == 1;
	if (ok)
		expect_echo(cleartos, opened(w, 0, &path), p->tester, p->target);
	world_close(w);
	return ok;
}

Test(ah, both_ends_cover_what_their_rules_say)
{
	static const struct ah_rules keeps = { .tos = true }, clears = { .tos = false };
	cr_assert(agree("1", NULL));
	cr_assert(agree("1", &clears));
	cr_assert(agree("0", &keeps));
	cr_assert(not(agree("0", &clears)));
	cr_assert(not(agree("1", &keeps)));
}

/* --- names of settings --------------------------------------------------------------------------- */

Test(tunables, an_alias_is_the_setting_itself)
{
	static const struct {
		const char *theirs, *ours, *value, *back;
	} rows[] = {
		{ "net.inet.ipsec.def_policy", "spd.miss.ipv4", "0", "0" },
		{ "net.inet6.ipsec6.def_policy", "spd.miss.ipv6", "0", "0" },
		{ "net.inet.ipsec.esp_trans_deflev", "level.esp.transport", "2", "2" },
		{ "net.inet6.ipsec6.ah_net_deflev", "level6.ah.tunnel", "2", "2" },
		{ "net.inet.ipsec.ah_cleartos", "ah.tos", "0", "1" },
		{ "net.inet.ipsec.ah_offsetmask", "ah.offset-mask", "16384", "16384" },
		{ "net.inet.ipsec.dfbit", "tunnel.df", "2", "2" },
		{ "net.inet.ipsec.debug", "debug", "1", "1" },
	};
	struct world *w = world_open("kame");
	for (unsigned i = 0; i < COUNT(rows); i++) {
		char text[16];
		cr_assert(zero(int, host_tunable_set(w->h, rows[i].theirs, rows[i].value)), "%s", rows[i].theirs);
		cr_assert(zero(int, host_tunable_get(w->h, rows[i].ours, text, sizeof text)), "%s", rows[i].ours);
		cr_assert(eq(str, text, (char *)(uintptr_t)rows[i].back), "%s", rows[i].theirs);
	}
	cr_assert(eq(int, host_tunable_set(w->h, "net.inet.ipsec.esp_trans_deflev", "3"), -EINVAL));
	world_close(w);
}
