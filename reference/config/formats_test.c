/* ip-xfrm(8) and Wireshark's esp_sa: text to entries and back, what they cannot say, and what is wrong where. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/esp_sa.h"
#include "config/format.h"
#include "config/ip_xfrm.h"
#include "config/setkey.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define KEY16 "0x000102030405060708090a0b0c0d0e0f"
#define KEY20 "0x000102030405060708090a0b0c0d0e0f10111213"
#define KEY32 "0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* All entries as setkey text. */
static const char *
as_setkey(const struct config_entries *l, char *text, size_t cap)
{
	size_t n = 0;
	text[0] = '\0';
	for (const struct config_entry *x = config_entries_first(l); x != NULL && n < cap; x = x->next)
		n += x->is_policy ? setkey_print_policy(&x->policy, text + n, cap - n)
				  : setkey_print_sa(&x->sa, true, text + n, cap - n);
	return text;
}

static const struct {
	const char *xfrm, *setkey;
	bool prints; /* as it was read */
} rows[] = {
	{ "ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 mode transport replay-window 32 "
	  "auth-trunc 'hmac(sha256)' " KEY32 " 128 enc 'cbc(aes)' " KEY16 "\n",
	  "add 192.0.2.1 192.0.2.2 esp 0x00001001 -m transport -r 32 -E rijndael-cbc " KEY16 " -A hmac-sha256 " KEY32
	  " ;\n",
	  true },
	{ "ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 reqid 7 mode tunnel flag esn "
	  "replay-oseq 0x5 replay-oseq-hi 0x1 aead 'rfc4106(gcm(aes))' " KEY20 " 128\n",
	  "add 192.0.2.1 192.0.2.2 esp 0x00001001 -m tunnel -u 7 -esn -seq 0x100000006 -E aes-gcm-16 " KEY20 " ;\n",
	  true },
	{ "ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto ah spi 0x00001001 mode transport flag align4 "
	  "auth-trunc 'hmac(sha1)' " KEY20 " 96 limit byte-soft 1000 limit byte-hard 2000 limit time-hard 60\n",
	  "add 192.0.2.1 192.0.2.2 ah 0x00001001 -m transport -lh 60 -bs 1000 -bh 2000 -A hmac-sha1 " KEY20 " ;\n",
	  true },
	{ "ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001001 mode transport enc 'cbc(aes)' " KEY16
	  " encap espinudp 4500 4501 0.0.0.0\n",
	  "add 192.0.2.1[4500] 192.0.2.2[4501] esp-udp 0x00001001 -m transport -E rijndael-cbc " KEY16 " ;\n", true },
	{ "ip xfrm policy add src 192.0.2.0/24 dst 192.0.2.2/32 proto 6 sport 7 dir in priority 3 tmpl src 192.0.2.9 "
	  "dst 192.0.2.2 proto esp reqid 7 mode tunnel\n",
	  "spdadd 192.0.2.0/24[7] 192.0.2.2/32 tcp -P in prio 2147483645 ipsec esp/tunnel/192.0.2.9-192.0.2.2/unique:7 ;\n",
	  true },
	{ "ip xfrm policy add src 2001:db8::/32 dst 2001:db8:1::1/128 proto 58 type 128 code 0 dir out action block\n",
	  "spdadd 2001:db8::/32 2001:db8:1::1/128 icmp6 128,0 -P out discard ;\n", true },
	{ "ip xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir fwd tmpl proto comp mode transport level use tmpl "
	  "proto esp mode transport\n",
	  "spdadd 192.0.2.1/32 192.0.2.2/32 any -P fwd ipsec ipcomp/transport//use esp/transport//require ;\n", true },
	/* listings, as the program prints them */
	{ "src 192.0.2.1 dst 192.0.2.2\n\tproto esp spi 0x00001001 reqid 0 mode transport\n\treplay-window 32 flag "
	  "af-unspec\n\tauth-trunc hmac(sha1) " KEY20 " 96\n\tenc cbc(aes) " KEY16
	  "\n\tanti-replay context: seq 0x0, oseq 0x0, bitmap 0x00000000\n\tsel src 0.0.0.0/0 dst 0.0.0.0/0 \n"
	  "src 192.0.2.2 dst 192.0.2.1\n\tproto ah spi 0x00001002(4098) reqid 0 mode transport\n\treplay-window 0 \n"
	  "\tauth-trunc hmac(sha1) " KEY20 " 96\n",
	  "add 192.0.2.1 192.0.2.2 esp 0x00001001 -m transport -r 32 -E rijndael-cbc " KEY16 " -A hmac-sha1 " KEY20
	  " ;\nadd 192.0.2.2 192.0.2.1 ah 0x00001002 -m transport -A hmac-sha1 " KEY20 " ;\n",
	  false },
	{ "src 192.0.2.1/32 dst 192.0.2.2/32 proto udp dport 7 \n\tdir out priority 0 \n\ttmpl src 192.0.2.1 dst "
	  "192.0.2.2\n\t\tproto esp reqid 0 mode tunnel\n",
	  "spdadd 192.0.2.1/32 192.0.2.2/32[7] udp -P out ipsec esp/tunnel/192.0.2.1-192.0.2.2/require ;\n", false },
	{ "ip -6 xfrm state update \\\n  src 2001:db8::1 dst 2001:db8::2 \\\n  proto esp spi 5 enc ecb\\(cipher_null\\) '' "
	  "mode transport",
	  NULL, false },
};

Test(ip_xfrm, is_read_and_written_as_setkey_says_it)
{
	for (unsigned i = 0; i < COUNT(rows); i++) {
		char text[2000], back[2000] = "";
		struct err e = { 0 };
		size_t at = 0, n = 0;
		struct config_entries *l = ip_xfrm_parse(rows[i].xfrm, strlen(rows[i].xfrm), "x", &e);
		if (rows[i].setkey == NULL) {
			cr_expect(l == NULL, "%s", rows[i].xfrm);
			continue;
		}
		cr_assert(l != NULL, "%s: %s", rows[i].xfrm, e.text);
		cr_expect(eq(str, (char *)as_setkey(l, text, sizeof text), (char *)rows[i].setkey));
		for (const struct config_entry *x = config_entries_first(l); x != NULL; x = x->next, at += n)
			cr_assert(x->is_policy ? ip_xfrm_print_policy(&x->policy, back + at, sizeof back - at, &n, &e)
					       : ip_xfrm_print_sa(&x->sa, true, back + at, sizeof back - at, &n, &e),
				  "%s", e.text);
		if (rows[i].prints)
			cr_expect(eq(str, back, (char *)rows[i].xfrm));
		config_entries_free(l);
	}
}

static const struct {
	const char *text, *says;
} wrong[] = {
	{ "hello", "x:1: want ip xfrm .., or a listing that begins with src, got 'hello'" },
	{ "ip route add", "x:1: want xfrm, got 'route'" },
	{ "ip xfrm state add src 192.0.2.1\n", "x:1: a state needs dst, proto and spi" },
	{ "ip xfrm state add\n  src nowhere", "x:2: want an address, got 'nowhere'" },
	{ "ip xfrm state add proto tcp", "x:1: want esp, ah or comp, got 'tcp'" },
	{ "ip xfrm state add spi 99999999999", "x:1: want a number, got '99999999999'" },
	{ "ip xfrm state add enc 'cbc(rot13)' 0x00 ", "x:1: no algorithm 'cbc(rot13)' with an ICV of 0 bits" },
	{ "ip xfrm state add enc 'cbc(aes)' 0x0", "x:1: want a key of pairs of hexadecimal digits, got '0x0'" },
	{ "ip xfrm state add limit byte-maybe 3", "x:1: want byte-, packet-, time- or time-use- with soft or hard" },
	{ "ip xfrm policy add src 192.0.2.1/33 dst 192.0.2.2/32 dir in", "x:1: want a prefix that fits its address" },
	{ "ip xfrm policy add src 192.0.2.1 dst 192.0.2.2", "x:1: a policy needs src, dst and dir" },
	{ "ip xfrm policy add dir up", "x:1: want in, out or fwd, got 'up'" },
};

Test(ip_xfrm, says_what_is_wrong_and_where)
{
	for (unsigned i = 0; i < COUNT(wrong); i++) {
		struct err e = { 0 };
		cr_expect(ip_xfrm_parse(wrong[i].text, strlen(wrong[i].text), "x", &e) == NULL, "%s", wrong[i].text);
		cr_expect(strncmp(e.text, wrong[i].says, strlen(wrong[i].says)) == 0, "%s: %s", wrong[i].text, e.text);
	}
}

#define LINE(cipher, key, auth, akey)                                                                                  \
	"\"IPv4\",\"192.0.2.1\",\"192.0.2.2\",\"0x00001001\",\"" cipher "\",\"" key "\",\"" auth "\",\"" akey "\"\n"

static const struct {
	const char *line, *setkey;
} lines[] = {
	{ LINE("AES-CBC [RFC3602]", KEY16, "HMAC-SHA-256-128 [RFC4868]", KEY32),
	  "add 192.0.2.1 192.0.2.2 esp 0x00001001 -E rijndael-cbc " KEY16 " -A hmac-sha256 " KEY32 " ;\n" },
	{ LINE("AES-GCM with 16 octet ICV [RFC4106]", KEY20, "NULL", ""),
	  "add 192.0.2.1 192.0.2.2 esp 0x00001001 -E aes-gcm-16 " KEY20 " ;\n" },
	{ LINE("NULL", "", "HMAC-SHA-1-96 [RFC2404]", KEY20),
	  "add 192.0.2.1 192.0.2.2 esp 0x00001001 -E null -A hmac-sha1 " KEY20 " ;\n" },
};

Test(esp_sa, is_read_and_written)
{
	for (unsigned i = 0; i < COUNT(lines); i++) {
		char text[1000];
		size_t n;
		const char *lost;
		struct err e = { 0 };
		struct config_entries *l = esp_sa_parse(lines[i].line, strlen(lines[i].line), "x", &e);
		cr_assert(l != NULL, "%s", e.text);
		cr_expect(eq(str, (char *)as_setkey(l, text, sizeof text), (char *)lines[i].setkey));
		cr_assert(esp_sa_print(&config_entries_first(l)->sa, true, text, sizeof text, &n, &lost, &e));
		cr_expect(eq(str, text, (char *)lines[i].line));
		cr_expect(lost == NULL);
		config_entries_free(l);
	}
}

static const struct {
	const char *text, *says;
} bad_lines[] = {
	{ "IPv4", "x:1: want a value in quotes, got 'IPv4'" },
	{ "# a comment\n\"IPv4\"", "x:2: want 8 values, got 1" },
	{ LINE("ROT13", "", "NULL", ""), "x:1: no cipher 'ROT13'" },
	{ LINE("NULL", "", "CRC", ""), "x:1: no integrity algorithm 'CRC'" },
	{ LINE("NULL", "0x1", "NULL", ""), "x:1: key: want pairs of hexadecimal digits" },
	{ "\"IPv4\",\"*\",\"*\",\"*\",\"NULL\",\"\",\"NULL\",\"\"", "x:1: " },
};

Test(esp_sa, says_what_is_wrong_and_where)
{
	for (unsigned i = 0; i < COUNT(bad_lines); i++) {
		struct err e = { 0 };
		cr_expect(esp_sa_parse(bad_lines[i].text, strlen(bad_lines[i].text), "x", &e) == NULL, "%s",
			  bad_lines[i].text);
		cr_expect(strncmp(e.text, bad_lines[i].says, strlen(bad_lines[i].says)) == 0, "%s", e.text);
	}
}

Test(esp_sa, tells_what_it_cannot_say)
{
	static const struct {
		const char *setkey, *lost, *refused;
	} cases[] = {
		{ "add 192.0.2.1 192.0.2.2 esp 5 -esn -E aes-gcm-16 " KEY20 " ;", "extended sequence numbers", NULL },
		{ "add 192.0.2.1 192.0.2.2 esp 5 -E aes-cbc " KEY16 " -A aes-xcbc-mac " KEY16 " ;",
		  "the integrity algorithm, whose length alone it knows", NULL },
		{ "add 192.0.2.1 192.0.2.2 ah 5 -A hmac-sha1 " KEY20 " ;", NULL, "esp_sa has no SAs of protocol 51" },
		{ "add 192.0.2.1 192.0.2.2 esp 5 -E camellia-cbc " KEY16 " -A hmac-sha1 " KEY20 " ;", NULL,
		  "esp_sa has no cipher camellia-cbc" },
	};
	for (unsigned i = 0; i < COUNT(cases); i++) {
		char text[1000];
		size_t n;
		const char *lost = NULL;
		struct err e = { 0 };
		struct setkey_script *s = setkey_parse(cases[i].setkey, strlen(cases[i].setkey), "x", 1, &e);
		cr_assert(s != NULL, "%s", e.text);
		bool said = esp_sa_print(&setkey_first(s)->sa, false, text, sizeof text, &n, &lost, &e);
		cr_expect(eq(int, said, cases[i].refused == NULL));
		cr_expect(eq(str, (char *)(said ? lost : e.text), (char *)(said ? cases[i].lost : cases[i].refused)));
		cr_expect(said == (strstr(text, "0x00010203") == NULL) || !said, "keys only where asked for");
		setkey_free(s);
	}
}

/* --- all of them ------------------------------------------------------------------------------ */

/* Exactly as many octets as there are, so that the sanitizer sees one too many. */
static void
read_all(const char *text, size_t n)
{
	struct err e;
	char *exact = malloc(n > 0 ? n : 1);
	memcpy(exact, text, n);
	struct config_entries *l = config_format_read(config_format_of(exact, n), exact, n, "x", &e);
	cr_assert(l != NULL || e.text[0] != '\0');
	config_entries_free(l);
	for (unsigned f = 0; f < CONFIG_FORMATS; f++)
		config_entries_free(config_format_read((enum config_format)f, exact, n, "x", &e));
	free(exact);
}

Test(formats, every_truncation_and_every_flipped_bit_is_read_or_refused)
{
	static const char *const texts[] = {
		"flush ; # all\nadd 192.0.2.1 192.0.2.2 esp 0x1001 -m tunnel -E aes-cbc " KEY16
		" ;\nspdadd ::/0[7] ::/0 tcp -P in "
		"ipsec esp/tunnel/::1-::2/unique:7 ;\n",
		"# all\nflush esp\nadd esp spi 0x1001 src 192.0.2.1 dst 192.0.2.2 encr_alg aes encrkey "
		"000102030405060708090a0b0c0d0e0f/128\n",
		"{laddr 192.0.2.1/24 rport 7 ulp tcp dir in} ipsec {encr_algs aes(128..256)} or pass {}\n",
		"ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1 mode tunnel enc 'cbc(aes)' " KEY16
		" limit byte-hard 5 encap espinudp 4500 4500 0.0.0.0\nip xfrm policy add src 192.0.2.0/24 dst ::/0 dir in tmpl proto esp\n",
		LINE("AES-CBC [RFC3602]", KEY16, "NULL", ""),
	};
	for (unsigned i = 0; i < COUNT(texts); i++) {
		char copy[400];
		size_t n = strlen(texts[i]);
		for (size_t cut = 0; cut <= n; cut++)
			read_all(texts[i], cut);
		for (size_t bit = 0; bit < 8 * n; bit++) {
			memcpy(copy, texts[i], n);
			copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
			read_all(copy, n);
		}
	}
}
