#include "ipsec/test_packet.h"

#define ROOM 70000
static uint8_t plain_room[ROOM], sealed_room[ROOM], opened_room[ROOM];

static struct random_seeded seeded;

static struct random *
rnd(void)
{
	if (seeded.state == 0)
		random_seeded_init(&seeded, 4303);
	return &seeded.random;
}

#define V4 "ip4 src=10.0.0.1 dst=10.0.0.2 dscp=10 ecn=2 ttl=7 id=9 "
#define V6 "ip6 src=2001:db8::1 dst=2001:db8::2 dscp=10 ecn=2 hop_limit=7 flow=0xabcde "

static const char *const lines4[] = {
	V4 "/ udp sport=5000 dport=7 / 'hello",
	V4 "flags=df / tcp sport=5 dport=7 flags=syn / 'text of odd size",
	V4 "options=0x94040000 / echo4 id=3 seq=5 / 'hello again",
	V4 "/ icmp4 type=3 code=4 / 'abcdefghijklmnopqrstuvwxyz",
	V4 "protocol=89 / 'x",
	V4 "protocol=253",
	V4 "/ ip4 src=1.1.1.1 dst=2.2.2.2 / udp / 'ip in ip",
};
static const char *const lines6[] = {
	V6 "/ udp sport=5000 dport=7 / 'hello",
	V6 "/ tcp sport=5 dport=7 / 'text of odd size",
	V6 "/ echo6 id=3 seq=5 / 'hello again",
	V6 "/ hbh / dstopt / rh segments_left=0 addresses=2001:db8::9 / dstopt / udp sport=5000 dport=7 / 'x",
	V6 "/ rh addresses=2001:db8::2 / udp / 'still under way",
	V6 "/ frag id=0x1234 / udp / 'an atomic fragment",
	V6 "/ dstopt options=0x1e0401020304 / echo6",
	V6 "next_header=89 / 'x",
	V6 "/ ip4 src=1.1.1.1 dst=2.2.2.2 / udp / '4 in 6",
};

/* An SAD with this one SA, which it owns. */
static struct sad *
sad_of(struct sa *sa)
{
	struct sa *list[] = { sa, NULL };
	return test_sad(list);
}

/* In work space of exactly the size asked for, so that a sanitizer sees a step beyond. */
static struct bytes
unprotect(const struct sad *d, struct bytes sealed, unsigned flags, struct datagram_result *r)
{
	struct wr w = wr_of(opened_room, ROOM);
	uint8_t *exact = malloc(sealed.n > 0 ? sealed.n : 1);
	datagram_unprotect(d, sealed, flags, 1000, exact, &w, r);
	free(exact);
	return wr_done(&w);
}

static struct bytes
protect(struct sa *sa, const char *id, const char *line, struct bytes *plain)
{
	struct wr w = wr_of(sealed_room, ROOM);
	*plain = test_datagram(line, plain_room, ROOM);
	enum verdict v = datagram_protect(sa, *plain, 7, rnd(), &w);
	cr_assert(eq(int, v, ACCEPT), "%s: %s: %s", id, line, verdict_name(v));
	return wr_done(&w);
}

static void
there_and_back(const char *id, const struct sad *d, const char *line)
{
	struct sa *sa = sad_next(d, NULL);
	struct datagram_result r;
	struct bytes plain, sealed = protect(sa, id, line, &plain);
	cr_assert(gt(sz, sealed.n, plain.n), "%s: %s", id, line);
	struct bytes opened = unprotect(d, sealed, DG_STRICT_PADDING, &r);
	cr_assert(eq(int, r.verdict, ACCEPT), "%s: %s: %s", id, line, verdict_name(r.verdict));
	cr_assert(bytes_equal(opened, plain), "%s: %s", id, line);
	cr_assert(eq(uint, r.protocol, sa->spec.protocol), "%s", id);
	cr_assert(eq(uint, r.spi, sa->spec.spi), "%s", id);
	cr_assert(eq(u64, r.seq, sa->seq), "%s", id);
	cr_assert(r.sa == sa, "%s", id);
}

static void
there_and_back_lines(const char *id, const struct sad *d, uint8_t family)
{
	const char *const *lines = family == 4 ? lines4 : lines6;
	size_t n = family == 4 ? COUNT(lines4) : COUNT(lines6);
	for (size_t i = 0; i < n; i++)
		there_and_back(id, d, lines[i]);
}

Test(datagram, comes_back_through_every_transform_mode_and_mix_of_families)
{
	struct test_transform t[TEST_TRANSFORMS];
	unsigned n = test_transforms(t);
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < 8; k++) {
			uint8_t family = k & 1 ? 6 : 4;
			bool esn = k & 2, tunnel = k & 4;
			char name[80], id[120];
			snprintf(id, sizeof id, "%s IPv%u%s%s", test_transform_name(&t[i], name), family,
				 esn ? " esn" : "", tunnel ? " tunnel" : "");
			struct sad *d = sad_of(
				test_transform_sa(&t[i], 0x1001, tunnel ? MODE_TUNNEL : MODE_TRANSPORT, family, esn));
			there_and_back_lines(id, d, family);
			if (tunnel)
				there_and_back_lines(id, d, family == 4 ? 6 : 4);
			sad_free(d);
		}
}

static struct sa *
gcm(uint8_t mode, uint8_t family)
{
	static const struct test_transform t = { 50, NULL, NULL };
	struct test_transform gcm = t;
	gcm.enc = alg_by_name("aes-gcm-16", ALG_ENC);
	return test_transform_sa(&gcm, 0x1001, mode, family, false);
}

static struct sa *
hmac_of(uint8_t protocol, uint8_t mode, uint8_t family)
{
	struct test_transform t = { protocol, NULL, alg_by_name("hmac-sha2-256-128", ALG_AUTH) };
	return test_transform_sa(&t, 0x1001, mode, family, false);
}

Test(datagram, in_udp_comes_back)
{
	for (unsigned k = 0; k < 4; k++) {
		uint8_t family = k & 1 ? 6 : 4;
		struct sad *d = sad_of(gcm(k & 2 ? MODE_TUNNEL : MODE_TRANSPORT, family));
		sad_next(d, NULL)->spec.encap = (struct encap){ .sport = 4501, .dport = 4500, .udp = true };
		there_and_back_lines("udp", d, family);
		/* And off the well-known port. */
		sad_next(d, NULL)->spec.encap = (struct encap){ .sport = 61000, .dport = 62000, .udp = true };
		there_and_back_lines("udp on other ports", d, family);
		sad_free(d);
	}
}

Test(datagram, in_udp_has_no_checksum_in_ipv4_and_one_in_ipv6)
{
	static const char *const lines[] = {
		V4 "/ udp / 'x",
		V6 "/ udp / 'x",
		"ip6 src=2001:db8::1 dst=2001:db8::8 / rh addresses=2001:db8::2 / udp / 'x",
	};
	for (unsigned i = 0; i < COUNT(lines); i++) {
		struct sad *d = sad_of(gcm(MODE_TRANSPORT, i == 0 ? 4 : 6));
		struct bytes plain, sealed;
		struct packet p;
		struct err e;
		sad_next(d, NULL)->spec.encap = (struct encap){ .sport = 4500, .dport = 4500, .udp = true };
		sealed = protect(sad_next(d, NULL), "udp", lines[i], &plain);
		cr_assert(packet_parse_ip(&p, sealed, &e));
		struct hdr h = p.layer[p.n - 1];
		cr_assert(h.lay == &layout_udp, "%s", lines[i]);
		cr_assert(eq(u64, h.v[UDP_SPORT].u, 4500));
		cr_assert(eq(u64, h.v[UDP_LENGTH].u, p.payload.n + 8));
		uint64_t checksum = h.v[UDP_CHECKSUM].u;
		/* The layout computes what the final destination would. */
		struct addr src = test_addr("2001:db8::1"), dst = test_addr("2001:db8::2");
		struct build_ctx c = { .payload = p.payload, .src = addr_bytes(&src), .dst = addr_bytes(&dst) };
		h.given &= ~(UINT32_C(1) << UDP_CHECKSUM);
		hdr_compute(&h, &c);
		cr_assert(eq(u64, checksum, i == 0 ? 0 : h.v[UDP_CHECKSUM].u), "%s", lines[i]);
		sad_free(d);
	}
}

/* Not ESP: handed on as it came. */
Test(datagram, without_protection_is_copied_untouched)
{
	static const char *const lines[] = {
		V4 "/ udp sport=5000 dport=7 / 'hello",
		V4 "flags=mf protocol=17 / 'abcdefghijklmnop",
		V4 "total_length=30 / udp / 'octets behind the end",
		V4 "/ udp sport=4500 dport=4500",
		V4 "/ udp sport=4500 dport=4500 / 'U",
		V4 "/ udp sport=4500 dport=4500 length=200 checksum=0 / 'abcdefghijkl",
		V4 "/ udp sport=4500 dport=4500 / 'abcdefghijkl",
		V4 "/ udp sport=5000 dport=5000 checksum=0 / esp spi=0x1001 seq=1 / 'abcdefghijkl",
		V4 "/ udp sport=4500 dport=4500 checksum=0 / esp spi=0 seq=1 / 'a non-ESP marker and IKE",
		V6 "/ hbh / udp / 'hello",
	};
	struct sad *d = sad_of(gcm(MODE_TRANSPORT, 4));
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct datagram_result r;
		struct bytes plain = test_datagram(lines[i], plain_room, ROOM);
		struct bytes out = unprotect(d, plain, 0, &r);
		cr_assert(eq(int, r.verdict, ACCEPT), "%s: %s", lines[i], verdict_name(r.verdict));
		cr_assert(eq(uint, r.protocol, 0), "%s", lines[i]);
		cr_assert(r.sa == NULL, "%s", lines[i]);
		cr_assert(bytes_equal(out, plain), "%s", lines[i]);
	}
	/* An SA's port is its own, not any. */
	sad_next(d, NULL)->spec.encap = (struct encap){ .sport = 5001, .dport = 5001, .udp = true };
	struct datagram_result r;
	unprotect(d, test_datagram(lines[7], plain_room, ROOM), 0, &r);
	cr_assert(eq(uint, r.protocol, 0));
	/* A passive observer does not take IKE for ESP either. */
	unprotect(d, test_datagram(lines[8], plain_room, ROOM), DG_NO_STATE, &r);
	cr_assert(eq(int, r.verdict, ACCEPT));
	cr_assert(eq(uint, r.protocol, 0));
	sad_free(d);
}

/* Sealed by hand with an SA between .1 and .2, received by one that `change` made different. */
enum change { NOTHING, LARVAL, DEAD, DYING, TUNNEL, ENCAP, OTHER_SPI, OTHER_KEY };

static const struct refusal {
	const char *id;
	uint8_t protocol, mode;
	enum change change;
	const char *line;
	enum verdict verdict;
} refusals[] = {
	{ "good", 50, MODE_TRANSPORT, NOTHING, V4 "/ esp / udp / 'x", ACCEPT },
	{ "good ah", 51, MODE_TRANSPORT, NOTHING, V4 "/ ah / udp / 'x", ACCEPT },
	{ "dying", 50, MODE_TRANSPORT, DYING, V4 "/ esp / udp / 'x", ACCEPT },
	{ "no sa", 50, MODE_TRANSPORT, OTHER_SPI, V4 "/ esp / udp / 'x", DROP_NO_SA },
	{ "spi 0", 50, MODE_TRANSPORT, NOTHING, V4 "/ esp spi=0 / udp / 'x", DROP_NO_SA },
	{ "other key", 50, MODE_TRANSPORT, OTHER_KEY, V4 "/ esp / udp / 'x", DROP_ICV },
	{ "other key, ah", 51, MODE_TRANSPORT, OTHER_KEY, V4 "/ ah / udp / 'x", DROP_ICV },
	{ "larval", 50, MODE_TRANSPORT, LARVAL, V4 "/ esp / udp / 'x", DROP_SA_STATE },
	{ "dead", 50, MODE_TRANSPORT, DEAD, V4 "/ esp / udp / 'x", DROP_SA_STATE },
	{ "dead ah", 51, MODE_TRANSPORT, DEAD, V4 "/ ah / udp / 'x", DROP_SA_STATE },
	{ "sequence number 0", 50, MODE_TRANSPORT, NOTHING, V4 "/ esp seq=0 / udp / 'x", DROP_SEQ_ZERO },
	{ "dummy", 50, MODE_TRANSPORT, NOTHING, V4 "/ esp next_header=59 / udp / 'x", DROP_DUMMY },
	{ "padding", 50, MODE_TRANSPORT, NOTHING, V4 "/ esp padding=0x0000000000 / udp / 'x", DROP_PADDING },
	{ "pad length", 50, MODE_TRANSPORT, NOTHING, V4 "/ esp pad_length=200 / udp / 'x", DROP_PAD_LENGTH },
	{ "ah length", 51, MODE_TRANSPORT, NOTHING, V4 "/ ah payload_len=9 / udp / 'x", DROP_AH_LENGTH },
	{ "first fragment", 50, MODE_TRANSPORT, NOTHING, V4 "flags=mf / esp / udp / 'x", DROP_FRAGMENT },
	{ "later fragment", 51, MODE_TRANSPORT, NOTHING, V4 "offset=3 / ah / udp / 'x", DROP_FRAGMENT },
	{ "short esp", 50, MODE_TRANSPORT, NOTHING, V4 "protocol=50 / 'abcdefg", DROP_SHORT },
	{ "short ah", 51, MODE_TRANSPORT, NOTHING, V4 "protocol=51 / 'abcdefghijk", DROP_SHORT },
	{ "longer than it is", 50, MODE_TRANSPORT, NOTHING, V4 "total_length=400 / esp / udp / 'x", DROP_HEADER },
	{ "bad option", 50, MODE_TRANSPORT, NOTHING, V4 "options=0x94090000 / esp / udp / 'x", DROP_HEADER },
	{ "no ip header", 50, MODE_TRANSPORT, NOTHING, V4 "ihl=3 / esp / udp / 'x", DROP_HEADER },
	{ "bare esp on an encapsulating sa", 50, MODE_TRANSPORT, ENCAP, V4 "/ esp / udp / 'x", DROP_ENCAP },
	{ "in udp without agreement", 50, MODE_TRANSPORT, NOTHING, V4 "/ udp sport=4500 dport=4500 / esp / udp / 'x",
	  DROP_ENCAP },
	{ "in udp from port 4500", 50, MODE_TRANSPORT, NOTHING, V4 "/ udp sport=4500 dport=9 / esp / udp / 'x",
	  DROP_ENCAP },
	{ "in udp", 50, MODE_TRANSPORT, ENCAP, V4 "/ udp sport=4500 dport=4500 / esp / udp / 'x", ACCEPT },
	{ "in udp, mapped", 50, MODE_TRANSPORT, ENCAP, V4 "/ udp sport=1024 dport=4500 / esp / udp / 'x", ACCEPT },
	{ "in udp with a checksum", 50, MODE_TRANSPORT, ENCAP, V4 "/ udp checksum=0x1234 / esp / udp / 'x", ACCEPT },
	{ "ip in ip in transport mode", 50, MODE_TRANSPORT, NOTHING, V4 "/ esp / ip4 / udp / 'x", ACCEPT },
	{ "any mode, upper protocol", 50, MODE_ANY, NOTHING, V4 "/ esp / udp / 'x", ACCEPT },
	{ "any mode, ip in ip", 50, MODE_ANY, NOTHING, V4 "/ esp / ip4 / udp / 'x", ACCEPT },
	{ "transport packet on a tunnel sa", 50, MODE_TUNNEL, NOTHING, V4 "/ esp / udp / 'x", DROP_MODE },
	{ "transport packet on a tunnel sa, ah", 51, MODE_TUNNEL, NOTHING, V4 "/ ah / udp / 'x", DROP_MODE },
	{ "tunnel", 50, MODE_TUNNEL, NOTHING, V4 "/ esp / ip4 ecn=2 / udp / 'x", ACCEPT },
	{ "tunnel, longer than decrypted", 50, MODE_TUNNEL, NOTHING, V4 "/ esp / ip4 total_length=31 / udp",
	  DROP_INNER },
	{ "tunnel, length below ihl", 50, MODE_TUNNEL, NOTHING, V4 "/ esp / ip4 total_length=19 / udp", DROP_INNER },
	{ "tunnel, version 6 under 4", 50, MODE_TUNNEL, NOTHING, V4 "/ esp / ip4 version=6 / udp", DROP_INNER },
	{ "tunnel, 6 under 4", 50, MODE_TUNNEL, NOTHING, V4 "/ esp next_header=4 / ip6 / udp", DROP_INNER },
	{ "tunnel, nothing inside", 50, MODE_TUNNEL, NOTHING, V4 "/ esp next_header=4", DROP_INNER },
	{ "tunnel, 6 longer", 51, MODE_TUNNEL, NOTHING, V4 "/ ah / ip6 payload_length=9 / udp", DROP_INNER },
	{ "tunnel, ce outside, not-ect inside", 50, MODE_TUNNEL, NOTHING,
	  "ip4 src=10.0.0.1 dst=10.0.0.2 ecn=3 / esp / ip4 ecn=0 / udp", DROP_INNER },
};

static struct sa *
refusal_sa(const struct refusal *row, enum change change)
{
	struct test_keys k;
	struct sa_spec s = test_spec(row->protocol, row->protocol == 50 ? "aes-cbc" : NULL, "hmac-sha1-96", &k);
	s.src = test_addr("10.0.0.1");
	s.dst = test_addr("10.0.0.2");
	s.mode = row->mode;
	s.replay = 32;
	if (change == OTHER_SPI)
		s.spi++;
	if (change == OTHER_KEY)
		test_flip(k.auth, s.auth_key.n, 3, 3);
	if (change == ENCAP)
		s.encap = (struct encap){ .sport = 4500, .dport = 4500, .udp = true };
	struct sa *sa = test_open(&s);
	sa->state = change == LARVAL ? SA_LARVAL : change == DEAD ? SA_DEAD : change == DYING ? SA_DYING : SA_MATURE;
	return sa;
}

static struct bytes
refusal_octets(const struct refusal *row, struct sa *sender)
{
	struct test_line *t = malloc(sizeof *t);
	const struct packet *p = test_packet(t, row->line);
	struct sa *sas[PACKET_LAYERS] = { 0 };
	struct wr w = wr_of(sealed_room, ROOM);
	struct err e = { 0 };
	for (unsigned i = 0; i < p->n; i++)
		if (p->layer[i].lay == &layout_esp || p->layer[i].lay == &layout_ah)
			sas[i] = sender;
	bool ok = packet_compose(p, sas, rnd(), &w, NULL, &e);
	free(t);
	cr_assert(ok, "%s: %s", row->id, e.text);
	return wr_done(&w);
}

Test(datagram, is_refused_for_the_right_reason_and_moves_nothing)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *row = &refusals[i];
		struct sa *sender = refusal_sa(row, NOTHING), *receiver = refusal_sa(row, row->change);
		struct sad *d = sad_of(receiver);
		struct datagram_result r;
		struct bytes sealed = refusal_octets(row, sender);
		struct test_state before = test_state(receiver);
		struct bytes out = unprotect(d, sealed, DG_STRICT_PADDING, &r);
		cr_assert(eq(int, r.verdict, row->verdict), "%s: %s", row->id, verdict_name(r.verdict));
		cr_assert(eq(int, out.n > 0, row->verdict == ACCEPT), "%s", row->id);
		/* Those behind the ICV moved the window and are accounted, delivered or not: they were decrypted. */
		bool authentic = row->verdict == ACCEPT || row->verdict == DROP_MODE || row->verdict == DROP_INNER ||
				 row->verdict == DROP_DUMMY || row->verdict == DROP_PADDING;
		if (!authentic)
			cr_assert(test_state_same(&before, receiver), "%s", row->id);
		cr_assert(eq(uint, receiver->current.allocations, authentic), "%s", row->id);
		if (authentic) {
			unprotect(d, sealed, 0, &r);
			cr_assert(eq(int, r.verdict, DROP_REPLAYED), "%s: %s", row->id, verdict_name(r.verdict));
		}
		sa_close(sender);
		sad_free(d);
	}
}

/* What a case sees of the same table who only watches. */
Test(datagram, a_passive_check_moves_nothing_and_believes_port_4500)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *row = &refusals[i];
		struct sa *sender = refusal_sa(row, NOTHING), *receiver = refusal_sa(row, row->change);
		struct sad *d = sad_of(receiver);
		struct bytes sealed = refusal_octets(row, sender);
		struct test_state before = test_state(receiver);
		bool in_udp = row->verdict == DROP_ENCAP && row->change != ENCAP;
		for (int twice = 0; twice < 2; twice++) {
			struct datagram_result r;
			unprotect(d, sealed, DG_STRICT_PADDING | DG_NO_STATE, &r);
			cr_assert(eq(int, r.verdict, in_udp ? ACCEPT : row->verdict), "%s: %s", row->id,
				  verdict_name(r.verdict));
			cr_assert(test_state_same(&before, receiver), "%s", row->id);
		}
		sa_close(sender);
		sad_free(d);
	}
	struct sad *empty = sad_new();
	struct datagram_result r;
	struct bytes esp = test_datagram(V4 "/ udp dport=4500 / esp spi=0x77 seq=1 / 'abcdefghijkl", plain_room, ROOM);
	unprotect(empty, esp, DG_NO_STATE, &r);
	cr_assert(eq(int, r.verdict, DROP_NO_SA));
	cr_assert(eq(uint, r.spi, 0x77));
	sad_free(empty);
}

Test(datagram, no_replay_takes_a_packet_twice_and_a_window_never_back)
{
	for (uint8_t protocol = 50; protocol <= 51; protocol++) {
		struct sad *d = sad_of(hmac_of(protocol, MODE_TRANSPORT, 4));
		struct sa *sa = sad_next(d, NULL);
		struct bytes plain, sealed = protect(sa, "hmac", lines4[0], &plain);
		struct datagram_result r;
		unprotect(d, sealed, 0, &r);
		cr_assert(eq(int, r.verdict, ACCEPT));
		sa->replay.top = 500;
		unprotect(d, sealed, 0, &r);
		cr_assert(eq(int, r.verdict, DROP_OLD));
		unprotect(d, sealed, DG_NO_REPLAY, &r);
		cr_assert(eq(int, r.verdict, ACCEPT), "%u: %s", protocol, verdict_name(r.verdict));
		cr_assert(eq(u64, sa->replay.top, 500));
		sad_free(d);
	}
}

Test(datagram, reaching_a_limit_makes_the_sa_dying_then_dead)
{
	struct sad *d = sad_of(hmac_of(50, MODE_TRANSPORT, 4));
	struct sa *sa = sad_next(d, NULL);
	struct datagram_result r;
	struct bytes plain;
	sa->spec.soft.allocations = 2;
	sa->spec.hard.allocations = 4;
	static const struct {
		enum verdict verdict;
		bool soft, hard;
		uint8_t state;
	} rows[] = {
		{ ACCEPT, false, false, SA_MATURE },
		{ ACCEPT, true, false, SA_DYING },
		{ ACCEPT, false, false, SA_DYING },
		{ ACCEPT, false, true, SA_DEAD },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		unprotect(d, protect(sa, "limits", lines4[0], &plain), 0, &r);
		cr_assert(eq(int, r.verdict, rows[i].verdict), "packet %zu", i);
		cr_assert(eq(int, r.soft, rows[i].soft), "packet %zu", i);
		cr_assert(eq(int, r.hard, rows[i].hard), "packet %zu", i);
		cr_assert(eq(uint, sa->state, rows[i].state), "packet %zu", i);
	}
	struct wr w = wr_of(sealed_room, ROOM);
	cr_assert(eq(int, datagram_protect(sa, plain, 7, rnd(), &w), DROP_SA_STATE));
	sad_free(d);
}

/* RFC 4303 2.7 */
Test(datagram, tfc_padding_is_dropped_where_a_length_says_so)
{
	static const struct {
		const char *id;
		uint8_t mode;
		const char *line;
		size_t tfc_left;
	} rows[] = {
		{ "udp", MODE_TRANSPORT, V4 "/ esp tfc=100 / udp / 'hello", 0 },
		{ "udp behind options", MODE_TRANSPORT, V6 "/ esp tfc=100 / dstopt / udp / 'hello", 0 },
		{ "ip", MODE_TRANSPORT, V4 "/ esp tfc=100 / ip4 / udp / 'hello", 0 },
		{ "tunnel 4", MODE_TUNNEL, V4 "/ esp tfc=1000 / ip4 ecn=2 / echo4 / 'hello", 0 },
		{ "tunnel 6", MODE_TUNNEL, V4 "/ esp tfc=1000 / ip6 ecn=2 / echo6 / 'hello", 0 },
		{ "icmp has none", MODE_TRANSPORT, V4 "/ esp tfc=100 / echo4 / 'hello", 100 },
		{ "a udp length that cannot be", MODE_TRANSPORT, V4 "/ esp tfc=100 / udp length=7 / 'hello", 100 },
		{ "a udp length beyond the end", MODE_TRANSPORT, V4 "/ esp tfc=10 / udp length=90 / 'hello", 10 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct test_line t;
		const struct packet *p = test_packet(&t, rows[i].line);
		struct sad *d = sad_of(gcm(MODE_TRANSPORT, p->layer[0].lay == &layout_ip4 ? 4 : 6));
		struct sa *sas[PACKET_LAYERS] = { NULL, sad_next(d, NULL) };
		sas[1]->spec.mode = rows[i].mode;
		struct wr sealed = wr_of(sealed_room, ROOM), want = wr_of(plain_room, ROOM);
		struct err e = { 0 };
		cr_assert(packet_compose(p, sas, rnd(), &sealed, NULL, &e), "%s: %s", rows[i].id, e.text);
		/* The same line without its ESP is what must come out. */
		struct packet plain = { .payload = p->payload };
		for (unsigned l = rows[i].mode == MODE_TUNNEL ? 2 : 0; l < p->n; l++)
			if (l != 1)
				*packet_push(&plain, p->layer[l].lay) = p->layer[l];
		cr_assert(packet_compose(&plain, NULL, NULL, &want, NULL, &e), "%s: %s", rows[i].id, e.text);
		struct datagram_result r;
		struct bytes out = unprotect(d, wr_done(&sealed), DG_STRICT_PADDING, &r);
		cr_assert(eq(int, r.verdict, ACCEPT), "%s: %s", rows[i].id, verdict_name(r.verdict));
		cr_assert(eq(sz, out.n, want.n + rows[i].tfc_left), "%s", rows[i].id);
		if (rows[i].tfc_left == 0)
			cr_assert(bytes_equal(out, wr_done(&want)), "%s", rows[i].id);
		sad_free(d);
	}
}

Test(datagram, a_tunnel_with_tfc_hides_the_size)
{
	struct sad *d = sad_of(gcm(MODE_TUNNEL, 4));
	struct bytes plain;
	sad_next(d, NULL)->spec.tfc = 600;
	size_t n = protect(sad_next(d, NULL), "tfc", lines4[0], &plain).n;
	cr_assert(gt(sz, n, 600));
	for (size_t i = 0; i < COUNT(lines4); i++) {
		cr_assert(eq(sz, protect(sad_next(d, NULL), "tfc", lines4[i], &plain).n, n), "%s", lines4[i]);
		there_and_back("tfc", d, lines4[i]);
	}
	sad_free(d);
}

Test(datagram, a_sender_refuses_what_it_may_not_send)
{
	static const struct {
		const char *id, *line;
		uint8_t mode;
		enum verdict verdict;
	} rows[] = {
		{ "fragment", V4 "flags=mf / udp / 'abcdefgh", MODE_TRANSPORT, DROP_FRAGMENT },
		{ "later fragment", V4 "offset=1 protocol=17 / 'abcdefgh", MODE_TRANSPORT, DROP_FRAGMENT },
		{ "fragment in a tunnel", V4 "flags=mf / udp / 'abcdefgh", MODE_TUNNEL, ACCEPT },
		{ "bad option", V4 "options=0x94090000 / udp", MODE_TRANSPORT, DROP_HEADER },
		{ "bad option in a tunnel", V4 "options=0x94090000 / udp", MODE_TUNNEL, ACCEPT },
		{ "longer than it is", V4 "total_length=99 / udp", MODE_TUNNEL, DROP_HEADER },
		{ "not ip", "udp / 'abcdefghijklmnopqrstuvwxyz", MODE_TUNNEL, DROP_HEADER },
		{ "any mode, own ends", V4 "/ udp", MODE_ANY, ACCEPT },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sa *sa = gcm(rows[i].mode, 4);
		struct wr w = wr_of(sealed_room, ROOM);
		struct bytes plain = test_datagram(rows[i].line, plain_room, ROOM);
		enum verdict v = datagram_protect(sa, plain, 7, rnd(), &w);
		cr_assert(eq(int, v, rows[i].verdict), "%s: %s", rows[i].id, verdict_name(v));
		cr_assert(eq(u64, sa->seq, v == ACCEPT), "%s", rows[i].id);
		cr_assert(eq(int, w.n > 0, v == ACCEPT), "%s", rows[i].id);
		sa_close(sa);
	}
}

Test(datagram, of_65535_octets_is_the_largest)
{
	static char text[ROOM];
	static struct test_line t;
	for (unsigned k = 0; k < 8; k++) {
		uint8_t family = k & 1 ? 6 : 4;
		struct sa *sa = k & 2 ? gcm(MODE_TRANSPORT, family) : hmac_of(51, MODE_TRANSPORT, family);
		struct wr w = wr_of(plain_room, ROOM);
		struct err e = { 0 };
		struct packet p = *test_packet(&t, family == 4 ? V4 "/ udp" : V6 "/ udp");
		/* As much payload as leaves not an octet. */
		size_t around =
			k & 2 ? esp_overhead(sa, 65535 - (family == 4 ? 20 : 0) - 34) : ah_header_len(sa, family);
		size_t over = k & 4 ? 4 : 0;
		p.payload = (struct bytes){ (const uint8_t *)text,
					    (65535 - (family == 4 ? 20 : 0) - around - 8) / 4 * 4 + over };
		p.payload.n -= k & 2 && over == 0 ? 6 : 0;
		cr_assert(packet_compose(&p, NULL, NULL, &w, NULL, &e), "%s", e.text);
		struct wr sealed = wr_of(sealed_room, ROOM);
		enum verdict v = datagram_protect(sa, wr_done(&w), 7, rnd(), &sealed);
		cr_assert(eq(int, v, over > 0 ? DROP_TOO_BIG : ACCEPT), "row %u: %s", k, verdict_name(v));
		cr_assert(eq(u64, sa->seq, v == ACCEPT), "row %u", k);
		sealed = wr_of(sealed_room, 100);
		cr_assert(eq(int, datagram_protect(sa, wr_done(&w), 7, rnd(), &sealed), DROP_TOO_BIG), "row %u", k);
		cr_assert(not(sealed.full), "row %u", k);
		sa_close(sa);
	}
}

/* Every shorter prefix and every flipped bit of a protected datagram: not accepted, not a step out of bounds.
 */
Test(datagram, damaged_where_it_is_covered_is_not_accepted)
{
	for (unsigned k = 0; k < 4; k++) {
		bool esp = k & 1;
		struct sad *d = sad_of(esp ? gcm(MODE_TRANSPORT, 6) : hmac_of(51, MODE_TRANSPORT, 6));
		struct bytes plain, sealed = protect(sad_next(d, NULL), "damage", lines6[k & 2 ? 0 : 3], &plain);
		size_t upper = k & 2 ? 40 : 40 + 8 + 8 + 24;
		char mask[100];
		struct datagram_result r;
		cr_assert(eq(int, ah_mutability(bytes_slice(sealed, 0, upper), mask), ACCEPT));
		for (size_t n = 0; n < sealed.n; n++) {
			unprotect(d, bytes_slice(sealed, 0, n), DG_NO_STATE, &r);
			cr_assert(ne(int, r.verdict, ACCEPT), "%u: %zu octets", k, n);
		}
		for (size_t at = 0; at < sealed.n; at++)
			for (unsigned bit = 0; bit < 8; bit++) {
				test_flip(sealed_room, sealed.n, at, bit);
				unprotect(d, sealed, DG_NO_STATE, &r);
				test_flip(sealed_room, sealed.n, at, bit);
				bool covered = at >= upper || (!esp && mask[at] == 'i');
				bool accepted = r.verdict == ACCEPT && r.protocol != 0;
				cr_assert(not(covered && accepted), "%u: octet %zu, bit %u", k, at, bit);
			}
		unprotect(d, sealed, DG_NO_STATE, &r);
		cr_assert(eq(int, r.verdict, ACCEPT));
		sad_free(d);
	}
}
