#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdlib.h>

#include "config/ipsecconf.h"

static struct ipsecconf_script *
parsed(const char *text)
{
	struct err e = { 0 };
	struct ipsecconf_script *s = ipsecconf_parse(text, strlen(text), "t", 1, &e);
	cr_assert(s != NULL, "%s: %s", text, e.text);
	return s;
}

static const char *const canonical[] = {
	"{ } drop { }\n",
	"{ laddr 192.0.2.1/32 lport 7000 raddr 192.0.2.0/24 rport 23 ulp 6 } ipsec { encr_algs aes encr_auth_algs hmac-sha1 }\n",
	"{ raddr 2001:db8::/32 dir out } ipsec { auth_algs any sa unique }\n",
	"{ ulp 58 type 133-137 code 0-3 dir in } bypass { }\n",
	"{ raddr 192.0.2.9/32 } ipsec { encr_algs aes(192) } or ipsec { encr_algs any(..256) encr_auth_algs hmac-md5(128..) } or drop { }\n",
	"{ raddr 192.0.2.9/32 } ipsec { auth_algs hmac-sha512 encr_algs null(1..2) } or bypass { }\n",
	"{ tunnel ip.tun0 negotiate transport } ipsec { encr_algs 3des encr_auth_algs hmac-sha256 }\n",
	"{ laddr 0.0.0.0/0 raddr 192.0.2.9/32 tunnel ip.tun12 negotiate tunnel } ipsec { encr_algs aes-gcm }\n",
	"{ saddr 192.0.2.1/32 daddr 192.0.2.0/24 dport 9 ulp 17 } apply { encr_algs blowfish }\n",
	"{ saddr 192.0.2.1/32 sport 9 } permit { encr_auth_algs hmac-sha384 }\n",
	"{ daddr 192.0.2.1/32 } bypass { dir out }\n",
};

Test(ipsecconf, what_is_printed_parses_to_the_same)
{
	for (size_t i = 0; i < sizeof canonical / sizeof canonical[0]; i++) {
		char text[600];
		struct ipsecconf_script *s = parsed(canonical[i]);
		size_t n = ipsecconf_print(ipsecconf_first(s), text, sizeof text);
		cr_assert(n < sizeof text);
		cr_assert(strcmp(text, canonical[i]) == 0, "row %zu: want %s got %s", i, canonical[i], text);
		ipsecconf_free(s);
	}
}

/* The examples of the manual, with numbers for names. */
Test(ipsecconf, other_spellings_mean_the_same)
{
	static const struct {
		const char *a, *b;
	} rows[] = {
		{ "#\n# Protect\n{\n  laddr 192.0.2.1\n  raddr 192.0.2.2\n  ulp tcp\n  dir out\n} ipsec {\n  encr_algs AES\n}\n",
		  "{ local 192.0.2.1/32 remote 192.0.2.2/32 proto 6 dir out } ipsec { encr_algs aes-cbc sa shared }" },
		{ "{ lport telnet dir in } ipsec { auth_algs sha1 }",
		  "{ lport 23 dir in } ipsec { auth_algs HMAC-SHA }" },
		{ "{lport 53} bypass {}", "{ lport domain dir both } pass { }" },
		{ "{raddr 192.0.2.2} ipsec {encr_algs aes(192..192)}",
		  "{raddr 192.0.2.2} ipsec\n {encr_algs 12 (192)}" },
		{ "{ srcaddr 192.0.2.0 smask 255.255.255.0 dest 192.0.2.9 dmask 0XFFFFFFFE } apply { auth_algs md5 dir out }",
		  "{ src 192.0.2.0/24 dst 192.0.2.9/31 } apply { auth_algs 2 }" },
		{ "{ smask 0xff000000 saddr 10.0.0.0 } permit { auth_algs any dir in }",
		  "{ saddr 10.0.0.0/8 } permit { auth_algs any }" },
		{ "{ ulp icmp type echo code port-unr } drop {}", "{ ulp 1 type 8 code 3 } drop {}" },
		{ "{ ulp ipv6-icmp type neigh-sol6 } pass {}", "{ ulp icmpv6 type 135-135 } pass {}" },
		{ "{ raddr 192.0.2.2 rport telnet } ipsec\n { encr_algs 3des encr_auth_algs\nsha1 sa shared} or ipsec\n"
		  " { encr_algs aes encr_auth_algs sha1 sa shared}",
		  "{ raddr 192.0.2.2 rport 23 } ipsec { encr_algs 3des encr_auth_algs sha1 } or ipsec { encr_algs aes "
		  "encr_auth_algs sha1 }" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char a[400], b[400];
		struct ipsecconf_script *sa = parsed(rows[i].a), *sb = parsed(rows[i].b);
		ipsecconf_print(ipsecconf_first(sa), a, sizeof a);
		ipsecconf_print(ipsecconf_first(sb), b, sizeof b);
		cr_assert(strcmp(a, b) == 0, "row %zu: %s and %s", i, a, b);
		ipsecconf_free(sa);
		ipsecconf_free(sb);
	}
}

/* --- expansion -------------------------------------------------------------------------------- */

Test(ipsecconf, an_entry_is_as_many_in_an_spd_as_it_leaves_open)
{
	static const struct {
		const char *text;
		unsigned n;
	} rows[] = {
		{ "{ } drop {}", 4 },                                   /* directions, families */
		{ "{ dir in } drop {}", 2 },                            /* families */
		{ "{ raddr ::1 } drop {}", 2 },                         /* directions */
		{ "{ raddr ::1 lport 53 dir out } drop {}", 3 },        /* TCP, UDP, SCTP */
		{ "{ lport 53 ulp udp dir out } drop {}", 2 },          /* families */
		{ "{ ulp icmp type 0-255 } drop {}", 2 },               /* directions: ICMP is IPv4's */
		{ "{ ulp icmp type 3-5 code 1-2 dir in } drop {}", 3 }, /* types, so that codes are each one's */
		{ "{ saddr 192.0.2.1 } permit { auth_algs any }", 1 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct spd_entry out[IPSECCONF_SPD];
		struct ipsecconf_script *s = parsed(rows[i].text);
		cr_assert(eq(uint, ipsecconf_expand(ipsecconf_first(s), out), rows[i].n), "row %zu", i);
		ipsecconf_free(s);
	}
}

Test(ipsecconf, local_and_remote_trade_places_between_directions)
{
	struct spd_entry out[IPSECCONF_SPD];
	struct ipsecconf_script *s = parsed("{ laddr 192.0.2.1 lport 7 raddr 192.0.2.0/24 rport 9 ulp tcp } drop {}");
	cr_assert(eq(uint, ipsecconf_expand(ipsecconf_first(s), out), 2));
	cr_assert(out[0].dir == DIR_IN && out[0].selector.src_bits == 24 && out[0].selector.sport == 9);
	cr_assert(out[0].selector.dst_bits == 32 && out[0].selector.dport == 7);
	cr_assert(out[1].dir == DIR_OUT && out[1].selector.dst_bits == 24 && out[1].selector.dport == 9);
	cr_assert(out[1].selector.src_bits == 32 && out[1].selector.sport == 7);
	ipsecconf_free(s);
}

Test(ipsecconf, esp_is_inside_of_ah_and_alternatives_are_numbered)
{
	struct spd_entry out[IPSECCONF_SPD];
	struct ipsecconf_script *s =
		parsed("{ raddr 192.0.2.2 dir out } ipsec { auth_algs sha1 encr_algs aes } or ipsec "
		       "{ encr_auth_algs md5 sa unique } or pass {}");
	cr_assert(eq(uint, ipsecconf_expand(ipsecconf_first(s), out), 1));
	const struct spd_request *r = out[0].request;
	cr_assert(out[0].action == SPD_PROTECT && out[0].n == 4);
	cr_assert(r[0].protocol == 50 && r[0].enc.wanted && !r[0].auth.wanted && r[0].alternative == 0 &&
		  !r[0].per_flow);
	cr_assert(r[1].protocol == 51 && r[1].auth.wanted && r[1].alternative == 0);
	cr_assert(r[2].protocol == 50 && r[2].alternative == 1 && r[2].per_flow);
	cr_assert(r[2].enc.alg != NULL && r[2].enc.alg->kind == ALG_NULL, "integrity alone means NULL encryption");
	cr_assert(r[3].protocol == 0 && r[3].alternative == 2);
	ipsecconf_free(s);
}

Test(ipsecconf, a_tunnel_has_the_table_of_its_number)
{
	struct spd_entry out[IPSECCONF_SPD];
	struct ipsecconf_script *s =
		parsed("{ tunnel ip.tun2 negotiate tunnel dir in raddr 192.0.2.2 } ipsec { encr_algs aes sa unique }");
	cr_assert(eq(uint, ipsecconf_expand(ipsecconf_first(s), out), 1));
	cr_assert(eq(uint, out[0].dir, SPD_DIR(3, DIR_IN)));
	cr_assert(out[0].request[0].mode == MODE_TUNNEL && !out[0].request[0].per_flow,
		  "unique is ignored in a tunnel");
	ipsecconf_free(s);
}

/* --- errors ----------------------------------------------------------------------------------- */

#define IPSEC " ipsec { encr_algs aes }"

static const struct {
	const char *text, *error;
} wrong[] = {
	{ "raddr 192.0.2.1", "t:1:1: want {, got \"raddr\"" },
	{ "{ raddr spiderweb }" IPSEC, "t:1:9: want a numeric address, got \"spiderweb\"" },
	{ "{ raddr 192.0.2.1 raddr 192.0.2.2 }" IPSEC, "t:1:19: want raddr once, got \"raddr\"" },
	{ "{ raddr 192.0.2.1 remote 192.0.2.2 }" IPSEC, "t:1:19: want remote once, got \"remote\"" },
	{ "{ raddr 192.0.2.1/33 }" IPSEC, "t:1:19: want a prefix length (0 to 32), got \"33\"" },
	{ "{ raddr 192.0.2.1 laddr ::1 }" IPSEC, "t:1:1: want addresses of one family, got two" },
	{ "{ raddr 192.0.2.1 saddr 192.0.2.2 }" IPSEC,
	  "t:1:1: want source and destination, or local and remote, got both" },
	{ "{ saddr 192.0.2.0/24 smask 0xffffff00 } apply { encr_algs aes }",
	  "t:1:1: want a prefix length or a mask, got both" },
	{ "{ smask 0xffffff00 } apply { encr_algs aes }", "t:1:1: want an IPv4 address beside a mask, got none" },
	{ "{ saddr 192.0.2.0 smask 255.0.255.0 } apply { encr_algs aes }",
	  "t:1:25: want a contiguous mask, got one with holes" },
	{ "{ lport telnett }" IPSEC, "t:1:9: want a port (0 to 65535), got \"telnett\"" },
	{ "{ ulp tpc }" IPSEC, "t:1:7: want a protocol: a name such as tcp, or a number (0 to 255), got \"tpc\"" },
	{ "{ ulp tcp type 8 }" IPSEC, "t:1:1: want ulp icmp or ipv6-icmp beside a type, got another or none" },
	{ "{ ulp icmp code 1 }" IPSEC, "t:1:1: want a type beside a code, got none" },
	{ "{ ulp icmp type 9-8 }" IPSEC, "t:1:19: want an ICMP type (9 to 255), got \"8\"" },
	{ "{ ulp icmp type 8 code 255 }" IPSEC, "t:1:24: want an ICMP code (0 to 254), got \"255\"" },
	{ "{ ulp icmp lport 8 }" IPSEC, "t:1:1: want a type, as ICMP has no ports, got a port" },
	{ "{ ulp icmp laddr ::1 }" IPSEC, "t:1:1: want addresses of the ICMP's family, got the other family" },
	{ "{ dir up }" IPSEC, "t:1:7: want a direction (in, out, both), got \"up\"" },
	{ "{ tunnel mytunnel negotiate tunnel }" IPSEC,
	  "t:1:10: want a tunnel's name with a number at its end, such as ip.tun0, got \"mytunnel\"" },
	{ "{ tunnel ip.tun0 }" IPSEC, "t:1:1: want tunnel and negotiate together, got one of them" },
	{ "{ tunnel ip.tun0 negotiate transport raddr 192.0.2.1 }" IPSEC,
	  "t:1:1: want no address beside negotiate transport, got one" },
	{ "{ raddr 192.0.2.1 } protect { encr_algs aes }",
	  "t:1:21: want an action (ipsec, bypass, pass, drop, apply, permit), got \"protect\"" },
	{ "{ raddr 192.0.2.1 }\nipsec { encr_algs aes }",
	  "t:2:1: want the action on the line of the brace before, got a new line" },
	{ "{ raddr 192.0.2.1 } ipsec { encr_algs 3des }\n  or ipsec { encr_algs aes }",
	  "t:2:3: want or on the line of the brace before, got a new line" },
	{ "{ raddr 192.0.2.1 } drop {} { raddr 192.0.2.2 } drop {}",
	  "t:1:29: want every entry on a line of its own, got two on one" },
	{ "{ raddr 192.0.2.1 } ipsec {}", "t:1:21: want auth_algs, encr_algs or encr_auth_algs, got none of them" },
	{ "{ raddr 192.0.2.1 } bypass { encr_algs aes }", "t:1:21: want bypass and drop without algorithms, got some" },
	{ "{ raddr 192.0.2.1 } drop { sa unique }", "t:1:21: want bypass and drop without algorithms, got some" },
	{ "{ raddr 192.0.2.1 } apply { encr_algs aes }",
	  "t:1:21: want source and destination beside apply or permit, got local and remote" },
	{ "{ saddr 192.0.2.1 }" IPSEC,
	  "t:1:21: want local and remote beside ipsec or drop, got source and destination" },
	{ "{ saddr 192.0.2.1 } apply { encr_algs aes dir in }", "t:1:21: want dir out beside apply, got the other" },
	{ "{ saddr 192.0.2.1 } permit { encr_algs aes dir out }", "t:1:21: want dir in beside permit, got the other" },
	{ "{ saddr 192.0.2.1 } bypass {}", "t:1:21: want dir beside bypass of source and destination, got none" },
	{ "{ } ipsec { encr_algs rot13 }",
	  "t:1:23: want any or an encryption algorithm (aes, 3des, blowfish, null, ..), got \"rot13\"" },
	{ "{ } ipsec { auth_algs aes }",
	  "t:1:23: want any or an authentication algorithm (md5, sha1, sha256, ..), got \"aes\"" },
	{ "{ } ipsec { encr_algs aes(256..128) }", "t:1:27: want a range of key lengths upwards, got one downwards" },
	{ "{ } ipsec { encr_algs aes(long) }",
	  "t:1:27: want a key length in bits: N, N.., ..N or N..N, got another word" },
	{ "{ } ipsec { encr_algs aes sa private }",
	  "t:1:30: want an attribute of the SA (shared, unique), got \"private\"" },
	{ "{ } ipsec { encr_algs aes ",
	  "t:1:27: want a property (auth_algs, encr_algs, encr_auth_algs, sa, dir) or }, got "
	  "the end of the text" },
	{ "# one\n\n{ raddr\n 192.0.2.1\n bogus 7 }" IPSEC,
	  "t:5:2: want a selector (laddr, local, raddr, remote, saddr, src, srcaddr, daddr, dst, dest, dstaddr, smask, "
	  "dmask, lport, rport, sport, dport, ulp, proto, type, code, dir, tunnel, negotiate) or }, got \"bogus\"" },
};

Test(ipsecconf, every_error_names_line_and_column)
{
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct err e = { 0 };
		struct ipsecconf_script *s = ipsecconf_parse(wrong[i].text, strlen(wrong[i].text), "t", 1, &e);
		cr_expect(s == NULL, "row %zu was taken: %s", i, wrong[i].text);
		cr_expect(strcmp(e.text, wrong[i].error) == 0, "row %zu: %s\nwant %s\n got %s", i, wrong[i].text,
			  wrong[i].error, e.text);
		ipsecconf_free(s);
	}
}

Test(ipsecconf, every_truncation_is_read_or_refused)
{
	static const char whole[] =
		"# all\n{ laddr 192.0.2.1 lport 7 raddr ::/0 } drop {}\n{ saddr 10.0.0.0 smask 0xff000000 ulp "
		"icmp type 3-5 code 1 } apply { auth_algs any(1..) dir out sa unique }\n{ tunnel ip.tun0 "
		"negotiate tunnel } ipsec { encr_algs aes(..256) } or pass {}";
	for (size_t n = 0; n < sizeof whole; n++) {
		struct err e = { 0 };
		char *cut = malloc(n + 1); /* exact, so that the sanitizer sees a read too far */
		memcpy(cut, whole, n);
		char *exact = realloc(cut, n > 0 ? n : 1);
		struct ipsecconf_script *s = ipsecconf_parse(exact, n, "whole", 1, &e);
		cr_assert(s != NULL || strncmp(e.text, "whole:", 6) == 0, "cut at %zu: %s", n, e.text);
		ipsecconf_free(s);
		free(exact);
	}
}

Test(ipsecconf, noise_never_crashes)
{
	static const char *const pieces[] = {
		"{",  "}",     " ",      "raddr",   "192.0.2.1", "/",   "24",  "(",    ")",    "..",
		"or", "ipsec", "drop",   "\n",      "encr_algs", "any", "ulp", "icmp", "type", "3-5",
		"-",  "#",     "tunnel", "ip.tun0", "negotiate", "dir", "\"",  "\xff"
	};
	uint64_t state = 42;
	for (unsigned round = 0; round < 20000; round++) {
		char text[200] = "";
		for (unsigned i = 0; i < 14; i++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			strcat(text, pieces[(state >> 33) % (sizeof pieces / sizeof pieces[0])]);
			strcat(text, i % 2 == 0 ? " " : "");
		}
		struct err e = { 0 };
		ipsecconf_free(ipsecconf_parse(text, strlen(text), "noise", 1, &e));
	}
}
