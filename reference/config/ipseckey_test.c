#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <stdlib.h>

#include "config/ipseckey.h"

#define K16 "000102030405060708090a0b0c0d0e0f"
#define K20 K16 "10111213"
#define SD "spi 0x100 src 192.0.2.1 dst 192.0.2.2"
#define AES " encr_alg aes encrkey " K16 "/128"
#define SHA1 " auth_alg hmac-sha1 authkey " K20 "/160"

static struct ipseckey_script *
parsed(const char *text)
{
	struct err e = { 0 };
	struct ipseckey_script *s = ipseckey_parse(text, strlen(text), "t", 1, &e);
	cr_assert(s != NULL, "%s: %s", text, e.text);
	return s;
}

static const char *const canonical[] = {
	"flush\n",
	"flush ah\n",
	"dump esp\n",
	"add esp " SD AES SHA1 "\n",
	"add ah " SD " replay 32 replay_value 7" SHA1 "\n",
	"add esp spi 0xffffffff dst6 2001:db8::2 encr_alg null" SHA1 "\n",
	"add esp " SD " inbound pair-spi 257 state larval" AES "\n",
	"add esp " SD " sport 5 dport 6 proto 17" AES "\n",
	"add esp " SD " proto 4 isrc 10.0.0.0/8 idst 10.1.2.3/32 isport 7 idport 8 iproto 6" AES "\n",
	"add esp " SD " proto 41 isrc6 2001:db8::/32" AES "\n",
	"add esp " SD " encap udp nat_loc 192.0.2.9 nat_rem 10.0.0.1 nat_lport 4500 nat_rport 1025" AES "\n",
	("add esp " SD " idle_addtime 1 idle_usetime 2 soft_bytes 3 soft_addtime 4 soft_usetime 5 hard_bytes 6 "
	 "hard_addtime 7 hard_usetime 18446744073709551615" AES "\n"),
	"add esp " SD " encr_alg aes-gcm encrkey " K16 "a0a1a2a3/160\n",
	"update esp " SD " hard_addtime 99\n",
	"update-pair esp " SD " soft_addtime 9\n",
	"delete esp spi 0x2112 dst 224.0.0.1\n",
	"delete-pair ah spi 0x2112 dst 224.0.0.1\n",
	"get esp spi 0x2112 dst 224.0.0.1\n",
};

Test(ipseckey, what_is_printed_parses_to_the_same)
{
	for (size_t i = 0; i < sizeof canonical / sizeof canonical[0]; i++) {
		char text[600];
		struct ipseckey_script *s = parsed(canonical[i]);
		size_t n = ipseckey_print(ipseckey_first(s), true, text, sizeof text);
		cr_assert(n < sizeof text);
		cr_assert(strcmp(text, canonical[i]) == 0, "row %zu: want %s got %s", i, canonical[i], text);
		ipseckey_free(s);
	}
}

Test(ipseckey, other_spellings_mean_the_same)
{
	static const struct {
		const char *a, *b;
	} rows[] = {
		{ "add esp spi 256 srcaddr 192.0.2.1 dstaddr 192.0.2.2 encralg AES \\\n  encrkey " K16 "\n",
		  "add esp spi 0400 saddr 192.0.2.1 daddr 192.0.2.2 encrkey " K16 "/128 encr_alg 12" },
		{ "add ah " SD " authalg sha authkey " K20, "add ah " SD " auth_alg 3 authkey " K20 " state mature" },
		{ "add esp " SD " ulp 4 innersrc 10.0.0.1 innerdport 8" AES,
		  "add esp " SD " proto 4 proxy 10.0.0.1/32 idport 8" AES },
		{ "flush all", "flush" },
		{ "add esp spi 1 dst6 ::1 src6 ::2" AES " # comment", "add esp spi 1 src ::2 dst ::1" AES },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char a[400], b[400];
		struct ipseckey_script *sa = parsed(rows[i].a), *sb = parsed(rows[i].b);
		ipseckey_print(ipseckey_first(sa), true, a, sizeof a);
		ipseckey_print(ipseckey_first(sb), true, b, sizeof b);
		cr_assert(strcmp(a, b) == 0, "row %zu: %s and %s", i, a, b);
		ipseckey_free(sa);
		ipseckey_free(sb);
	}
}

/* ipseckey(8), "Tunnel Mode versus Transport Mode SAs". */
Test(ipseckey, the_mode_is_tunnel_where_ip_is_inside_and_somebody_says_what)
{
	static const struct {
		const char *extensions;
		uint8_t mode;
		bool selects;
	} rows[] = {
		{ "", MODE_TRANSPORT, false },
		{ " proto 4", MODE_TRANSPORT, false },
		{ " isrc 10.0.0.1", MODE_TRANSPORT, false },
		{ " proto 17 isrc 10.0.0.1", MODE_TRANSPORT, false },
		{ " proto 4 isrc 10.0.0.1", MODE_TUNNEL, true },
		{ " proto 41 idport 7", MODE_TUNNEL, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[200];
		snprintf(text, sizeof text, "add esp " SD "%s" AES, rows[i].extensions);
		struct ipseckey_script *s = parsed(text);
		cr_assert(eq(int, ipseckey_first(s)->sa.mode, rows[i].mode), "row %zu", i);
		cr_assert(eq(int, ipseckey_first(s)->sa.selects, rows[i].selects), "row %zu", i);
		ipseckey_free(s);
	}
}

Test(ipseckey, a_command_is_a_line)
{
	struct ipseckey_script *s = parsed("flush\n\n# none\nadd esp " SD " \\\n" AES "\nflush ah\n");
	const struct ipseckey_command *c = ipseckey_first(s);
	cr_assert(c->verb == IPSECKEY_FLUSH && c->line == 1);
	c = c->next;
	cr_assert(c->verb == IPSECKEY_ADD && c->line == 4 && c->sa.enc_key.n == 16);
	c = c->next;
	cr_assert(c->verb == IPSECKEY_FLUSH && c->protocol == 51 && c->line == 6 && c->next == NULL);
	ipseckey_free(s);
}

Test(ipseckey, keys_are_printed_only_on_request)
{
	char text[300];
	struct ipseckey_script *s = parsed("add esp " SD " encr_alg des encrkey 0123456789abcdef");
	ipseckey_print(ipseckey_first(s), false, text, sizeof text);
	cr_assert(eq(str, text, "add esp " SD " encr_alg des encrkey XXXXXXXXXXXXXXXX/64\n"));
	ipseckey_free(s);
}

static const struct {
	const char *text, *error;
} wrong[] = {
	{ "ad esp",
	  "t:1:1: want a command (add, update, update-pair, delete, delete-pair, get, flush, dump), got \"ad\"" },
	{ "add", "t:1:4: want ah or esp, got the end of the text" },
	{ "add ipcomp", "t:1:5: want a type of SA (ah, esp), got \"ipcomp\"" },
	{ "add all " SD, "t:1:5: want a type of SA (ah, esp), got \"all\"" },
	{ "flush esp ah", "t:1:11: want the end of the line, got \"ah\"" },
	{ "add esp src 192.0.2.1 dst 192.0.2.2" AES "\nflush", "t:2:1: want spi, got none in this command" },
	{ "add esp spi 1" AES, "t:1:72: want dst, got none in this command" },
	{ "delete esp spi 1", "t:1:17: want dst, got none in this command" },
	{ "add esp " SD " dst6 ::1" AES, "t:1:47: want dst6 once, got \"dst6\"" },
	{ "add esp spi 1 src6 192.0.2.1", "t:1:20: want an IPv6 address, got \"192.0.2.1\"" },
	{ "add esp spi 1 src ::1 dst 192.0.2.1" AES, "t:1:94: want src and dst of one family, got two" },
	{ "add esp spi 08", "t:1:13: want spi, got \"08\"" },
	{ "add esp spi 0x100000000", "t:1:13: want spi (0 to 4294967295), got \"0x100000000\"" },
	{ "add esp " SD " state old", "t:1:53: want a state (larval, mature, dying, dead, 0, 1, 2, 3), got \"old\"" },
	{ "add esp " SD " encap tcp", "t:1:53: want an encapsulation (udp), got \"tcp\"" },
	{ "add esp " SD " bogus 1",
	  "t:1:47: want an extension (spi, src, dst, encr_alg, encrkey, auth_alg, authkey, replay, ..), got \"bogus\"" },
	{ "add esp " SD, "t:1:46: want encr_alg or auth_alg, got none" },
	{ "add ah " SD, "t:1:45: want auth_alg, got none" },
	{ "add ah " SD AES, "t:1:103: want auth_alg alone for ah, got encr_alg" },
	{ "add esp " SD " encr_alg aes-gcm encrkey " K20 SHA1,
	  "t:1:184: want no auth_alg beside a combined encr_alg, got one" },
	{ "add esp " SD " encr_alg aes encrkey 0011", "t:1:68: want a key that fits aes, got 16 bits" },
	{ "add esp " SD " encr_alg aes", "t:1:59: want a key that fits aes, got 0 bits" },
	{ "add esp " SD " encrkey " K16 SHA1, "t:1:55: want an algorithm beside a key, got none" },
	{ "add esp " SD " encr_alg des encrkey 0123456789abcde/57", "t:1:68: want a key that fits des, got 57 bits" },
	{ "add esp " SD " encr_alg des encrkey 0123456789abcdef/70",
	  "t:1:85: want bits of the key (61 to 64), got \"70\"" },
	{ "add esp " SD " encr_alg des encrkey 01x3", "t:1:68: want hexadecimal digits, got something else" },
	{ "add esp " SD " encr_alg rot13",
	  "t:1:56: want an encryption algorithm (aes, 3des, des, blowfish, aes-gcm, aes-ccm, null), got \"rot13\"" },
};

Test(ipseckey, every_error_names_line_and_column)
{
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct err e = { 0 };
		struct ipseckey_script *s = ipseckey_parse(wrong[i].text, strlen(wrong[i].text), "t", 1, &e);
		cr_expect(s == NULL, "row %zu was taken: %s", i, wrong[i].text);
		cr_expect(strcmp(e.text, wrong[i].error) == 0, "row %zu: %s\nwant %s\n got %s", i, wrong[i].text,
			  wrong[i].error, e.text);
		ipseckey_free(s);
	}
}

Test(ipseckey, noise_never_crashes)
{
	static const char *const pieces[] = { "add",        " esp", " spi",   " 1",         " dst",
					      " 192.0.2.1", "/",    "24",     " encrkey",   " 0",
					      "f/3",        "\n",   " \\\n",  " encap udp", " authkey",
					      " \"",        " #",   " flush", " \xff" };
	uint64_t state = 42;
	for (unsigned round = 0; round < 20000; round++) {
		char text[300] = "";
		for (unsigned i = 0; i < 14; i++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			strcat(text, pieces[(state >> 33) % (sizeof pieces / sizeof pieces[0])]);
		}
		struct err e = { 0 };
		ipseckey_free(ipseckey_parse(text, strlen(text), "noise", 1, &e));
	}
}
