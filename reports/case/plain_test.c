#include "reports/case/plain.h"

#include "ipsec/test_packet.h"
#include "wire/text.h"

#define LEFT "192.0.2.2"
#define RIGHT "192.0.2.1"

static struct plain *room;
static struct random_seeded seeded;

static void
begin(void)
{
	room = plain_new();
	cr_assert(ne(ptr, room, NULL));
	random_seeded_init(&seeded, 5);
}

static void
end(void)
{
	plain_free(room);
}

TestSuite(plain, .init = begin, .fini = end);

static struct sa *
add_sa(struct sad *sad, uint8_t protocol, const char *enc, const char *auth, uint32_t spi, uint8_t mode, uint8_t family)
{
	struct test_keys keys;
	struct err e = { 0 };
	struct sa_spec spec = test_spec(protocol, enc, auth, &keys);
	spec.spi = spi;
	spec.mode = mode;
	spec.comp = protocol == 108 ? 2 : 0;
	spec.src = test_addr(family == 6 ? "2001:db8::2" : LEFT);
	spec.dst = test_addr(family == 6 ? "2001:db8::1" : RIGHT);
	struct sa *sa = test_open(&spec);
	cr_assert(sad_add(sad, sa, &e), "%s", e.text);
	return sa;
}

/* An echo request, as octets that stay where they are. */
static struct bytes
echo(uint8_t family, uint8_t *octets, size_t cap)
{
	struct test_line line;
	struct err e = { 0 };
	struct sa *const none[PACKET_LAYERS] = { NULL };
	struct wr w = wr_of(octets, cap);
	const struct packet *p = test_packet(
		&line,
		family == 6
			? "ip6 src=2001:db8::2 dst=2001:db8::1 / echo6 id=7 seq=9 / 'abcdefghijklmnopqrstuvwxyz"
			: "ip4 src=192.0.2.2 dst=192.0.2.1 / echo4 id=7 seq=9 / 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	cr_assert(packet_compose(p, none, &seeded.random, &w, NULL, &e), "%s", e.text);
	return wr_done(&w);
}

static struct bytes
protect(struct sa *sa, struct bytes datagram, uint8_t *octets, size_t cap)
{
	struct wr w = wr_of(octets, cap);
	cr_assert(eq(int, datagram_protect(sa, datagram, 1, &seeded.random, &w), ACCEPT));
	return wr_done(&w);
}

static bool
has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

/* clang-format off */
static const struct row {
	const char *enc, *auth;
} rows[] = {
	{ "null", "hmac-md5-96" },       { "des-cbc", "hmac-sha1-96" },         { "3des-cbc", "hmac-sha2-256-96" },
	{ "aes-cbc", NULL },             { "aes-cbc", "hmac-sha2-512-256" },    { "aes-ctr", "aes-xcbc-mac-96" },
	{ "aes-cbc", "aes-cmac-96" },    { "aes-gcm-8", NULL },                 { "aes-gcm-16", NULL },
	{ "aes-ccm-12", NULL },          { "aes-gmac", NULL },                  { "chacha20-poly1305", NULL },
	{ "aes-gcm-16-iiv", NULL },      { "blowfish-cbc", "hmac-sha1-96" },    { "camellia-cbc", "hmac-sha2-384-192" },
};
/* clang-format on */

Test(plain, what_was_protected_comes_back_octet_by_octet)
{
	for (size_t i = 0; i < COUNT(rows) * 4; i++) {
		const struct row *row = &rows[i / 4];
		uint8_t family = i & 1 ? 6 : 4, mode = i & 2 ? MODE_TUNNEL : MODE_TRANSPORT;
		uint8_t before[300], after[500];
		char text[300];
		struct sad *sad = sad_new();
		struct sa *sa = add_sa(sad, 50, row->enc, row->auth, 0x1001, mode, family);
		struct bytes datagram = echo(family, before, sizeof before);
		struct bytes sealed = protect(sa, datagram, after, sizeof after);
		cr_expect(bytes_equal(plain_open(room, sad, sealed, text, sizeof text), datagram), "%s %u %u: %s",
			  row->enc, family, mode, text);
		bool icv = row->auth != NULL || sa->spec.enc->icv > 0;
		cr_expect(has(text, "ESP spi 0x00001001 seq 1, ") &&
				  has(text, mode == MODE_TUNNEL ? "tunnel" : "transport") && has(text, row->enc) &&
				  has(text, icv ? ": ICV good, " : ": no ICV"),
			  "%s", text);
		sad_free(sad);
	}
}

Test(plain, a_wrong_icv_is_named_with_the_right_one_and_the_contents_are_shown)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		uint8_t before[300], after[500];
		char text[300], want[80] = "want ";
		struct sad *sad = sad_new();
		struct sa *sa = add_sa(sad, 50, row->enc, row->auth, 0x1001, MODE_TRANSPORT, 4);
		struct bytes datagram = echo(4, before, sizeof before);
		struct bytes sealed = protect(sa, datagram, after, sizeof after);
		size_t icv = seal_icv_len(sa->seal);
		struct text t = text_of(want, sizeof want);
		t.n = strlen(want);
		text_add_hex(&t, bytes_slice(sealed, sealed.n - icv, icv));
		if (icv > 0) {
			test_flip(after, sealed.n, sealed.n - 1, 0);
			cr_expect(bytes_equal(plain_open(room, sad, sealed, text, sizeof text), datagram), "%s: %s",
				  row->enc, text);
			cr_expect(has(text, ": ICV wrong, want 0x") && has(text, want), "%s: %s, not %s", row->enc,
				  text, want);
		}
		sad_free(sad);
	}
}

/* Nothing there is hidden, and Wireshark reads AH. */
Test(plain, ah_stays_and_goes_only_with_esp_inside_it)
{
	uint8_t before[300], inner[500], outer[600];
	char text[400];
	struct sad *sad = sad_new();
	struct sa *ah = add_sa(sad, 51, NULL, "hmac-sha1-96", 0x2001, MODE_TRANSPORT, 4);
	struct sa *esp = add_sa(sad, 50, "aes-cbc", "hmac-sha1-96", 0x1001, MODE_TRANSPORT, 4);
	struct bytes datagram = echo(4, before, sizeof before);
	struct bytes alone = protect(ah, datagram, outer, sizeof outer);
	cr_expect(bytes_equal(plain_open(room, sad, alone, text, sizeof text), alone), "%s", text);
	cr_expect(has(text, "AH spi 0x00002001 seq 1, transport, hmac-sha1-96: ICV good, 12 octets"), "%s", text);
	struct bytes both = protect(ah, protect(esp, datagram, inner, sizeof inner), outer, sizeof outer);
	cr_expect(bytes_equal(plain_open(room, sad, both, text, sizeof text), datagram), "%s", text);
	cr_expect(has(text, "AH spi 0x00002001 seq 2") && has(text, "\nESP spi 0x00001001 seq 1"), "%s", text);
	/* the other way round AH is what ESP hid */
	struct bytes hidden = protect(ah, datagram, inner, sizeof inner);
	struct bytes turned = protect(esp, hidden, outer, sizeof outer);
	cr_expect(bytes_equal(plain_open(room, sad, turned, text, sizeof text), hidden), "%s", text);
	cr_expect(has(text, "\nAH spi 0x00002001 seq 3, transport, hmac-sha1-96: ICV good"), "%s", text);
	sad_free(sad);
}

Test(plain, compression_inside_esp_is_undone)
{
	uint8_t before[300], inner[500], outer[600];
	char text[400];
	struct sad *sad = sad_new();
	struct sa *comp = add_sa(sad, 108, NULL, NULL, 0x3001, MODE_TRANSPORT, 4);
	struct sa *esp = add_sa(sad, 50, "aes-gcm-16", NULL, 0x1001, MODE_TUNNEL, 4);
	struct bytes datagram = echo(4, before, sizeof before);
	struct bytes sealed = protect(esp, protect(comp, datagram, inner, sizeof inner), outer, sizeof outer);
	cr_expect(bytes_equal(plain_open(room, sad, sealed, text, sizeof text), datagram), "%s", text);
	cr_expect(has(text, "ESP spi 0x00001001") && has(text, "\nIPComp cpi 0x3001"), "%s", text);
	sad_free(sad);
}

Test(plain, a_packet_in_the_other_mode_is_opened_and_that_is_said)
{
	for (unsigned tunnel = 0; tunnel < 2; tunnel++) {
		uint8_t before[300], after[500];
		char text[300];
		struct sad *sad = sad_new(), *other = sad_new();
		struct sa *sa = add_sa(sad, 50, "aes-cbc", "hmac-sha1-96", 0x1001, MODE_TRANSPORT, 4);
		struct sa *agreed = add_sa(other, 50, "aes-cbc", "hmac-sha1-96", 0x1001, MODE_TUNNEL, 4);
		struct bytes datagram = echo(4, before, sizeof before);
		struct bytes sealed = protect(tunnel ? agreed : sa, datagram, after, sizeof after);
		struct bytes got = plain_open(room, tunnel ? sad : other, sealed, text, sizeof text);
		if (tunnel) /* IP in IP is what transport mode may carry */
			cr_expect(has(text, "transport") && !has(text, "mode"), "%s", text);
		else
			cr_expect(bytes_equal(got, datagram) && has(text, "; not in the SA's mode"), "%s", text);
		cr_expect(eq(int, agreed->spec.mode, MODE_TUNNEL), "the SA is as it was");
		sad_free(sad);
		sad_free(other);
	}
}

Test(plain, what_has_no_key_or_no_protection_stays_as_it_is)
{
	uint8_t before[300], after[500];
	char text[300];
	struct sad *sad = sad_new(), *empty = sad_new();
	struct sa *sa = add_sa(sad, 50, "aes-cbc", "hmac-sha1-96", 0x1001, MODE_TRANSPORT, 4);
	struct bytes datagram = echo(4, before, sizeof before);
	struct bytes sealed = protect(sa, datagram, after, sizeof after);
	cr_expect(bytes_equal(plain_open(room, empty, sealed, text, sizeof text), sealed));
	cr_expect(eq(str, text, "ESP spi 0x00001001 seq 1: not opened: no-sa"));
	cr_expect(bytes_equal(plain_open(room, sad, datagram, text, sizeof text), datagram));
	cr_expect(eq(str, text, ""));
	cr_expect(eq(sz, plain_open(room, sad, BYTES_NONE, text, sizeof text).n, 0));
	sad_free(sad);
	sad_free(empty);
}

Test(plain, damaged_and_cut_packets_of_any_kind_are_survived)
{
	uint8_t before[300], inner[500], outer[600], copy[600];
	char text[200];
	struct sad *sad = sad_new();
	struct sa *esp = add_sa(sad, 50, "aes-cbc", "hmac-sha1-96", 0x1001, MODE_TUNNEL, 4);
	struct sa *ah = add_sa(sad, 51, NULL, "hmac-sha1-96", 0x2001, MODE_TRANSPORT, 4);
	struct bytes whole =
		protect(ah, protect(esp, echo(4, before, sizeof before), inner, sizeof inner), outer, sizeof outer);
	for (unsigned i = 0; i < 4000; i++) {
		uint8_t dice[4];
		seeded.random.fill(&seeded.random, dice, sizeof dice);
		struct rd r = rd_of(BYTES_OF(dice));
		size_t at = rd_uint(&r, 2) % whole.n, n = i % 2 ? whole.n : rd_uint(&r, 1) % (whole.n + 1);
		memcpy(copy, outer, whole.n);
		test_flip(copy, whole.n, at, i % 8);
		struct bytes got =
			plain_open(room, sad, (struct bytes){ copy, n }, text, i % 3 ? sizeof text : 1 + i % 40);
		cr_assert(le(sz, got.n, whole.n));
	}
	sad_free(sad);
}
