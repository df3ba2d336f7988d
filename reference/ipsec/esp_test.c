#include "ipsec/test_sa.h"

enum { BIG = 1024 };

static struct random_seeded rnd;

static void
fresh_random(void)
{
	random_seeded_init(&rnd, 1);
}

TestSuite(esp, .init = fresh_random);

/* Every transform that the algorithm table makes possible: each cipher with one MAC, each MAC with one
 * cipher, each combined mode, and confidentiality alone. */
struct transform {
	const char *enc, *auth;
};

static unsigned
all_transforms(struct transform *t)
{
	unsigned n = 0;
	t[n++] = (struct transform){ "aes-cbc", NULL };
	t[n++] = (struct transform){ "aes-ctr", NULL };
	for (unsigned i = 0; i < algs_n; i++) {
		const struct alg *a = &algs[i];
		if (a->old == OLD_ONLY)
			continue;
		if (a->use & ALG_ENC)
			t[n++] = (struct transform){ a->name, alg_is_combined(a) ? NULL : "hmac-sha1-96" };
		else if (a->kind != ALG_NULL && a->kind != ALG_AH_GMAC)
			t[n++] = (struct transform){ "aes-cbc", a->name };
	}
	return n;
}

static struct bytes
sealed(struct sa *sa, const struct hdr *given, uint8_t next_header, struct bytes payload, uint8_t room[BIG])
{
	struct wr w = wr_of(room, BIG);
	enum verdict v = esp_seal(sa, given, next_header, payload, &rnd.random, &w);
	cr_assert(v == ACCEPT, "%s", verdict_name(v));
	return wr_done(&w);
}

static uint64_t
at(struct bytes b, size_t from, unsigned n)
{
	struct rd r = rd_of(bytes_slice(b, from, n));
	return rd_uint(&r, n);
}

/* RFC 3602 4, case 5: the whole packet, no integrity. */
Test(esp, seals_the_sample_packet_of_rfc_3602)
{
	uint8_t key[16], iv[16], payload[64], packet[BIG], want[BIG], work[BIG];
	struct sa_spec s = { .spi = 0x4321, .protocol = 50, .enc = alg_by_name("aes-cbc", ALG_ENC) };
	s.enc_key = hex_octets("90d382b410eeba7ad938c46cec1a82bf", key, sizeof key);
	struct sa *sa = test_open(&s);
	struct hdr given = hdr_of(&layout_esp);
	hdr_set_bytes(&given, ESP_IV, hex_octets("e96e8c08ab465763fd098d45dd3ff893", iv, sizeof iv));
	struct bytes data = hex_octets("08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f1011121314151617"
				       "18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637",
				       payload, sizeof payload);
	struct bytes got = sealed(sa, &given, 1, data, packet);
	struct bytes expected = hex_octets("0000432100000001e96e8c08ab465763fd098d45dd3ff893f663c25d325c18c6a"
					   "9453e194e120849a4870b66cc6b9965"
					   "330013b4898dc856a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c5"
					   "38ab50c551b874aa269add047ad2d59"
					   "13ac19b7cfbad4a6",
					   want, sizeof want);
	cr_expect(bytes_equal(got, expected));
	struct esp_opened o;
	cr_expect(esp_open(sa, expected, 0, work, &o) == ACCEPT);
	cr_expect(bytes_equal(o.payload, data) && o.pad_length == 14 && esp_padding_default(o.padding));
	sa_close(sa);
}

/* Case 1 of the draft with GCM test vectors by McGrew and Viega: ESN, whole packet. */
Test(esp, seals_a_published_gcm_packet_with_esn)
{
	uint8_t key[20], iv[8], payload[BIG], packet[BIG], want[BIG], work[BIG];
	struct sa_spec s = { .spi = 0x4321, .protocol = 50, .enc = alg_by_name("aes-gcm-16", ALG_ENC), .esn = true };
	s.enc_key = hex_octets("4c80cdefbb5d10da906ac73c3613a6342e443b68", key, sizeof key);
	struct sa *sa = test_open(&s);
	struct hdr given = hdr_of(&layout_esp);
	hdr_set_bytes(&given, ESP_IV, hex_octets("4956ed7e3b244cfe", iv, sizeof iv));
	hdr_set(&given, ESP_SEQ, 0x8765432100000000);
	struct bytes data = hex_octets("45000048699a000080114db7c0a80102c0a801010a9bf15638d30100000100000000"
				       "0000045f736970045f756470037369700963796265726369747902646b0000210001",
				       payload, sizeof payload);
	struct bytes expected = hex_octets("00004321000000004956ed7e3b244cfefecf537e729d5b07dc30df528dd22b768"
					   "d1b98736696a6fd348509fa13ceac34"
					   "cfa2436f14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce6"
					   "1bc17d768fd9732459018148f6cbe72"
					   "2fd04796562dfdb4",
					   want, sizeof want);
	cr_expect(bytes_equal(sealed(sa, &given, 1, data, packet), expected));
	struct esp_opened o;
	cr_expect(esp_open(sa, expected, 0x87654321, work, &o) == ACCEPT && o.seq == 0x8765432100000000);
	cr_expect(bytes_equal(o.payload, data) && o.next_header == 1);
	cr_expect(esp_open(sa, expected, 0x87654320, work, &o) == DROP_ICV, "the high half is authenticated");
	sa_close(sa);
}

Test(esp, every_payload_length_comes_back_through_every_transform)
{
	struct transform t[64];
	unsigned n = all_transforms(t);
	uint8_t octets[256], packet[BIG], work[BIG];
	for (unsigned i = 0; i < n; i++) {
		bool protected = t[i].auth != NULL || alg_is_combined(alg_by_name(t[i].enc, ALG_ENC));
		struct sa *sa = test_sa(50, t[i].enc, t[i].auth, protected ? 64 : 0, i % 2 != 0);
		size_t align = sa->spec.enc->block > 4 ? sa->spec.enc->block : 4;
		for (size_t len = 0; len <= 200; len++) {
			struct bytes payload = test_octets(octets, len);
			struct bytes p = sealed(sa, NULL, 17, payload, packet);
			struct esp_opened o;
			cr_assert(p.n == len + esp_overhead(sa, len), "%s %zu: overhead", t[i].enc, len);
			size_t body_n = p.n - 8 - sa->spec.enc->iv - seal_icv_len(sa->seal);
			cr_assert(body_n % align == 0);
			cr_assert(at(p, 0, 4) == 0x1001 && at(p, 4, 4) == len + 1, "%s %zu", t[i].enc, len);
			enum verdict v = esp_receive(sa, p, true, work, &o);
			cr_assert(v == ACCEPT, "%s %s %zu: %s", t[i].enc, t[i].auth, len, verdict_name(v));
			cr_assert(bytes_equal(o.payload, payload) && o.next_header == 17 && o.seq == len + 1);
			cr_assert(o.padding.n == o.pad_length && o.pad_length < align &&
				  o.icv.n == seal_icv_len(sa->seal));
		}
		sa_close(sa);
	}
}

Test(esp, every_pad_length_is_generated_and_consumed)
{
	static const struct transform t[] = { { "null", "hmac-sha1-96" },
					      { "aes-cbc", "hmac-sha2-256-128" },
					      { "aes-gcm-16", NULL },
					      { "3des-cbc", "hmac-md5-96" } };
	uint8_t octets[64], packet[BIG], work[BIG];
	for (unsigned i = 0; i < COUNT(t); i++) {
		struct sa *sa = test_sa(50, t[i].enc, t[i].auth, 0, false);
		for (unsigned pad = 0; pad <= 255; pad++) {
			struct bytes payload = test_octets(octets, 34 + (-(36 + pad) & 15));
			struct hdr given = hdr_of(&layout_esp);
			hdr_set(&given, ESP_PAD_LENGTH, pad);
			struct bytes p = sealed(sa, &given, 17, payload, packet);
			struct esp_opened o;
			cr_assert(esp_receive(sa, p, true, work, &o) == ACCEPT, "%s %u", t[i].enc, pad);
			cr_assert(o.pad_length == pad && o.padding.n == pad && bytes_equal(o.payload, payload));
			for (unsigned j = 0; j < pad; j++)
				cr_assert(at(o.padding, j, 1) == j + 1, "%s %u octet %u", t[i].enc, pad, j);
		}
		sa_close(sa);
	}
}

Test(esp, a_pad_length_that_does_not_align_is_a_lie_in_the_field_alone)
{
	uint8_t octets[64], packet[BIG], work[BIG];
	struct sa *sa = test_sa(50, "aes-cbc", "hmac-sha1-96", 0, false);
	struct bytes payload = test_octets(octets, 20); /* 20 + 10 + 2 = 32 */
	for (unsigned pad = 0; pad <= 255; pad++) {
		struct hdr given = hdr_of(&layout_esp);
		hdr_set(&given, ESP_PAD_LENGTH, pad);
		struct bytes p = sealed(sa, &given, 17, payload, packet);
		struct esp_opened o;
		enum verdict v = esp_open(sa, p, 0, work, &o), want = ACCEPT;
		size_t body_n = p.n - 8 - 16 - 12;
		if (pad % 16 != 10 && pad > 30)
			want = DROP_PAD_LENGTH;
		cr_assert(v == want && o.pad_length == pad, "%u: %s", pad, verdict_name(v));
		cr_assert(body_n == (pad % 16 == 10 ? 22 + pad : 32), "%u: %zu", pad, body_n);
	}
	sa_close(sa);
}

Test(esp, a_flipped_bit_anywhere_is_refused)
{
	struct transform t[64];
	unsigned n = all_transforms(t);
	uint8_t octets[64], packet[BIG], work[BIG];
	for (unsigned i = 0; i < n; i++) {
		for (unsigned esn = 0; esn < 2; esn++) {
			struct sa *sa = test_sa(50, t[i].enc, t[i].auth, 0, esn);
			if (seal_icv_len(sa->seal) > 0) {
				struct bytes p = sealed(sa, NULL, 17, test_octets(octets, 40), packet);
				struct esp_opened o;
				for (size_t j = 0; j < p.n; j++) {
					test_flip(packet, p.n, j, (unsigned)j % 8);
					enum verdict v = esp_open(sa, p, 0, work, &o);
					cr_assert(v == DROP_ICV, "%s %s octet %zu: %s", t[i].enc, t[i].auth, j,
						  verdict_name(v));
					test_flip(packet, p.n, j, (unsigned)j % 8);
				}
				cr_assert(esp_open(sa, p, 0, work, &o) == ACCEPT);
				cr_assert(esp_open(sa, p, 1, work, &o) == (esn ? DROP_ICV : ACCEPT));
			}
			sa_close(sa);
		}
	}
}

Test(esp, every_shorter_prefix_is_refused)
{
	struct transform t[64];
	unsigned n = all_transforms(t);
	uint8_t octets[64], packet[BIG], work[BIG];
	for (unsigned i = 0; i < n; i++) {
		struct sa *sa = test_sa(50, t[i].enc, t[i].auth, 0, false);
		struct bytes p = sealed(sa, NULL, 17, test_octets(octets, 20), packet);
		size_t icv = seal_icv_len(sa->seal), least = 8 + sa->spec.enc->iv + 2 + icv;
		for (size_t len = 0; len < p.n; len++) {
			struct esp_opened o;
			enum verdict v = esp_open(sa, bytes_slice(p, 0, len), 0, work, &o);
			if (len < least)
				cr_assert(v == DROP_SHORT, "%s %zu: %s", t[i].enc, len, verdict_name(v));
			else if (icv > 0)
				cr_assert(v == DROP_ICV, "%s %zu: %s", t[i].enc, len, verdict_name(v));
			else if ((len - least + 2) % (sa->spec.enc->block > 4 ? sa->spec.enc->block : 4) != 0)
				cr_assert(v == DROP_BLOCK, "%s %zu: %s", t[i].enc, len, verdict_name(v));
		}
		sa_close(sa);
	}
}

/* --- given fields
 * ------------------------------------------------------------------------------------------- */

/* NULL encryption shows on the wire what was written. */
static struct bytes
shown(const struct hdr *given, size_t payload_n, uint8_t packet[BIG], struct sa **sa)
{
	static uint8_t octets[256];
	*sa = test_sa(50, "null", "hmac-sha1-96", 0, false);
	return sealed(*sa, given, 17, test_octets(octets, payload_n), packet);
}

Test(esp, a_given_field_goes_out_as_written)
{
	static const uint8_t five[] = { 9, 8, 7, 6, 5 };
	static const struct {
		unsigned field;
		uint64_t u;
		size_t size, from;
		unsigned n;
		uint64_t want;
	} rows[] = {
		/* payload 10: 8 + 10 + 0 + 2 + 12 = 32 */
		{ ESP_SPI, 0, 32, 0, 4, 0 },
		{ ESP_SPI, 0xfffffffe, 32, 0, 4, 0xfffffffe },
		{ ESP_SEQ, 0, 32, 4, 4, 0 },
		{ ESP_SEQ, 0x100000007, 32, 4, 4, 7 },
		{ ESP_NEXT_HEADER, 59, 32, 19, 1, 59 },
		{ ESP_PAD_LENGTH, 255, 32, 18, 1, 255 },
		{ ESP_TFC, 3, 36, 18, 6,
		  0x000000010111 }, /* tfc 3, then one octet of padding, its length, next header */
		{ ESP_TFC, 100, 132, 118, 2, 0x0011 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t packet[BIG], work[BIG];
		struct esp_opened o;
		struct sa *sa;
		struct hdr given = hdr_of(&layout_esp);
		hdr_set(&given, rows[i].field, rows[i].u);
		struct bytes p = shown(&given, 10, packet, &sa);
		cr_expect(p.n == rows[i].size, "row %zu: %zu octets", i, p.n);
		cr_expect(at(p, rows[i].from, rows[i].n) == rows[i].want, "row %zu: got %llx", i,
			  (unsigned long long)at(p, rows[i].from, rows[i].n));
		enum verdict v = esp_open(sa, p, 0, work, &o);
		cr_expect(v == (rows[i].field == ESP_PAD_LENGTH ? DROP_PAD_LENGTH : ACCEPT), "row %zu: %s", i,
			  verdict_name(v));
		cr_expect(sa->seq == (rows[i].field == ESP_SEQ ? 0 : 1), "row %zu: a given seq is not the SA's", i);
		sa_close(sa);
	}

	uint8_t packet[BIG], work[BIG];
	struct esp_opened o;
	struct sa *sa;
	struct hdr given = hdr_of(&layout_esp);
	hdr_set_bytes(&given, ESP_PADDING, BYTES_OF(five));
	struct bytes p = shown(&given, 9, packet, &sa);
	cr_expect(p.n == 8 + 9 + 5 + 2 + 12 && at(p, 17, 7) == 0x09080706050511);
	cr_expect(esp_open(sa, p, 0, work, &o) == ACCEPT && o.pad_length == 5 && !esp_padding_default(o.padding));
	sa_close(sa);

	hdr_set(&given, ESP_PAD_LENGTH, 2);
	p = shown(&given, 9, packet, &sa);
	cr_expect(at(p, 17, 7) == 0x09080706050211);
	cr_expect(esp_open(sa, p, 0, work, &o) == ACCEPT && o.payload.n == 12 && o.padding.n == 2);
	sa_close(sa);

	given = hdr_of(&layout_esp);
	hdr_set_bytes(&given, ESP_ICV, BYTES_OF(five));
	p = shown(&given, 10, packet, &sa);
	cr_expect(p.n == 25 && at(p, 20, 5) == 0x0908070605);
	sa_close(sa);
	hdr_set_bytes(&given, ESP_ICV, BYTES_NONE);
	p = shown(&given, 10, packet, &sa);
	cr_expect(p.n == 20);
	sa_close(sa);
}

Test(esp, padding_beyond_255_is_sent_and_its_length_cut)
{
	static uint8_t many[300];
	uint8_t packet[BIG], work[BIG];
	struct esp_opened o;
	struct sa *sa;
	struct hdr given = hdr_of(&layout_esp);
	hdr_set_bytes(&given, ESP_PADDING, BYTES_OF(many));
	struct bytes p = shown(&given, 10, packet, &sa);
	cr_expect(p.n == 8 + 10 + 300 + 2 + 12);
	cr_expect(esp_open(sa, p, 0, work, &o) == ACCEPT && o.pad_length == 44);
	sa_close(sa);
}

/* Ciphertext that is no multiple of the block, under an ICV that holds: only the receiver with the key sees
 * it. */
Test(esp, ragged_ciphertext_has_a_good_icv)
{
	static const struct transform t[] = { { "aes-cbc", "hmac-sha1-96" }, { "3des-cbc", "hmac-sha1-96" },
					      { "aes-gcm-16", NULL },        { "aes-ctr", "hmac-md5-96" },
					      { "null", "hmac-sha1-96" },    { "aes-gmac", NULL } };
	static const uint8_t pads[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	uint8_t octets[64], packet[BIG], work[BIG];
	for (unsigned i = 0; i < COUNT(t); i++) {
		struct sa *sa = test_sa(50, t[i].enc, t[i].auth, 0, false);
		size_t align = sa->spec.enc->block > 4 ? sa->spec.enc->block : 4;
		for (size_t pad = 0; pad <= 16; pad++) {
			struct hdr given = hdr_of(&layout_esp);
			hdr_set_bytes(&given, ESP_PADDING, bytes_slice(BYTES_OF(pads), 0, pad));
			struct bytes p = sealed(sa, &given, 17, test_octets(octets, 30), packet);
			struct esp_opened o;
			enum verdict want = (30 + pad + 2) % align == 0 ? ACCEPT : DROP_BLOCK;
			enum verdict v = esp_open(sa, p, 0, work, &o);
			cr_assert(p.n == 8u + sa->spec.enc->iv + 32 + pad + seal_icv_len(sa->seal));
			cr_assert(v == want, "%s pad %zu: %s", t[i].enc, pad, verdict_name(v));
			test_flip(packet, p.n, p.n - 1, 0);
			cr_assert(esp_open(sa, p, 0, work, &o) == DROP_ICV, "%s pad %zu: the ICV decides first",
				  t[i].enc, pad);
		}
		sa_close(sa);
	}
}

Test(esp, a_given_iv_goes_out_as_written_whatever_its_length)
{
	static const uint8_t octets[24] = { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7 };
	static const char *const enc[] = { "aes-gcm-16", "aes-cbc", "aes-gmac", "null" };
	for (unsigned i = 0; i < COUNT(enc); i++)
		for (size_t n = 0; n <= sizeof octets; n += 4) {
			uint8_t payload[40], packet[BIG], work[BIG];
			struct sa *sa = test_sa(50, enc[i],
						alg_is_combined(alg_by_name(enc[i], ALG_ENC)) ? NULL : "hmac-sha1-96",
						0, false);
			struct hdr given = hdr_of(&layout_esp);
			struct bytes iv = bytes_slice(BYTES_OF(octets), 0, n);
			hdr_set_bytes(&given, ESP_IV, iv);
			struct bytes p = sealed(sa, &given, 17, test_octets(payload, 36), packet);
			size_t own = sa->spec.enc->iv;
			cr_expect(bytes_equal(bytes_slice(p, 8, n < own ? n : own), bytes_slice(iv, 0, own)), "%s %zu",
				  enc[i], n);
			cr_expect(sa->iv == 0, "%s %zu: the counter was not used", enc[i], n);
			struct esp_opened o;
			enum verdict v = esp_open(sa, p, 0, work, &o);
			cr_expect(v == ACCEPT || v == DROP_BLOCK, "%s %zu: the ICV holds, got %s", enc[i], n,
				  verdict_name(v));
			if (n == own)
				cr_expect(v == ACCEPT && o.payload.n == 36, "%s", enc[i]);
			sa_close(sa);
		}
}

Test(esp, a_packet_too_short_for_an_iv_goes_out_in_clear)
{
	uint8_t packet[BIG], work[BIG];
	struct esp_opened o;
	struct sa *sa = test_sa(50, "aes-cbc", "hmac-sha1-96", 0, false);
	struct hdr given = hdr_of(&layout_esp);
	hdr_set_bytes(&given, ESP_IV, BYTES_NONE);
	hdr_set_bytes(&given, ESP_PADDING, BYTES_NONE);
	struct bytes p = sealed(sa, &given, 17, BYTES_NONE, packet);
	cr_expect(p.n == 8 + 2 + 12 && at(p, 8, 2) == 0x0011 && all_zero(bytes_slice(p, 10, 12)));
	cr_expect(esp_open(sa, p, 0, work, &o) == DROP_SHORT);
	sa_close(sa);
}

/* RFC 4106 3.1, RFC 3686 3.1 */
Test(esp, a_counter_iv_never_repeats_though_seq_does)
{
	static const char *const enc[] = { "aes-gcm-16", "aes-ctr", "chacha20-poly1305", "aes-ccm-8", "aes-gmac" };
	for (unsigned i = 0; i < COUNT(enc); i++) {
		struct sa *sa = test_sa(
			50, enc[i], alg_is_combined(alg_by_name(enc[i], ALG_ENC)) ? NULL : "hmac-sha1-96", 0, false);
		struct hdr given = hdr_of(&layout_esp);
		hdr_set(&given, ESP_SEQ, 7);
		uint64_t last = 0;
		for (unsigned n = 0; n < 10; n++) {
			uint8_t packet[BIG];
			struct bytes p = sealed(sa, n % 3 == 0 ? NULL : &given, 17, BYTES_NONE, packet);
			cr_expect(at(p, 8, 8) == last + 1, "%s packet %u", enc[i], n);
			last = at(p, 8, 8);
		}
		cr_expect(sa->seq == 4, "%s", enc[i]);
		sa_close(sa);
	}
}

Test(esp, a_cbc_iv_is_what_the_source_gave)
{
	uint8_t packet[BIG], iv[16];
	struct random_seeded twin;
	random_seeded_init(&twin, 1);
	struct sa *sa = test_sa(50, "aes-cbc", "hmac-sha1-96", 0, false);
	for (unsigned n = 0; n < 3; n++) {
		twin.random.fill(&twin.random, iv, sizeof iv);
		struct bytes p = sealed(sa, NULL, 17, BYTES_NONE, packet);
		cr_expect(bytes_equal(bytes_slice(p, 8, 16), BYTES_OF(iv)), "packet %u", n);
	}
	sa_close(sa);
}

Test(esp, tfc_fills_tunnel_packets_up)
{
	struct test_keys k;
	struct sa_spec s = test_spec(50, "aes-gcm-16", NULL, &k);
	uint8_t octets[256], packet[BIG], work[BIG];
	s.tfc = 150;
	for (unsigned tunnel = 0; tunnel < 2; tunnel++) {
		s.mode = tunnel ? MODE_TUNNEL : MODE_TRANSPORT;
		struct sa *sa = test_open(&s);
		for (size_t len = 0; len <= 200; len += 25) {
			struct esp_opened o;
			struct bytes payload = test_octets(octets, len);
			struct bytes p = sealed(sa, NULL, 4, payload, packet);
			cr_assert(p.n == len + esp_overhead(sa, len) && esp_open(sa, p, 0, work, &o) == ACCEPT);
			cr_expect(o.payload.n == (tunnel && len < 150 ? 150 : len), "%zu: %zu", len, o.payload.n);
			cr_expect(bytes_equal(bytes_slice(o.payload, 0, len), payload));
			cr_expect(all_zero(bytes_slice(o.payload, len, 150)));
		}
		sa_close(sa);
	}
}

/* --- the sender's refusals
 * ---------------------------------------------------------------------------------- */

Test(esp, a_sender_that_refuses_changes_nothing)
{
	uint8_t packet[BIG], octets[64];
	struct bytes payload = test_octets(octets, 40);
	struct test_keys k;
	struct sa_spec s = test_spec(50, "aes-gcm-16", NULL, &k);
	s.seq = UINT32_MAX;
	struct sa *sa = test_open(&s);
	struct test_state before = test_state(sa);
	struct wr w = wr_of(packet, sizeof packet);
	cr_expect(esp_seal(sa, NULL, 17, payload, NULL, &w) == DROP_SEQ_OVERFLOW);
	cr_expect(w.n == 0 && test_state_same(&before, sa));
	struct hdr given = hdr_of(&layout_esp);
	hdr_set(&given, ESP_SEQ, 1);
	cr_expect(esp_seal(sa, &given, 17, payload, NULL, &w) == ACCEPT, "a given seq still goes out");
	sa_close(sa);

	sa = test_sa(50, "aes-gcm-16", NULL, 0, false);
	before = test_state(sa);
	size_t need = 40 + esp_overhead(sa, 40);
	for (size_t cap = 0; cap < need; cap++) {
		w = wr_of(packet, cap);
		cr_expect(esp_seal(sa, NULL, 17, payload, NULL, &w) == DROP_TOO_BIG, "%zu", cap);
		cr_expect(w.n == 0 && test_state_same(&before, sa), "%zu", cap);
	}
	w = wr_of(packet, need);
	cr_expect(esp_seal(sa, NULL, 17, payload, NULL, &w) == ACCEPT && w.n == need && sa->seq == 1);
	sa_close(sa);
}

/* --- the receiver
 * ------------------------------------------------------------------------------------------- */

struct receive_row {
	const char *id;
	enum verdict want;
	bool moves; /* the window takes the number in */
	uint64_t seq;
	int pad; /* octets of padding given; -1: not given */
	uint8_t pad_length, next_header;
	bool pad_length_given;
	size_t cut;
	bool flip;
	uint8_t state;
};

/* After numbers 1 and 100 with a window of 64; payload 10 octets. */
static const struct receive_row receive_rows[] = {
	{ "next", ACCEPT, true, 101, -1, 0, 17, false, 0, false, SA_MATURE },
	{ "last inside", ACCEPT, true, 37, -1, 0, 17, false, 0, false, SA_MATURE },
	{ "dying still receives", ACCEPT, true, 101, -1, 0, 17, false, 0, false, SA_DYING },
	{ "dead", DROP_SA_STATE, false, 101, -1, 0, 17, false, 0, false, SA_DEAD },
	{ "larval", DROP_SA_STATE, false, 101, -1, 0, 17, false, 0, false, SA_LARVAL },
	{ "no sequence number", DROP_SHORT, false, 101, -1, 0, 17, false, 1000, false, SA_MATURE },
	{ "no room for the trailer", DROP_SHORT, false, 101, -1, 0, 17, false, 20, false, SA_MATURE },
	{ "zero", DROP_SEQ_ZERO, false, 0, -1, 0, 17, false, 0, false, SA_MATURE },
	{ "zero with a bad icv", DROP_SEQ_ZERO, false, 0, -1, 0, 17, false, 0, true, SA_MATURE },
	{ "left of the window", DROP_OLD, false, 36, -1, 0, 17, false, 0, false, SA_MATURE },
	{ "the first again", DROP_OLD, false, 1, -1, 0, 17, false, 0, false, SA_MATURE },
	{ "the last again", DROP_REPLAYED, false, 100, -1, 0, 17, false, 0, false, SA_MATURE },
	{ "replayed with a bad icv", DROP_REPLAYED, false, 100, -1, 0, 17, false, 0, true, SA_MATURE },
	{ "bad icv", DROP_ICV, false, 101, -1, 0, 17, false, 0, true, SA_MATURE },
	{ "bad icv far right", DROP_ICV, false, 0x7fffffff, -1, 0, 17, false, 0, true, SA_MATURE },
	{ "cut by one", DROP_ICV, false, 101, -1, 0, 17, false, 1, false, SA_MATURE },
	{ "not on 4 octets", DROP_BLOCK, false, 101, 1, 0, 17, false, 0, false, SA_MATURE },
	{ "pad length past the front", DROP_PAD_LENGTH, false, 101, 0, 11, 17, true, 0, false, SA_MATURE },
	{ "pad length to the front", DROP_PADDING, true, 101, 0, 10, 17, true, 0, false, SA_MATURE },
	{ "other padding", DROP_PADDING, true, 101, 4, 0, 17, false, 0, false, SA_MATURE },
	{ "dummy", DROP_DUMMY, true, 101, -1, 0, 59, false, 0, false, SA_MATURE },
};

static struct bytes
row_packet(struct sa *sender, const struct receive_row *r, uint8_t packet[BIG])
{
	static const uint8_t nines[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };
	uint8_t octets[16];
	struct hdr given = hdr_of(&layout_esp);
	hdr_set(&given, ESP_SEQ, r->seq);
	if (r->pad >= 0)
		hdr_set_bytes(&given, ESP_PADDING, bytes_slice(BYTES_OF(nines), 0, (size_t)r->pad));
	if (r->pad_length_given)
		hdr_set(&given, ESP_PAD_LENGTH, r->pad_length);
	struct bytes p = sealed(sender, &given, r->next_header, test_octets(octets, 10), packet);
	if (r->flip)
		test_flip(packet, p.n, p.n - 1, 3);
	p.n = r->cut > p.n ? 7 : p.n - r->cut;
	return p;
}

static void
judge(const struct receive_row *r, struct transform t)
{
	uint8_t packet[BIG], work[BIG];
	struct esp_opened o;
	struct sa *sender = test_sa(50, t.enc, t.auth, 0, false), *sa = test_sa(50, t.enc, t.auth, 64, false);
	for (uint64_t seq = 1; seq <= 100; seq += 99) {
		const struct receive_row setup = { .seq = seq, .pad = -1, .next_header = 17 };
		cr_assert(esp_receive(sa, row_packet(sender, &setup, packet), true, work, &o) == ACCEPT);
	}
	sa->state = r->state;
	struct test_state before = test_state(sa);
	struct bytes p = row_packet(sender, r, packet);
	enum verdict v = esp_receive(sa, p, true, work, &o);
	cr_expect(v == r->want, "%s/%s %s: want %s, got %s", t.enc, t.auth, r->id, verdict_name(r->want),
		  verdict_name(v));
	cr_expect(test_state_same(&before, sa) == (r->moves == false), "%s/%s %s: state", t.enc, t.auth, r->id);
	if (r->want != DROP_SHORT && r->want != DROP_SA_STATE)
		cr_expect(o.seq == r->seq, "%s: seq %llu", r->id, (unsigned long long)o.seq);
	if (r->moves) {
		v = esp_receive(sa, p, true, work, &o);
		cr_expect(v == DROP_REPLAYED, "%s/%s %s again: %s", t.enc, t.auth, r->id, verdict_name(v));
	}
	sa_close(sender);
	sa_close(sa);
}

Test(esp, a_receiver_has_a_reason_for_every_drop_and_moves_only_after_the_icv)
{
	static const struct transform t[] = { { "null", "hmac-sha1-96" },
					      { "aes-gcm-16", NULL },
					      { "aes-gmac", NULL },
					      { "aes-ctr", "aes-xcbc-mac-96" } };
	for (unsigned i = 0; i < COUNT(t); i++)
		for (unsigned j = 0; j < COUNT(receive_rows); j++)
			judge(&receive_rows[j], t[i]);
}

Test(esp, padding_is_judged_only_where_asked)
{
	uint8_t packet[BIG], work[BIG];
	struct esp_opened o;
	struct sa *sender = test_sa(50, "aes-gcm-16", NULL, 0, false), *sa = test_sa(50, "aes-gcm-16", NULL, 64, false);
	const struct receive_row r = { .seq = 5, .pad = 4, .next_header = 17 };
	cr_expect(esp_receive(sa, row_packet(sender, &r, packet), false, work, &o) == ACCEPT && o.pad_length == 4);
	sa_close(sender);
	sa_close(sa);
}

Test(esp, default_padding_is_told_from_others)
{
	static const struct {
		uint8_t o[4];
		size_t n;
		bool want;
	} rows[] = {
		{ { 0 }, 0, true },           { { 1 }, 1, true },           { { 1, 2, 3, 4 }, 4, true },
		{ { 0, 1, 2, 3 }, 4, false }, { { 1, 2, 3, 5 }, 4, false }, { { 0 }, 1, false },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		cr_expect(esp_padding_default(bytes_slice(BYTES_OF(rows[i].o), 0, rows[i].n)) == rows[i].want,
			  "row %zu", i);
}

/* RFC 4303 A2: the wire has 32 bits, both ends count 64. */
Test(esp, esn_crosses_the_subspace)
{
	static const char *const enc[] = { "aes-gcm-16", "aes-cbc", "aes-ccm-16", "aes-gmac" };
	for (unsigned i = 0; i < COUNT(enc); i++) {
		struct test_keys k;
		uint8_t held[BIG], packet[BIG], work[BIG];
		struct esp_opened o;
		const char *auth = alg_is_combined(alg_by_name(enc[i], ALG_ENC)) ? NULL : "hmac-sha2-256-128";
		struct sa_spec s = test_spec(50, enc[i], auth, &k);
		s.esn = true;
		s.replay = 64;
		s.seq = ((uint64_t)1 << 32) - 10;
		struct sa *sa = test_open(&s), *peer = test_open(&s);
		struct bytes late = BYTES_NONE;
		for (unsigned n = 1; n <= 40; n++) {
			if (n == 5) { /* 2^32 - 5 is held back */
				late = sealed(sa, NULL, 17, BYTES_NONE, held);
				continue;
			}
			struct bytes p = sealed(sa, NULL, 17, BYTES_NONE, packet);
			enum verdict v = esp_receive(peer, p, true, work, &o);
			cr_assert(v == ACCEPT && o.seq == s.seq + n, "%s %u: %s", enc[i], n, verdict_name(v));
			cr_assert(at(p, 4, 4) == (uint32_t)(s.seq + n));
			cr_assert(esp_receive(peer, p, true, work, &o) == DROP_REPLAYED, "%s %u", enc[i], n);
		}
		cr_expect(esp_receive(peer, late, true, work, &o) == ACCEPT && o.seq == s.seq + 5, "%s: case B",
			  enc[i]);
		struct hdr given = hdr_of(&layout_esp);
		hdr_set(&given, ESP_SEQ, 200); /* a sender that forgot its high half */
		struct test_state before = test_state(peer);
		cr_expect(esp_receive(peer, sealed(sa, &given, 17, BYTES_NONE, packet), true, work, &o) == DROP_ICV);
		cr_expect(test_state_same(&before, peer), "%s", enc[i]);
		sa_close(sa);
		sa_close(peer);
	}
}
