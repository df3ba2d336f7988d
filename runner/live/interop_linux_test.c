/*
 * A real Linux kernel and the reference as hosts on one link, with SAs and policies that XFRM and the reference's PF_KEY are given from the
 * same text: their sockets speak to each other both ways, and nothing but protected frames crosses the link. Skipped where there is no
 * kernel to boot.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "host/ip.h"
#include "runner/live/live.h"
#include "runner/stage.h"
#include "runner/target/test_uml.h"
#include "runner/transform.h"
#include "wire/layouts.h"

enum { LINUX_PORT = 5000, REFERENCE_PORT = 5001, NATT_PORT = 4500, PATIENCE_MS = 2000, NAMES = 400, DATA_MAX = 5000 };

struct lab {
	struct target target;
	struct engine engine;
	struct random_seeded random;
	struct stage stage;
	struct evidence evidence;
	struct outcome outcome;
	struct case_spec spec;
	struct plan_item item;
	uint8_t store[STAGE_STORE];
	struct live live;
	int linux_sock[2], reference_sock[2]; /* of IPv4 and of IPv6 */
	bool natt;
	unsigned protected, clear; /* frames that crossed, either way */
	unsigned heard, heard_n;   /* datagrams at the reference, and octets of the last */
	struct addr heard_from;
	const char *id;
};
static struct lab x;
static struct err e;

/* --- the link, watched ----------------------------------------------------------------------- */

static bool
is_discovery(const struct ip *ip)
{
	struct rd r = rd_of(bytes_slice(ip->all, ip->header, SIZE_MAX));
	return ip->family == 6 && (ip->protocol == 0 || (ip->protocol == 58 && rd_peek(&r, 0) >= 130));
}

static bool
is_natt(const struct ip *ip)
{
	struct rd r = rd_of(bytes_slice(ip->all, ip->header, SIZE_MAX));
	return x.natt && ip->protocol == 17 && rd_uint(&r, 2) == NATT_PORT && rd_uint(&r, 2) == NATT_PORT;
}

static void
watch(struct bytes frame)
{
	struct rd r = rd_of(frame);
	struct ip ip;
	rd_skip(&r, 12);
	uint64_t type = rd_uint(&r, 2);
	if (type == ETHER_ARP || !ip_parse(rd_rest(&r), &ip) || is_discovery(&ip))
		return;
	if (ip.protocol == 44) { /* a fragment: its first octet says of what */
		struct rd f = rd_of(bytes_slice(ip.all, ip.header, SIZE_MAX));
		ip.protocol = rd_peek(&f, 0);
	}
	bool protected = x.natt ? is_natt(&ip) : ip.protocol == 50 || ip.protocol == 51;
	x.protected += protected;
	x.clear += !protected;
}

static bool
watched_send(struct link *l, struct bytes frame, struct err *why)
{
	struct link *inner = l->impl;
	watch(frame);
	return inner->ops->send(inner, frame, why);
}

static long
watched_recv(struct link *l, uint8_t *buf, size_t cap, struct err *why)
{
	struct link *inner = l->impl;
	long n = inner->ops->recv(inner, buf, cap, why);
	if (n > 0)
		watch((struct bytes){ buf, (size_t)n });
	return n;
}

static int
watched_fd(const struct link *l)
{
	const struct link *inner = l->impl;
	return inner->ops->fd(inner);
}

static void
watched_close(struct link *l)
{
	(void)l; /* the target's own */
}

static const struct link_ops watched = { watched_send, watched_recv, watched_fd, watched_close };

/* --- both hosts ------------------------------------------------------------------------------ */

static void
on_udp(void *ctx, int sock, const struct addr *from, uint16_t port, struct bytes data)
{
	(void)ctx;
	(void)sock;
	if (port != LINUX_PORT)
		return;
	x.heard++;
	x.heard_n = (unsigned)data.n;
	x.heard_from = *from;
}

static void
boot_linux(void)
{
	const struct target_options o = { 0 };
	struct channel *c = &x.target.channel;
	const struct target_net *net = &x.target.net[0];
	name_initramfs();
	bool up = target_linux_open(&x.target, &o, &e);
	unlink(initramfs);
	if (!up && e.code == ERR_UNSUPPORTED)
		cr_skip_test("%s", e.text);
	cr_assert(up, "%s", e.text);
	random_seeded_init(&x.random, 1);
	x.target.manager = MANAGER_XFRM;
	cr_assert(engine_open(&x.engine, &x.target, 1, &x.random.random, &e), "%s", e.text);
	cr_assert(c->ops->udp_open(c, 4, BYTES_OF(net->target4), LINUX_PORT, NULL, &x.linux_sock[0], &e), "%s", e.text);
	cr_assert(c->ops->udp_open(c, 6, BYTES_OF(net->target6), LINUX_PORT, NULL, &x.linux_sock[1], &e), "%s", e.text);
	x.item = (struct plan_item){ .spec = &x.spec };
	x.stage = (struct stage){ .g = &x.engine,
				  .item = &x.item,
				  .o = &x.outcome,
				  .arena = &x.evidence.arena,
				  .scratch = &x.engine.scratch,
				  .ev = &x.evidence,
				  .sad = sad_new() };
	x.stage.store = wr_of(x.store, sizeof x.store);
}

/* Where the tester would be. */
static void
start_reference(void)
{
	struct live *v = &x.live;
	struct host_if *i = &v->setup.link[0];
	struct wr mac = wr_of(i->mac, 6);
	wr_bytes(&mac, BYTES_OF(x.target.link[0].tester_mac));
	i->addr[0] = addr_of(BYTES_OF(x.target.net[0].tester4));
	i->addr[1] = addr_of(BYTES_OF(x.target.net[0].tester6));
	i->bits[0] = 24;
	i->bits[1] = 64;
	i->n = 2;
	v->setup.profile = profile_by_name("rfc4301"); /* which drops what no policy names */
	v->setup.dialect = dialect_by_os("reference");
	v->setup.links = 1;
	v->link[0].link = (struct link){ .ops = &watched, .impl = &x.target.link[0] };
	v->on_udp = on_udp;
	cr_assert(live_open(v, &e), "%s", e.text);
	for (unsigned f = 0; f < 2; f++) {
		x.reference_sock[f] = host_udp_open(v->host, f == 0 ? 4 : 6, &i->addr[f], REFERENCE_PORT);
		cr_assert(ge(int, x.reference_sock[f], 0));
	}
}

static void
boot(void)
{
	boot_linux();
	start_reference();
}

static void
shut_down(void)
{
	live_close(&x.live);
	sad_free(x.stage.sad);
	evidence_free(&x.evidence);
	if (x.engine.target != NULL)
		engine_close(&x.engine);
	if (x.target.close != NULL)
		x.target.close(&x.target);
}

TestSuite(interop, .init = boot, .fini = shut_down, .timeout = 240);

/* --- one arrangement ------------------------------------------------------------------------- */

struct arrangement {
	const char *transform;
	const char *protocol; /* "esp", "ah", "esp-udp" */
	bool tunnel, esn;
	uint8_t family, inner; /* of the outer header, and of the datagrams */
};

static const char *const ends[2][2] = { { "192.0.2.2", "192.0.2.1" }, { "2001:db8:1::2", "2001:db8:1::1" } };

static size_t
put_sa(char *text, size_t cap, const struct arrangement *a, unsigned which)
{
	const char *const *at = ends[a->family == 6];
	const char *keys = transform_setkey(&x.evidence.arena, a->transform, 1, which, &e);
	cr_assert(keys != NULL, "%s", e.text);
	return (size_t)snprintf(text, cap, "add %s %s %s 0x100%u -m %s -r 64%s %s ;\n", at[which], at[!which],
				a->protocol, which + 1, a->tunnel ? "tunnel" : "transport", a->esn ? " -esn" : "",
				keys);
}

static size_t
put_policy(char *text, size_t cap, const struct arrangement *a, unsigned which, const char *dir)
{
	static const unsigned ports[] = { REFERENCE_PORT, LINUX_PORT };
	const char *const *at = ends[a->family == 6], *const *in = ends[a->inner == 6];
	char tunnel[120] = "";
	if (a->tunnel)
		snprintf(tunnel, sizeof tunnel, "%s-%s", at[which], at[!which]);
	return (size_t)snprintf(text, cap, "spdadd %s[%u] %s[%u] udp -P %s ipsec %.3s/%s/%s/require ;\n", in[which],
				ports[which], in[!which], ports[!which], dir, a->protocol,
				a->tunnel ? "tunnel" : "transport", tunnel);
}

/* Which 0 is from the reference to Linux: out here, in there. */
static void
put_text(char *text, size_t cap, const struct arrangement *a, bool linux_side)
{
	size_t n = (size_t)snprintf(text, cap, "flush ;\nspdflush ;\n");
	for (unsigned which = 0; which < 2; which++) {
		n += put_sa(text + n, cap - n, a, which);
		n += put_policy(text + n, cap - n, a, which, (which == 0) == linux_side ? "in" : "out");
	}
	cr_assert(lt(sz, n, cap));
}

/* False: Linux has no such thing, and says so. */
static bool
arrange(const struct arrangement *a, char *refused, size_t cap)
{
	char text[4096];
	evidence_reset(&x.evidence);
	arena_reset(x.stage.scratch);
	x.stage.family = a->family;
	x.stage.inner = a->inner;
	x.natt = strcmp(a->protocol, "esp-udp") == 0;
	x.clear = x.protected = 0;
	put_text(text, sizeof text, a, true);
	cr_assert(setup_apply(&x.stage, text, x.id, 1, refused, cap, &e), "%s: %s", x.id, e.text);
	if (refused[0] != '\0')
		return false;
	put_text(text, sizeof text, a, false);
	cr_assert(live_configure(&x.live, text, strlen(text), x.id, &e), "%s", e.text);
	return true;
}

/* --- speaking -------------------------------------------------------------------------------- */

static uint64_t
deadline(void)
{
	return clock_ns() + PATIENCE_MS * 1000000ull;
}

static bool
to_reference(uint8_t family, size_t n)
{
	static const uint8_t data[DATA_MAX];
	struct channel *c = &x.target.channel;
	bool v6 = family == 6;
	struct bytes to = v6 ? BYTES_OF(x.target.net[0].tester6) : BYTES_OF(x.target.net[0].tester4);
	uint64_t until = deadline();
	x.heard = 0;
	cr_assert(c->ops->udp_send(c, x.linux_sock[v6], to, REFERENCE_PORT, (struct bytes){ data, n }, &e) &&
			  c->ops->sync(c, &e),
		  "%s: %s", x.id, e.text);
	while (x.heard == 0 && clock_ns() < until)
		cr_assert(live_step(&x.live, -1, 100, &e), "%s: %s", x.id, e.text);
	return x.heard == 1 && x.heard_n == n;
}

static bool
to_linux(uint8_t family, size_t n)
{
	static const uint8_t data[DATA_MAX];
	struct channel *c = &x.target.channel;
	struct channel_event ev;
	bool v6 = family == 6;
	struct addr to = addr_of(v6 ? BYTES_OF(x.target.net[0].target6) : BYTES_OF(x.target.net[0].target4));
	uint64_t until = deadline();
	cr_assert(zero(int, host_udp_send(x.live.host, x.reference_sock[v6], &to, LINUX_PORT, (struct bytes){ data, n },
					  live_now(&x.live))));
	while (clock_ns() < until) {
		e.code = ERR_NONE;
		while (c->ops->next_event(c, &ev, &e))
			if (ev.sock == x.linux_sock[v6] && ev.from_port == REFERENCE_PORT)
				return ev.data.n == n;
		cr_assert(eq(int, (int)e.code, ERR_NONE), "%s: %s", x.id, e.text);
		cr_assert(live_step(&x.live, c->ops->fd(c), 100, &e), "%s: %s", x.id, e.text);
	}
	return false;
}

/* Both ways, twice: sequence numbers go on. */
static void
converse(const struct arrangement *a)
{
	static const size_t sizes[] = { 1, 999 };
	for (unsigned i = 0; i < 2; i++) {
		cr_assert(to_reference(a->inner, sizes[i]), "%s: %zu octets from Linux did not come", x.id, sizes[i]);
		cr_assert(to_linux(a->inner, sizes[i]), "%s: %zu octets from the reference did not come", x.id,
			  sizes[i]);
	}
	cr_assert(eq(uint, x.protected, 4), "%s: four datagrams, each protected", x.id);
	cr_assert(zero(uint, x.clear), "%s: nothing in clear", x.id);
}

/* Returns whether Linux has it. */
static bool
attempt(const struct arrangement *a)
{
	static char id[200];
	char refused[400];
	snprintf(id, sizeof id, "%s/%s/%s/ip%u in ip%u%s", a->protocol, a->transform,
		 a->tunnel ? "tunnel" : "transport", a->inner, a->family, a->esn ? "/esn" : "");
	x.id = id;
	bool had = arrange(a, refused, sizeof refused);
	if (had)
		converse(a);
	return had;
}

/* Both modes, both families, with and without ESN: how many of the eight Linux has. */
static unsigned
try_all(const char *transform, const char *protocol)
{
	unsigned n = 0;
	for (unsigned i = 0; i < 8; i++) {
		uint8_t family = i & 2 ? 6 : 4;
		struct arrangement a = { transform, protocol, i & 1, (i & 4) != 0, family, family };
		n += attempt(&a);
	}
	return n;
}

static uint64_t
dropped(const char *name)
{
	char text[32];
	cr_assert(zero(int, host_tunable_get(x.live.host, name, text, sizeof text)), "%s", name);
	return strtoull(text, NULL, 10);
}

/* --- tests ----------------------------------------------------------------------------------- */

static unsigned
try_set(const char *set, const char *protocol)
{
	const char *names[NAMES];
	struct arena arena = { 0 };
	unsigned n = transform_set(&arena, set, names, NAMES), whole = 0;
	for (unsigned i = 0; i < n; i++) {
		unsigned had = try_all(names[i], protocol);
		cr_assert(had == 0 || had == 8, "%s: Linux has %u of 8 arrangements", names[i], had);
		cr_log_info("%s: %s", names[i], had == 8 ? "both ways" : "not on Linux");
		whole += had == 8;
	}
	arena_free(&arena);
	return whole;
}

Test(interop, every_esp_algorithm_both_have_in_both_modes_and_families_with_and_without_esn)
{
	static const char *const must[] = { "aes-cbc-128+hmac-sha1-96", "aes-ctr-256+hmac-sha1-96", "aes-gcm-16-128",
					    "aes-ccm-16-128",           "chacha20-poly1305",        "aes-gmac-128" };
	cr_expect(ge(uint, try_set("@esp", "esp"), 40));
	for (unsigned i = 0; i < sizeof must / sizeof must[0]; i++)
		cr_expect(eq(uint, try_all(must[i], "esp"), 8), "%s", must[i]);
}

Test(interop, every_ah_algorithm_both_have_in_both_modes_and_families_with_and_without_esn)
{
	cr_expect(ge(uint, try_set("@ah", "ah"), 8));
}

Test(interop, tunnels_for_the_other_ip_version)
{
	static const char *const transforms[] = { "aes-cbc-128+hmac-sha2-256-128", "aes-gcm-16-256" };
	for (unsigned i = 0; i < 4; i++) {
		uint8_t family = i & 1 ? 6 : 4;
		struct arrangement a = { transforms[i / 2], "esp", true, false, family, family == 6 ? 4 : 6 };
		cr_expect(attempt(&a), "%s", x.id);
	}
}

/* Cut by one side behind the SA or in front of it, put together by the other. */
Test(interop, datagrams_longer_than_the_link)
{
	for (unsigned i = 0; i < 4; i++) {
		uint8_t family = i & 2 ? 6 : 4;
		struct arrangement a = { "aes-gcm-16-128", "esp", i & 1, false, family, family };
		char refused[400];
		x.id = a.tunnel ? "long datagrams, tunnel" : "long datagrams, transport";
		cr_assert(arrange(&a, refused, sizeof refused), "%s", refused);
		cr_expect(to_reference(family, DATA_MAX), "%s: IPv%u from Linux", x.id, family);
		cr_expect(to_linux(family, DATA_MAX), "%s: IPv%u from the reference", x.id, family);
		cr_expect(ge(uint, x.protected, 8), "%s", x.id);
		cr_expect(zero(uint, x.clear), "%s", x.id);
	}
}

/* That the others can fail. */
Test(interop, another_key_is_noticed)
{
	const struct arrangement a = { "aes-gcm-16-128", "esp", false, false, 4, 4 };
	static const uint8_t data[8];
	char text[4096], refused[400];
	uint64_t until = deadline();
	x.id = "another key";
	cr_assert(arrange(&a, refused, sizeof refused), "%s", refused);
	put_text(text, sizeof text, &a, false);
	for (char *key = strstr(text, "0x"); key != NULL; key = strstr(key + 2, "0x"))
		if (strspn(key + 2, "0123456789abcdef") > 8)
			key[2] = key[2] == '0' ? '1' : '0';
	cr_assert(live_configure(&x.live, text, strlen(text), x.id, &e), "%s", e.text);
	struct channel *c = &x.target.channel;
	const struct target_net *net = &x.target.net[0];
	cr_assert(c->ops->udp_send(c, x.linux_sock[0], BYTES_OF(net->tester4), REFERENCE_PORT, BYTES_OF(data), &e) &&
		  c->ops->sync(c, &e));
	while (dropped("drop.icv") == 0 && clock_ns() < until)
		cr_assert(live_step(&x.live, -1, 100, &e), "%s", e.text);
	cr_expect(eq(ulong, dropped("drop.icv"), 1));
	cr_expect(zero(uint, x.heard));
	cr_expect(eq(uint, x.protected, 1));
}

static void
open_natt_sockets(uint8_t family)
{
	struct channel *c = &x.target.channel;
	int there, here = host_udp_open(x.live.host, family, NULL, NATT_PORT);
	cr_assert(ge(int, here, 0));
	cr_assert(zero(int, host_udp_encap(x.live.host, here, true)));
	struct bytes at = family == 6 ? BYTES_OF(x.target.net[0].target6) : BYTES_OF(x.target.net[0].target4);
	cr_assert(c->ops->udp_open(c, family, at, NATT_PORT, NULL, &there, &e) && c->ops->udp_encap(c, there, &e), "%s",
		  e.text);
}

Test(interop, esp_in_udp_on_port_4500)
{
	open_natt_sockets(4);
	open_natt_sockets(6);
	const char *names[NAMES];
	struct arena arena = { 0 };
	unsigned n = transform_set(&arena, "@few", names, NAMES);
	for (unsigned i = 0; i < n; i++)
		cr_expect(eq(uint, try_all(names[i], "esp-udp"), 8), "%s", names[i]);
	arena_free(&arena);
}
