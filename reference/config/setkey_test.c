#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/setkey.h"

#define K16 "0x000102030405060708090a0b0c0d0e0f"
#define K20 K16 "10111213"
#define K32 K16 "101112131415161718191a1b1c1d1e1f"

static struct setkey_script *
parsed(const char *text)
{
	struct err e = { 0 };
	struct setkey_script *s = setkey_parse(text, strlen(text), "t", 1, &e);
	cr_assert(s != NULL, "%s: %s", text, e.text);
	return s;
}

/* A good file with one of everything; it is cut at every octet below. */
static const char whole[] =
	"# two gateways\n"
	"flush ; spdflush ;\n"
	"add 192.0.2.1 192.0.2.2 esp 0x1001 -m tunnel -r 64 -u 7 -ls 300 -lh 600 -bs 1000 -bh 2000\n"
	"\t-E aes-cbc \"sixteen octets!!\" -A hmac-sha1 " K20 " ;\n"
	"add 192.0.2.1[4500] 192.0.2.2[4501] esp-udp 4098 -esn -seq 0x100000000 -E aes-gcm-16 " K20 " ;\n"
	"add -6 2001:db8::1 2001:db8::2 ah 9 -A hmac-sha2-256-96 " K32 " ; # a comment\n"
	"add 192.0.2.1 192.0.2.2 ipcomp 5 -C deflate ;\n"
	"get 192.0.2.1 192.0.2.2 esp 0x1001 ; delete 192.0.2.1 192.0.2.2 ah 1 ; deleteall 192.0.2.1 192.0.2.2 esp ;\n"
	"spdadd 10.0.0.0/8[any] 192.0.2.2[53] udp -P out prio high - 5\n"
	"\tipsec ah/transport//use esp/tunnel/192.0.2.1[4500]-192.0.2.2[4500]/unique:9 ;\n"
	"spdadd ::/0 2001:db8::/64 icmp6 134,0 -P fwd none ;\n"
	"spddelete 10.0.0.0/8 192.0.2.2[53] udp -P out ; spddump ; dump esp ;\n";

Test(setkey, an_sa_with_every_extension)
{
	struct setkey_script *s = parsed(whole);
	const struct setkey_command *c = setkey_first(s)->next->next;
	cr_assert(eq(int, c->verb, SETKEY_ADD));
	cr_assert(eq(int, (int)c->line, 3));
	cr_assert(eq(int, (int)c->sa.spi, 0x1001));
	cr_assert(eq(int, c->sa.protocol, 50));
	cr_assert(eq(int, c->sa.mode, MODE_TUNNEL));
	cr_assert(eq(int, (int)c->sa.replay, 64));
	cr_assert(eq(int, (int)c->sa.reqid, 7));
	cr_assert(eq(int, (int)c->sa.soft.addtime, 300));
	cr_assert(eq(int, (int)c->sa.hard.addtime, 600));
	cr_assert(eq(int, (int)c->sa.soft.bytes, 1000));
	cr_assert(eq(int, (int)c->sa.hard.bytes, 2000));
	cr_assert(eq(str, (char *)(uintptr_t)c->sa.enc->name, "aes-cbc"));
	cr_assert(bytes_equal(c->sa.enc_key, (struct bytes){ (const uint8_t *)"sixteen octets!!", 16 }));
	cr_assert(eq(str, (char *)(uintptr_t)c->sa.auth->name, "hmac-sha1-96"));
	cr_assert(eq(int, (int)c->sa.auth_key.n, 20));
	cr_assert(not(c->sa.seq_cycle), "a window forbids cycling");
	setkey_free(s);
}

Test(setkey, natt_names_the_addresses_before_translation)
{
	static const char *const lines[] = {
		"add 192.0.2.1[10001] 192.0.2.2[4500] esp-udp 0x1 -natt 10.1.2.3[10001] 192.0.2.2[4500] -E null ;\n",
		"add 192.0.2.1[4500] 192.0.2.2[4500] esp-udp 0x1 -natt_mtu 1400 -E null ;\n",
	};
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct setkey_script *s = parsed(lines[i]);
		const struct setkey_command *c = setkey_first(s);
		char text[300];
		cr_assert(c->sa.encap.udp, "%s", lines[i]);
		setkey_print_sa(&c->sa, true, text, sizeof text);
		struct setkey_script *again = parsed(text);
		const struct encap *a = &c->sa.encap, *b = &setkey_first(again)->sa.encap;
		cr_assert(a->sport == b->sport && a->dport == b->dport && a->frag == b->frag && a->udp == b->udp, "%s",
			  text);
		cr_assert(bytes_equal((struct bytes){ a->oai.o, 16 }, (struct bytes){ b->oai.o, 16 }), "%s", text);
		cr_assert(bytes_equal((struct bytes){ a->oar.o, 16 }, (struct bytes){ b->oar.o, 16 }), "%s", text);
		setkey_free(again);
		setkey_free(s);
	}
	/* FreeBSD's way: the protocol is esp, and -natt says that there is UDP. */
	struct setkey_script *s =
		parsed("add 192.0.2.1 192.0.2.2 esp 0x1 -natt 10.1.2.3[10001] 192.0.2.2[4500] -E null ;");
	const struct setkey_command *c = setkey_first(s);
	cr_assert(c->sa.encap.udp && c->sa.encap.sport == 10001 && c->sa.encap.dport == 4500);
	cr_assert(c->sa.encap.oai.family == 4 && c->sa.encap.oar.family == 4);
	setkey_free(s);
}

Test(setkey, udp_encapsulation_esn_and_first_number)
{
	struct setkey_script *s = parsed(whole);
	const struct setkey_command *c = setkey_first(s)->next->next->next;
	cr_assert(c->sa.encap.udp && c->sa.encap.sport == 4500 && c->sa.encap.dport == 4501);
	cr_assert(c->sa.esn && c->sa.seq == 0xffffffff, "the first packet carries 2^32");
	cr_assert(c->sa.seq_cycle);
	setkey_free(s);
}

Test(setkey, a_policy_with_two_requests)
{
	struct setkey_script *s = parsed(whole);
	const struct setkey_command *c = setkey_first(s);
	while (c->verb != SETKEY_SPDADD)
		c = c->next;
	const struct spd_entry *p = &c->policy;
	cr_assert(eq(int, p->selector.src_bits, 8));
	cr_assert(eq(int, p->selector.dst_bits, 32));
	cr_assert(p->selector.sport == SELECTOR_ANY && p->selector.dport == 53 && p->selector.protocol == 17);
	cr_assert(p->dir == DIR_OUT && p->action == SPD_PROTECT && p->n == 2);
	cr_assert(p->priority == 0x80000000 - 0x40000000 + 5);
	cr_assert(p->request[0].protocol == 51 && p->request[0].level == LEVEL_USE && p->request[0].src.family == 0);
	cr_assert(p->request[1].mode == MODE_TUNNEL && p->request[1].reqid == 9);
	cr_assert(p->request[1].src.family == 4 && p->request[1].level == LEVEL_UNIQUE);
	p = &c->next->policy;
	cr_assert(p->selector.protocol == 58 && p->selector.sport == 134 && p->selector.dport == 0);
	cr_assert(p->dir == DIR_FWD && p->action == SPD_BYPASS);
	setkey_free(s);
}

/* Each prints as it stands: the canonical form of itself. */
static const char *const canonical[] = {
	"add 192.0.2.1 192.0.2.2 esp 0x00001001 -E null -A hmac-sha256 " K32 " ;\n",
	("add 192.0.2.1 192.0.2.2 esp 0x00001001 -m transport -r 32 -u 1 -f cyclic-seq -E 3des-cbc " K16
	 "1011121314151617"
	 " -A hmac-md5 " K16 " ;\n"),
	("add 192.0.2.1[4500] 192.0.2.2[4500] esp-udp 0xffffffff -f nocyclic-seq -esn -seq 0x1ffffffff -E aes-gcm-8 " K32
	 "20212223 ;\n"),
	("add 2001:db8::1 2001:db8::2 ah 0x00000100 -m tunnel -ls 1 -lh 2 -bs 3 -bh 18446744073709551615 "
	 "-A aes-xcbc-mac " K16 " ;\n"),
	"add 192.0.2.1 192.0.2.2 esp-old 0x00000100 -f zero-pad -E blowfish-cbc 0x0102030405 ;\n",
	"add 192.0.2.1 192.0.2.2 ah-old 0x00000100 -f random-pad -A null ;\n",
	"add 192.0.2.1 192.0.2.2 esp 0x00001001 -m tunnel -f noecn -f decap-dscp -f df-set -E null -A hmac-sha256 " K32
	" ;\n",
	"add 192.0.2.1 192.0.2.2 esp 0x00001001 -m tunnel -f df-clear -E null -A hmac-sha256 " K32 " ;\n",
	"add 192.0.2.1 192.0.2.2 ipcomp 0x00000005 -C lzs ;\n",
	("add 192.0.2.1 192.0.2.2 esp 0x00001001 -m transport "
	 "-selector 192.0.2.1/32[7-9] 192.0.2.2/32 udp -E null -A hmac-sha256 " K32 " ;\n"),
	"spdadd 192.0.2.1/32 192.0.2.0/24 any -P in discard ;\n",
	"spdadd ::/0[5000] 2001:db8::/32[7] udp -P out prio -3 ipsec esp/transport//require ;\n",
	"spdadd 0.0.0.0/0 0.0.0.0/0 icmp 8,0 -P fwd prio 2147483647 none ;\n",
	"spdadd 0.0.0.0/0 0.0.0.0/0 icmp any,3 -P fwd none ;\n",
	"spdadd 192.0.2.1-192.0.2.9[1000-2000] 198.51.100.0/24[opaque] udp -P out none ;\n",
	"spdadd 2001:db8::1-2001:db8::ff ::/0 opaque -P in discard ;\n",
	"spdadd 0.0.0.0/0 0.0.0.0/0 icmp 3-5,1-4 -P in none ;\n",
	"spdadd 0.0.0.0/0 0.0.0.0/0 icmp opaque -P in none ;\n",
	"spdadd ::/0 ::/0 mh 5 -P out prio 9 pfp src,dst,proto,sport,dport name \"alice b\" discard ;\n",
	("spdadd 0.0.0.0/0 0.0.0.0/0 200 -P in ipsec esp/tunnel/192.0.2.1-192.0.2.2/unique:7 "
	 "ah/transport/192.0.2.1-192.0.2.2/use ipcomp/transport//default esp/transport//unique ;\n"),
};

Test(setkey, what_is_printed_parses_to_the_same)
{
	for (size_t i = 0; i < sizeof canonical / sizeof canonical[0]; i++) {
		char text[600];
		struct setkey_script *s = parsed(canonical[i]);
		const struct setkey_command *c = setkey_first(s);
		size_t n = c->verb == SETKEY_ADD ? setkey_print_sa(&c->sa, true, text, sizeof text)
						 : setkey_print_policy(&c->policy, text, sizeof text);
		cr_assert(n < sizeof text);
		cr_assert(strcmp(text, canonical[i]) == 0, "row %zu: want %s got %s", i, canonical[i], text);
		setkey_free(s);
	}
}

Test(setkey, other_spellings_mean_the_same)
{
	static const struct {
		const char *a, *b;
	} rows[] = {
		{ "add -4n 192.0.2.1 192.0.2.2 esp 4097 -A hmac-sha2-256-128 " K32 " -m any ;",
		  "add 192.0.2.1 192.0.2.2 esp 0x1001 -E null \"\" -A hmac-sha256 " K32 ";" },
		{ "add 192.0.2.1 192.0.2.2 esp-udp 1 -E null;",
		  "add -n -4 192.0.2.1[4500] 192.0.2.2[4500] esp-udp 0x1 -E null;" },
		{ "add 192.0.2.1 192.0.2.2 esp 1 -E rijndael-cbc \"0123456789abcdef\";",
		  "add 192.0.2.1 192.0.2.2 esp 1 -E aes-cbc 0x30313233343536373839616263646566;" },
		{ "add 192.0.2.1 192.0.2.2 esp 1 -f seq-pad -f nocyclic-seq -r 5 -seq 1 -E null;",
		  "add 192.0.2.1 192.0.2.2 esp 1 -r 5 -E null;" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char a[400], b[400];
		struct setkey_script *sa = parsed(rows[i].a), *sb = parsed(rows[i].b);
		setkey_print_sa(&setkey_first(sa)->sa, true, a, sizeof a);
		setkey_print_sa(&setkey_first(sb)->sa, true, b, sizeof b);
		cr_assert(strcmp(a, b) == 0, "row %zu: %s and %s", i, a, b);
		setkey_free(sa);
		setkey_free(sb);
	}
}

Test(setkey, policies_in_other_spellings_mean_the_same)
{
	static const struct {
		const char *a, *b;
	} rows[] = {
		{ "spdadd 192.0.2.1 192.0.2.2 icmp6 -P in none;",
		  "spdadd 192.0.2.1/32[any] 192.0.2.2/32 58 -P in none;" },
		{ "spdadd 192.0.2.1 192.0.2.2 icmp 8 -P in none;", "spdadd 192.0.2.1[8] 192.0.2.2 icmp -P in none;" },
		{ "spdadd 192.0.2.1 192.0.2.2 any -P in prio low + 5 none;",
		  "spdadd 192.0.2.1 192.0.2.2 any -P in priority -1073741819 none;" },
		{ "spdadd 192.0.2.1 192.0.2.2 any -P in prio def none;",
		  "spdadd 192.0.2.1 192.0.2.2 any -P in prio 0 none;" },
		{ "spdadd 192.0.2.1 192.0.2.2 any -P in ipsec esp/transport ah/transport/ ah/tunnel/::1-::2;",
		  "spdadd 192.0.2.1 192.0.2.2 any -P in ipsec esp/transport//default ah/transport//default "
		  "ah/tunnel/::1-::2/default;" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char a[400], b[400];
		struct setkey_script *sa = parsed(rows[i].a), *sb = parsed(rows[i].b);
		setkey_print_policy(&setkey_first(sa)->policy, a, sizeof a);
		setkey_print_policy(&setkey_first(sb)->policy, b, sizeof b);
		cr_assert(strcmp(a, b) == 0, "row %zu: %s and %s", i, a, b);
		setkey_free(sa);
		setkey_free(sb);
	}
}

Test(setkey, keys_are_printed_only_on_request)
{
	char text[300];
	struct setkey_script *s = parsed(canonical[0]);
	setkey_print_sa(&setkey_first(s)->sa, false, text, sizeof text);
	cr_assert(eq(str, text, "add 192.0.2.1 192.0.2.2 esp 0x00001001 -E null -A hmac-sha256 0x.. ;\n"));
	setkey_free(s);
}

Test(setkey, printing_into_less_room_says_how_much_it_wanted)
{
	char text[16] = "", full[300];
	struct setkey_script *s = parsed(canonical[0]);
	size_t n = setkey_print_sa(&setkey_first(s)->sa, true, full, sizeof full);
	cr_assert(eq(sz, setkey_print_sa(&setkey_first(s)->sa, true, text, sizeof text), n));
	cr_assert(eq(sz, strlen(text), sizeof text - 1));
	cr_assert(eq(sz, setkey_print_sa(&setkey_first(s)->sa, true, NULL, 0), n));
	setkey_free(s);
}

Test(setkey, every_truncation_is_read_or_refused_with_a_place)
{
	for (size_t n = 0; n < sizeof whole; n++) {
		struct err e = { 0 };
		char *cut = malloc(n + 1); /* exact, so that the sanitizer sees a read too far */
		memcpy(cut, whole, n);
		char *exact = realloc(cut, n > 0 ? n : 1);
		struct setkey_script *s = setkey_parse(exact, n, "whole", 1, &e);
		cr_assert(s != NULL || strncmp(e.text, "whole:", 6) == 0, "cut at %zu: %s", n, e.text);
		setkey_free(s);
		free(exact);
	}
}

Test(setkey, noise_never_crashes)
{
	static const char *const pieces[] = { "add", " ",  "192.0.2.1", "::1",    "[",  "]",     "/",   ",",
					      ";",   "\"", "\n",        "-P",     "0x", "esp",   "-E",  "aes-cbc",
					      "-",   ":",  "#",         "spdadd", "in", "ipsec", "any", "\xff" };
	uint64_t state = 42;
	for (unsigned round = 0; round < 20000; round++) {
		char text[200] = "";
		for (unsigned i = 0; i < 12; i++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			strcat(text, pieces[(state >> 33) % (sizeof pieces / sizeof pieces[0])]);
		}
		struct err e = { 0 };
		setkey_free(setkey_parse(text, strlen(text), "noise", 1, &e));
	}
}

#define SD "192.0.2.1 192.0.2.2 "

static const struct {
	const char *text, *error;
} wrong[] = {
	{ "ad " SD "esp 1 -E null ;",
	  "t:1:1: want a statement (add, update, get, delete, deleteall, flush, dump, spdadd, "
	  "spdupdate, spddelete, spdflush, spddump), got \"ad\"" },
	{ "add www.example.org 192.0.2.2 esp 1 -E null ;", "t:1:5: want a numeric address, got \"www.example.org\"" },
	{ "add 192.0.2.1 ::1 esp 1 -E null ;", "t:1:15: want an IPv4 address, got \"::1\"" },
	{ "add -6 192.0.2.1 ::1 esp 1 -E null ;", "t:1:8: want an IPv6 address, got \"192.0.2.1\"" },
	{ "add " SD "tcp 1 -A hmac-md5 x ;",
	  "t:1:25: want esp, ah or ipcomp, got \"tcp\": TCP-MD5 (RFC 2385) is no IPsec "
	  "protocol" },
	{ "add " SD "udp 1 ;",
	  "t:1:25: want an IPsec protocol (esp, esp-udp, esp-old, ah, ah-old, ipcomp), got \"udp\"" },
	{ "add 192.0.2.1[4500] 192.0.2.2 esp 1 -E null ;",
	  "t:1:31: want esp-udp, got another protocol with ports behind the addresses" },
	{ "add 192.0.2.1[x] 192.0.2.2 esp 1 ;", "t:1:15: want a port or any (0 to 65535), got \"x\"" },
	{ "add 192.0.2.1[5 192.0.2.2 esp 1 ;", "t:1:17: want ], got \"192.0.2.2\"" },
	{ "add " SD "esp 0x100000000 ;", "t:1:29: want an SPI (0 to 4294967295), got \"0x100000000\"" },
	{ "add " SD "ipcomp 70000 ;", "t:1:32: want a CPI (0 to 65535), got \"70000\"" },
	{ "add " SD "esp 1 -m tunel ;", "t:1:34: want a mode (any, transport, tunnel), got \"tunel\"" },
	{ "add " SD "esp 1 -E aes-gdm-16 " K20 " ;",
	  "t:1:34: want an encryption algorithm (is it aes-gcm-16?), got \"aes-gdm-16\"" },
	{ "add " SD "esp 1 -A hmac-sha12 " K20 " ;",
	  "t:1:34: want an authentication algorithm (is it hmac-sha1?), got \"hmac-sha12\"" },
	{ "add " SD "esp 1 -E aes-cbc 0x00112 ;", "t:1:42: want an even number of hexadecimal digits, got 5 of them" },
	{ "add " SD "esp 1 -E aes-cbc 0x001g ;", "t:1:42: want hexadecimal digits, got something else at digit 4" },
	{ "add " SD "esp 1 -E aes-cbc \"short\" ;",
	  "t:1:42: want a key of 16, 24 or 32 octets for rijndael-cbc, got 5 octets" },
	{ "add " SD "esp 1 -E aes-gcm-16 " K16 " ;",
	  "t:1:45: want a key of 20, 28 or 36 octets for aes-gcm-16 (key then salt), got 16 octets" },
	{ "add " SD "esp 1 -E blowfish-cbc 0x01 ;",
	  "t:1:47: want a key of 5 to 56 octets for blowfish-cbc, got 1 octets" },
	{ "add " SD "esp 1 -A hmac-md5 ;", "t:1:43: want a key of 16 octets for hmac-md5, got \";\"" },
	{ "add " SD "esp 1 -E aes-cbc \"never\nclosed ;",
	  "t:1:42: want a key of 16, 24 or 32 octets for rijndael-cbc, got a string without its closing quote" },
	{ "add " SD "esp 1 ;", "t:1:31: want -E or -A for esp, got \";\"" },
	{ "add " SD "ah 1 -E null ;", "t:1:38: want -A alone for ah, got \";\"" },
	{ "add " SD "ipcomp 1 ;", "t:1:34: want -C alone for ipcomp, got \";\"" },
	{ "add " SD "esp 1 -E null -C deflate ;", "t:1:50: want ipcomp for -C, got another protocol" },
	{ "add " SD "esp 1 -E null -E null ;", "t:1:42: want one -E, got \"null\"" },
	{ "add " SD "esp 1 -E aes-gcm-16 " K20 " -A hmac-md5 " K16 " ;",
	  "t:1:135: want no -A, got -A beside aes-gcm-16, which brings its own integrity" },
	{ "add " SD "esp 1 -seq 0 -E null ;",
	  "t:1:36: want the first packet's sequence number (1 to 18446744073709551615), got \"0\"" },
	{ "add " SD "esp 1 -seq 4294967297 -E null ;", "t:1:55: want -esn for a -seq beyond 32 bits, got none" },
	{ "add " SD "esp 1 -E null",
	  "t:1:38: want an extension (-m -r -u -f -ls -lh -bs -bh -esn -seq -selector), an algorithm "
	  "(-E -A -C) or ;, got the end of the text" },
	{ "flush tcp ;", "t:1:7: want an IPsec protocol (esp, ah, ipcomp), got \"tcp\"" },
	{ "spdflush\nspddump ;", "t:2:1: want ;, got \"spddump\"" },
	{ "spdadd 192.0.2.0/33 192.0.2.2 any -P in none ;", "t:1:18: want a prefix length (0 to 32), got \"33\"" },
	{ "spdadd 192.0.2.1 ::/0 any -P in none ;", "t:1:18: want an IPv4 address, got \"::\"" },
	{ "spdadd " SD "tpc -P in none ;",
	  "t:1:28: want a protocol: any, a name such as tcp, or a number (0 to 255), got \"tpc\"" },
	{ "spdadd " SD "icmp 300 -P in none ;", "t:1:33: want an ICMP type (0 to 255), got \"300\"" },
	{ "spdadd " SD "any in none ;", "t:1:32: want -P, got \"in\"" },
	{ "spdadd 192.0.2.9-192.0.2.1 192.0.2.2 any -P in none ;", "t:1:17: want a range upwards, got one downwards" },
	{ "spdadd 192.0.2.1[9-8] 192.0.2.2 udp -P in none ;",
	  "t:1:20: want the end of the range (9 to 65535), got \"8\"" },
	{ "spdadd " SD "any -P in pfp port none ;",
	  "t:1:42: want what the packet says (src, dst, proto, sport, dport), got \"port\"" },
	{ "spdadd " SD "any -P up none ;", "t:1:35: want a direction (in, out, fwd), got \"up\"" },
	{ "spdadd " SD "any -P in bypass ;",
	  "t:1:38: want discard, none or ipsec (entrust and bypass are for one socket), got \"bypass\"" },
	{ "spdadd " SD "any -P in ipsec ;", "t:1:44: want protocol/mode/src-dst/level, got \";\"" },
	{ "spdadd " SD "any -P in ipsec esp ;", "t:1:48: want / and a mode, got \";\"" },
	{ "spdadd " SD "any -P in ipsec esp/tunnel//require ;", "t:1:55: want /SRC-DST of the tunnel, got \"/\"" },
	{ "spdadd " SD "any -P in ipsec esp/tunnel/192.0.2.1/require ;",
	  "t:1:64: want - and the other end, got \"/\"" },
	{ "spdadd " SD "any -P in ipsec esp/tunnel/192.0.2.1-::1/require ;",
	  "t:1:65: want an IPv4 address, got \"::1\"" },
	{ "spdadd " SD "any -P in ipsec esp/transport//must ;",
	  "t:1:59: want a level (default, use, require, unique), got \"must\"" },
	{ "spdadd " SD "any -P in ipsec esp/transport//require:5 ;", "t:1:66: want unique before :, got \":5\"" },
	{ "spdadd " SD "any -P in prio high + x none ;", "t:1:50: want an offset (0 to 1073741823), got \"x\"" },
	{ "spdadd " SD "any -P in ipsec ah/transport ah/transport ah/transport ah/transport ah/transport "
	  "ah/transport ah/transport ah/transport ah/transport ;",
	  "t:1:148: want ; after at most 8 requests, got \"ah\"" },
	{ "\n\n# one\nflush ;\n\n# two\n  add 192.0.2.1 192.0.2.2 esp 1 -Q ;\nflush ;\n",
	  "t:7:33: want an extension (-m -r -u -f -ls -lh -bs -bh -esn -seq -selector), an algorithm (-E -A -C) or ;, got \"-Q\"" },
	{ "flush x ;\nflush ;\nflush y ; flush z ;",
	  "t:1:7: want an IPsec protocol (esp, ah, ipcomp), got \"x\" (and 2 more errors)" },
};

Test(setkey, every_error_names_line_and_column)
{
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct err e = { 0 };
		struct setkey_script *s = setkey_parse(wrong[i].text, strlen(wrong[i].text), "t", 1, &e);
		cr_expect(s == NULL, "row %zu was taken: %s", i, wrong[i].text);
		cr_expect(strcmp(e.text, wrong[i].error) == 0, "row %zu: %s\nwant %s\n got %s", i, wrong[i].text,
			  wrong[i].error, e.text);
		setkey_free(s);
	}
}

Test(setkey, lines_count_from_the_first_one_given)
{
	struct err e = { 0 };
	const char *text = "flush ;\nflush x ;";
	cr_assert(setkey_parse(text, strlen(text), "a.suite", 41, &e) == NULL);
	cr_assert(strncmp(e.text, "a.suite:42:7: ", 14) == 0, "%s", e.text);
}

Test(setkey, errors_do_not_repeat_keys)
{
	struct err e = { 0 };
	const char *text = "add 192.0.2.1 192.0.2.2 esp 1 -E \"secret\" -A hmac-md5 0xdeadbeef ;";
	cr_assert(setkey_parse(text, strlen(text), "t", 1, &e) == NULL);
	cr_assert(strstr(e.text, "secret") == NULL && strstr(e.text, "deadbeef") == NULL, "%s", e.text);
}

Test(setkey, an_empty_text_has_no_commands)
{
	struct setkey_script *s = parsed("# nothing\n\n");
	cr_assert(setkey_first(s) == NULL);
	setkey_free(s);
	setkey_free(NULL);
}
