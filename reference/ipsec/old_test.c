#include "ipsec/test_packet.h"

#include "ipsec/old.h"

#define ROOM 70000
static uint8_t plain_room[ROOM], sealed_room[ROOM], opened_room[ROOM], work_room[DATAGRAM_WORK];
static const uint8_t key[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

static struct sa_spec
old_spec(const char *name, uint8_t family, uint8_t mode)
{
	bool ah = strcmp(name, "keyed-md5") == 0;
	return (struct sa_spec){ .spi = 0x1001,
				 .protocol = ah ? 51 : 50,
				 .mode = mode,
				 .src = test_addr(family == 4 ? "10.0.0.1" : "2001:db8::1"),
				 .dst = test_addr(family == 4 ? "10.0.0.2" : "2001:db8::2"),
				 .enc = ah ? NULL : alg_by_name(name, ALG_ENC),
				 .auth = ah ? alg_by_name(name, ALG_AUTH) : NULL,
				 .enc_key = { key, ah ? 0 : 8 },
				 .auth_key = { key, ah ? 16 : 0 },
				 .old = true };
}

static struct random *
rnd(void)
{
	static struct random_seeded seeded;
	random_seeded_init(&seeded, 1995);
	return &seeded.random;
}

static const char *const names[] = { "keyed-md5", "des-cbc", "des-cbc-iv32" };

static const char *const lines[] = {
	"ip4 src=10.0.0.1 dst=10.0.0.2 ttl=7 id=9 / udp sport=5000 dport=7 / 'hello",
	"ip4 src=10.0.0.1 dst=10.0.0.2 options=0x94040000 / echo4 id=3 seq=5 / 'hello again",
	"ip6 src=2001:db8::1 dst=2001:db8::2 / udp sport=5000 dport=7 / 'hello",
	"ip6 src=2001:db8::1 dst=2001:db8::2 / hbh / dstopt / udp / 'x",
};

Test(old, datagrams_come_back_as_they_were)
{
	for (unsigned i = 0; i < COUNT(lines) * COUNT(names) * 3; i++) {
		const char *line = lines[i % 4], *name = names[i / 4 % 3];
		uint8_t inner = line[2] == '4' ? 4 : 6, outer = i / 12 == 1 ? 4 : i / 12 == 2 ? 6 : inner;
		struct sa_spec s = old_spec(name, outer, i / 12 == 0 ? MODE_TRANSPORT : MODE_TUNNEL);
		struct sa *list[] = { test_open(&s), NULL };
		struct sad *d = test_sad(list);
		struct datagram_result r;
		struct dissected got;
		struct err e;
		struct wr w = wr_of(sealed_room, ROOM), v = wr_of(opened_room, ROOM);
		struct bytes plain = test_datagram(line, plain_room, ROOM);
		cr_assert(eq(int, datagram_protect(list[0], plain, 7, rnd(), &w), ACCEPT), "%s: %s", name, line);
		for (unsigned again = 0; again < 2; again++) { /* no number, so the second is as good as the first */
			v = wr_of(opened_room, ROOM);
			datagram_unprotect(d, wr_done(&w), DG_STRICT_PADDING, 0, work_room, &v, &r);
			cr_assert(eq(int, r.verdict, ACCEPT), "%s: %s: %s", name, line, verdict_name(r.verdict));
			cr_assert(bytes_equal(wr_done(&v), plain), "%s: %s", name, line);
			cr_assert(eq(u64, r.seq, 0));
		}
		cr_assert(packet_dissect(&got, d, wr_done(&w), work_room, sizeof work_room, &e), "%s", e.text);
		cr_assert(eq(int, got.verdict, ACCEPT), "%s: %s: %s", name, line, verdict_name(got.verdict));
		sad_free(d);
	}
}

/* RFC 1826 3.2: 8 octets and the digest; RFC 1829 2: SPI, IV, whole blocks. */
Test(old, there_are_no_numbers_in_a_packet)
{
	static const size_t heads[] = { 24, 12, 8 };
	for (unsigned i = 0; i < COUNT(names); i++) {
		struct sa_spec s = old_spec(names[i], 4, MODE_TRANSPORT);
		struct sa *sa = test_open(&s);
		uint8_t octets[22] = { 1, 2, 3 };
		struct bytes front = test_datagram("ip4 src=10.0.0.1 dst=10.0.0.2 protocol=51", plain_room, ROOM);
		struct wr w = wr_of(sealed_room, ROOM);
		enum verdict v = i == 0 ? ah_old_seal(sa, NULL, front, 17, BYTES_OF(octets), &w)
					: esp_old_seal(sa, NULL, 17, BYTES_OF(octets), rnd(), &w);
		cr_assert(eq(int, v, ACCEPT), "%s", names[i]);
		cr_assert(eq(sz, w.n, heads[i] + 22 + (i == 0 ? 0 : 2)), "%s", names[i]);
		cr_assert(eq(u64, sa->seq, 0));
		sa_close(sa);
	}
}

Test(old, every_flipped_bit_of_ah_is_seen_and_every_cut_survived)
{
	struct sa_spec s = old_spec("keyed-md5", 4, MODE_TRANSPORT);
	struct sa *sa = test_open(&s);
	struct ah_opened o;
	uint8_t payload[9] = { 9 };
	struct bytes front = test_datagram("ip4 src=10.0.0.1 dst=10.0.0.2 protocol=51", plain_room, ROOM);
	struct wr w = wr_of(sealed_room, ROOM);
	cr_assert(eq(int, ah_old_seal(sa, NULL, front, 17, BYTES_OF(payload), &w), ACCEPT));
	cr_assert(eq(int, ah_old_open(sa, front, wr_done(&w), &o), ACCEPT));
	for (size_t bit = 0; bit < w.n * 8; bit++) {
		test_flip(sealed_room, w.n, bit / 8, bit % 8);
		cr_assert(ne(int, ah_old_open(sa, front, wr_done(&w), &o), ACCEPT), "bit %zu", bit);
		test_flip(sealed_room, w.n, bit / 8, bit % 8);
	}
	for (size_t n = 0; n < w.n; n++)
		cr_assert(ne(int, ah_old_open(sa, front, bytes_slice(wr_done(&w), 0, n), &o), ACCEPT), "%zu", n);
	sa_close(sa);
}

Test(old, esp_of_any_length_is_survived)
{
	static uint8_t noise[200], work[200];
	for (unsigned i = 1; i < COUNT(names); i++) {
		struct sa_spec s = old_spec(names[i], 4, MODE_TRANSPORT);
		struct sa *sa = test_open(&s);
		for (size_t n = 0; n <= sizeof noise; n++) {
			struct esp_opened o;
			struct random *r = rnd();
			r->fill(r, noise, sizeof noise);
			enum verdict v = esp_old_open(sa, (struct bytes){ noise, n }, work, &o);
			size_t iv = 4 + sa->spec.enc->iv;
			if (n < iv + 8)
				cr_assert(eq(int, v, DROP_SHORT), "%zu", n);
			else if ((n - iv) % 8 != 0)
				cr_assert(eq(int, v, DROP_BLOCK), "%zu", n);
		}
		sa_close(sa);
	}
}

static void
refused(struct sa_spec s, const char *why)
{
	struct err e;
	struct sa *sa = sa_open(&s, &e);
	cr_assert(sa == NULL, "%s", why);
}

Test(old, associations_have_nothing_that_counts)
{
	struct sa_spec s = old_spec("keyed-md5", 4, MODE_TRANSPORT);
	s.replay = 32;
	refused(s, "a window");
	s = old_spec("des-cbc", 4, MODE_TRANSPORT);
	s.esn = true;
	refused(s, "ESN");
	s = old_spec("des-cbc", 4, MODE_TRANSPORT);
	s.auth = alg_by_name("hmac-md5-96", ALG_AUTH);
	s.auth_key = BYTES_OF(key);
	refused(s, "an ICV");
	s = old_spec("keyed-md5", 4, MODE_TRANSPORT);
	s.auth = alg_by_name("hmac-md5-96", ALG_AUTH);
	refused(s, "a MAC of RFC 2402");
	for (unsigned i = 0; i < COUNT(names); i += 2) {
		s = old_spec(names[i], 4, MODE_TRANSPORT);
		s.old = false;
		refused(s, names[i]);
	}
}

Test(old, systems_say_which_associations_they_have)
{
	static const struct sa_rules rfc4301, kame = { .old = true, .no_esn = true },
					      rfc2401 = { .no_esn = true, .no_combined = true, .no_tfc = true };
	struct sa_spec old = old_spec("des-cbc", 4, MODE_TRANSPORT), esn = { .esn = true }, tfc = { .tfc = 100 };
	struct sa_spec gcm = { .enc = alg_by_name("aes-gcm-16", ALG_ENC) };
	const struct {
		const struct sa_spec *spec;
		bool rfc4301, kame, rfc2401;
	} rows[] = {
		{ &old, false, true, false },
		{ &esn, true, false, false },
		{ &tfc, true, true, false },
		{ &gcm, true, true, false },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct err e;
		cr_assert(eq(int, sa_rules_allow(&rfc4301, rows[i].spec, &e), rows[i].rfc4301), "row %u", i);
		cr_assert(eq(int, sa_rules_allow(&kame, rows[i].spec, &e), rows[i].kame), "row %u", i);
		cr_assert(eq(int, sa_rules_allow(&rfc2401, rows[i].spec, &e), rows[i].rfc2401), "row %u", i);
	}
}
