#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/setkey.h"
#include "ipsec/chain.h"
#include "runner/observe/passive.h"
#include "runner/observe/test_check.h"
#include "wire/text.h"

/* --- a sender --- */

struct sender {
	struct sa *sa;
	struct random_seeded rnd;
	char setkey[2048];
};

static void
sender_open(struct sender *s, const char *setkey)
{
	struct err e = { 0 };
	snprintf(s->setkey, sizeof s->setkey, "%s", setkey);
	struct setkey_script *script = setkey_parse(setkey, strlen(setkey), "test", 1, &e);
	cr_assert(script != NULL, "%s", e.text);
	s->sa = sa_open(&setkey_first(script)->sa, &e);
	cr_assert(s->sa != NULL, "%s: %s", setkey, e.text);
	random_seeded_init(&s->rnd, 7);
	setkey_free(script);
}

static struct bytes
sender_send(struct sender *s, struct bytes datagram, uint8_t *room)
{
	struct wr w = wr_of(room, ROOM);
	enum verdict v = datagram_protect(s->sa, datagram, 9, &s->rnd.random, &w);
	cr_assert(v == ACCEPT, "%s: %s", s->setkey, verdict_name(v));
	return wr_done(&w);
}

static struct passive *
observer(const char *setkey)
{
	char path[40];
	struct err e = { 0 };
	struct passive *p = passive_new(true, &e);
	write_file(path, (struct bytes){ (const uint8_t *)setkey, strlen(setkey) });
	bool ok = passive_load(p, path, &e);
	cr_assert(ok, "%s: %s", setkey, e.text);
	unlink(path);
	return p;
}

/* The sequence of keys 0x00, 0x01, .. that a row wants. */
static void
text_key(struct text *t, const struct alg *a)
{
	size_t sizes[64];
	unsigned n = alg_key_sizes(a, sizes, 64);
	if (sizes[n - 1] > 0)
		text_add(t, " 0x");
	for (size_t i = 0; i < sizes[n - 1]; i++)
		text_add(t, "%02zx", (1 + 7 * i) & 0xff);
}

/* One row as the cipher of ESP, the integrity of ESP, or the integrity of AH; false where it cannot be that.
 */
static bool
text_transform(struct text *t, const struct alg *a, bool ah)
{
	const struct alg *hmac = alg_by_name("hmac-sha1-96", ALG_AUTH), *null = alg_by_name("null", ALG_ENC);
	if (ah ? a->use != ALG_AUTH || a->kind == ALG_NULL
	       : a->kind == ALG_AH_GMAC || (a->use == ALG_AUTH && a->icv == 0))
		return false;
	const struct alg *enc = a->use == ALG_ENC ? a : ah ? NULL : null;
	const struct alg *auth = a->use == ALG_AUTH ? a : alg_is_combined(a) ? NULL : hmac;
	if (enc != NULL) {
		text_add(t, " -E %s", enc->setkey[0]);
		text_key(t, enc);
	}
	if (auth != NULL) {
		text_add(t, " -A %s", auth->setkey[0]);
		text_key(t, auth);
	}
	text_add(t, " ;\n");
	return true;
}

struct situation {
	bool ah, v6, tunnel, esn, udp;
};

static bool
text_sa(char *out, size_t cap, const struct alg *a, const struct situation *s)
{
	struct text t = text_of(out, cap);
	const char *ends = s->v6 ? "2001:db8::1 2001:db8::2" : "192.168.123.3 192.168.123.100";
	text_add(&t, "add %s %s 0x1001 -m %s%s", ends,
		 s->ah    ? "ah"
		 : s->udp ? "esp-udp"
			  : "esp",
		 s->tunnel ? "tunnel" : "transport", s->esn ? " -esn -seq 0xffffffff" : "");
	return text_transform(&t, a, s->ah);
}

static void
judge_three(const struct alg *a, const struct situation *s)
{
	static uint8_t plain_room[200], room[ROOM];
	char setkey[2048];
	struct sender sender;
	struct passive_verdict v;
	struct bytes plain = hex_octets(s->v6 ? UDP6 : ECHO4, plain_room, sizeof plain_room);
	if (!text_sa(setkey, sizeof setkey, a, s))
		return;
	sender_open(&sender, setkey);
	struct passive *p = observer(setkey);
	for (uint64_t i = 0; i < 3; i++) {
		struct bytes packet = sender_send(&sender, plain, room);
		passive_judge(p, 1, packet, false, &v);
		cr_assert(v.is_protected && v.verdict == ACCEPT, "%s got %s", setkey, verdict_name(v.verdict));
		cr_assert(v.seq == i + (s->esn ? 0xffffffff : 1), "%s seq %llu", setkey, (unsigned long long)v.seq);
		cr_assert(bytes_equal(v.inner, plain), "%s: another datagram came out", setkey);
		cr_assert(v.spi == 0x1001 && v.protocol == (s->ah ? 51 : 50));
		struct wr w = { room, ROOM, packet.n, false };
		struct rd last = rd_of(bytes_slice(packet, packet.n - 1, 1));
		(void)wr_patch(&w, packet.n - 1, rd_uint(&last, 1) ^ 1u, 1);
		passive_judge(p, 1, wr_done(&w), false, &v);
		cr_assert(v.verdict == DROP_ICV && v.inner.n == 0, "%s: a flipped bit got %s", setkey,
			  verdict_name(v.verdict));
	}
	sa_close(sender.sa);
	passive_free(p);
}

Test(check, every_algorithm_mode_family_and_number_width_is_ok_and_a_flipped_bit_is_not)
{
	for (const struct alg *a = algs; a < algs + algs_n; a++)
		for (unsigned i = 0; i < 32 && a->old != OLD_ONLY; i++)
			judge_three(
				a, &(struct situation){ i & 1, i & 2, i & 4, i & 8, (i & 16) && !(i & 1) && !(i & 2) });
}

Test(check, extended_numbers_are_followed_in_any_order_with_duplicates)
{
	static uint8_t plain_room[200], room[4][ROOM];
	static const uint8_t order[] = { 1, 3, 0, 2, 1, 3, 0 };
	struct situation s = { .esn = true };
	char setkey[2048];
	struct sender sender;
	struct bytes packet[4];
	struct passive_verdict v;
	text_sa(setkey, sizeof setkey, alg_by_name("aes-gcm-16", ALG_ENC), &s);
	sender_open(&sender, setkey);
	struct passive *p = observer(setkey);
	for (unsigned i = 0; i < 4; i++)
		packet[i] = sender_send(&sender, hex_octets(ECHO4, plain_room, sizeof plain_room), room[i]);
	for (size_t i = 0; i < sizeof order; i++) {
		passive_judge(p, i, packet[order[i]], false, &v);
		cr_assert(v.verdict == ACCEPT && v.seq == 0xffffffff + (uint64_t)order[i], "step %zu: %s %llu", i,
			  verdict_name(v.verdict), (unsigned long long)v.seq);
	}
	sa_close(sender.sa);
	passive_free(p);
}

Test(check, nested_protection_is_opened_to_the_innermost)
{
	static uint8_t plain_room[200], room[2][ROOM];
	static const char esp[] = "add 192.168.123.3 192.168.123.100 esp 0x1001 -m transport -E null -A hmac-md5 "
				  "0x000102030405060708090a0b0c0d0e0f ;\n";
	static const char ah[] = "add 192.168.123.3 192.168.123.100 ah 0x1002 -m tunnel -A hmac-sha1 "
				 "0x000102030405060708090a0b0c0d0e0f10111213 ;\n";
	char both[400];
	struct sender inside, outside;
	struct passive_verdict v;
	struct bytes plain = hex_octets(ECHO4, plain_room, sizeof plain_room);
	sender_open(&inside, esp);
	sender_open(&outside, ah);
	struct bytes packet = sender_send(&outside, sender_send(&inside, plain, room[0]), room[1]);
	snprintf(both, sizeof both, "%s%s", esp, ah);
	struct passive *p = observer(both);
	passive_judge(p, 1, packet, false, &v);
	cr_assert(v.verdict == ACCEPT && v.protocol == 50 && v.spi == 0x1001 && bytes_equal(v.inner, plain));
	passive_free(p);
	p = observer(ah);
	passive_judge(p, 1, packet, false, &v);
	cr_assert(v.verdict == DROP_NO_SA && v.spi == 0x1001, "the inner SA is missing");
	passive_free(p);
	sa_close(inside.sa);
	sa_close(outside.sa);
}

Test(check, a_peer_that_pads_ah_to_8_octets_is_understood)
{
	static uint8_t plain_room[200], room[ROOM];
	char setkey[2048];
	struct sender sender;
	struct passive_verdict v;
	struct situation s = { .ah = true };
	text_sa(setkey, sizeof setkey, alg_by_name("hmac-sha2-256-128", ALG_AUTH), &s);
	sender_open(&sender, setkey);
	sender.sa->spec.ah_align8 = true;
	struct passive *p = observer(setkey);
	for (unsigned i = 0; i < 2; i++) {
		struct bytes packet = sender_send(&sender, hex_octets(ECHO4, plain_room, sizeof plain_room), room);
		passive_judge(p, i, packet, false, &v);
		cr_assert(v.verdict == ACCEPT && v.align8 == (i == 0), "packet %u: %s", i, verdict_name(v.verdict));
	}
	sa_close(sender.sa);
	passive_free(p);
}

/* Cuts an IPv4 datagram without options in two at an offset behind the header. */
static struct bytes
piece_of(struct bytes datagram, size_t from, size_t n, bool more, uint8_t *room)
{
	struct wr w = wr_of(room, ROOM);
	wr_bytes(&w, bytes_slice(datagram, 0, 20));
	wr_bytes(&w, bytes_slice(datagram, 20 + from, n));
	(void)wr_patch(&w, 2, w.n, 2);
	(void)wr_patch(&w, 6, (more ? 0x2000 : 0) | from / 8, 2);
	chain_checksum4(&w, 0);
	return wr_done(&w);
}

Test(check, fragments_are_put_together_in_any_order_and_missing_ones_told)
{
	static uint8_t octets[400], room[2][ROOM];
	struct passive_verdict v;
	struct passive *p = observer(SA4);
	struct bytes whole = hex_octets(ESP4, octets, sizeof octets);
	struct bytes first = piece_of(whole, 0, 40, true, room[0]), second = piece_of(whole, 40, 64, false, room[1]);
	passive_judge(p, 1, second, false, &v);
	cr_assert(not(v.is_protected), "nothing can be said yet");
	passive_judge(p, 2, first, false, &v);
	cr_assert(v.is_protected && v.verdict == ACCEPT && v.frame == 2 && v.spi == 0x4321, "%s",
		  verdict_name(v.verdict));
	cr_assert(not(passive_left(p, &v)));
	passive_judge(p, 3, first, false, &v);
	cr_assert(passive_left(p, &v) && v.frame == 3 && v.verdict == DROP_FRAGMENT && v.protocol == 50);
	cr_assert(not(passive_left(p, &v)));
	passive_free(p);
}

Test(check, noise_never_crashes)
{
	static uint8_t octets[400], room[400];
	struct random_seeded rnd;
	struct passive_verdict v;
	struct passive *p = observer(SA4);
	random_seeded_init(&rnd, 11);
	struct bytes whole = hex_octets(ESP4, octets, sizeof octets);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t dice[4];
		struct wr w = wr_of(room, sizeof room);
		rnd.random.fill(&rnd.random, dice, sizeof dice);
		struct rd r = rd_of(BYTES_OF(dice));
		size_t n = rd_uint(&r, 1) % whole.n + 1, at = rd_uint(&r, 1) % n;
		uint8_t *exact = malloc(n); /* so that the sanitizer sees a read too far */
		wr_bytes(&w, bytes_slice(whole, 0, n));
		(void)wr_patch(&w, at % 40 < n ? at % 40 : at, rd_uint(&r, 1), 1);
		memcpy(exact, room, n);
		passive_judge(p, i, (struct bytes){ exact, n }, i & 1, &v);
		cr_assert(v.verdict != ACCEPT || !v.is_protected || v.inner.n > 0);
		free(exact);
	}
	passive_free(p);
}

/* --- the command --- */

static const struct {
	const char *name;
	uint32_t type;
	const char *link;
} links[] = {
	{ "raw", 101, "" },
	{ "raw, BSD", 12, "" },
	{ "ipv4", 228, "" },
	{ "ethernet", 1, "0200000000010200000000020800" },
	{ "vlan", 1,
	  "02000000000102000000000281000005"
	  "0800" },
	{ "qinq", 1,
	  "02000000000102000000000288a8000581000006"
	  "0800" },
	{ "linux cooked", 113, "00000001000600000000000100000800" },
	{ "linux cooked 2", 276, "0800000000000002000100000000000000000000" },
	{ "null", 0, "00000002" },
	{ "loop", 108, "00000002" },
};

Test(check, every_link_layer_is_read)
{
	for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
		struct said s;
		check(&s, capture_of(links[i].type, links[i].link, ESP4, 1, 0), SA4, "--json");
		cr_expect(s.status == 0, "%s: status %d %s", links[i].name, s.status, s.err);
		cr_expect(strcmp(s.out, OK4) == 0, "%s: %s", links[i].name, s.out);
	}
}

Test(check, says_one_line_a_packet_and_counts)
{
	struct said s;
	check(&s, capture_of(101, "", ESP4, 2, 0), SA4, NULL);
	cr_assert(eq(int, s.status, 0));
	cr_assert(eq(str, s.out,
		     "frame 1 esp spi 0x4321 seq 1 ok\nframe 2 esp spi 0x4321 seq 1 ok (duplicate)\n"
		     "sa 0x4321 esp 192.168.123.3 > 192.168.123.100: 2 packets, numbers 1 to 1, 0 missing, "
		     "1 duplicates, 0 late, 0 IVs reused\n2 ok, 0 refused\n"));
	cr_assert(eq(str, s.err, ""));
}

Test(check, refused_packets_are_status_1)
{
	struct said s;
	check(&s, capture_of(101, "", ESP4, 1, 0), "flush ;\n", "-j");
	cr_assert(eq(int, s.status, 1));
	cr_assert(eq(str, s.out,
		     "{\"frame\": 1, \"protocol\": \"esp\", \"spi\": 17185, \"seq\": 1, \"verdict\": "
		     "\"no-sa\"}\n"));
}

Test(check, no_ipsec_packet_is_status_4)
{
	struct said s;
	check(&s, capture_of(101, "", ECHO4, 3, 0), SA4, NULL);
	cr_assert(eq(int, s.status, 4));
	cr_assert(strstr(s.err, "no AH or ESP packet in 3 frames") != NULL, "%s", s.err);
}

Test(check, a_packet_the_capture_cut_is_named_and_the_others_are_judged)
{
	static uint8_t room[ROOM], octets[400];
	struct said s;
	struct wr w = wr_of(room, sizeof room);
	struct bytes esp = hex_octets(ESP4, octets, sizeof octets);
	put_pcap_header(&w, 101);
	put_pcap_frame(&w, BYTES_NONE, esp, 0);
	put_pcap_frame(&w, BYTES_NONE, esp, 60);
	put_pcap_frame(&w, BYTES_NONE, esp, 0);
	check(&s, wr_done(&w), SA4, NULL);
	cr_assert(eq(int, s.status, 2));
	cr_assert(eq(str, s.out,
		     "frame 1 esp spi 0x4321 seq 1 ok\nframe 2 esp spi 0x4321 seq 1 cut\n"
		     "frame 3 esp spi 0x4321 seq 1 ok (duplicate)\n"
		     "sa 0x4321 esp 192.168.123.3 > 192.168.123.100: 2 packets, numbers 1 to 1, 0 missing, "
		     "1 duplicates, 0 late, 0 IVs reused\n2 ok, 0 refused\n"));
	cr_assert(strstr(s.err, "frame 2: 64 of 124 octets captured") != NULL, "%s", s.err);
}

Test(check, every_truncation_of_a_capture_reports_what_came_before)
{
	struct bytes whole = capture_of(101, "", ESP4, 3, 0);
	for (size_t n = 0; n < whole.n; n += n < 40 ? 1 : 7) {
		struct said s;
		size_t frames = n < 24 ? 0 : (n - 24) / (16 + 124);
		bool clean = n >= 24 && (n - 24) % (16 + 124) == 0;
		char want[40];
		check(&s, bytes_slice(whole, 0, n), SA4, NULL);
		cr_expect(s.status == (clean ? (frames > 0 ? 0 : 4) : 2), "cut at %zu: status %d %s", n, s.status,
			  s.err);
		snprintf(want, sizeof want, "frame %zu:", frames + 1);
		cr_expect(clean || n < 24 || strstr(s.err, want) != NULL, "cut at %zu: %s", n, s.err);
		snprintf(want, sizeof want, "%zu ok, 0 refused\n", frames);
		cr_expect(n < 24 || strstr(s.out, want) != NULL, "cut at %zu: %s", n, s.out);
	}
}

Test(check, errors_of_the_sa_file_name_its_line)
{
	struct said s;
	check(&s, capture_of(101, "", ESP4, 1, 0), "flush ;\nadd 192.0.2.1 192.0.2.2 esp 1 -E aes-cbd 0x00 ;\n", NULL);
	cr_assert(eq(int, s.status, 2));
	cr_assert(strstr(s.err, ":2:34: want an encryption algorithm (is it aes-cbc?)") != NULL, "%s", s.err);
	check(&s, capture_of(101, "", ESP4, 1, 0), SA4 SA4, NULL);
	cr_assert(eq(int, s.status, 2));
	cr_assert(strstr(s.err, ":2: ") != NULL, "an SA twice: %s", s.err);
}

Test(check, a_link_layer_it_does_not_know_is_refused_by_name)
{
	struct said s;
	check(&s, capture_of(105, "", ESP4, 1, 0), SA4, NULL);
	cr_assert(eq(int, s.status, 2));
	cr_assert(strstr(s.err, "IEEE802_11") != NULL, "%s", s.err);
}

Test(check, usage_errors_are_status_2)
{
	char *none[] = { "check", NULL }, *no_sa[] = { "check", "a.pcap", NULL };
	char *unknown[] = { "check", "a.pcap", "--frobnicate", NULL };
	optind = 0;
	cr_assert(eq(int, cmd_check(1, none), 2));
	optind = 0;
	cr_assert(eq(int, cmd_check(2, no_sa), 2));
	optind = 0;
	cr_assert(eq(int, cmd_check(3, unknown), 2));
}

/* Threads change the time it takes, and nothing else. */
Test(check, the_order_of_the_capture_is_kept_by_any_number_of_threads)
{
	static uint8_t room[1 << 20], octets[400];
	static struct said one, many;
	struct wr w = wr_of(room, sizeof room);
	struct bytes esp = hex_octets(ESP4, octets, sizeof octets);
	put_pcap_header(&w, 101);
	for (unsigned i = 0; i < 120; i++)
		put_pcap_frame(&w, BYTES_NONE, bytes_slice(esp, 0, i % 7 == 3 ? 40 : SIZE_MAX), 0);
	check(&one, wr_done(&w), SA4, "--threads=1");
	check(&many, wr_done(&w), SA4, "--threads=4");
	cr_assert(gt(sz, strlen(one.out), 120 * 20));
	cr_assert(eq(str, many.out, one.out));
	cr_assert(eq(str, many.err, one.err));
	cr_assert(eq(int, many.status, one.status));
}

/* --- layers --- */

/* ESP in four layers: the IV of each is its own, though two of them lie in one buffer. */
Test(check, the_ivs_of_nested_layers_are_each_their_own)
{
	static uint8_t plain_room[200], room[2][ROOM];
	char setkey[2048] = "", one[400];
	struct sender sender[PASSIVE_LAYERS];
	struct passive_verdict v;
	struct bytes packet = hex_octets(ECHO4, plain_room, sizeof plain_room);
	uint8_t ivs[PASSIVE_LAYERS][16];
	for (unsigned i = 0; i < PASSIVE_LAYERS; i++) {
		sprintf(one,
			"add 192.168.123.3 192.168.123.100 esp %u -m tunnel -E aes-cbc 0x90d382b410eeba7ad938c46cec1a82b%u ;\n",
			0x2000 + i, i);
		strcat(setkey, one);
		sender_open(&sender[i], one);
		random_seeded_init(&sender[i].rnd, 100 + i);
		packet = sender_send(&sender[i], packet, room[i % 2]);
		struct rd r = rd_of(bytes_slice(packet, 28, 16));
		struct wr w = wr_of(ivs[i], 16);
		wr_bytes(&w, rd_rest(&r));
	}
	struct passive *p = observer(setkey);
	passive_judge(p, 1, packet, false, &v);
	cr_assert(eq(int, v.verdict, ACCEPT));
	cr_assert(eq(uint, v.layers, PASSIVE_LAYERS));
	for (unsigned i = 0; i < PASSIVE_LAYERS; i++) {
		struct bytes got = { v.layer[i].iv, v.layer[i].iv_n };
		cr_expect(bytes_equal(got, BYTES_OF(ivs[PASSIVE_LAYERS - 1 - i])), "layer %u", i);
		sa_close(sender[i].sa);
	}
	passive_free(p);
}

/* How the peer pads AH is learnt once, also where ESP hides it from those who deal the frames out. */
Test(check, ah_inside_of_esp_is_judged_alike_by_any_number_of_threads)
{
	static uint8_t plain_room[200], room[2][ROOM], file[1 << 20];
	static struct said one, many;
	static const char ah[] = "add 192.168.123.3 192.168.123.100 ah 0x1002 -m transport -A hmac-sha256 "
				 "0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f ;\n";
	static const char esp[] = "add 192.168.123.3 192.168.123.100 esp 0x1001 -m tunnel -E null -A hmac-md5 "
				  "0x000102030405060708090a0b0c0d0e0f ;\n";
	char both[500];
	struct sender inside, outside;
	struct wr w = wr_of(file, sizeof file);
	struct bytes plain = hex_octets(ECHO4, plain_room, sizeof plain_room);
	sender_open(&inside, ah);
	sender_open(&outside, esp);
	put_pcap_header(&w, 101);
	for (unsigned i = 0; i < 60; i++) {
		inside.sa->spec.ah_align8 = i % 3 != 2;
		put_pcap_frame(&w, BYTES_NONE, sender_send(&outside, sender_send(&inside, plain, room[0]), room[1]), 0);
	}
	snprintf(both, sizeof both, "%s%s", ah, esp);
	check(&one, wr_done(&w), both, "--threads=1");
	check(&many, wr_done(&w), both, "--threads=4");
	cr_expect(strstr(one.out, "40 ok, 20 refused\n") != NULL, "%s", one.out);
	cr_assert(eq(str, many.out, one.out));
	const char *told = strstr(many.err, "padded to 8 octets");
	cr_assert(told != NULL && strstr(told + 1, "padded to 8") == NULL, "once: %s", many.err);
	sa_close(inside.sa);
	sa_close(outside.sa);
}
