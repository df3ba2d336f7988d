#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/ip.h"
#include "runner/live/live.h"
#include "runner/live/offload.h"
#include "wire/layouts.h"

/* A live host at one end of a pair of sockets; the tests are the station at the other end. */
static struct live v;
static struct err e;
static int station;
enum { HEADER = 14 }; /* of Ethernet */
static const uint8_t host_mac[6] = { 2, 0, 0, 0, 1, 1 }, station_mac[6] = { 2, 0, 0, 0, 1, 2 };

static struct addr
at(const char *text)
{
	struct addr a;
	cr_assert(addr_parse(&a, text, &e), "%s", e.text);
	return a;
}

static void
start(void)
{
	int fds[2];
	struct host_if *i = &v.setup.link[0];
	cr_assert(zero(int, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds)));
	station = fds[1];
	*i = (struct host_if){ .addr = { at("192.0.2.1"), at("2001:db8:1::1") }, .bits = { 24, 64 }, .n = 2 };
	struct wr mac = wr_of(i->mac, 6);
	wr_bytes(&mac, BYTES_OF(host_mac));
	v.setup.profile = profile_by_name("linux"); /* which lets plain traffic pass */
	v.setup.dialect = dialect_by_os("reference");
	v.setup.links = 1;
	v.quiet = true;
	cr_assert(link_fd_open(&v.link[0].link, fds[0], &e), "%s", e.text);
	cr_assert(live_open(&v, &e), "%s", e.text);
}

static void
stop(void)
{
	live_close(&v);
	close(station);
}

TestSuite(live, .init = start, .fini = stop, .timeout = 30);

static void
say(uint16_t type, struct bytes body)
{
	uint8_t octets[300];
	struct wr w = wr_of(octets, sizeof octets);
	wr_bytes(&w, BYTES_OF(host_mac));
	wr_bytes(&w, BYTES_OF(station_mac));
	wr_uint(&w, type, 2);
	wr_bytes(&w, body);
	cr_assert(eq(sz, (size_t)send(station, octets, w.n, 0), w.n));
	cr_assert(live_step(&v, -1, 1000, &e), "%s", e.text);
}

/* What the host said: everything that it ever will is there when live_step returns. */
static struct bytes
heard(void)
{
	static uint8_t octets[2000];
	ssize_t n = recv(station, octets, sizeof octets, MSG_DONTWAIT);
	return n < HEADER ? BYTES_NONE : bytes_slice((struct bytes){ octets, (size_t)n }, HEADER, SIZE_MAX);
}

static void
introduce(void)
{
	static const uint8_t ask[] = { 0,   1, 8, 0, 6, 4, 0, 1, 2, 0, 0,   0, 1, 2,
				       192, 0, 2, 2, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1 };
	say(ETHER_ARP, BYTES_OF(ask));
	struct rd r = rd_of(heard());
	cr_assert(eq(u64, rd_uint(&r, 8), 0x0001080006040002));
	cr_assert(bytes_equal(rd_take(&r, 6), BYTES_OF(host_mac)));
}

static struct bytes
udp(uint8_t *room, size_t cap, uint16_t sport, uint16_t dport, const char *text)
{
	struct addr src = at("192.0.2.2"), dst = at("192.0.2.1");
	struct wr w = wr_of(room, cap);
	ip_begin(&w, &(struct ip_head){ .src = &src, .dst = &dst, .protocol = 17, .ttl = 64 });
	wr_uint(&w, sport, 2);
	wr_uint(&w, dport, 2);
	wr_uint(&w, 8 + strlen(text), 2);
	wr_uint(&w, 0, 2);
	wr_bytes(&w, (struct bytes){ (const uint8_t *)text, strlen(text) });
	cr_assert(ip_finish(&w));
	ip_put_checksum(&w, &src, &dst, 17, 20, 26, true);
	return wr_done(&w);
}

/* RFC 862, RFC 863 */
Test(live, echoes_datagrams_and_discards_them)
{
	static const struct {
		uint16_t from, to;
		bool answered;
	} rows[] = { { 5000, 7, true }, { 5000, 9, false }, { 7, 7, false }, { 9, 7, true } };
	uint8_t room[100];
	introduce();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		say(ETHER_IP4, udp(room, sizeof room, rows[i].from, rows[i].to, "octets"));
		struct bytes answer = heard();
		cr_assert(eq(int, answer.n > 0, rows[i].answered), "%u to %u", rows[i].from, rows[i].to);
		if (!rows[i].answered)
			continue;
		struct ip ip;
		cr_assert(ip_parse(answer, &ip));
		struct bytes segment = bytes_slice(ip.all, ip.header, SIZE_MAX);
		struct rd r = rd_of(segment);
		cr_assert(zero(u16, ip_sum_upper(&ip, 17, segment)));
		cr_assert(eq(u64, rd_uint(&r, 2), rows[i].to));
		cr_assert(eq(u64, rd_uint(&r, 2), rows[i].from));
		rd_skip(&r, 4);
		cr_assert(bytes_equal(rd_rest(&r), (struct bytes){ (const uint8_t *)"octets", 6 }));
	}
	cr_assert(zero(uint, v.asked_n));
}

#define KEY16 "0x000102030405060708090a0b0c0d0e0f"
#define KEY20 "0x000102030405060708090a0b0c0d0e0f10111213"

/* clang-format off */
static const struct {
	const char *id, *text, *error;
} texts[] = {
	{ "setkey", "# SAs\nadd 192.0.2.2 192.0.2.1 esp 0x1001 -E rijndael-cbc " KEY16 " -A hmac-sha1 " KEY20 " ;\n"
		    "spdadd 192.0.2.2 192.0.2.1 tcp -P in ipsec esp/transport//require ;\n", NULL },
	{ "ipsecconf", "{laddr 192.0.2.1 raddr 192.0.2.2 ulp udp} ipsec {encr_algs aes encr_auth_algs sha1 sa shared}\n", NULL },
	{ "ipseckey", "add esp spi 0x1002 src 192.0.2.2 dst 192.0.2.1 encr_alg aes authalg sha1 encrkey "
		      "000102030405060708090a0b0c0d0e0f authkey 000102030405060708090a0b0c0d0e0f10111213\n", NULL },
	{ "no language", "add 192.0.2.2 192.0.2.1 esp\n", "no language:2:" },
	{ "twice", "add 192.0.2.2 192.0.2.1 esp 0x1003 -E rijndael-cbc " KEY16 " ;\n"
		   "add 192.0.2.2 192.0.2.1 esp 0x1003 -E rijndael-cbc " KEY16 " ;\n", "twice:2: the host refused: add " },
};
/* clang-format on */

Test(live, reads_three_languages_and_names_the_line_that_is_wrong)
{
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		const char *text = texts[i].text;
		bool ok = live_configure(&v, text, strlen(text), texts[i].id, &e);
		cr_assert(eq(int, ok, texts[i].error == NULL), "%s: %s", texts[i].id, e.text);
		if (texts[i].error != NULL)
			cr_assert(ne(ptr, strstr(e.text, texts[i].error), NULL), "%s: %s", texts[i].id, e.text);
	}
	cr_assert(ne(ptr, strstr(e.text, "EEXIST"), NULL), "%s", e.text);
	/* and it counts: what must come protected does not pass in clear any more */
	uint8_t room[100];
	introduce();
	say(ETHER_IP4, udp(room, sizeof room, 5000, 7, "octets"));
	cr_assert(zero(sz, heard().n));
}

Test(live, a_link_that_is_gone_ends_it)
{
	close(station);
	cr_assert(not(live_step(&v, -1, 1000, &e)));
	cr_assert(eq(int, (int)e.code, ERR_DEAD), "%s", e.text);
	station = dup(0);
}

/* A kernel leaves the sum of the pseudo-header where the checksum belongs. */
Test(live, knows_a_checksum_that_nobody_filled_in)
{
	static const struct {
		const char *id;
		uint64_t sum;
		bool partial;
	} rows[] = {
		{ "the pseudo-header's", 0x8423, true },
		{ "damaged", 0x8424, false },
		{ "none", 0, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t room[100], frame[100];
		struct addr src, want = at("192.0.2.2");
		struct wr w = wr_of(frame, sizeof frame);
		wr_fill(&w, 2, 12);
		wr_uint(&w, ETHER_IP4, 2);
		wr_bytes(&w, udp(room, sizeof room, 5000, 7, "octets"));
		cr_assert(not(offload_partial(wr_done(&w), &src)), "a right one");
		cr_assert(wr_patch(&w, HEADER + 26, rows[i].sum, 2));
		cr_assert(eq(int, offload_partial(wr_done(&w), &src), rows[i].partial), "%s", rows[i].id);
		cr_assert(addr_equal(&src, &want) || !rows[i].partial);
	}
}
