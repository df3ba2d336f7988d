/* No key comes through, however it is written; everything else does. */
#include "reports/redact.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>

#include "config/setkey.h"
#include "crypto/alg.h"
#include "reports/event.h"
#include "wire/text.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define KEY "0x00112233445566778899aabbccddeeff"
#define KEY2 "0xFFEEDDCCBBAA99887766554433221100a1b2c3d4"

static const struct {
	const char *text, *wanted;
} texts[] = {
	/* setkey(8) */
	{ "add 192.0.2.1 192.0.2.2 esp 0x1001 -E rijndael-cbc " KEY " -A hmac-sha1 " KEY2 " ;\n",
	  "add 192.0.2.1 192.0.2.2 esp 0x1001 -E rijndael-cbc 0x<128-bit key> -A hmac-sha1 0x<160-bit key> ;\n" },
	{ "add ::1 ::2 esp 4097\n\t-E 3des-cbc \"123456789012345678901234\"\n\t-A hmac-md5 \"1234567890123456\";",
	  "add ::1 ::2 esp 4097\n\t-E 3des-cbc \"<24-octet key>\"\n\t-A hmac-md5 \"<16-octet key>\";" },
	{ "-E null -A hmac-sha1 0xab", "-E null -A hmac-sha1 0x<8-bit key>" },
	{ "-E null \"\" -A hmac-sha1 0xabc", "-E null \"<0-octet key>\" -A hmac-sha1 0x<12-bit key>" },
	{ "-E   aes-ctr\n # the key\n " KEY " ;", "-E   aes-ctr\n # the key\n 0x<128-bit key> ;" },
	{ "-E aes-ctr # 0x0011223344556677\n 0x12;", "-E aes-ctr # 0x<64-bit key>\n 0x<8-bit key>;" },
	{ "# -E aes 0x12 and the auth word is left", "# -E aes 0x<8-bit key> and the auth word is left" },
	{ "-E " KEY, "-E 0x<128-bit key>" },
	{ "-E \"abcd\" -A", "-E \"<4-octet key>\" -A" },
	{ "-E aes-cbc \"never closed\nadd", "-E aes-cbc \"<12-octet key>\nadd" },
	{ "-E aes-cbc 'single'", "-E aes-cbc '<6-octet key>'" },
	{ "-E aes-cbc what;", "-E aes-cbc <4-octet key>;" },
	{ "add 192.0.2.1 192.0.2.2 ipcomp 0x1234 -C deflate ;\nspdadd ::/0 ::/0 any -P out none;",
	  "add 192.0.2.1 192.0.2.2 ipcomp 0x1234 -C deflate ;\nspdadd ::/0 ::/0 any -P out none;" },
	{ "add a b esp 1 -C deflate -R -A hmac-md5 0x1 ;", "add a b esp 1 -C deflate -R -A hmac-md5 0x<4-bit key> ;" },
	{ "broken 001122334455667788990011 text", "broken <96-bit key> text" },
	{ "key=0x0011223344556677889900/88", "key=0x<88-bit key>/88" },
	{ "seq 0xffffffffffffffff spi 0x00001001", "seq 0xffffffffffffffff spi 0x00001001" },
	{ "", "" },
	{ "2001:db8:1111:2222:3333:4444:5555:6666 02:00:00:00:00:01",
	  "2001:db8:1111:2222:3333:4444:5555:6666 02:00:00:00:00:01" },
	/* ipseckey(8) */
	{ "add esp spi 0x1001 src 192.0.2.1 dst 192.0.2.2 encr_alg aes encrkey 00112233 auth_alg sha1 \\\n authkey 0xabcdef/24",
	  "add esp spi 0x1001 src 192.0.2.1 dst 192.0.2.2 encr_alg aes encrkey <32-bit key> auth_alg sha1 \\\n authkey 0x<24-bit key>/24" },
	/* ip-xfrm(8) */
	{ "state add src 192.0.2.1 enc 'cbc(aes)' " KEY " auth-trunc 'hmac(sha256)' 0xabcdef01 128",
	  "state add src 192.0.2.1 enc 'cbc(aes)' 0x<128-bit key> auth-trunc 'hmac(sha256)' 0x<32-bit key> 128" },
	{ "aead \"rfc4106(gcm(aes))\" 0x0011 96 mode tunnel",
	  "aead \"rfc4106(gcm(aes))\" 0x<16-bit key> 96 mode tunnel" },
	{ "enc cbc(aes) secret mode transport", "enc cbc(aes) <6-octet key> mode transport" },
};

Test(redact, gives_text_back_without_its_keys_and_nothing_else)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		char *got = redact_setkey(texts[i].text);
		cr_expect(eq(str, got, (char *)texts[i].wanted), "%s", texts[i].text);
		free(got);
	}
}

/* --- every algorithm -------------------------------------------------------------------------------- */

static struct bytes
pattern(uint8_t *room, size_t n)
{
	struct wr w = wr_of(room, n);
	for (size_t i = 0; i < n; i++)
		wr_uint(&w, 0x41 + i % 26, 1);
	return wr_done(&w);
}

static char *
command_of(const struct alg *a, struct bytes key, bool string)
{
	char hex[200], *text = NULL;
	struct text t = text_of(hex, sizeof hex);
	if (string)
		text_add(&t, "\"%.*s\"", (int)key.n, (const char *)key.p);
	else
		text_add_hex(&t, key);
	cr_assert(asprintf(&text, "add 192.0.2.1 192.0.2.2 esp 0x1001 -%c %s\t%s ;", a->use & ALG_ENC ? 'E' : 'A',
			   a->name, hex) > 0);
	return text;
}

Test(redact, hides_the_key_of_every_algorithm_in_both_spellings)
{
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		size_t sizes[16], n = alg_key_sizes(a, sizes, COUNT(sizes));
		for (size_t k = 0; k < n && k < COUNT(sizes); k++)
			for (int string = 0; string < 2; string++) {
				uint8_t room[200];
				char mark[40];
				struct bytes key = pattern(room, sizes[k]);
				char *text = command_of(a, key, string);
				char *got = redact_setkey(text);
				snprintf(mark, sizeof mark, string ? "\"<%zu-octet key>\" ;" : "0x<%zu-bit key> ;",
					 string ? key.n : key.n * 8);
				if (key.n > 0)
					cr_expect(strstr(got, mark) != NULL, "%s: want %s in %s", a->name, mark, got);
				cr_expect(strstr(got, "4142") == NULL && strstr(got, "ABCD") == NULL, "%s: %s", a->name,
					  got);
				free(got);
				free(text);
			}
	}
}

/* --- messages ---------------------------------------------------------------------------------------- */

static bool
is_covered(struct bytes octets, const uint8_t *mask, struct bytes key)
{
	struct rd m;
	for (size_t at = 0; at + key.n <= octets.n; at++) {
		bool all = bytes_equal(bytes_slice(octets, at, key.n), key);
		m = rd_of((struct bytes){ mask + at, key.n });
		while (all && rd_left(&m) > 0)
			if (rd_uint(&m, 1) == 0)
				return false;
	}
	return true;
}

static size_t
covered(struct bytes octets, const uint8_t *mask)
{
	size_t n = 0;
	for (struct rd m = rd_of((struct bytes){ mask, octets.n }); rd_left(&m) > 0;)
		n += rd_uint(&m, 1) != 0;
	return n;
}

static struct bytes
pfkey_add(const struct dialect *d, struct bytes enc, struct bytes auth, uint8_t *room, size_t cap)
{
	static struct pfkey_msg m;
	uint8_t store[400];
	struct err e = { 0 };
	struct sa_spec s = { .spi = 0x1001, .protocol = 50, .mode = MODE_TRANSPORT, .enc_key = enc, .auth_key = auth };
	struct wr borrowed = wr_of(store, sizeof store), w = wr_of(room, cap);
	s.enc = alg_by_name("aes-cbc", ALG_ENC);
	s.auth = alg_by_name("hmac-sha1-96", ALG_AUTH);
	s.src = s.dst = addr_of((struct bytes){ (const uint8_t[]){ 192, 0, 2, 2 }, 4 });
	pfkey_msg_init(&m, d, PFKEY_ADD, SATYPE_ESP);
	cr_assert(pfkey_msg_from_sa(&m, &s, &borrowed, &e), "%s: %s", d->name, e.text);
	cr_assert(pfkey_msg_put(&m, false, &w, &e), "%s: %s", d->name, e.text);
	return wr_done(&w);
}

Test(redact, masks_the_keys_of_pfkey_messages_whatever_is_wrong_with_them)
{
	static const struct dialect *const dialects[] = { &dialect_linux,   &dialect_kame,    &dialect_freebsd,
							  &dialect_openbsd, &dialect_solaris, &dialect_reference };
	uint8_t keys[36], room[700], mask[700];
	struct bytes all = pattern(keys, sizeof keys), enc = bytes_slice(all, 0, 16), auth = bytes_slice(all, 16, 20);
	for (size_t i = 0; i < COUNT(dialects); i++) {
		const struct dialect *d = dialects[i];
		struct bytes octets = pfkey_add(d, enc, auth, room, sizeof room);
		redact_pfkey(d, false, octets, mask);
		cr_assert(is_covered(octets, mask, enc) && is_covered(octets, mask, auth), "%s", d->name);
		cr_assert(eq(sz, covered(octets, mask), 40), "%s: 36 octets of keys and 4 of padding behind them",
			  d->name);
		redact_pfkey(NULL, false, octets, mask);
		cr_assert(eq(sz, covered(octets, mask), octets.n - 16), "%s", d->name);
		for (size_t cut = 0; cut < octets.n; cut++) {
			redact_pfkey(d, false, bytes_slice(octets, 0, cut), mask);
			cr_assert(is_covered(bytes_slice(octets, 0, cut), mask, bytes_slice(enc, 0, 8)),
				  "%s: cut at %zu", d->name, cut);
		}
	}
}

/* As netlink has it on this machine. */
static void
wr_host(struct wr *w, uint64_t v, unsigned octets)
{
	wr_uint(w, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? cursor_swap(v) >> (64 - 8 * octets) : v, octets);
}

static struct bytes
xfrm_newsa(struct bytes key, unsigned attribute, size_t between, uint8_t *room, size_t cap)
{
	struct wr w = wr_of(room, cap);
	size_t attr = 4 + 64 + 4 + between + key.n, n = 16 + sizeof(struct xfrm_usersa_info) + (attr + 3) / 4 * 4;
	wr_host(&w, n, 4);
	wr_host(&w, XFRM_MSG_NEWSA, 2);
	wr_fill(&w, 0, 10 + sizeof(struct xfrm_usersa_info));
	wr_host(&w, attr, 2);
	wr_host(&w, attribute, 2);
	wr_fill(&w, 'x', 64);
	wr_host(&w, 8 * key.n, 4);
	wr_fill(&w, 0, between);
	wr_bytes(&w, key);
	wr_fill(&w, 0, (4 - attr % 4) % 4);
	return wr_done(&w);
}

Test(redact, masks_the_keys_of_xfrm_messages_and_of_errors_that_quote_them)
{
	static const struct {
		unsigned attribute;
		size_t between;
	} rows[] = {
		{ XFRMA_ALG_CRYPT, 0 }, { XFRMA_ALG_AUTH, 0 }, { XFRMA_ALG_AEAD, 4 }, { XFRMA_ALG_AUTH_TRUNC, 4 }
	};
	uint8_t keys[20], room[600], error[700], mask[700];
	struct bytes key = pattern(keys, sizeof keys);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes octets = xfrm_newsa(key, rows[i].attribute, rows[i].between, room, sizeof room);
		redact_xfrm(octets, mask);
		cr_assert(is_covered(octets, mask, key), "attribute %u", rows[i].attribute);
		cr_assert(eq(sz, covered(octets, mask), 20), "attribute %u", rows[i].attribute);
		struct wr w = wr_of(error, sizeof error);
		wr_host(&w, 20 + octets.n, 4);
		wr_host(&w, NLMSG_ERROR, 2);
		wr_fill(&w, 0, 14);
		wr_bytes(&w, octets);
		redact_xfrm(wr_done(&w), mask);
		cr_assert(is_covered(wr_done(&w), mask, key), "error about attribute %u", rows[i].attribute);
		cr_assert(eq(sz, covered(wr_done(&w), mask), 20), "error about attribute %u", rows[i].attribute);
		for (size_t cut = 0; cut < octets.n; cut++) {
			redact_xfrm(bytes_slice(octets, 0, cut), mask);
			cr_assert(is_covered(bytes_slice(octets, 0, cut), mask, bytes_slice(key, 0, 4)), "cut at %zu",
				  cut);
		}
	}
	struct bytes odd = xfrm_newsa(key, 0x777, 0, room, sizeof room);
	redact_xfrm(odd, mask);
	cr_assert(is_covered(odd, mask, key), "an attribute that nobody knows");
}

/* --- free text --------------------------------------------------------------------------------------- */

static json_t *
event_with(const char *setkey)
{
	return json_pack("{s:[{s:s,s:s}]}", "exhibits", "kind", "setkey", "text", setkey);
}

Test(redact, takes_the_keys_of_a_case_out_of_its_free_text)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "want key_encrypt.key=" KEY, "want key_encrypt.key=0x<128-bit key>" },
		{ "got FFeeDDccBBaa99887766554433221100A1B2C3D4.", "got <160-bit key>." },
		{ "a piece 0x99887766554433221100a1b2 of it", "a piece 0x<96-bit key> of it" },
		{ "a digit before: f00112233445566778899aabbccddeeff", "a digit before: f<128-bit key>" },
		{ "said \"secret word\"", "said \"<11-octet key>\"" },
		{ "icv 0x0011223344556699887766554433", "icv 0x0011223344556699887766554433" },
		{ "an ICV of auth: 0xffeeddccbbaa, SPI 0x1001", "an ICV of auth: 0xffeeddccbbaa, SPI 0x1001" },
		{ "refused: add a b esp 9 -E des-cbc 0x7777777777777777",
		  "refused: add a b esp 9 -E des-cbc 0x<64-bit key>" },
	};
	json_t *event = event_with("add a b esp 1 -E aes-cbc " KEY " -A hmac-sha1 " KEY2
				   " ; add a b ah 2 -A hmac-md5 \"secret word\" ;");
	struct redact *r = redact_new(NULL, event, false), *open = redact_new(NULL, event, true);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *got = redact_text(r, rows[i].text), *same = redact_text(open, rows[i].text);
		cr_expect(eq(str, got, (char *)rows[i].wanted), "%s", rows[i].text);
		cr_expect(eq(str, same, (char *)rows[i].text), "--show-keys: %s", rows[i].text);
		free(got);
		free(same);
	}
	redact_free(open);
	redact_free(r);
	json_decref(event);
}

Test(redact, takes_everything_long_for_a_key_where_there_are_too_many)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	for (unsigned i = 0; i < 300; i++)
		fprintf(out, "add a b esp %u -E aes-cbc 0x%032x ;\n", i, i);
	fclose(out);
	json_t *event = event_with(text);
	struct redact *r = redact_new(NULL, event, false);
	char *got = redact_text(r, "key 0x0000000000000000000000000000012b of 0x1234");
	cr_expect(eq(str, got, "key 0x<128-bit key> of 0x1234"));
	free(got);
	free(text);
	redact_free(r);
	json_decref(event);
}

/* Keys and text that are alike everywhere are the worst case. */
Test(redact, a_hostile_journal_cannot_make_it_take_for_ever, .timeout = 20)
{
	static char text[90000], setkey[70000];
	char *at = setkey;
	memset(text, 'a', sizeof text - 1);
	for (unsigned i = 0; i < 250; i++)
		at += sprintf(at, "-A x \"%.*s%c%c\" ;", 240, text, 'a' + (int)(i % 26), 'a' + (int)(i / 26));
	json_t *event = event_with(setkey);
	struct redact *r = redact_new(NULL, event, false);
	char *got = redact_text(r, text);
	cr_assert(got != NULL);
	free(got);
	redact_free(r);
	json_decref(event);
}

Test(redact, masks_known_keys_in_octets_of_any_kind_but_frames)
{
	uint8_t room[40] = { 0 }, mask[40];
	struct wr w = wr_of(room, sizeof room);
	json_t *event = event_with("add a b esp 1 -E aes-cbc " KEY " ;");
	json_t *app = json_pack("{s:s}", "kind", "app"), *frame = json_pack("{s:s}", "kind", "frame-in");
	struct redact *r = redact_new(NULL, event, false);
	wr_fill(&w, 0xee, 10);
	cr_assert(text_read_hex(&KEY[2], &w));
	wr_fill(&w, 0xee, 14);
	redact_octets(r, app, wr_done(&w), mask);
	cr_assert(eq(sz, covered(wr_done(&w), mask), 16));
	redact_octets(r, frame, wr_done(&w), mask);
	cr_assert(eq(sz, covered(wr_done(&w), mask), 0));
	redact_free(r);
	json_decref(event);
	json_decref(app);
	json_decref(frame);
}

/* --- whatever a journal may hold --------------------------------------------------------------------- */

Test(redact, survives_every_truncation_and_odd_octet)
{
	char all[4000] = "";
	unsigned seed = 7;
	for (size_t i = 0; i < COUNT(texts); i++)
		strncat(all, texts[i].text, sizeof all - strlen(all) - 1);
	for (size_t n = strlen(all), round = 0; round < 2000; round++) {
		char copy[4000];
		size_t cut = (size_t)rand_r(&seed) % (n + 1);
		memcpy(copy, all, cut);
		copy[cut] = '\0';
		for (unsigned k = 0; k < 5 && cut > 0; k++)
			copy[(size_t)rand_r(&seed) % cut] = (char)(rand_r(&seed) % 255 + 1);
		json_t *event =
			json_pack("{s:[{s:s,s:s}]}", "exhibits", "kind", "setkey", "text", round % 2 ? "add" : copy);
		struct redact *r = redact_new(event, event, false);
		char *a = redact_setkey(copy), *b = r != NULL ? redact_text(r, copy) : NULL;
		cr_assert(a != NULL && b != NULL);
		free(a);
		free(b);
		redact_free(r);
		json_decref(event);
	}
}
