/* What a person reads of one packet: every field at its place, with its clause; what an SA opens; what is wrong. */
#include "runner/observe/decode.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "ipsec/test_sa.h"

static struct bytes
octets_of(const char *hex, uint8_t *room, size_t cap)
{
	struct wr w = wr_of(room, cap);
	for (const char *p = hex; *p != '\0'; p += *p == ' ' ? 1 : 2)
		if (*p != ' ') {
			char two[3] = { p[0], p[1], '\0' };
			wr_uint(&w, strtoul(two, NULL, 16), 1);
		}
	return wr_done(&w);
}

static char *
decoded(const struct sad *sad, struct bytes datagram, enum verdict *v)
{
	char *text = NULL;
	size_t n = 0;
	struct err e = { 0 };
	FILE *out = open_memstream(&text, &n);
	bool ok = decode_datagram(out, sad, datagram, v, &e);
	if (!ok)
		fprintf(out, "%s", e.text);
	fclose(out);
	return text;
}

#define ECHO4 "4500 0020 1c46 4000 4001 9a93 c0000201 c0000202 0800 3334 0002 0003 61626364"

static const struct {
	const char *hex, *says;
} rows[] = {
	{ ECHO4, "      12  c0000201            src             192.0.2.1                    RFC 791 3.1\n" },
	{ ECHO4, "     6.3  4000                offset          0" },
	{ ECHO4, "echo: ICMP Echo, RFC 792 page 14\n      20  08                  type            echo" },
	{ ECHO4, "payload: 4 octets\n      28  61626364            \"abcd\"\n" },
	{ "4500 0020 1c46 4000 4001 0000 c0000201 c0000202 0800 0001 0002 0003 61626364",
	  "wrong: ip4.checksum: want 0x9a93, got 0x0" },
	{ "4500 0020 1c46 4000 4001 9a93 c0000201 c0000202 0800 0001 0002 0003 61626364",
	  "wrong: echo.checksum: want 0x3334, got 0x1" },
	{ "4500 0020 1c46 4000 4032 9a62 c0000201 c0000202 00001001 00000002 61626364", "verdict: no-sa\n" },
	{ "6000000000083bff 20010db8000000000000000000000001 20010db8000000000000000000000002 0011223344556677",
	  "next_header     none" },
	{ "45", "ip4.dscp: want 1 octets, got 0" },
	{ "95000000", "ip.version: want 4 or 6, got 9" },
};

Test(decode, names_every_field_with_its_place_and_clause)
{
	struct sad *sad = sad_new();
	for (unsigned i = 0; i < COUNT(rows); i++) {
		uint8_t room[200];
		enum verdict v;
		char *text = decoded(sad, octets_of(rows[i].hex, room, sizeof room), &v);
		cr_expect(strstr(text, rows[i].says) != NULL, "%s: want %s in\n%s", rows[i].hex, rows[i].says, text);
		bool right = strstr(rows[i].says, "wrong") != NULL || strstr(text, "wrong") == NULL;
		cr_expect(right, "%s: nothing is wrong with\n%s", rows[i].hex, text);
		free(text);
	}
	sad_free(sad);
}

static struct sad *
sad_with(const struct sa_spec *spec)
{
	struct sad *sad = sad_new();
	struct err e = { 0 };
	cr_assert(sad_add(sad, test_open(spec), &e), "%s", e.text);
	return sad;
}

Test(decode, shows_what_an_sa_opens_and_what_it_refuses)
{
	struct test_keys k, other;
	struct random_seeded rnd;
	uint8_t clear[100], sealed[300];
	enum verdict v;
	struct sa_spec s = test_spec(50, "aes-cbc", "hmac-sha1-96", &k);
	s.dst = addr_of((struct bytes){ (const uint8_t[]){ 192, 0, 2, 2 }, 4 });
	struct sa *sender = test_open(&s);
	struct sad *right = sad_with(&s);
	struct wr w = wr_of(sealed, sizeof sealed);
	random_seeded_init(&rnd, 1);
	cr_assert(eq(int, datagram_protect(sender, octets_of(ECHO4, clear, sizeof clear), 0, &rnd.random, &w), ACCEPT));
	char *text = decoded(right, wr_done(&w), &v);
	static const char *const wanted[] = { "esp: IP Encapsulating Security Payload",
					      "      20  00001001            spi             0x1001",
					      "                              next_header     icmp",
					      "                              seq             3",
					      "\"abcd\"",
					      "verdict: ok\n" };
	for (unsigned i = 0; i < COUNT(wanted); i++)
		cr_expect(strstr(text, wanted[i]) != NULL, "want %s in\n%s", wanted[i], text);
	cr_expect(eq(int, v, ACCEPT));
	free(text);
	s.auth_key = test_key(s.auth, 0x61, other.auth);
	struct sad *wrong = sad_with(&s);
	text = decoded(wrong, wr_done(&w), &v);
	cr_expect(strstr(text, "verdict: icv\n") != NULL && strstr(text, "abcd") == NULL, "%s", text);
	cr_expect(eq(int, v, DROP_ICV));
	free(text);
	sad_free(right);
	sad_free(wrong);
	sa_close(sender);
}

Test(decode, prints_a_message_with_its_keys_only_where_asked)
{
	struct pfkey_msg m;
	struct test_keys k;
	uint8_t store[400], octets[600];
	struct err e = { 0 };
	struct sa_spec s = test_spec(50, "aes-cbc", "hmac-sha1-96", &k);
	struct wr borrowed = wr_of(store, sizeof store), w = wr_of(octets, sizeof octets);
	s.src = s.dst = addr_of((struct bytes){ (const uint8_t[]){ 192, 0, 2, 2 }, 4 });
	pfkey_msg_init(&m, &dialect_linux, PFKEY_ADD, SATYPE_ESP);
	cr_assert(pfkey_msg_from_sa(&m, &s, &borrowed, &e), "%s", e.text);
	cr_assert(pfkey_msg_put(&m, false, &w, &e), "%s", e.text);
	for (int keys = 0; keys < 2; keys++) {
		char *text = NULL;
		size_t n = 0;
		FILE *out = open_memstream(&text, &n);
		cr_assert(decode_message(out, &dialect_linux, wr_done(&w), keys != 0, &e), "%s", e.text);
		fclose(out);
		cr_expect(strstr(text, "\nsa: ") != NULL && strstr(text, "0x1001") != NULL, "%s", text);
		cr_expect(eq(int, strstr(text, "60676e75") != NULL, keys), "%s", text);
		free(text);
	}
	w.n -= 8;
	cr_expect(not(decode_message(stdout, &dialect_linux, wr_done(&w), false, &e)));
}

/* --- what somebody may feed it ----------------------------------------------------------------- */

/* Exactly as many octets as there are, so that the sanitizer sees one too many. */
static void
decode_exactly(const struct sad *sad, const struct dialect *d, struct bytes octets)
{
	static FILE *out;
	enum verdict v;
	struct err e = { 0 };
	uint8_t *exact = malloc(octets.n > 0 ? octets.n : 1);
	struct wr w = wr_of(exact, octets.n);
	if (out == NULL)
		out = fopen("/dev/null", "w");
	wr_bytes(&w, octets);
	bool shown = d != NULL ? decode_message(out, d, wr_done(&w), true, &e)
			       : decode_datagram(out, sad, wr_done(&w), &v, &e);
	cr_assert(shown || e.text[0] != '\0', "refused without a word");
	free(exact);
}

static void
decode_damaged(const struct sad *sad, const struct dialect *d, struct bytes octets)
{
	uint8_t room[1000];
	struct wr w = wr_of(room, sizeof room);
	wr_bytes(&w, octets);
	for (size_t cut = 0; cut <= octets.n; cut++)
		decode_exactly(sad, d, bytes_slice(octets, 0, cut));
	for (size_t bit = 0; bit < 8 * octets.n; bit++) {
		struct rd r = rd_of(bytes_slice(octets, bit / 8, 1));
		uint64_t octet = rd_uint(&r, 1);
		cr_assert(wr_patch(&w, bit / 8, octet ^ 1u << bit % 8, 1));
		decode_exactly(sad, d, wr_done(&w));
		cr_assert(wr_patch(&w, bit / 8, octet, 1));
	}
}

Test(decode, every_truncation_and_flipped_bit_of_a_packet_is_shown_or_refused)
{
	static const char *const packets[] = {
		ECHO4,
		"4600 0024 1c46 4000 4006 0000 c0000201 c0000202 94040000 0007 0008 00000001 00000002 5018 1000 0000 0000 61",
		("6000 0000 0028 00ff 20010db8000000000000000000000001 20010db8000000000000000000000002 2b00 010400000000 "
		 "2c02 0000 00000000 00000000 00000000 1100 0001 00000007 0007 0008 0008 0000"),
		"4500 0030 1c46 4000 4033 0000 c0000201 c0000202 0104 0000 00001001 00000001 000102030405060708090a0b 0800 3334 0002 0003",
		"4500 0024 1c46 4000 4011 0000 c0000201 c0000202 1194 1194 0010 0000 00001001 00000001",
		"4500 0020 1c46 4000 4001 9a93 c0000201 c0000202 0304 3334 0000 0500 45000020",
		"4500 001c 1c46 4000 406c 0000 c0000201 c0000202 0400 0002 0102 0304",
	};
	struct test_keys k;
	struct random_seeded rnd;
	uint8_t clear[100], sealed[300];
	struct sa_spec s = test_spec(50, "aes-cbc", "hmac-sha1-96", &k);
	s.dst = addr_of((struct bytes){ (const uint8_t[]){ 192, 0, 2, 2 }, 4 });
	struct sa *sender = test_open(&s);
	struct sad *sad = sad_with(&s);
	struct wr w = wr_of(sealed, sizeof sealed);
	random_seeded_init(&rnd, 1);
	for (unsigned i = 0; i < COUNT(packets); i++)
		decode_damaged(sad, NULL, octets_of(packets[i], clear, sizeof clear));
	cr_assert(eq(int, datagram_protect(sender, octets_of(ECHO4, clear, sizeof clear), 0, &rnd.random, &w), ACCEPT));
	decode_damaged(sad, NULL, wr_done(&w));
	sa_close(sender);
	sad_free(sad);
}

Test(decode, every_truncation_and_flipped_bit_of_a_message_is_shown_or_refused)
{
	static const struct dialect *const dialects[] = { &dialect_linux, &dialect_kame, &dialect_solaris,
							  &dialect_openbsd };
	struct pfkey_msg m;
	struct test_keys k;
	uint8_t store[400], octets[600];
	struct err e = { 0 };
	struct sa_spec s = test_spec(50, "aes-cbc", "hmac-sha1-96", &k);
	s.src = s.dst = addr_of((struct bytes){ (const uint8_t[]){ 192, 0, 2, 2 }, 4 });
	for (unsigned i = 0; i < COUNT(dialects); i++) {
		struct wr borrowed = wr_of(store, sizeof store), w = wr_of(octets, sizeof octets);
		pfkey_msg_init(&m, dialects[i], PFKEY_ADD, SATYPE_ESP);
		cr_assert(pfkey_msg_from_sa(&m, &s, &borrowed, &e), "%u: %s", i, e.text);
		cr_assert(pfkey_msg_put(&m, false, &w, &e), "%u: %s", i, e.text);
		decode_damaged(NULL, dialects[i], wr_done(&w));
	}
}
