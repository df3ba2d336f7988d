/* Ranges, OPAQUE, names, ICMP's one number, and what an SA takes from the packet. RFC 4301 4.4.1.1, 4.4.2.2. */
#include "ipsec/selector.h"
#include "ipsec/test_packet.h"

#define V4 "ip4 src=10.0.0.5 dst=10.0.0.2"
#define V6 "ip6 src=2001:db8::5 dst=2001:db8::2"
#define UDP V4 " / udp sport=1500 dport=7"
#define LATER V4 " offset=10 protocol=17 / 'abcdefgh"
#define ANY .protocol = SELECTOR_ANY, .sport = SELECTOR_ANY, .dport = SELECTOR_ANY
#define ICMP .protocol = 1

static const struct range_row {
	const char *id, *src, *src_last;
	struct selector s;
	const char *line;
	bool match;
} rows[] = {
	{ "inside", "10.0.0.3", "10.0.0.9", { ANY }, UDP, true },
	{ "first of a range", "10.0.0.5", "10.0.0.9", { ANY }, UDP, true },
	{ "last of a range", "10.0.0.1", "10.0.0.5", { ANY }, UDP, true },
	{ "range of one", "10.0.0.5", "10.0.0.5", { ANY }, UDP, true },
	{ "before a range", "10.0.0.6", "10.0.0.9", { ANY }, UDP, false },
	{ "behind a range", "9.255.255.250", "10.0.0.4", { ANY }, UDP, false },
	{ "range over an octet", "9.255.255.250", "10.0.1.0", { ANY }, UDP, true },
	{ "range of the other family", "2001:db8::1", "2001:db8::9", { ANY }, UDP, false },
	{ "range of IPv6", "2001:db8::1", "2001:db8::9", { ANY }, V6 " / udp", true },
	{ "ports inside",
	  "10.0.0.5",
	  NULL,
	  { .protocol = 17, .sport = 1000, .sport_last = 2000, .dport = SELECTOR_ANY },
	  UDP,
	  true },
	{ "first port",
	  "10.0.0.5",
	  NULL,
	  { .protocol = 17, .sport = 1500, .sport_last = 2000, .dport = SELECTOR_ANY },
	  UDP,
	  true },
	{ "last port",
	  "10.0.0.5",
	  NULL,
	  { .protocol = 17, .sport = 0, .sport_last = 1500, .dport = SELECTOR_ANY },
	  UDP,
	  true },
	{ "ports before",
	  "10.0.0.5",
	  NULL,
	  { .protocol = 17, .sport = 1501, .sport_last = 2000, .dport = SELECTOR_ANY },
	  UDP,
	  false },
	{ "ports behind",
	  "10.0.0.5",
	  NULL,
	  { .protocol = 17, .sport = 0, .sport_last = 1499, .dport = SELECTOR_ANY },
	  UDP,
	  false },
	{ "all ports are not any",
	  "10.0.0.5",
	  NULL,
	  { .protocol = 17, .sport = 0, .sport_last = 65535, .dport = SELECTOR_ANY },
	  LATER,
	  false },
	{ "all ports",
	  "10.0.0.5",
	  NULL,
	  { .protocol = 17, .sport = 0, .sport_last = 65535, .dport = SELECTOR_ANY },
	  UDP,
	  true },
	{ "opaque and ports",
	  "10.0.0.5",
	  NULL,
	  { .protocol = 17, .sport = SELECTOR_OPAQUE, .dport = SELECTOR_OPAQUE },
	  UDP,
	  false },
	{ "opaque and none",
	  "10.0.0.5",
	  NULL,
	  { .protocol = 17, .sport = SELECTOR_OPAQUE, .dport = SELECTOR_OPAQUE },
	  LATER,
	  true },
	{ "opaque on one side",
	  "10.0.0.5",
	  NULL,
	  { .protocol = 17, .sport = SELECTOR_ANY, .dport = SELECTOR_OPAQUE },
	  LATER,
	  true },
	{ "opaque where the protocol has no ports",
	  "10.0.0.5",
	  NULL,
	  { .protocol = 50, .sport = SELECTOR_OPAQUE, .dport = SELECTOR_OPAQUE },
	  V4 " / esp spi=0x1234 seq=5 / 'abcdefgh",
	  true },
	{ "types inside",
	  "10.0.0.5",
	  NULL,
	  { ICMP, .sport = 3, .sport_last = 8, .dport = SELECTOR_ANY },
	  V4 " / echo4",
	  true },
	{ "types before",
	  "10.0.0.5",
	  NULL,
	  { ICMP, .sport = 9, .sport_last = 12, .dport = SELECTOR_ANY },
	  V4 " / echo4",
	  false },
	{ "codes inside",
	  "10.0.0.5",
	  NULL,
	  { ICMP, .sport = 3, .dport = 2, .dport_last = 4 },
	  V4 " / icmp4 type=3 code=4",
	  true },
	{ "codes behind",
	  "10.0.0.5",
	  NULL,
	  { ICMP, .sport = 3, .dport = 2, .dport_last = 4 },
	  V4 " / icmp4 type=3 code=5",
	  false },
	/* (3*256)+9 <= (5*256)+0: codes are no range of their own. */
	{ "one number of 16 bits",
	  "10.0.0.5",
	  NULL,
	  { ICMP, .sport = 3, .sport_last = 6, .dport = 9, .dport_last = 10 },
	  V4 " / icmp4 type=5 code=0",
	  true },
	{ "its first type",
	  "10.0.0.5",
	  NULL,
	  { ICMP, .sport = 3, .sport_last = 6, .dport = 9, .dport_last = 10 },
	  V4 " / icmp4 type=3 code=8",
	  false },
	{ "its last type",
	  "10.0.0.5",
	  NULL,
	  { ICMP, .sport = 3, .sport_last = 6, .dport = 9, .dport_last = 10 },
	  V4 " / icmp4 type=6 code=11",
	  false },
	{ "type opaque",
	  "10.0.0.5",
	  NULL,
	  { ICMP, .sport = SELECTOR_OPAQUE, .dport = SELECTOR_ANY },
	  V4 " offset=10 protocol=1 / 'abcdefgh",
	  true },
	{ "mobility header",
	  "2001:db8::5",
	  NULL,
	  { .protocol = 135, .sport = 5, .dport = SELECTOR_ANY },
	  V6 " next_header=135 / '\x3b\x01\x05mmmmm",
	  true },
	{ "other mobility header",
	  "2001:db8::5",
	  NULL,
	  { .protocol = 135, .sport = 6, .dport = SELECTOR_ANY },
	  V6 " next_header=135 / '\x3b\x01\x05mmmmm",
	  false },
	{ "protocol opaque",
	  "2001:db8::5",
	  NULL,
	  { .protocol = SELECTOR_OPAQUE, .sport = SELECTOR_ANY, .dport = SELECTOR_ANY },
	  V6 " / frag offset=9 next_header=60 / 'abcdefgh",
	  true },
	{ "protocol there",
	  "2001:db8::5",
	  NULL,
	  { .protocol = SELECTOR_OPAQUE, .sport = SELECTOR_ANY, .dport = SELECTOR_ANY },
	  V6 " / frag offset=9 next_header=17 / 'abcdefgh",
	  false },
	{ "an extension header is no protocol",
	  "2001:db8::5",
	  NULL,
	  { .protocol = 60, .sport = SELECTOR_ANY, .dport = SELECTOR_ANY },
	  V6 " / frag offset=9 next_header=60 / 'abcdefgh",
	  false },
	{ "named", "10.0.0.5", NULL, { ANY, .name = "alice" }, UDP, false },
};

static struct selector
selector_of(const struct range_row *row)
{
	struct selector s = row->s;
	s.src = test_addr(row->src);
	s.src_bits = s.src.family == 4 ? 32 : 128;
	if (row->src_last != NULL)
		s.src_last = test_addr(row->src_last);
	return s;
}

static struct flow
flow_from(const char *line)
{
	uint8_t room[200];
	struct flow f;
	cr_assert(flow_of(test_datagram(line, room, sizeof room), &f), "%s", line);
	return f;
}

Test(selector, ranges_match_what_lies_between_their_ends)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct selector s = selector_of(&rows[i]);
		struct flow f = flow_from(rows[i].line);
		struct err e = { 0 };
		cr_assert(eq(int, selector_match(&s, &f), rows[i].match), "%s", rows[i].id);
		cr_assert(selector_equal(&s, &s), "%s", rows[i].id);
		cr_assert(selector_check(&s, 0, &e), "%s: %s", rows[i].id, e.text);
	}
}

Test(selector, a_name_is_the_flows)
{
	struct selector s = { ANY, .name = "alice" };
	struct flow f = flow_from(UDP);
	f.name = "alice";
	cr_assert(selector_match(&s, &f));
	f.name = "alic";
	cr_assert(not(selector_match(&s, &f)));
	f.name = NULL;
	cr_assert(not(selector_match(&s, &f)));
}

Test(selector, a_range_equals_the_prefix_with_its_ends_and_any_port_no_range)
{
	struct selector range = { ANY, .src = test_addr("10.0.0.0"), .src_last = test_addr("10.0.0.255") };
	struct selector prefix = { ANY, .src = test_addr("10.0.0.7"), .src_bits = 24 };
	struct selector ports = prefix;
	ports.sport = 0;
	ports.sport_last = 65535;
	cr_assert(selector_equal(&range, &prefix));
	cr_assert(not(selector_equal(&ports, &prefix)), "ANY encompasses OPAQUE");
}

Test(selector, what_no_flow_could_mean_is_refused)
{
	const struct {
		const char *id;
		struct selector s;
		uint8_t pfp;
	} bad[] = {
		{ "downwards", { ANY, .src = test_addr("10.0.0.9"), .src_last = test_addr("10.0.0.3") }, 0 },
		{ "two families", { ANY, .dst = test_addr("10.0.0.9"), .dst_last = test_addr("::1") }, 0 },
		{ "ports downwards", { .protocol = 17, .sport = 9, .sport_last = 8, .dport = SELECTOR_ANY }, 0 },
		{ "range from any",
		  { .protocol = 17, .sport = SELECTOR_ANY, .dport = SELECTOR_ANY, .dport_last = 8 },
		  0 },
		{ "pfp and opaque", { .protocol = 17, .sport = SELECTOR_OPAQUE, .dport = SELECTOR_ANY }, PFP_SPORT },
		{ "pfp and opaque protocol",
		  { .protocol = SELECTOR_OPAQUE, .sport = SELECTOR_ANY, .dport = SELECTOR_ANY },
		  PFP_PROTOCOL },
		{ "opaque protocol of IPv4",
		  { .protocol = SELECTOR_OPAQUE,
		    .sport = SELECTOR_ANY,
		    .dport = SELECTOR_ANY,
		    .src = test_addr("10.0.0.9"),
		    .src_bits = 32 },
		  0 },
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct err e = { 0 };
		cr_assert(not(selector_check(&bad[i].s, bad[i].pfp, &e)), "%s", bad[i].id);
		cr_assert(eq(int, e.code, ERR_RANGE), "%s", bad[i].id);
	}
}

/* The tables of RFC 4301 4.4.2.2: what the entry says, what the packet has, what the SA gets. */
Test(selector, an_sa_has_from_the_packet_what_the_flags_say)
{
	const struct selector entry = { .protocol = SELECTOR_ANY,
					.sport = 1000,
					.sport_last = 2000,
					.dport = SELECTOR_ANY,
					.src = test_addr("10.0.0.0"),
					.src_bits = 8,
					.name = "alice" };
	struct flow udp = flow_from(UDP), later = flow_from(LATER),
		    esp = flow_from(V4 " / esp spi=0x1234 seq=5 / 'abcdefgh");
	struct flow echo = flow_from(V4 " / icmp4 type=3 code=4");
	struct selector sa;
	cr_assert(selector_narrow(&entry, 0, &udp, &sa));
	cr_assert(sa.sport_last == 2000 && sa.src_bits == 8 && sa.name[0] == 0, "the entry's, nameless");
	cr_assert(selector_narrow(&entry, PFP_ALL, &udp, &sa));
	cr_assert(eq(uint, sa.protocol, 17));
	cr_assert(eq(uint, sa.sport, 1500));
	cr_assert(eq(uint, sa.sport_last, 0));
	cr_assert(eq(uint, sa.dport, 7));
	cr_assert(addr_equal(&sa.src, &udp.src) && addr_equal(&sa.dst, &udp.dst));
	cr_assert(eq(uint, sa.src_bits, 32));
	cr_assert(selector_narrow(&entry, PFP_SRC | PFP_DST, &later, &sa), "addresses are there");
	cr_assert(not(selector_narrow(&entry, PFP_DPORT, &later, &sa)), "not avail.: discard packet");
	cr_assert(selector_narrow(&entry, PFP_SPORT, &esp, &sa), "a protocol that has none");
	cr_assert(eq(uint, sa.sport, SELECTOR_OPAQUE));
	cr_assert(selector_narrow(&entry, PFP_DPORT, &echo, &sa), "type and code are bound");
	cr_assert(eq(uint, sa.sport, 3));
	cr_assert(eq(uint, sa.dport, 4));
}

/* Of the last bit of a prefix and of the ends of both families. */
Test(addr, a_prefix_ends_where_its_addresses_do)
{
	static const struct {
		const char *prefix;
		unsigned bits;
		const char *first, *last;
	} ends[] = {
		{ "10.1.2.3", 32, "10.1.2.3", "10.1.2.3" },
		{ "10.1.2.3", 31, "10.1.2.2", "10.1.2.3" },
		{ "10.1.2.3", 12, "10.0.0.0", "10.15.255.255" },
		{ "10.1.2.3", 0, "0.0.0.0", "255.255.255.255" },
		{ "2001:db8::9", 125, "2001:db8::8", "2001:db8::f" },
		{ "2001:db8::9", 32, "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff" },
	};
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct addr prefix = test_addr(ends[i].prefix), low = test_addr(ends[i].first),
			    high = test_addr(ends[i].last), first, last;
		addr_prefix_ends(&prefix, ends[i].bits, &first, &last);
		cr_assert(addr_equal(&first, &low) && addr_equal(&last, &high), "%s/%u", ends[i].prefix, ends[i].bits);
		cr_assert(le(int, addr_compare(&first, &last), 0), "%s/%u", ends[i].prefix, ends[i].bits);
	}
}
