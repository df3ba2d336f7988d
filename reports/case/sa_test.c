#include "reports/case/sa.h"

#include "ipsec/test_packet.h"
#include "wire/text.h"
#include "pfkey/pfkey.h"
#include "config/setkey.h"

#define KEY_A "0x000102030405060708090a0b0c0d0e0f"
#define KEY_B "0xf0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
#define AUTH_DIGITS "00112233445566778899aabbccddeeff00112233"
#define AUTH "0x" AUTH_DIGITS
#define ADD(spi, key)                                                                                                  \
	"add 192.0.2.2 192.0.2.1 esp " spi " -m transport -E rijndael-cbc " key " -A hmac-sha1 " AUTH " ;\n"

static struct random_seeded seeded;
static json_t *start, *event, *exhibits;

static void
begin(void)
{
	random_seeded_init(&seeded, 3);
	start = json_pack("{s:{s:s, s:s}}", "target", "os", "linux", "dialect", "linux");
	event = json_pack("{s:[]}", "exhibits");
	exhibits = json_object_get(event, "exhibits");
}

static void
end(void)
{
	json_decref(start);
	json_decref(event);
}

TestSuite(case_sa, .init = begin, .fini = end);

static void
say(const char *kind, const char *text, struct bytes octets)
{
	char hex[3000];
	struct text t = text_of(hex, sizeof hex);
	text_add_hex(&t, octets);
	json_array_append_new(
		exhibits, json_pack("{s:s, s:i, s:s, s:s}", "kind", kind, "line", 12, "text", text, "octets", hex + 2));
}

static void
block(const char *text)
{
	say("setkey", text, BYTES_NONE);
}

/* A message as a target of this dialect would be sent it. */
static void
message(const struct dialect *d, bool swap, enum pfkey_type type, const struct sa_spec *spec)
{
	static uint8_t octets[PFKEY_MSG_MAX], more[4096];
	struct pfkey_msg m;
	struct err e = { 0 };
	struct wr w = wr_of(octets, sizeof octets), store = wr_of(more, sizeof more);
	pfkey_msg_init(&m, d, type, SATYPE_ESP);
	cr_assert(pfkey_msg_from_sa(&m, spec, &store, &e), "%s", e.text);
	cr_assert(pfkey_msg_put(&m, swap, &w, &e), "%s", e.text);
	say("pfkey-out", "", wr_done(&w));
}

static struct sa_spec
sample(uint32_t spi, struct test_keys *keys)
{
	struct sa_spec s = test_spec(50, "aes-cbc", "hmac-sha1-96", keys);
	s.spi = spi;
	s.src = test_addr("192.0.2.2");
	s.dst = test_addr("192.0.2.1");
	return s;
}

/* A datagram of that SA; seq 0: its next. */
static struct bytes
sealed(const struct sa_spec *spec, uint64_t seq, uint8_t *octets, size_t cap)
{
	struct test_line line;
	struct err e = { 0 };
	uint8_t plain[100];
	struct sa *const none[PACKET_LAYERS] = { NULL };
	struct sa_spec from = *spec;
	from.seq = seq > 0 ? seq - 1 : from.seq;
	struct sa *sa = test_open(&from);
	struct wr inner = wr_of(plain, sizeof plain), w = wr_of(octets, cap);
	const struct packet *p = test_packet(&line, "ip4 src=192.0.2.2 dst=192.0.2.1 / echo4 id=7 / 'abcdefgh");
	cr_assert(packet_compose(p, none, &seeded.random, &inner, NULL, &e), "%s", e.text);
	cr_assert(eq(int, datagram_protect(sa, wr_done(&inner), 1, &seeded.random, &w), ACCEPT));
	sa_close(sa);
	return wr_done(&w);
}

static bool
opens(struct case_sas *l, size_t at, struct bytes datagram)
{
	static struct dissected d;
	static uint8_t work[8192];
	struct err e = { 0 };
	struct sad *sad = case_sas_for(l, at, datagram);
	cr_assert(ne(ptr, sad, NULL));
	cr_assert(packet_dissect(&d, sad, datagram, work, sizeof work, &e), "%s", e.text);
	return d.verdict == ACCEPT;
}

static unsigned
count(const struct case_sas *l)
{
	unsigned n = 0;
	for (const struct case_sa *x = case_sas_first(l); x != NULL; x = x->next)
		n++;
	return n;
}

static struct sa_spec
keyed(uint32_t spi, const char *key, uint8_t room[16])
{
	static uint8_t auth[20];
	struct sa_spec s = { .spi = spi, .protocol = 50, .mode = MODE_TRANSPORT };
	struct wr w = wr_of(room, 16), a = wr_of(auth, sizeof auth);
	cr_assert(text_read_hex(key + 2, &w) && text_read_hex(AUTH_DIGITS, &a));
	s.enc = alg_by_name("aes-cbc", ALG_ENC);
	s.auth = alg_by_name("hmac-sha1-96", ALG_AUTH);
	s.enc_key = wr_done(&w);
	s.auth_key = wr_done(&a);
	s.src = test_addr("192.0.2.2");
	s.dst = test_addr("192.0.2.1");
	return s;
}

Test(case_sa, blocks_tell_of_sas_that_open_frames_even_when_they_are_deleted_later)
{
	uint8_t room[16], octets[200];
	struct sa_spec spec = keyed(0x1001, KEY_A, room);
	struct bytes frame = sealed(&spec, 5, octets, sizeof octets);
	block(ADD("0x1001", KEY_A));
	block("delete 192.0.2.2 192.0.2.1 esp 0x1001 ; flush ;\n");
	struct case_sas *l = case_sas_read(start, event);
	cr_assert(eq(uint, count(l), 1));
	cr_expect(eq(sz, case_sas_first(l)->at, 0));
	cr_expect(eq(uint, case_sas_first(l)->line, 12));
	cr_expect(opens(l, 1, frame) && opens(l, 2, frame));
	case_sas_free(l);
}

Test(case_sa, of_an_sa_that_is_keyed_anew_each_key_opens_its_frames_whenever_they_come)
{
	uint8_t a[16], b[16], octets[2][200];
	struct sa_spec old = keyed(0x1001, KEY_A, a), new = keyed(0x1001, KEY_B, b);
	struct bytes first = sealed(&old, 1, octets[0], sizeof octets[0]),
		     second = sealed(&new, 1, octets[1], sizeof octets[1]);
	block(ADD("0x1001", KEY_A));
	block("flush ;\n" ADD("0x1001", KEY_B) ADD("0x1003", KEY_A));
	struct case_sas *l = case_sas_read(start, event);
	cr_assert(eq(uint, count(l), 3));
	for (size_t at = 0; at < 4; at++)
		cr_expect(opens(l, at, first) && opens(l, at, second), "%zu", at);
	/* What no key opens is left to the SAs of its time. */
	test_flip(octets[0], first.n, first.n - 1, 0);
	for (size_t at = 0; at < 3; at++) {
		cr_expect(not(opens(l, at, first)));
		struct sad *sad = case_sas_for(l, at, first);
		const struct sa *sa = sad_find(sad, 0x1001, 50, &old.dst);
		cr_expect(bytes_equal(sa->spec.enc_key, at < 1 ? old.enc_key : new.enc_key), "%zu", at);
	}
	case_sas_free(l);
}

Test(case_sa, messages_tell_of_sas_in_every_dialect_and_byte_order)
{
	static const char *const names[] = { "linux", "kame", "freebsd", "openbsd", "solaris", "reference" };
	bool we_are_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	for (size_t i = 0; i < 2 * COUNT(names); i++) {
		struct test_keys keys;
		uint8_t octets[200];
		struct sa_spec spec = sample(0x1001, &keys);
		bool swap = i % 2;
		json_object_set_new(json_object_get(start, "target"), "dialect", json_string(names[i / 2]));
		json_object_set_new(json_object_get(start, "target"), "byte_order",
				    json_string(swap == we_are_big ? "little" : "big"));
		json_array_clear(exhibits);
		message(dialect_by_os(names[i / 2]), swap, i % 3 ? PFKEY_ADD : PFKEY_UPDATE, &spec);
		struct case_sas *l = case_sas_read(start, event);
		cr_assert(eq(uint, count(l), 1), "%s %d", names[i / 2], swap);
		cr_expect(case_sas_first(l)->by_message);
		cr_expect(opens(l, 1, sealed(&spec, 1, octets, sizeof octets)), "%s %d", names[i / 2], swap);
		case_sas_free(l);
	}
}

Test(case_sa, what_a_block_said_is_not_told_again_by_its_messages)
{
	uint8_t a[16], b[16];
	struct sa_spec spec = keyed(0x1001, KEY_A, a), anew = keyed(0x1001, KEY_B, b), bare = spec;
	block(ADD("0x1001", KEY_A) ADD("0x1001", KEY_A));
	message(&dialect_linux, false, PFKEY_ADD, &spec);
	bare.enc_key = bare.auth_key = BYTES_NONE;
	bare.enc = bare.auth = NULL;
	message(&dialect_linux, false, PFKEY_UPDATE, &bare);
	struct case_sas *l = case_sas_read(start, event);
	cr_expect(eq(uint, count(l), 1));
	case_sas_free(l);
	/* A key that an UPDATE brings is another matter: whether the target took it shows in the frames. */
	message(&dialect_linux, false, PFKEY_UPDATE, &anew);
	l = case_sas_read(start, event);
	cr_expect(eq(uint, count(l), 2));
	case_sas_free(l);
}

Test(case_sa, extended_numbers_are_followed_over_their_halves)
{
	struct test_keys keys;
	uint8_t octets[200];
	static const uint64_t seqs[] = { 0xfffffffe,  0xffffffff,  0x100000000, 0x100000001,
					 0x180000000, 0x1fffffff0, 0x200000003 };
	char text[400];
	struct sa_spec spec = sample(0x1001, &keys);
	spec.esn = true;
	spec.seq = 0xfffffff0;
	spec.replay = 64;
	setkey_print_sa(&spec, true, text, sizeof text);
	block(text);
	struct case_sas *l = case_sas_read(start, event);
	cr_assert(eq(uint, count(l), 1));
	for (size_t i = 0; i < COUNT(seqs); i++)
		cr_expect(opens(l, 1 + i, sealed(&spec, seqs[i], octets, sizeof octets)), "%zu: 0x%llx", i,
			  (unsigned long long)seqs[i]);
	case_sas_free(l);
}

Test(case_sa, a_peer_that_pads_ah_to_8_octets_is_followed)
{
	struct test_keys keys;
	uint8_t octets[200];
	char text[400];
	struct sa_spec spec = test_spec(51, NULL, "hmac-sha2-512-256", &keys);
	spec.src = test_addr("192.0.2.2");
	spec.dst = test_addr("192.0.2.1");
	setkey_print_sa(&spec, true, text, sizeof text);
	block(text);
	struct case_sas *l = case_sas_read(start, event);
	for (unsigned i = 0; i < 4; i++) {
		spec.ah_align8 = i == 1 || i == 2;
		cr_expect(opens(l, 1, sealed(&spec, 1 + i, octets, sizeof octets)), "%u", i);
	}
	case_sas_free(l);
}

Test(case_sa, what_cannot_be_read_or_cannot_be_an_sa_adds_nothing)
{
	static const uint8_t junk[] = { 2, 3, 0, 3, 2, 0, 0, 0, 1, 2, 3 };
	static const char *const odd[] = {
		"{\"exhibits\":{\"kind\":\"setkey\"}}",
		"{\"exhibits\":\"setkey\"}",
		"{\"exhibits\":[null,3,\"x\",[],{\"kind\":7,\"text\":{}},{\"kind\":\"setkey\",\"text\":7,\"line\":\"x\"},"
		"{\"kind\":\"setkey\",\"text\":\"add add add\",\"line\":-1e300},{\"kind\":\"pfkey-out\",\"octets\":\"0g\"},"
		"{\"kind\":\"pfkey-out\",\"octets\":[]},{\"kind\":\"pfkey-out\"}]}",
		"[]",
		"{}",
	};
	block("add 192.0.2.2 192.0.2.1 esp 0x1001 -E rijndael-cbc 0x01 ;\n");
	block("add 192.0.2.2 192.0.2.1 esp 0x1001 -E null ;\n");
	say("pfkey-out", "", BYTES_OF(junk));
	struct case_sas *l = case_sas_read(start, event);
	cr_expect(eq(uint, count(l), 0));
	cr_expect(ne(ptr, case_sas_for(l, 0, BYTES_OF(junk)), NULL));
	case_sas_free(l);
	for (size_t i = 0; i < COUNT(odd); i++) {
		json_t *j = json_loads(odd[i], 0, NULL);
		cr_assert(ne(ptr, j, NULL), "%s", odd[i]);
		l = case_sas_read(i % 2 ? j : NULL, j);
		cr_assert(ne(ptr, l, NULL));
		cr_expect(eq(uint, count(l), 0), "%s", odd[i]);
		case_sas_free(l);
		json_decref(j);
	}
}

/* PF_KEY has one number for HMAC-SHA-256, whatever it is cut to: what the block says counts. */
Test(case_sa, one_number_for_two_truncations_does_not_make_two_sas)
{
	static const char *const names[] = { "hmac-sha2-256-128", "hmac-sha2-256-96" };
	for (size_t i = 0; i < COUNT(names); i++) {
		struct test_keys keys;
		char text[400];
		struct sa_spec spec = test_spec(50, "aes-cbc", names[i], &keys);
		spec.src = test_addr("192.0.2.2");
		spec.dst = test_addr("192.0.2.1");
		setkey_print_sa(&spec, true, text, sizeof text);
		json_array_clear(exhibits);
		block(text);
		message(&dialect_linux, false, PFKEY_ADD, &spec);
		struct case_sas *l = case_sas_read(start, event);
		cr_expect(eq(uint, count(l), 1));
		cr_expect(eq(str, (char *)(uintptr_t)case_sas_first(l)->spec.auth->name, (char *)(uintptr_t)names[i]));
		case_sas_free(l);
	}
}

/* A SAD for each would be too many; the last ones still open. */
Test(case_sa, an_sa_that_is_keyed_anew_hundreds_of_times_is_survived)
{
	uint8_t a[16], b[16], octets[200];
	struct sa_spec old = keyed(0x1001, KEY_A, a), new = keyed(0x1001, KEY_B, b);
	for (unsigned i = 0; i < 300; i++)
		block(i % 2 ? ADD("0x1001", KEY_A) : ADD("0x1001", KEY_B));
	struct case_sas *l = case_sas_read(start, event);
	cr_expect(eq(uint, count(l), 300));
	cr_expect(opens(l, 0, sealed(&old, 1, octets, sizeof octets)));
	cr_expect(opens(l, 299, sealed(&new, 1, octets, sizeof octets)));
	case_sas_free(l);
}
