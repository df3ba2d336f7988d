/*
 * The reference as a target, used as the engine uses any: messages by the channel, frames by the
 * links.
 */
#include "runner/target/target_reference.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "host/ip.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define FRAME 2048

static const struct target_options plain;

static void
open_target(struct target *t, const char *spec)
{
	struct err e = { 0 };
	cr_assert(target_open(t, spec, &plain, &e), "%s", e.text);
}

struct side {
	struct addr tester, target;
};

static struct side
side_of(const struct target *t, unsigned family)
{
	const struct target_net *n = &t->net[0];
	return family == 4 ? (struct side){ addr_of(BYTES_OF(n->tester4)), addr_of(BYTES_OF(n->target4)) }
			   : (struct side){ addr_of(BYTES_OF(n->tester6)), addr_of(BYTES_OF(n->target6)) };
}

static void
send_datagram(struct target *t, unsigned link, struct bytes datagram)
{
	uint8_t octets[FRAME];
	struct wr w = wr_of(octets, sizeof octets);
	struct err e = { 0 };
	wr_bytes(&w, BYTES_OF(t->link[link].target_mac));
	wr_bytes(&w, BYTES_OF(t->link[link].tester_mac));
	wr_uint(&w, rd_peek(&(struct rd){ datagram, 0, false }, 0) >> 4 == 4 ? 0x0800 : 0x86dd, 2);
	wr_bytes(&w, datagram);
	cr_assert(t->link[link].ops->send(&t->link[link], wr_done(&w), &e), "%s", e.text);
}

/* What the link has, without its Ethernet header; empty if nothing. */
static struct bytes
receive(struct target *t, unsigned link, uint8_t octets[FRAME])
{
	struct err e = { 0 };
	long n = t->link[link].ops->recv(&t->link[link], octets, FRAME, &e);
	cr_assert(n >= 0, "%s", e.text);
	if (n == 0)
		return BYTES_NONE;
	cr_assert(n >= 14);
	struct rd r = rd_of((struct bytes){ octets, (size_t)n });
	cr_assert(bytes_equal(rd_take(&r, 6), BYTES_OF(t->link[link].tester_mac)));
	cr_assert(bytes_equal(rd_take(&r, 6), BYTES_OF(t->link[link].target_mac)));
	rd_skip(&r, 2);
	return rd_rest(&r);
}

static struct bytes
echo(const struct side *s, uint8_t octets[FRAME])
{
	struct wr w = wr_of(octets, FRAME);
	uint8_t protocol = s->tester.family == 4 ? 1 : 58;
	ip_begin(&w, &(struct ip_head){ .src = &s->tester, .dst = &s->target, .protocol = protocol, .ttl = 64 });
	size_t at = w.n;
	wr_uint(&w, protocol == 1 ? 8 : 128, 1);
	wr_uint(&w, 0, 3);
	wr_uint(&w, 0x12340001, 4);
	wr_fill(&w, 0x5a, 40);
	cr_assert(ip_finish(&w));
	ip_put_checksum(&w, &s->tester, &s->target, protocol, at, at + 2, false);
	return wr_done(&w);
}

static void
expect_reply(const char *id, const struct side *s, struct bytes d)
{
	struct ip ip;
	cr_assert(ip_parse(d, &ip), "%s: %zu octets", id, d.n);
	cr_assert(addr_equal(&ip.src, &s->target) && addr_equal(&ip.dst, &s->tester), "%s", id);
	struct rd r = rd_of(bytes_slice(ip.all, ip.header, SIZE_MAX));
	cr_assert(eq(u64, rd_uint(&r, 1), ip.family == 4 ? 0 : 129), "%s", id);
	cr_assert(zero(u16, ip_sum_upper(&ip, ip.protocol, bytes_slice(ip.all, ip.header, SIZE_MAX))), "%s", id);
}

/* --- PF_KEY -------------------------------------------------------------------------------------- */

/* Writes the message and takes the answer off the queue; its errno is returned. */
static int
exchange(struct target *t, int sock, struct pfkey_msg *m)
{
	static uint8_t octets[PFKEY_MSG_MAX];
	static struct pfkey_msg answer;
	struct wr w = wr_of(octets, sizeof octets);
	struct err e = { 0 };
	struct channel_event ev;
	cr_assert(pfkey_msg_put(m, false, &w, &e), "%s", e.text);
	cr_assert(t->channel.ops->pfkey_send(&t->channel, sock, wr_done(&w), &e), "%s", e.text);
	cr_assert(t->channel.ops->sync(&t->channel, &e), "%s", e.text);
	cr_assert(t->channel.ops->next_event(&t->channel, &ev, &e), "an answer: %s", e.text);
	cr_assert(eq(int, ev.sock, sock));
	cr_assert(pfkey_msg_parse(&answer, m->dialect, ev.data, false, &e), "%s", e.text);
	cr_assert(eq(int, pfkey_msg_type(&answer), pfkey_msg_type(m)));
	return (int)answer.base.v[MSG_ERRNO].u;
}

static void
add_sa(struct target *t, int sock, const struct sa_spec *spec)
{
	static struct pfkey_msg m;
	uint8_t room[1024];
	struct wr store = wr_of(room, sizeof room);
	struct err e = { 0 };
	pfkey_msg_init(&m, dialect_by_os(t->channel.hello.os), PFKEY_ADD, SATYPE_ESP);
	cr_assert(pfkey_msg_from_sa(&m, spec, &store, &e), "%s", e.text);
	cr_assert(zero(int, exchange(t, sock, &m)));
}

static void
add_policy(struct target *t, int sock, const struct side *s, uint8_t dir, uint8_t mode)
{
	static struct pfkey_msg m;
	uint8_t room[1024];
	struct wr store = wr_of(room, sizeof room);
	struct err e = { 0 };
	const struct addr *src = dir == DIR_IN ? &s->tester : &s->target,
			  *dst = dir == DIR_IN ? &s->target : &s->tester;
	struct spd_entry p = { .dir = dir, .action = SPD_PROTECT, .n = 1 };
	uint8_t bits = src->family == 4 ? 32 : 128;
	p.selector = (struct selector){ .src = *src, .dst = *dst, .src_bits = bits, .dst_bits = bits };
	p.selector.protocol = p.selector.sport = p.selector.dport = SELECTOR_ANY;
	p.request[0] = (struct spd_request){ .protocol = 50, .mode = mode, .level = LEVEL_REQUIRE };
	if (mode == MODE_TUNNEL) {
		p.request[0].src = *src;
		p.request[0].dst = *dst;
	}
	pfkey_msg_init(&m, dialect_by_os(t->channel.hello.os), PFKEY_X_SPDADD, SATYPE_UNSPEC);
	cr_assert(pfkey_msg_from_policy(&m, &p, &store, &e), "%s", e.text);
	cr_assert(zero(int, exchange(t, sock, &m)));
}

static int
open_pfkey(struct target *t)
{
	int sock;
	struct err e = { 0 };
	cr_assert(t->channel.ops->pfkey_open(&t->channel, &sock, &e), "%s", e.text);
	return sock;
}

static void
flush(struct target *t, int sock, enum pfkey_type type)
{
	static struct pfkey_msg m;
	pfkey_msg_init(&m, dialect_by_os(t->channel.hello.os), type, SATYPE_UNSPEC);
	cr_assert(zero(int, exchange(t, sock, &m)));
}

static const uint8_t key[] = "0123456789abcdefSALT";

static struct sa_spec
spec_of(const struct side *s, bool inbound, uint8_t mode, uint32_t spi)
{
	struct sa_spec spec = { .spi = spi, .protocol = 50, .mode = mode, .replay = 32 };
	spec.src = inbound ? s->tester : s->target;
	spec.dst = inbound ? s->target : s->tester;
	spec.enc = alg_by_name("aes-gcm-16", ALG_ENC);
	spec.enc_key = (struct bytes){ key, 20 };
	return spec;
}

/* The tester's own SAs, and the seal and unseal of one datagram. */
struct tester {
	struct sad *sad;
	struct sa *in;
	struct random_seeded random;
	uint8_t work[FRAME], sealed[FRAME];
};

static void
tester_sa(struct tester *s, const struct sa_spec *spec, bool inbound)
{
	struct err e = { 0 };
	struct sa *sa = sa_open(spec, &e);
	cr_assert(sa != NULL && sad_add(s->sad, sa, &e), "%s", e.text);
	if (inbound)
		s->in = sa;
}

static void
esp_case(struct target *t, unsigned family, uint8_t mode)
{
	struct tester s = { .sad = sad_new() };
	struct side side = side_of(t, family);
	uint8_t room[FRAME], opened[FRAME];
	char id[64];
	int sock = open_pfkey(t);
	snprintf(id, sizeof id, "IPv%u mode %u", family, mode);
	random_seeded_init(&s.random, 3);
	for (unsigned inbound = 0; inbound < 2; inbound++) {
		struct sa_spec spec = spec_of(&side, inbound, mode, 0x1001 + inbound);
		add_sa(t, sock, &spec);
		tester_sa(&s, &spec, inbound);
		add_policy(t, sock, &side, inbound ? DIR_IN : DIR_OUT, mode);
	}
	struct wr sealed = wr_of(s.sealed, FRAME), back = wr_of(opened, FRAME);
	cr_assert(eq(int, datagram_protect(s.in, echo(&side, room), 1, &s.random.random, &sealed), ACCEPT), "%s", id);
	send_datagram(t, 0, wr_done(&sealed));
	struct datagram_result r;
	struct bytes d = receive(t, 0, room);
	cr_assert(d.n > 0, "%s: an answer", id);
	datagram_unprotect(s.sad, d, DG_STRICT_PADDING, 1, s.work, &back, &r);
	cr_assert(eq(int, r.verdict, ACCEPT), "%s: %s", id, verdict_name(r.verdict));
	cr_assert(eq(u32, r.spi, 0x1001), "%s", id);
	expect_reply(id, &side, wr_done(&back));
	cr_assert(eq(sz, receive(t, 0, room).n, 0), "%s: one answer", id);
	send_datagram(t, 0, wr_done(&sealed));
	send_datagram(t, 0, echo(&side, room));
	cr_assert(eq(sz, receive(t, 0, room).n, 0), "%s: nothing for a replay and nothing in clear", id);
	flush(t, sock, PFKEY_FLUSH);
	flush(t, sock, PFKEY_X_SPDFLUSH);
	send_datagram(t, 0, echo(&side, room));
	expect_reply(id, &side, receive(t, 0, room));
	cr_assert(t->channel.ops->sock_close(&t->channel, sock, NULL));
	sad_free(s.sad);
}

Test(target_reference, carries_an_esp_echo_after_pf_key_says_how)
{
	struct target t;
	open_target(&t, "reference");
	for (unsigned family = 4; family <= 6; family += 2) {
		esp_case(&t, family, MODE_TRANSPORT);
		esp_case(&t, family, MODE_TUNNEL);
	}
	t.close(&t);
}

Test(target_reference, says_what_it_is)
{
	struct target t;
	open_target(&t, "reference");
	cr_assert(eq(str, t.channel.hello.os, "reference"));
	cr_assert(eq(str, (char *)t.driver, "reference"));
	cr_assert(eq(str, t.name, "reference"));
	cr_assert(eq(u32, t.links, TARGET_LINKS));
	cr_assert(t.has_channel);
	cr_assert(eq(u32, t.channel.hello.features, CHAN_PFKEY | CHAN_SOCKETS | CHAN_TUNABLES | CHAN_USERS));
	cr_assert(eq(u8, t.channel.hello.word_bits, 8 * sizeof(long)));
	cr_assert(eq(int, t.channel.ops->fd(&t.channel), -1));
	cr_assert(eq(int, t.link[0].ops->fd(&t.link[0]), -1));
	t.close(&t);
	t.close(&t);
}

Test(target_reference, takes_a_profile_as_its_argument)
{
	struct target t;
	struct err e = { 0 };
	uint8_t room[FRAME];
	const struct {
		const char *spec, *profile;
	} rows[] = {
		{ "reference", "rfc4301" },         { "reference:rfc4301", "rfc4301" },
		{ "reference:rfc2401", "rfc2401" }, { "reference:solaris", "solaris" },
		{ "reference:kame", "kame" },       { "reference:linux", "linux" },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		open_target(&t, rows[i].spec);
		struct side side = side_of(&t, 4);
		cr_assert(eq(str, (char *)t.profile, (char *)rows[i].profile));
		send_datagram(&t, 0, echo(&side, room));
		cr_assert(gt(sz, receive(&t, 0, room).n, 0), "%s", rows[i].spec);
		t.close(&t);
	}
	cr_assert(not(target_open(&t, "reference:hurd", &plain, &e)));
	cr_assert(eq(int, e.code, ERR_UNKNOWN));
	cr_assert(strstr(e.text, "hurd") != NULL, "%s", e.text);
}

Test(target_reference, keeps_targets_apart)
{
	struct target a, b;
	uint8_t room[FRAME];
	open_target(&a, "reference");
	open_target(&b, "reference");
	struct side side = side_of(&a, 6);
	send_datagram(&a, 0, echo(&side, room));
	cr_assert(eq(sz, receive(&b, 0, room).n, 0));
	cr_assert(eq(sz, receive(&a, 1, room).n, 0));
	expect_reply("the one that was asked", &side, receive(&a, 0, room));
	a.close(&a);
	send_datagram(&b, 0, echo(&side, room));
	expect_reply("the other one", &side, receive(&b, 0, room));
	b.close(&b);
}

Test(target_reference, gives_a_frame_only_to_a_buffer_that_holds_it)
{
	struct target t;
	struct err e = { 0 };
	uint8_t room[FRAME];
	open_target(&t, "reference");
	struct side side = side_of(&t, 4);
	send_datagram(&t, 0, echo(&side, room));
	cr_assert(eq(long, t.link[0].ops->recv(&t.link[0], room, 10, &e), -1));
	cr_assert(eq(int, e.code, ERR_SHORT));
	t.close(&t);
}

Test(target_reference, lends_its_udp_sockets)
{
	struct target t;
	struct err e = { 0 };
	struct channel_event ev;
	uint8_t room[FRAME];
	static const uint8_t data[] = "hello", policy[16];
	open_target(&t, "reference");
	struct channel *c = &t.channel;
	int pfkey = open_pfkey(&t), sock, other;
	for (unsigned family = 4; family <= 6; family += 2) {
		struct side side = side_of(&t, family);
		cr_assert(c->ops->udp_open(c, (int)family, BYTES_NONE, 7, NULL, &sock, &e), "%s", e.text);
		cr_assert(ne(int, sock, pfkey));
		cr_assert(not(c->ops->udp_open(c, (int)family, BYTES_NONE, 7, NULL, &other, &e)));
		cr_assert(eq(int, e.code, ERR_REFUSED));
		cr_assert(eq(int, e.os_errno, EADDRINUSE));
		cr_assert(not(c->ops->policy_set(c, sock, (int)family, BYTES_OF(policy), &e)), "no sadb_x_policy");
		cr_assert(eq(int, e.code, ERR_REFUSED));
		cr_assert(eq(int, e.os_errno, EINVAL));
		struct wr w = wr_of(room, sizeof room);
		ip_begin(&w, &(struct ip_head){ .src = &side.tester, .dst = &side.target, .protocol = 17, .ttl = 64 });
		size_t at = w.n;
		wr_uint(&w, 5000, 2);
		wr_uint(&w, 7, 2);
		wr_uint(&w, 8 + sizeof data, 2);
		wr_uint(&w, 0, 2);
		wr_bytes(&w, BYTES_OF(data));
		cr_assert(ip_finish(&w));
		ip_put_checksum(&w, &side.tester, &side.target, 17, at, at + 6, true);
		send_datagram(&t, 0, wr_done(&w));
		cr_assert(c->ops->next_event(c, &ev, &e), "%s", e.text);
		cr_assert(eq(int, ev.sock, sock));
		cr_assert(eq(u16, ev.from_port, 5000));
		cr_assert(ev.when_ns > 0);
		cr_assert(bytes_equal((struct bytes){ ev.from, ev.from_len }, addr_bytes(&side.tester)));
		/* what the event shows stays while another arrives */
		send_datagram(&t, 0, wr_done(&w));
		cr_assert(bytes_equal(ev.data, BYTES_OF(data)));
		cr_assert(c->ops->next_event(c, &ev, &e), "%s", e.text);
		cr_assert(not(c->ops->next_event(c, &ev, &e)));
		cr_assert(eq(int, e.code, ERR_NONE));
		cr_assert(c->ops->udp_send(c, sock, addr_bytes(&side.tester), 9, BYTES_OF(data), &e), "%s", e.text);
		struct ip ip;
		cr_assert(ip_parse(receive(&t, 0, room), &ip));
		cr_assert(bytes_equal(bytes_slice(ip.all, ip.header + 8, SIZE_MAX), BYTES_OF(data)));
		cr_assert(c->ops->sock_close(c, sock, &e));
		cr_assert(not(c->ops->udp_send(c, sock, addr_bytes(&side.tester), 9, BYTES_OF(data), &e)));
		cr_assert(eq(int, e.os_errno, EBADF));
		cr_assert(not(c->ops->udp_send(c, pfkey, addr_bytes(&side.tester), 9, BYTES_OF(data), &e)));
		cr_assert(not(c->ops->pfkey_send(c, sock, BYTES_OF(data), &e)));
	}
	t.close(&t);
}

Test(target_reference, refuses_a_write_that_a_kernel_refuses)
{
	struct target t;
	struct err e = { 0 };
	static const uint8_t cut[] = { 2, 9, 0, 0, 2, 0, 0 };
	open_target(&t, "reference");
	int sock = open_pfkey(&t);
	cr_assert(not(t.channel.ops->pfkey_send(&t.channel, sock, BYTES_OF(cut), &e)));
	cr_assert(eq(int, e.code, ERR_REFUSED));
	cr_assert(ne(int, e.os_errno, 0));
	t.close(&t);
}

Test(target_reference, lends_its_tunables)
{
	struct target t;
	struct err e = { 0 };
	char value[32];
	uint8_t room[FRAME];
	open_target(&t, "reference");
	struct channel *c = &t.channel;
	struct side side = side_of(&t, 4);
	cr_assert(c->ops->tunable_set(c, "spd.miss", "0", &e), "%s", e.text);
	send_datagram(&t, 0, echo(&side, room));
	cr_assert(eq(sz, receive(&t, 0, room).n, 0));
	cr_assert(c->ops->tunable_get(c, "drop.policy", value, sizeof value, &e), "%s", e.text);
	cr_assert(eq(str, value, "1"));
	cr_assert(not(c->ops->tunable_get(c, "net.ipv4.ip_forward", value, sizeof value, &e)));
	cr_assert(eq(int, e.code, ERR_REFUSED));
	cr_assert(eq(int, e.os_errno, ENOENT));
	cr_assert(not(c->ops->tunable_set(c, "spd.miss", "7", &e)));
	cr_assert(eq(int, e.os_errno, EINVAL));
	t.close(&t);
}

Test(target_reference, tells_a_registered_socket_what_is_missing)
{
	static struct pfkey_msg m;
	struct target t;
	struct err e = { 0 };
	struct channel_event ev;
	uint8_t room[FRAME];
	open_target(&t, "reference");
	struct side side = side_of(&t, 4);
	int sock = open_pfkey(&t);
	add_policy(&t, sock, &side, DIR_OUT, MODE_TRANSPORT);
	pfkey_msg_init(&m, dialect_by_os("reference"), PFKEY_REGISTER, SATYPE_ESP);
	cr_assert(zero(int, exchange(&t, sock, &m)));
	send_datagram(&t, 0, echo(&side, room));
	cr_assert(eq(sz, receive(&t, 0, room).n, 0));
	cr_assert(t.channel.ops->next_event(&t.channel, &ev, &e), "%s", e.text);
	cr_assert(pfkey_msg_parse(&m, dialect_by_os("reference"), ev.data, false, &e), "%s", e.text);
	cr_assert(eq(int, pfkey_msg_type(&m), PFKEY_ACQUIRE));
	/* once */
	send_datagram(&t, 0, echo(&side, room));
	cr_assert(not(t.channel.ops->next_event(&t.channel, &ev, &e)));
	t.close(&t);
}

Test(target_reference, answers_a_case_in_much_less_than_a_tenth_of_a_millisecond)
{
	struct target t;
	struct timespec from, to;
	uint8_t ask[FRAME], room[FRAME];
	open_target(&t, "reference");
	struct side side = side_of(&t, 4);
	struct bytes d = echo(&side, ask);
	enum { ROUNDS = 20000 };
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (unsigned i = 0; i < ROUNDS; i++) {
		send_datagram(&t, 0, d);
		cr_assert(receive(&t, 0, room).n > 0);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	double us = ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / 1e3 / ROUNDS;
	cr_log_info("%.2f us for an echo in clear", us);
	cr_assert(lt(dbl, us, 100.0));
	t.close(&t);
}

Test(target_reference, a_socket_has_an_owner_and_a_policy_that_it_gives_back)
{
	struct target t;
	struct err e = { 0 };
	int sock;
	open_target(&t, "reference:kame");
	struct channel *c = &t.channel;
	static const struct socket_policy bypass = { .action = SOCKET_BYPASS }, ask = { .action = SOCKET_ENTRUST };
	for (unsigned ordinary = 0; ordinary < 2; ordinary++) {
		uint8_t room[64], back[64], question[64], dir;
		struct wr w = wr_of(room, sizeof room), got = wr_of(back, sizeof back),
			  like = wr_of(question, sizeof question);
		struct socket_policy p;
		cr_assert(c->ops->udp_open(c, 4, BYTES_NONE, 7, ordinary ? "user" : NULL, &sock, &e), "%s", e.text);
		cr_assert(pfkey_socket_put(&dialect_reference, DIR_OUT, &bypass, false, &w, &e), "%s", e.text);
		cr_assert(eq(int, c->ops->policy_set(c, sock, 4, wr_done(&w), &e), !ordinary));
		cr_assert(eq(int, ordinary ? e.os_errno : EACCES, EACCES));
		cr_assert(pfkey_socket_put(&dialect_reference, DIR_OUT, &ask, false, &like, &e), "%s", e.text);
		cr_assert(c->ops->policy_get(c, sock, 4, wr_done(&like), &got, &e), "%s", e.text);
		cr_assert(pfkey_socket_get(&dialect_reference, wr_done(&got), false, &dir, &p, &e), "%s", e.text);
		cr_assert(eq(int, p.action, ordinary ? SOCKET_ENTRUST : SOCKET_BYPASS));
		cr_assert(eq(int, dir, DIR_OUT));
		cr_assert(c->ops->sock_close(c, sock, &e), "%s", e.text);
	}
	t.close(&t);
}
