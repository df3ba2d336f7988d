/*
 * For the tests of this folder: a host with two links, and the tester at the other ends. Both hold
 * the same SAs, each its own copy. What the host sent is kept until `world_forget`.
 */
#ifndef ESPY_HOST_TEST_WORLD_H
#define ESPY_HOST_TEST_WORLD_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/parts.h"
#include "ipsec/test_sa.h"
#include "wire/checksum.h"

#define FRAMES 64
#define SAID 4

struct world {
	struct host *h;
	struct random_seeded random;
	struct sad *sad; /* the tester's */
	uint64_t now;
	unsigned frames;
	struct {
		unsigned link;
		size_t n;
		uint8_t octets[2048];
	} frame[FRAMES];
	unsigned delivered, pfkey; /* how often */
	struct {
		int sock;
		struct addr from;
		uint16_t port;
		size_t n;
		uint8_t octets[2048];
	} udp;
	unsigned turn;
	uint8_t said[SAID][DATAGRAM_ROOM]; /* what a test builds, in turns */
	uint8_t work[DATAGRAM_ROOM], opened[DATAGRAM_ROOM];
};

/*
 * The addresses by family; `far` is behind the second link's tester, `away` behind the first one's.
 */
struct place {
	const char *id, *tester, *target, *second, *far, *target2, *away;
};
static const struct place places[] = {
	{ "ip4", "192.0.2.2", "192.0.2.1", "192.0.2.11", "198.51.100.2", "198.51.100.1", "203.0.113.9" },
	{ "ip6", "2001:db8:1::2", "2001:db8:1::1", "2001:db8:1::11", "2001:db8:2::2", "2001:db8:2::1",
	  "2001:db8:3::9" },
};

static const uint8_t target_mac[2][6] = { { 2, 0, 0, 0, 1, 1 }, { 2, 0, 0, 0, 2, 1 } };
static const uint8_t tester_mac[2][6] = { { 2, 0, 0, 0, 1, 2 }, { 2, 0, 0, 0, 2, 2 } };

static inline struct addr
at(const char *text)
{
	struct addr a;
	struct err e;
	cr_assert(addr_parse(&a, text, &e), "%s", e.text);
	return a;
}

static inline void
on_send(void *ctx, unsigned link, struct bytes frame)
{
	struct world *w = ctx;
	cr_assert(w->frames < FRAMES && frame.n <= sizeof w->frame[0].octets);
	struct wr r = wr_of(w->frame[w->frames].octets, sizeof w->frame[0].octets);
	wr_bytes(&r, frame);
	w->frame[w->frames].link = link;
	w->frame[w->frames++].n = frame.n;
}

static inline void
on_pfkey(void *ctx, int sock, struct bytes msg)
{
	struct world *w = ctx;
	(void)sock;
	(void)msg;
	w->pfkey++;
}

static inline void
on_udp(void *ctx, int sock, const struct addr *from, uint16_t port, struct bytes data)
{
	struct world *w = ctx;
	struct wr r = wr_of(w->udp.octets, sizeof w->udp.octets);
	wr_bytes(&r, data);
	w->udp.sock = sock;
	w->udp.from = *from;
	w->udp.port = port;
	w->udp.n = r.n;
	w->delivered++;
}

/* NULL: rfc4301 with a last SPD entry that bypasses, as suites find every target. */
static inline struct world *
world_open(const char *profile)
{
	struct err e = { 0 };
	struct world *w = calloc(1, sizeof *w);
	struct host_setup s = { .profile = profile_by_name(profile != NULL ? profile : "rfc4301"),
				.dialect = dialect_by_os("reference"),
				.links = 2,
				.random = &w->random.random,
				.send = on_send,
				.pfkey_deliver = on_pfkey,
				.udp_deliver = on_udp,
				.ctx = w };
	for (unsigned l = 0; l < 2; l++) {
		struct host_if *i = &s.link[l];
		struct wr mac = wr_of(i->mac, 6);
		wr_bytes(&mac, BYTES_OF(target_mac[l]));
		for (unsigned p = 0; p < COUNT(places); p++) {
			i->addr[i->n] = at(l == 0 ? places[p].target : places[p].target2);
			i->bits[i->n++] = p == 0 ? 24 : 64;
			i->addr[i->n] = at(l == 0 ? places[p].second : places[p].target2);
			i->bits[i->n++] = p == 0 ? 24 : 64;
		}
	}
	random_seeded_init(&w->random, 1);
	w->h = host_new(&s, &e);
	cr_assert(w->h != NULL, "%s", e.text);
	if (profile == NULL)
		cr_assert(zero(int, host_tunable_set(w->h, "spd.miss", "1")));
	w->sad = sad_new();
	w->now = 1000;
	return w;
}

static inline void
world_close(struct world *w)
{
	host_free(w->h);
	sad_free(w->sad);
	free(w);
}

static inline void
world_forget(struct world *w)
{
	w->frames = w->delivered = 0;
}

/* --- saying -------------------------------------------------------------------------------------- */

static inline struct wr
room(struct world *w)
{
	w->turn = (w->turn + 1) % SAID;
	return wr_of(w->said[w->turn], sizeof w->said[0]);
}

static inline void
input(struct world *w, unsigned link, struct bytes datagram)
{
	static uint8_t frame[ETHER_HEADER + DATAGRAM_ROOM];
	struct wr f = wr_of(frame, sizeof frame);
	struct rd r = rd_of(datagram);
	wr_bytes(&f, BYTES_OF(target_mac[link]));
	wr_bytes(&f, BYTES_OF(tester_mac[link]));
	wr_uint(&f, rd_peek(&r, 0) >> 4 == 6 ? 0x86dd : 0x0800, 2);
	wr_bytes(&f, datagram);
	host_input(w->h, link, wr_done(&f), w->now);
}

static inline struct bytes
datagram(struct world *w, const char *src, const char *dst, uint8_t protocol, struct bytes payload)
{
	struct wr d = room(w);
	struct addr s = at(src), t = at(dst);
	ip_begin(&d, &(struct ip_head){ .src = &s, .dst = &t, .protocol = protocol, .ttl = 64, .id = 7 });
	wr_bytes(&d, payload);
	cr_assert(ip_finish(&d));
	return wr_done(&d);
}

/* n octets of data behind the echo header. */
static inline struct bytes
echo(struct world *w, const char *src, const char *dst, uint16_t seq, size_t n)
{
	struct wr d = room(w);
	struct addr s = at(src), t = at(dst);
	uint8_t protocol = s.family == 4 ? 1 : 58;
	ip_begin(&d, &(struct ip_head){ .src = &s, .dst = &t, .protocol = protocol, .ttl = 64, .id = seq });
	size_t header = d.n;
	wr_uint(&d, s.family == 4 ? 8 : 128, 1);
	wr_uint(&d, 0, 3);
	wr_uint(&d, 0x4242, 2);
	wr_uint(&d, seq, 2);
	for (size_t i = 0; i < n; i++)
		wr_uint(&d, i * 7, 1);
	cr_assert(ip_finish(&d));
	ip_put_checksum(&d, &s, &t, protocol, header, header + 2, false);
	return wr_done(&d);
}

static inline struct bytes
udp(struct world *w, const char *src, const char *dst, uint16_t sport, uint16_t dport, struct bytes data)
{
	struct wr d = room(w);
	struct addr s = at(src), t = at(dst);
	ip_begin(&d, &(struct ip_head){ .src = &s, .dst = &t, .protocol = 17, .ttl = 64, .id = 9 });
	size_t header = d.n;
	wr_uint(&d, sport, 2);
	wr_uint(&d, dport, 2);
	wr_uint(&d, 8 + data.n, 2);
	wr_uint(&d, 0, 2);
	wr_bytes(&d, data);
	cr_assert(ip_finish(&d));
	ip_put_checksum(&d, &s, &t, 17, header, header + 6, true);
	return wr_done(&d);
}

/* A copy with an octet changed by xor; what the header checksum covers is not repaired. */
static inline struct bytes
altered(struct world *w, struct bytes b, size_t where, uint8_t x)
{
	struct wr d = room(w);
	wr_bytes(&d, b);
	struct rd r = rd_of(bytes_slice(b, where, 1));
	cr_assert(wr_patch(&d, where, rd_uint(&r, 1) ^ x, 1));
	return wr_done(&d);
}

/* --- SAs and policies ---------------------------------------------------------------------------- */

struct sa_row {
	uint32_t spi;
	uint8_t protocol, mode;
	const char *enc, *auth, *src, *dst;
	uint32_t reqid, window;
};

/* The host gets one and the tester another; the tester's is returned. */
static inline struct sa *
add_sa(struct world *w, const struct sa_row *row)
{
	struct test_keys k;
	struct err e = { 0 };
	struct sa_spec s = test_spec(row->protocol, row->enc, row->auth, &k);
	s.spi = row->spi;
	s.mode = row->mode;
	s.src = at(row->src);
	s.dst = at(row->dst);
	s.reqid = row->reqid;
	s.replay = row->window;
	struct sa *theirs = test_open(&s), *ours = test_open(&s);
	cr_assert(sad_add(w->h->sad, theirs, &e) && sad_add(w->sad, ours, &e), "%s", e.text);
	return ours;
}

static inline struct spd_entry
policy(uint8_t dir, uint8_t action, const char *src, const char *dst, uint32_t protocol)
{
	struct spd_entry p = { .dir = dir, .action = action };
	p.selector = (struct selector){ .protocol = protocol, .sport = SELECTOR_ANY, .dport = SELECTOR_ANY };
	p.selector.src = at(src);
	p.selector.dst = at(dst);
	p.selector.src_bits = p.selector.dst_bits = p.selector.src.family == 4 ? 32 : 128;
	return p;
}

static inline struct spd_request *
request(struct spd_entry *p, uint8_t protocol, uint8_t mode, uint8_t level)
{
	struct spd_request *r = &p->request[p->n++];
	*r = (struct spd_request){ .protocol = protocol, .mode = mode, .level = level };
	return r;
}

static inline void
add_policy(struct world *w, const struct spd_entry *p)
{
	struct err e = { 0 };
	cr_assert(spd_add(w->h->spd, p, NULL, &e), "%s", e.text);
}

static inline struct bytes
protect(struct world *w, struct sa *sa, struct bytes d)
{
	struct wr out = room(w);
	cr_assert(eq(int, datagram_protect(sa, d, 5, &w->random.random, &out), ACCEPT));
	return wr_done(&out);
}

/* --- hearing ------------------------------------------------------------------------------------- */

static inline struct bytes
heard(const struct world *w, unsigned i)
{
	cr_assert(i < w->frames, "want frame %u, got %u frames", i, w->frames);
	return (struct bytes){ w->frame[i].octets + ETHER_HEADER, w->frame[i].n - ETHER_HEADER };
}

/*
 * The datagram of frame i with all layers of AH and ESP taken off by the tester's SAs; *path says
 * which.
 */
static inline struct bytes
opened(struct world *w, unsigned i, struct secpath *path)
{
	struct bytes d = heard(w, i);
	path->n = 0;
	for (;;) {
		struct datagram_result r;
		struct wr keep = room(w);
		datagram_unprotect(w->sad, d, DG_STRICT_PADDING, w->now, w->work, &keep, &r);
		cr_assert(eq(int, r.verdict, ACCEPT), "frame %u: %s", i, verdict_name(r.verdict));
		if (r.protocol == 0)
			return d;
		path->spi[path->n++] = r.spi;
		d = wr_done(&keep);
	}
}

/*
 * What is said of a datagram in one line: addresses, protocol, and the ICMP type and code if it is
 * that.
 */
static inline const char *
summary(struct bytes d, char text[200])
{
	struct ip ip;
	char src[48], dst[48];
	if (!ip_parse(d, &ip)) {
		snprintf(text, 200, "no IP");
		return text;
	}
	struct rd r = rd_of(bytes_slice(ip.all, ip.header, SIZE_MAX));
	int n = snprintf(text, 200, "%s>%s %u", addr_print(&ip.src, src), addr_print(&ip.dst, dst), ip.protocol);
	if (ip.protocol == 1 || ip.protocol == 58)
		snprintf(text + n, 200 - (size_t)n, " %u/%u", rd_peek(&r, 0), rd_peek(&r, 1));
	return text;
}

/* Asserts that all checksums of a clear datagram are right, and its summary. */
static inline void
expect(const char *id, struct bytes d, const char *src, const char *dst, const char *rest)
{
	char got[200], want[200];
	struct ip ip;
	snprintf(want, sizeof want, "%s>%s %s", src, dst, rest);
	cr_assert(eq(str, (char *)summary(d, got), want), "%s", id);
	cr_assert(ip_parse(d, &ip), "%s", id);
	cr_assert(eq(sz, ip.all.n, d.n), "%s: nothing behind the datagram", id);
	cr_assert(eq(u8, ip.ttl, 64), "%s", id);
	if (ip.protocol == 1 || ip.protocol == 58 || ip.protocol == 17)
		cr_assert(zero(u16, ip_sum_upper(&ip, ip.protocol, bytes_slice(ip.all, ip.header, SIZE_MAX))), "%s",
			  id);
}

/* An echo reply from dst to src. */
static inline void
expect_echo(const char *id, struct bytes d, const char *asker, const char *asked)
{
	expect(id, d, asked, asker, strchr(asker, ':') != NULL ? "58 129/0" : "1 0/0");
}

static inline uint64_t
counted(struct world *w, const char *name)
{
	char text[32];
	cr_assert(zero(int, host_tunable_get(w->h, name, text, sizeof text)), "%s", name);
	return strtoull(text, NULL, 10);
}

#endif
