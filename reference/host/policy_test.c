#include "host/test_world.h"

/* Transforms of every kind; each is tried in both modes and families. */
static const struct transform {
	const char *id;
	uint8_t protocol;
	const char *enc, *auth;
} transforms[] = {
	{ "aes-cbc hmac-sha2-256-128", 50, "aes-cbc", "hmac-sha2-256-128" },
	{ "aes-gcm-16", 50, "aes-gcm-16", NULL },
	{ "aes-ctr hmac-sha1-96", 50, "aes-ctr", "hmac-sha1-96" },
	{ "null hmac-sha2-512-256", 50, "null", "hmac-sha2-512-256" },
	{ "3des-cbc alone", 50, "3des-cbc", NULL },
	{ "ah hmac-sha2-256-128", 51, NULL, "hmac-sha2-256-128" },
	{ "ah aes-xcbc-mac-96", 51, NULL, "aes-xcbc-mac-96" },
};
static const uint8_t modes[] = { MODE_TRANSPORT, MODE_TUNNEL };

struct pair {
	struct sa *in, *out;
}; /* as the host sees it; the tester's copies */

static struct pair
add_pair(struct world *w, const struct place *p, const struct transform *t, uint8_t mode, uint32_t spi, uint32_t reqid)
{
	struct sa_row in = { spi, t->protocol, mode, t->enc, t->auth, p->tester, p->target, reqid, 0 };
	struct sa_row out = { spi + 1, t->protocol, mode, t->enc, t->auth, p->target, p->tester, reqid, 0 };
	return (struct pair){ add_sa(w, &in), add_sa(w, &out) };
}

static struct spd_request *
ask_for(struct spd_entry *e, const struct place *p, uint8_t protocol, uint8_t mode, uint8_t level)
{
	struct spd_request *r = request(e, protocol, mode, level);
	if (mode == MODE_TUNNEL) {
		r->src = at(e->dir == DIR_OUT ? p->target : p->tester);
		r->dst = at(e->dir == DIR_OUT ? p->tester : p->target);
	}
	return r;
}

/* All traffic between tester and target in this direction. */
static struct spd_entry
between(const struct place *p, uint8_t dir, uint8_t action)
{
	return dir == DIR_OUT ? policy(dir, action, p->target, p->tester, SELECTOR_ANY)
			      : policy(dir, action, p->tester, p->target, SELECTOR_ANY);
}

static void
require_both(struct world *w, const struct place *p, uint8_t protocol, uint8_t mode)
{
	struct spd_entry in = between(p, DIR_IN, SPD_PROTECT), out = between(p, DIR_OUT, SPD_PROTECT);
	ask_for(&in, p, protocol, mode, LEVEL_REQUIRE);
	ask_for(&out, p, protocol, mode, LEVEL_REQUIRE);
	add_policy(w, &in);
	add_policy(w, &out);
}

static void
round_trip(const struct place *p, const struct transform *t, uint8_t mode)
{
	char id[100];
	struct secpath path;
	struct world *w = world_open(NULL);
	snprintf(id, sizeof id, "%s %s mode %u", p->id, t->id, mode);
	struct pair sas = add_pair(w, p, t, mode, 0x1001, 0);
	require_both(w, p, t->protocol, mode);
	for (uint16_t i = 1; i <= 3; i++) {
		world_forget(w);
		input(w, 0, protect(w, sas.in, echo(w, p->tester, p->target, i, 50)));
		cr_assert(eq(u32, w->frames, 1), "%s", id);
		expect_echo(id, opened(w, 0, &path), p->tester, p->target);
		cr_assert(eq(u32, path.n, 1), "%s", id);
		cr_assert(eq(u32, path.spi[0], 0x1002), "%s", id);
	}
	world_forget(w);
	input(w, 0, echo(w, p->tester, p->target, 1, 50));
	cr_assert(eq(u32, w->frames, 0), "%s: in clear", id);
	cr_assert(eq(u64, counted(w, "drop.policy"), 1), "%s: in clear", id);
	world_close(w);
}

Test(policy, carries_an_echo_there_and_back_by_every_kind_of_sa)
{
	for (unsigned i = 0; i < COUNT(places); i++)
		for (unsigned t = 0; t < COUNT(transforms); t++)
			for (unsigned m = 0; m < COUNT(modes); m++)
				round_trip(&places[i], &transforms[t], modes[m]);
}

/* What arrives under which entry of the target reference's SPD, and whether it passes. */
enum arrives { CLEAR, ESP_TRANSPORT, ESP_TUNNEL, AH_TRANSPORT, ESP_IN_AH, AH_IN_ESP, ESP_TWICE, ARRIVES_N };
static const char *const arrives_names[] = { "clear",         "esp/transport", "esp/tunnel",    "ah/transport",
					     "esp inside ah", "ah inside esp", "esp inside esp" };

struct sas {
	struct sa *esp, *esp_tunnel, *ah;
};

static struct bytes
arriving(struct world *w, const struct place *p, const struct sas *s, enum arrives a)
{
	struct bytes d = echo(w, p->tester, p->target, 1, 20);
	switch (a) {
	case CLEAR:
	case ARRIVES_N: return d;
	case ESP_TRANSPORT: return protect(w, s->esp, d);
	case ESP_TUNNEL: return protect(w, s->esp_tunnel, d);
	case AH_TRANSPORT: return protect(w, s->ah, d);
	case ESP_IN_AH: return protect(w, s->ah, protect(w, s->esp, d));
	case AH_IN_ESP: return protect(w, s->esp, protect(w, s->ah, d));
	case ESP_TWICE: return protect(w, s->esp, protect(w, s->esp, d));
	}
	return d;
}

static struct sas
add_inbound(struct world *w, const struct place *p)
{
	struct sa_row esp = { 0x2001, 50, MODE_TRANSPORT, "aes-cbc", "hmac-sha1-96", p->tester, p->target, 5, 0 };
	struct sa_row tunnel = { 0x2002, 50, MODE_TUNNEL, "aes-gcm-16", NULL, p->tester, p->target, 6, 0 };
	struct sa_row ah = { 0x2003, 51, MODE_TRANSPORT, NULL, "hmac-sha1-96", p->tester, p->target, 7, 0 };
	return (struct sas){ add_sa(w, &esp), add_sa(w, &tunnel), add_sa(w, &ah) };
}

/*
 * `requests` is a list such as "50t 51t": protocol, mode (t, T for tunnel) and an optional ? for
 * level use, #N for unique:N.
 */
static void
add_entry(struct world *w, const struct place *p, uint8_t action, const char *requests)
{
	struct spd_entry e = between(p, DIR_IN, action);
	char text[64], *rest = text, *word;
	snprintf(text, sizeof text, "%s", requests);
	while ((word = strsep(&rest, " ")) != NULL) {
		char *end;
		uint8_t protocol = (uint8_t)strtoul(word, &end, 10);
		if (protocol == 0)
			continue;
		struct spd_request *r = ask_for(&e, p, protocol, *end == 'T' ? MODE_TUNNEL : MODE_TRANSPORT,
						end[1] == '?'   ? LEVEL_USE
						: end[1] == '#' ? LEVEL_UNIQUE
								: LEVEL_REQUIRE);
		if (end[1] == '#')
			r->reqid = (uint32_t)strtoul(end + 2, NULL, 10);
	}
	add_policy(w, &e);
}

struct rule {
	const char *profile;
	int action; /* -1: no entry at all */
	const char *requests;
	const char *pass; /* one letter per enum arrives: y or n */
};

static const struct rule rules[] = {
	/*                                           clear, esp, esp tunnel, ah, esp in ah, ah in esp, esp in esp */
	{ NULL, -1, "", "yynyyyy" },
	{ "rfc4301", -1, "", "nnnnnnn" },
	{ "linux", -1, "", "yynyyyy" },
	{ "kame", -1, "", "yyyyyyy" },
	{ NULL, SPD_DISCARD, "", "nnnnnnn" },
	{ "linux", SPD_DISCARD, "", "nnnnnnn" },
	{ NULL, SPD_BYPASS, "", "ynnnnnn" },
	{ "linux", SPD_BYPASS, "", "yynyyyy" },
	{ "kame", SPD_BYPASS, "", "yyyyyyy" },
	{ NULL, SPD_PROTECT, "50t", "nynnnnn" },
	{ "rfc4301", SPD_PROTECT, "50t", "nynnnnn" },
	{ "linux", SPD_PROTECT, "50t", "nynnyyy" },
	{ "kame", SPD_PROTECT, "50t", "nynnyyy" },
	{ NULL, SPD_PROTECT, "50T", "nnynnnn" },
	{ "linux", SPD_PROTECT, "50T", "nnynnnn" },
	{ NULL, SPD_PROTECT, "51t", "nnnynnn" },
	/* requests in the order of output: the first is the inner layer */
	{ NULL, SPD_PROTECT, "50t 51t", "nnnnynn" },
	{ NULL, SPD_PROTECT, "51t 50t", "nnnnnyn" },
	{ NULL, SPD_PROTECT, "50t 50t", "nnnnnny" },
	{ "linux", SPD_PROTECT, "50t 51t", "nnnnynn" },
	/* level use */
	{ NULL, SPD_PROTECT, "50t?", "yynnnnn" },
	{ NULL, SPD_PROTECT, "50t? 51t", "nnnyynn" },
	{ NULL, SPD_PROTECT, "50t 51t?", "nynnynn" },
	/* unique: the SAs' reqids are 5, 6, 7 */
	{ NULL, SPD_PROTECT, "50t#5", "nynnnnn" },
	{ NULL, SPD_PROTECT, "50t#9", "nnnnnnn" },
	{ NULL, SPD_PROTECT, "50T#6", "nnynnnn" },
	{ NULL, SPD_PROTECT, "50t#0", "nynnnnn" },
};

Test(policy, lets_pass_what_came_by_the_sas_that_it_asks_for)
{
	for (unsigned i = 0; i < COUNT(places); i++)
		for (unsigned k = 0; k < COUNT(rules); k++)
			for (unsigned a = 0; a < ARRIVES_N; a++) {
				const struct rule *r = &rules[k];
				struct world *w = world_open(r->profile);
				/* what goes out is none of this test's business */
				struct spd_entry out = between(&places[i], DIR_OUT, SPD_BYPASS);
				add_policy(w, &out);
				struct sas s = add_inbound(w, &places[i]);
				if (r->action >= 0)
					add_entry(w, &places[i], (uint8_t)r->action, r->requests);
				input(w, 0, arriving(w, &places[i], &s, (enum arrives)a));
				unsigned want = r->pass[a] == 'y' ? 1 : 0;
				cr_assert(eq(u32, w->frames, want), "%s %s %d \"%s\": %s", places[i].id, r->profile,
					  r->action, r->requests, arrives_names[a]);
				cr_assert(eq(u64, counted(w, "drop.policy"), 1 - want), "%s \"%s\": %s", r->profile,
					  r->requests, arrives_names[a]);
				world_close(w);
			}
}

Test(policy, wants_the_tunnel_of_the_entry_and_no_other)
{
	struct world *w = world_open(NULL);
	const struct place *p = &places[0];
	struct sa_row row = { 0x2002, 50, MODE_TUNNEL, "aes-gcm-16", NULL, p->tester, p->second, 0, 0 };
	struct sa *sa = add_sa(w, &row);
	struct spd_entry in = between(p, DIR_IN, SPD_PROTECT);
	struct spd_request *r = ask_for(&in, p, 50, MODE_TUNNEL, LEVEL_REQUIRE);
	add_policy(w, &in);
	input(w, 0, protect(w, sa, echo(w, p->tester, p->target, 1, 8)));
	cr_assert(eq(u32, w->frames, 0), "the tunnel ends at another address");
	spd_flush(w->h->spd);
	r->dst = at(p->second);
	add_policy(w, &in);
	input(w, 0, protect(w, sa, echo(w, p->tester, p->target, 1, 8)));
	cr_assert(eq(u32, w->frames, 1));
	world_close(w);
}

Test(policy, judges_the_inner_datagram_not_the_outer)
{
	struct world *w = world_open(NULL);
	const struct place *p = &places[0];
	struct pair sas = add_pair(w, p, &transforms[1], MODE_TUNNEL, 0x1001, 0);
	require_both(w, p, 50, MODE_TUNNEL);
	struct spd_entry bad = policy(DIR_IN, SPD_DISCARD, p->away, p->target, SELECTOR_ANY);
	add_policy(w, &bad);
	input(w, 0, protect(w, sas.in, echo(w, p->away, p->target, 1, 8)));
	cr_assert(eq(u32, w->frames, 0));
	cr_assert(eq(u64, counted(w, "drop.policy"), 1));
	world_close(w);
}

Test(policy, takes_a_transport_mode_sa_only_from_its_own_source)
{
	const struct {
		const char *profile;
		unsigned frames;
	} rows[] = { { NULL, 0 }, { "linux", 1 } };
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct world *w = world_open(rows[i].profile);
		const struct place *p = &places[0];
		struct sa_row row = { 0x2001, 50, MODE_TRANSPORT, "aes-gcm-16", NULL, p->tester, p->target, 0, 0 };
		struct sa *sa = add_sa(w, &row);
		input(w, 0, protect(w, sa, echo(w, "192.0.2.77", p->target, 1, 8)));
		cr_assert(eq(u32, w->frames, rows[i].frames), "%s", rows[i].profile);
		world_close(w);
	}
}

Test(policy, counts_what_an_sa_refuses_by_its_reason)
{
	struct world *w = world_open(NULL);
	const struct place *p = &places[0];
	struct sa_row row = { 0x2001, 50, MODE_TRANSPORT, "null", "hmac-sha1-96", p->tester, p->target, 0, 32 };
	struct sa *sa = add_sa(w, &row);
	struct bytes once = protect(w, sa, echo(w, p->tester, p->target, 1, 8));
	input(w, 0, once);
	input(w, 0, once);
	cr_assert(eq(u32, w->frames, 1));
	cr_assert(eq(u64, counted(w, "drop.replayed"), 1));
	input(w, 0, altered(w, protect(w, sa, echo(w, p->tester, p->target, 1, 8)), 40, 1));
	cr_assert(eq(u64, counted(w, "drop.icv"), 1));
	input(w, 0, altered(w, protect(w, sa, echo(w, p->tester, p->target, 1, 8)), 22, 1));
	cr_assert(eq(u64, counted(w, "drop.no-sa"), 1));
	cr_assert(eq(u32, w->frames, 1), "and nothing was said of it");
	world_close(w);
}

static void
encapsulate(const struct sad *d)
{
	for (struct sa *sa = sad_next(d, NULL); sa != NULL; sa = sad_next(d, sa))
		sa->spec.encap = (struct encap){ .sport = 4500, .dport = 4500, .udp = true };
}

Test(policy, carries_esp_in_udp_where_the_sas_say_so_and_leaves_other_udp_alone)
{
	for (unsigned i = 0; i < COUNT(places); i++)
		for (unsigned m = 0; m < COUNT(modes); m++) {
			const struct place *p = &places[i];
			struct world *w = world_open(NULL);
			struct secpath path;
			struct ip ip;
			struct pair sas = add_pair(w, p, &transforms[1], modes[m], 0x1001, 0);
			encapsulate(w->h->sad);
			encapsulate(w->sad);
			int natt = host_udp_open(w->h, i == 0 ? 4 : 6, NULL, 4500);
			cr_assert(zero(int, host_udp_encap(w->h, natt, true)));
			require_both(w, p, 50, modes[m]);
			input(w, 0, protect(w, sas.in, echo(w, p->tester, p->target, 1, 20)));
			cr_assert(eq(u32, w->frames, 1), "%s mode %u", p->id, modes[m]);
			cr_assert(ip_parse(heard(w, 0), &ip));
			cr_assert(eq(u8, ip.protocol, 17), "%s mode %u", p->id, modes[m]);
			expect_echo(p->id, opened(w, 0, &path), p->tester, p->target);
			/* IKE's, by its marker of four zeros (RFC 3948 2.2) */
			static const uint8_t ike[12] = { 0, 0, 0, 0, 1 };
			spd_flush(w->h->spd);
			input(w, 0, udp(w, p->tester, p->target, 4500, 4500, BYTES_OF(ike)));
			cr_assert(eq(u32, w->delivered, 1), "%s mode %u", p->id, modes[m]);
			world_close(w);
		}
}

Test(policy, applies_requests_inside_out)
{
	struct world *w = world_open(NULL);
	struct secpath path;
	const struct place *p = &places[0];
	static const struct sa_row rows[] = {
		{ 0x3001, 50, MODE_TRANSPORT, "aes-gcm-16", NULL, "192.0.2.1", "192.0.2.2", 0, 0 },
		{ 0x3002, 51, MODE_TRANSPORT, NULL, "hmac-sha1-96", "192.0.2.1", "192.0.2.2", 0, 0 },
		{ 0x3003, 50, MODE_TUNNEL, "aes-gcm-16", NULL, "192.0.2.11", "192.0.2.2", 0, 0 },
	};
	for (unsigned i = 0; i < COUNT(rows); i++)
		(void)add_sa(w, &rows[i]);
	struct spd_entry out = between(p, DIR_OUT, SPD_PROTECT);
	request(&out, 50, MODE_TRANSPORT, LEVEL_REQUIRE);
	request(&out, 51, MODE_TRANSPORT, LEVEL_REQUIRE);
	struct spd_request *r = request(&out, 50, MODE_TUNNEL, LEVEL_REQUIRE);
	r->src = at(p->second);
	r->dst = at(p->tester);
	/* and around that one between the tunnel's ends */
	static const struct sa_row last = { 0x3004, 51, MODE_TRANSPORT, NULL, "hmac-sha1-96", "192.0.2.11", "192.0.2.2",
					    0,      0 };
	(void)add_sa(w, &last);
	request(&out, 51, MODE_TRANSPORT, LEVEL_REQUIRE);
	add_policy(w, &out);
	input(w, 0, echo(w, p->tester, p->target, 1, 30));
	struct ip outer, next;
	cr_assert(ip_parse(heard(w, 0), &outer));
	expect_echo("bundle", opened(w, 0, &path), p->tester, p->target);
	input(w, 0, echo(w, p->tester, p->target, 1, 30));
	cr_assert(ip_parse(heard(w, 1), &next));
	cr_assert(eq(u16, next.id, (uint16_t)(outer.id + 2)), "one for the reply, one for the tunnel");
	cr_assert(eq(u32, path.n, 4));
	cr_assert(eq(u32, path.spi[0], 0x3004));
	memmove(path.spi, path.spi + 1, sizeof path.spi - sizeof path.spi[0]);
	cr_assert(eq(u32, path.spi[0], 0x3003));
	cr_assert(eq(u32, path.spi[1], 0x3002));
	cr_assert(eq(u32, path.spi[2], 0x3001));
	world_close(w);
}

Test(policy, sends_nothing_in_clear_for_want_of_an_sa)
{
	const struct {
		const char *id;
		uint8_t action, level;
		unsigned frames;
		uint64_t acquires;
	} rows[] = {
		{ "require", SPD_PROTECT, LEVEL_REQUIRE, 0, 1 },
		{ "use", SPD_PROTECT, LEVEL_USE, 1, 1 },
		{ "unique", SPD_PROTECT, LEVEL_UNIQUE, 0, 1 },
		{ "bypass", SPD_BYPASS, 0, 1, 0 },
		{ "discard", SPD_DISCARD, 0, 0, 0 },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct world *w = world_open(NULL);
		const struct place *p = &places[0];
		/* an SA there is, of another reqid */
		struct sa_row sa = { 0x3001, 50, MODE_TRANSPORT, "aes-gcm-16", NULL, p->target, p->tester, 3, 0 };
		if (rows[i].level == LEVEL_UNIQUE)
			(void)add_sa(w, &sa);
		struct spd_entry out = between(p, DIR_OUT, rows[i].action);
		if (rows[i].action == SPD_PROTECT)
			request(&out, 50, MODE_TRANSPORT, rows[i].level)->reqid = 4;
		add_policy(w, &out);
		input(w, 0, echo(w, p->tester, p->target, 1, 8));
		cr_assert(eq(u32, w->frames, rows[i].frames), "%s", rows[i].id);
		cr_assert(eq(u64, counted(w, "acquire"), rows[i].acquires), "%s", rows[i].id);
		world_close(w);
	}
}

Test(policy, sends_an_error_that_no_entry_names_by_the_way_of_what_it_is_about)
{
	struct world *w = world_open("rfc4301");
	struct secpath path;
	const struct place *p = &places[0];
	struct pair sas = add_pair(w, p, &transforms[0], MODE_TRANSPORT, 0x1001, 0);
	struct spd_entry in = between(p, DIR_IN, SPD_PROTECT), out = between(p, DIR_OUT, SPD_PROTECT);
	in.selector.protocol = out.selector.protocol = 17;
	in.selector.dport = out.selector.sport = 7;
	ask_for(&in, p, 50, MODE_TRANSPORT, LEVEL_REQUIRE);
	ask_for(&out, p, 50, MODE_TRANSPORT, LEVEL_REQUIRE);
	add_policy(w, &in);
	add_policy(w, &out);
	input(w, 0, protect(w, sas.in, udp(w, p->tester, p->target, 4000, 7, BYTES_NONE)));
	expect("port unreachable", opened(w, 0, &path), p->target, p->tester, "1 3/3");
	cr_assert(eq(u32, path.n, 1));
	/* and so does one that comes in: it is about what we sent from port 7 */
	struct bytes about = udp(w, p->target, p->tester, 7, 4000, BYTES_NONE);
	uint8_t message[8 + 28] = { 3, 3 };
	struct wr m = wr_of(message, sizeof message);
	wr_uint(&m, 0x0303, 2);
	wr_uint(&m, 0, 6);
	wr_bytes(&m, about);
	wr_patch(&m, 2, checksum_finish(checksum_add(0, wr_done(&m))), 2);
	input(w, 0, protect(w, sas.in, datagram(w, p->tester, p->target, 1, BYTES_OF(message))));
	cr_assert(eq(u64, counted(w, "icmp.errors-received"), 1));
	/* one about another port has no way out */
	world_forget(w);
	input(w, 0, protect(w, sas.in, udp(w, p->tester, p->target, 4000, 8, BYTES_NONE)));
	cr_assert(eq(u32, w->frames, 0));
	world_close(w);
}

Test(policy, sends_nothing_by_an_sa_that_has_reached_its_limit)
{
	struct world *w = world_open(NULL);
	const struct place *p = &places[0];
	struct sa_row row = { 0x3001, 50, MODE_TRANSPORT, "aes-gcm-16", NULL, p->target, p->tester, 0, 0 };
	(void)add_sa(w, &row);
	struct sa *theirs = sad_next(w->h->sad, NULL);
	theirs->spec.soft.allocations = 2;
	theirs->spec.hard.allocations = 4;
	struct spd_entry out = between(p, DIR_OUT, SPD_PROTECT);
	request(&out, 50, MODE_TRANSPORT, LEVEL_REQUIRE);
	add_policy(w, &out);
	for (unsigned i = 1; i <= 6; i++)
		input(w, 0, echo(w, p->tester, p->target, (uint16_t)i, 8));
	cr_assert(eq(u32, w->frames, 4));
	cr_assert(eq(u32, sad_count(w->h->sad), 0));
	cr_assert(eq(u64, counted(w, "acquire"), 2));
	world_close(w);
}

Test(policy, tells_of_a_limit_once_and_removes_the_sa_at_the_hard_one)
{
	struct world *w = world_open(NULL);
	const struct place *p = &places[0];
	struct sa_row row = { 0x2001, 50, MODE_TRANSPORT, "aes-gcm-16", NULL, p->tester, p->target, 0, 0 };
	struct sa *sa = add_sa(w, &row), *theirs = sad_next(w->h->sad, NULL);
	theirs->spec.soft.allocations = 2;
	theirs->spec.hard.allocations = 4;
	for (unsigned i = 1; i <= 6; i++)
		input(w, 0, protect(w, sa, echo(w, p->tester, p->target, (uint16_t)i, 8)));
	cr_assert(eq(u32, w->frames, 4), "the packet that reaches the hard limit still passes");
	cr_assert(eq(u32, sad_count(w->h->sad), 0));
	cr_assert(eq(u64, counted(w, "drop.no-sa"), 2));
	world_close(w);
}
