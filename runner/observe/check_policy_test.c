/* espy check --policy: what an observer says of datagrams that are not protected as policies ask for. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "runner/observe/test_check.h"

#define IN_SA                                                                                                          \
	"add 192.168.123.100 192.168.123.3 esp 0x4322 -m transport -E null -A hmac-md5 0x000102030405060708090a0b0c0d0e0f ;\n"
#define PAIR "192.168.123.3 192.168.123.100 any"

/* One clear datagram and the same protected, frames 1 and 2: which of them the entry of this line refuses. */
static const struct {
	const char *policies;
	unsigned clear, protected;
} policies[] = {
	{ "spdadd " PAIR " -P out ipsec esp/transport//require ;", 1, 0 },
	{ "spdadd " PAIR " -P in ipsec esp/transport//require ;", 1, 0 },
	{ "spdadd " PAIR " -P fwd ipsec ah/transport//require ;\nspdadd 192.0.2.1 192.0.2.2 any -P out discard ;", 0,
	  0 },
	{ "# none\nspdadd " PAIR " -P out ipsec ah/transport//require ;", 2, 2 },
	{ "spdadd " PAIR " -P out ipsec esp/tunnel/192.168.123.3-192.168.123.100/require ;", 1, 1 },
	{ "spdadd " PAIR " -P out ipsec esp/transport//require ah/transport//require ;", 1, 1 },
	{ "spdadd " PAIR " -P out ipsec esp/transport//use ;", 0, 0 },
	{ "spdadd " PAIR " -P out ipsec esp/transport//default ;", 1, 0 },
	{ "spdadd " PAIR " -P out ipsec ipcomp/transport//require esp/transport//require ;", 1, 0 },
	{ "spdadd " PAIR " -P out ipsec esp/transport//unique:7 ;", 1, 1 },
	{ "spdadd " PAIR " -P out discard ;", 1, 1 },
	{ "spdadd " PAIR " -P out none ;", 0, 1 },
	{ "spdadd 192.168.123.0/24 0.0.0.0/0 icmp 8,0 -P out discard ;\nspdadd " PAIR " -P out none ;", 1, 1 },
	{ "spdadd " PAIR " -P out prio def - 5 none ;\nspdadd 192.168.123.0/24 0.0.0.0/0 any -P out prio def discard ;",
	  2, 2 },
	{ "spdadd " PAIR " -P out discard ;\nspdadd " PAIR " -P in none ;", 0, 1 },
	{ "spdadd " PAIR " -P out discard ;\nspdadd " PAIR " -P in ipsec esp/transport//require ;", 1, 0 },
	{ "spdadd " PAIR " -P in discard ;\nspdadd " PAIR " -P out ipsec ah/transport//require ;", 2, 2 },
	{ "spdadd " PAIR " -P out none ;\nspdadd " PAIR " -P out discard ;", 0, 1 },
	{ "{laddr 192.168.123.3 raddr 192.168.123.100} ipsec {encr_algs aes}", 1, 0 },
	{ "{laddr 192.168.123.3 raddr 192.168.123.100} ipsec {encr_algs 3des}", 1, 1 },
	{ "{laddr 192.168.123.3 raddr 192.168.123.100} ipsec {encr_algs aes encr_auth_algs sha1}", 1, 1 },
	{ "{raddr 192.168.123.3} ipsec {auth_algs any} or ipsec {encr_algs any}", 1, 0 },
	{ "ip xfrm policy add src 192.168.123.0/24 dst 0.0.0.0/0 dir out tmpl proto esp mode transport", 1, 0 },
};

Test(check, policies_decide_of_clear_and_protected_datagrams)
{
	static uint8_t room[1000], clear[200], esp[400];
	struct wr w = wr_of(room, sizeof room);
	put_pcap_header(&w, 101);
	put_pcap_frame(&w, BYTES_NONE, hex_octets(ECHO4, clear, sizeof clear), 0);
	put_pcap_frame(&w, BYTES_NONE, hex_octets(ESP4, esp, sizeof esp), 0);
	for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
		struct said s;
		char by[80], want[400] = "";
		unsigned first = policies[i].clear, second = policies[i].protected;
		check_with(&s, wr_done(&w), SA4, policies[i].policies, NULL);
		if (first != 0)
			sprintf(want, "frame 1 clear 192.168.123.3 > 192.168.123.100 policy by %s:%u\n", s.policies,
				first);
		sprintf(by, "policy by %s:%u", s.policies, second);
		sprintf(want + strlen(want), "frame 2 esp spi 0x4321 seq 1 %s\n", second != 0 ? by : "ok");
		sprintf(want + strlen(want), "%u ok, %u refused, %u clear as they may be\n", second == 0,
			(first != 0) + (second != 0), first == 0);
		cr_expect(eq(str, s.out, want), "%s: %s", policies[i].policies, s.err);
		cr_expect(eq(int, s.status, first != 0 || second != 0), "%s", policies[i].policies);
	}
}

Test(check, policies_ask_nothing_of_what_cannot_be_read)
{
	struct said s;
	static const char discard[] = "spdadd 0.0.0.0/0 0.0.0.0/0 any -P out discard ;\n";
	check_with(&s, capture_of(101, "", ESP4, 1, 0), IN_SA, discard, NULL);
	cr_assert(eq(str, s.out, "frame 1 esp spi 0x4321 seq 1 no-sa\n0 ok, 1 refused, 0 clear as they may be\n"));
	check_with(&s, capture_of(101, "", ECHO4, 2, 30), SA4, discard, NULL);
	cr_assert(eq(str, s.out, "0 ok, 0 refused, 0 clear as they may be\n"), "cut: nothing can be said");
	cr_assert(eq(int, s.status, 4));
}

Test(check, a_capture_without_protection_obeys_policies_that_ask_for_none)
{
	struct said s;
	check_with(&s, capture_of(101, "", ECHO4, 2, 0), "", "spdadd 192.0.2.1 192.0.2.2 any -P out discard ;\n", NULL);
	cr_assert(eq(str, s.out, "0 ok, 0 refused, 2 clear as they may be\n"));
	cr_assert(eq(int, s.status, 0));
	check(&s, capture_of(101, "", ECHO4, 2, 0), SA4, NULL);
	cr_assert(eq(int, s.status, 4));
}

Test(check, policies_in_json_name_the_line)
{
	struct said s;
	check_with(&s, capture_of(101, "", ECHO4, 1, 0), SA4, "\n\nspdadd " PAIR " -P out discard ;\n", "--json");
	cr_assert(eq(str, s.out,
		     "{\"frame\": 1, \"protocol\": \"clear\", \"src\": \"192.168.123.3\", \"dst\": "
		     "\"192.168.123.100\", \"verdict\": \"policy\", \"line\": 3}\n"));
}

Test(check, what_is_wrong_with_policies_is_told)
{
	static const struct {
		const char *text, *says;
	} wrong[] = {
		{ "# nothing\n", "no policy of direction in or out" },
		{ SA4, "no policy of direction in or out" },
		{ "spdadd " PAIR " -P up none ;", ":1:" },
		{ "{laddr 192.168.123.3} ipsec {encr_algs rot13}", ":1:" },
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct said s;
		check_with(&s, capture_of(101, "", ESP4, 1, 0), SA4, wrong[i].text, NULL);
		cr_expect(s.status == 2 && strstr(s.err, wrong[i].says) != NULL, "%s: %s", wrong[i].text, s.err);
	}
}
