#include "ipsec/chain.h"
#include "ipsec/selector.h"
#include "ipsec/test_packet.h"

#define V4 "ip4 src=10.0.0.1 dst=10.0.0.2"
#define V6 "ip6 src=2001:db8::1 dst=2001:db8::2"

/* What is to be read from each datagram. */
static const struct flow_row {
	const char *id, *line, *dst;
	uint8_t protocol;
	bool has_ports;
	uint16_t sport, dport;
	bool fragment;
} flows[] = {
	{ "udp", V4 " / udp sport=5000 dport=7 / 'x", "10.0.0.2", 17, true, 5000, 7, false },
	{ "tcp behind options", V4 " options=0x94040000 / tcp sport=1 dport=2", "10.0.0.2", 6, true, 1, 2, false },
	{ "echo", V4 " / echo4", "10.0.0.2", 1, true, 8, 0, false },
	{ "icmp code", V4 " / icmp4 type=3 code=4", "10.0.0.2", 1, true, 3, 4, false },
	{ "echo6", V6 " / echo6", "2001:db8::2", 58, true, 128, 0, false },
	{ "no ports", V4 " protocol=89 / 'abcdefgh", "10.0.0.2", 89, false, 0, 0, false },
	{ "too short for ports", V4 " protocol=17 / 'abc", "10.0.0.2", 17, false, 0, 0, false },
	{ "too short for a type", V4 " protocol=1 / 'a", "10.0.0.2", 1, false, 0, 0, false },
	{ "first fragment", V4 " flags=mf / udp sport=5 dport=7 / 'x", "10.0.0.2", 17, true, 5, 7, true },
	{ "later fragment", V4 " offset=10 protocol=17 / 'abcdefgh", "10.0.0.2", 17, false, 0, 0, true },
	{ "esp", V4 " / esp spi=0x1234 seq=5 / 'abcdefgh", "10.0.0.2", 50, false, 0, 0, false },
	{ "ports end at total_length", V4 " total_length=22 protocol=17 / 'abcdefgh", "10.0.0.2", 17, false, 0, 0,
	  false },
	{ "cut short", V4 " total_length=1400 / udp sport=5 dport=7", "10.0.0.2", 17, true, 5, 7, false },
	{ "source route", V4 " options=0x83070409090909 / udp sport=5 dport=7", "9.9.9.9", 17, true, 5, 7, false },
	{ "source route travelled", V4 " options=0x83070809090909 / udp sport=5 dport=7", "10.0.0.2", 17, true, 5, 7,
	  false },
	{ "extension headers",
	  V6 " / hbh / dstopt / rh type=0 segments_left=0 addresses=2001:db8::9 / frag / dstopt"
	     " / udp sport=5 dport=7",
	  "2001:db8::2", 17, true, 5, 7, false },
	{ "segments left", V6 " / rh type=0 addresses=2001:db8::8|2001:db8::9 / udp sport=5 dport=7", "2001:db8::9", 17,
	  true, 5, 7, false },
	{ "home address", V6 " / rh type=2 segments_left=1 addresses=2001:db8::7 / udp sport=5 dport=7", "2001:db8::7",
	  17, true, 5, 7, false },
	{ "first fragment 6", V6 " / frag m=1 / udp sport=5 dport=7", "2001:db8::2", 17, true, 5, 7, true },
	{ "later fragment 6", V6 " / frag offset=9 next_header=60 / 'abcdefgh", "2001:db8::2", 60, false, 0, 0, true },
	{ "ah is no extension header here", V6 " / ah spi=0x1234 next_header=17 / 'abcdefgh", "2001:db8::2", 51, false,
	  0, 0, false },
	{ "hop-by-hop in the wrong place", V6 " / dstopt / hbh / udp sport=5 dport=7", "2001:db8::2", 0, false, 0, 0,
	  false },
	{ "options too long", V6 " / dstopt options=0x1e0800000000 / udp sport=5 dport=7", "2001:db8::2", 60, false, 0,
	  0, false },
};

Test(flow, is_read_behind_every_header)
{
	for (size_t i = 0; i < COUNT(flows); i++) {
		const struct flow_row *row = &flows[i];
		uint8_t room[600];
		struct bytes b = test_datagram(row->line, room, sizeof room);
		struct flow f;
		struct addr dst = test_addr(row->dst);
		cr_assert(flow_of(b, &f), "%s", row->id);
		cr_assert(addr_equal(&f.dst, &dst), "%s", row->id);
		cr_assert(eq(uint, f.protocol, row->protocol), "%s", row->id);
		cr_assert(eq(int, f.has_ports, row->has_ports), "%s", row->id);
		cr_assert(eq(uint, f.sport, row->sport), "%s", row->id);
		cr_assert(eq(uint, f.dport, row->dport), "%s", row->id);
		cr_assert(eq(int, f.fragment, row->fragment), "%s", row->id);
	}
}

/* A sanitizer watches that no prefix is read beyond its end. */
Test(flow, of_every_shorter_prefix_is_a_flow_or_none)
{
	for (size_t i = 0; i < COUNT(flows); i++) {
		uint8_t room[600];
		struct bytes b = test_datagram(flows[i].line, room, sizeof room);
		struct rd first = rd_of(b);
		size_t header = rd_peek(&first, 0) >> 4 == 6 ? 40 : (size_t)(rd_peek(&first, 0) & 15) * 4;
		for (size_t n = 0; n < b.n; n++) {
			uint8_t *copy = malloc(n > 0 ? n : 1);
			struct wr w = wr_of(copy, n);
			struct flow f;
			wr_bytes(&w, bytes_slice(b, 0, n));
			cr_assert(eq(int, flow_of(wr_done(&w), &f), n >= header), "%s, %zu", flows[i].id, n);
			free(copy);
		}
	}
}

Test(flow, needs_an_ip_header)
{
	static const char *const lines[] = {
		V4 " version=5 / udp",
		V4 " ihl=4 / udp",
		V4 " ihl=15 / udp",
		V4 " total_length=19 / udp",
		V6 " version=4",
		V6 " version=7",
		"udp / 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
	};
	for (size_t i = 0; i < COUNT(lines); i++) {
		uint8_t room[200];
		struct flow f;
		cr_assert(not(flow_of(test_datagram(lines[i], room, sizeof room), &f)), "%s", lines[i]);
		cr_assert(eq(uint, f.src.family, 0), "%s", lines[i]);
	}
}

Test(selector, matches_what_it_says)
{
	static const struct {
		const char *id, *src, *dst;
		uint8_t src_bits, dst_bits;
		uint32_t protocol, sport, dport;
		const char *line;
		bool match;
	} rows[] = {
		{ "hosts", "10.0.0.1", "10.0.0.2", 32, 32, SELECTOR_ANY, SELECTOR_ANY, SELECTOR_ANY, V4 " / udp",
		  true },
		{ "other host", "10.0.0.1", "10.0.0.3", 32, 32, SELECTOR_ANY, SELECTOR_ANY, SELECTOR_ANY, V4 " / udp",
		  false },
		{ "net of 31", "10.0.0.0", "10.0.0.3", 31, 31, SELECTOR_ANY, SELECTOR_ANY, SELECTOR_ANY, V4 " / udp",
		  true },
		{ "everything of a family", "0.0.0.0", "0.0.0.0", 0, 0, SELECTOR_ANY, SELECTOR_ANY, SELECTOR_ANY,
		  V4 " / udp", true },
		{ "everything of the other", "::", "::", 0, 0, SELECTOR_ANY, SELECTOR_ANY, SELECTOR_ANY, V4 " / udp",
		  false },
		{ "protocol", "0.0.0.0", "0.0.0.0", 0, 0, 17, SELECTOR_ANY, SELECTOR_ANY, V4 " / udp", true },
		{ "other protocol", "0.0.0.0", "0.0.0.0", 0, 0, 6, SELECTOR_ANY, SELECTOR_ANY, V4 " / udp", false },
		{ "ports", "0.0.0.0", "0.0.0.0", 0, 0, 17, 5, 7, V4 " / udp sport=5 dport=7", true },
		{ "source port", "0.0.0.0", "0.0.0.0", 0, 0, 17, 6, SELECTOR_ANY, V4 " / udp sport=5 dport=7", false },
		{ "destination port", "0.0.0.0", "0.0.0.0", 0, 0, 17, SELECTOR_ANY, 8, V4 " / udp sport=5 dport=7",
		  false },
		{ "highest port", "0.0.0.0", "0.0.0.0", 0, 0, 17, SELECTOR_ANY, 65535, V4 " / udp sport=5 dport=7",
		  false },
		{ "highest port, to it", "0.0.0.0", "0.0.0.0", 0, 0, 17, SELECTOR_ANY, 65535,
		  V4 " / udp sport=5 dport=65535", true },
		{ "port of a later fragment", "0.0.0.0", "0.0.0.0", 0, 0, 17, SELECTOR_ANY, 0,
		  V4 " offset=10 protocol=17 / 'abcdefgh", false },
		{ "later fragment, any port", "0.0.0.0", "0.0.0.0", 0, 0, 17, SELECTOR_ANY, SELECTOR_ANY,
		  V4 " offset=10 protocol=17 / 'abcdefgh", true },
		{ "icmp type", "::", "::", 0, 0, 58, 128, SELECTOR_ANY, V6 " / echo6", true },
		{ "icmp code", "::", "::", 0, 0, 58, 128, 1, V6 " / echo6", false },
		{ "behind a route", "::", "2001:db8::9", 0, 128, SELECTOR_ANY, SELECTOR_ANY, SELECTOR_ANY,
		  V6 " / rh type=0 addresses=2001:db8::9 / udp", true },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct selector s = { .src = test_addr(rows[i].src),
				      .dst = test_addr(rows[i].dst),
				      .src_bits = rows[i].src_bits,
				      .dst_bits = rows[i].dst_bits,
				      .protocol = rows[i].protocol,
				      .sport = rows[i].sport,
				      .dport = rows[i].dport };
		uint8_t room[200];
		struct flow f;
		cr_assert(flow_of(test_datagram(rows[i].line, room, sizeof room), &f), "%s", rows[i].id);
		cr_assert(eq(int, selector_match(&s, &f), rows[i].match), "%s", rows[i].id);
		cr_assert(selector_equal(&s, &s), "%s", rows[i].id);
	}
}

Test(chain, transport_mode_goes_behind_hop_by_hop_routing_and_fragment_only)
{
	static const struct {
		const char *line;
		size_t at;
		uint8_t protocol;
		size_t announced_at;
	} rows[] = {
		{ V4 " / udp", 20, 17, 9 },
		{ V4 " options=0x94040000 / udp", 24, 17, 9 },
		{ V6 " / udp", 40, 17, 6 },
		{ V6 " / hbh / udp", 48, 17, 40 },
		{ V6 " / dstopt / udp", 40, 60, 6 },
		{ V6 " / hbh / dstopt / udp", 48, 60, 40 },
		{ V6 " / dstopt / rh addresses=2001:db8::9 / dstopt / udp", 72, 60, 48 },
		{ V6 " / hbh / dstopt / frag / dstopt / udp", 64, 60, 56 },
		{ V6 " / hbh / ah spi=5 / udp", 48, 51, 40 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t room[300];
		struct chain c;
		cr_assert(chain_of(test_datagram(rows[i].line, room, sizeof room), &c), "%s", rows[i].line);
		cr_assert(eq(sz, c.front.at, rows[i].at), "%s", rows[i].line);
		cr_assert(eq(uint, c.front.protocol, rows[i].protocol), "%s", rows[i].line);
		cr_assert(eq(sz, c.front.announced_at, rows[i].announced_at), "%s", rows[i].line);
	}
}

Test(chain, a_payload_ends_where_its_own_lengths_say)
{
	static const struct {
		const char *id;
		uint8_t protocol;
		const char *line;
		size_t cut;
	} rows[] = {
		{ "udp", 17, "udp length=10 / 'hello", 3 },
		{ "udp, all of it", 17, "udp / 'hello", 0 },
		{ "udp length 0", 17, "udp length=0 / 'hello", 0 },
		{ "udp longer than it is", 17, "udp length=99 / 'hello", 0 },
		{ "too short for a length", 17, "esp spi=1 / 'x", 0 },
		{ "behind destination options", 60, "dstopt next_header=17 / udp length=10 / 'hello", 3 },
		{ "behind broken options", 60, "dstopt next_header=17 length=90 / udp length=10 / 'hello", 0 },
		{ "ip4", 4, "ip4 total_length=26 / udp / 'hello", 7 },
		{ "ip4 below its header", 4, "ip4 total_length=19 / udp / 'hello", 0 },
		{ "ip4 beyond", 4, "ip4 total_length=99 / udp / 'hello", 0 },
		{ "ip6", 41, "ip6 payload_length=9 / udp / 'hello", 4 },
		{ "ip6 beyond", 41, "ip6 payload_length=65535 / udp / 'hello", 0 },
		{ "tcp has none", 6, "tcp / 'hello", 0 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t room[300];
		struct bytes b = test_datagram(rows[i].line, room, sizeof room);
		cr_assert(eq(sz, chain_payload_n(rows[i].protocol, b), b.n - rows[i].cut), "%s", rows[i].id);
		for (size_t n = 0; n < b.n; n++)
			cr_assert(le(sz, chain_payload_n(rows[i].protocol, bytes_slice(b, 0, n)), n), "%s", rows[i].id);
	}
}
