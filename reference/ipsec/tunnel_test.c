#include "ipsec/test_packet.h"
#include "ipsec/tunnel.h"

enum { NOT_ECT, ECT1, ECT0, CE, DROPPED };

/* RFC 6040 4.2 figure 4, as printed: inner, then the outgoing field under outer Not-ECT, ECT(0), ECT(1), CE.
 */
static const uint8_t figure4[4][5] = {
	{ NOT_ECT, NOT_ECT, NOT_ECT, NOT_ECT, DROPPED },
	{ ECT0, ECT0, ECT0, ECT1, CE },
	{ ECT1, ECT1, ECT1, ECT1, CE },
	{ CE, CE, CE, CE, CE },
};
static const uint8_t outer_order[4] = { NOT_ECT, ECT0, ECT1, CE };

static struct bytes
inner_of(uint8_t family, uint8_t ecn, uint8_t *room, size_t cap)
{
	char line[200];
	snprintf(line, sizeof line,
		 family == 4 ? "ip4 src=192.168.1.1 dst=192.168.2.2 dscp=46 ecn=%u / udp / 'hello"
			     : "ip6 src=fd00::1 dst=fd00::2 dscp=46 ecn=%u flow=0x12345 / udp / 'hello",
		 ecn);
	return test_datagram(line, room, cap);
}

Test(tunnel, ecn_leaves_as_rfc6040_figure_4_says)
{
	for (unsigned family = 4; family <= 6; family += 2)
		for (unsigned row = 0; row < 4; row++)
			for (unsigned column = 0; column < 4; column++) {
				uint8_t in[200], out[200], want[200];
				uint8_t cell = figure4[row][1 + column];
				struct bytes inner = inner_of((uint8_t)family, figure4[row][0], in, sizeof in);
				struct wr w = wr_of(out, sizeof out);
				struct tunnel_exit x = { .ecn = outer_order[column] };
				enum tunnel_alarm alarm;
				bool kept = tunnel_inner_put(family == 4 ? 4 : 41, inner, &x, &w, &alarm);
				cr_assert(eq(int, kept, cell != DROPPED), "IPv%u, row %u, column %u", family, row,
					  column);
				if (!kept)
					continue;
				/* Checksum and all. */
				struct bytes left = inner_of((uint8_t)family, cell, want, sizeof want);
				cr_assert(bytes_equal(wr_done(&w), left), "IPv%u, row %u, column %u", family, row,
					  column);
			}
}

Test(tunnel, a_wrong_inner_checksum_stays_wrong)
{
	uint8_t in[200], out[200];
	struct bytes inner = test_datagram("ip4 checksum=0x1234 ecn=2 / udp / 'hello", in, sizeof in);
	struct wr w = wr_of(out, sizeof out);
	struct chain c;
	struct tunnel_exit x = { .ecn = CE };
	enum tunnel_alarm alarm;
	cr_assert(tunnel_inner_put(4, inner, &x, &w, &alarm));
	cr_assert(chain_of(wr_done(&w), &c));
	cr_assert(eq(uint, c.ecn, CE));
	struct packet p;
	struct err e;
	cr_assert(packet_parse_ip(&p, wr_done(&w), &e));
	cr_assert(eq(u64, p.layer[0].v[IP4_CHECKSUM].u, 0x1233));
}

/* RFC 4301 5.1.2.1, 5.1.2.2 */
Test(tunnel, the_outer_header_copies_dscp_ecn_and_df_and_nothing_else)
{
	static const struct {
		const char *id, *inner, *outer;
	} rows[] = {
		{ "4 in 4", "ip4 src=1.1.1.1 dst=2.2.2.2 dscp=46 ecn=2 flags=df ttl=3 id=77 options=0x94040000 / udp",
		  "ip4 dscp=46 ecn=2 flags=df ttl=64 id=4660 ihl=5 src=10.0.0.101 dst=10.0.0.102" },
		{ "4 in 4, may be fragmented", "ip4 src=1.1.1.1 dst=2.2.2.2 / udp",
		  "ip4 dscp=0 ecn=0 flags=0 offset=0 ttl=64 id=4660 ihl=5" },
		{ "4 in 4, a fragment", "ip4 src=1.1.1.1 dst=2.2.2.2 flags=mf offset=185 / udp",
		  "ip4 flags=0 offset=0 ttl=64" },
		{ "6 in 4", "ip6 src=fd00::1 dst=fd00::2 dscp=10 ecn=3 flow=0x12345 hop_limit=9 / udp",
		  "ip4 dscp=10 ecn=3 flags=df ttl=64 id=4660 src=10.0.0.101 dst=10.0.0.102" },
		{ "4 in 6", "ip4 src=1.1.1.1 dst=2.2.2.2 dscp=46 ecn=1 flags=df / udp",
		  "ip6 dscp=46 ecn=1 flow=0 hop_limit=64 src=2001:db8::101 dst=2001:db8::102" },
		{ "6 in 6", "ip6 src=fd00::1 dst=fd00::2 dscp=63 ecn=0 flow=0x12345 hop_limit=9 / hbh / udp",
		  "ip6 dscp=63 ecn=0 flow=0 hop_limit=64 src=2001:db8::101 dst=2001:db8::102" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t in[200], out[400];
		struct test_line t;
		const struct packet *want = test_packet(&t, rows[i].outer);
		uint8_t family = want->layer[0].lay == &layout_ip4 ? 4 : 6;
		struct test_transform ah = { 51, NULL, alg_by_name("hmac-sha1-96", ALG_AUTH) };
		struct sa *sa = test_transform_sa(&ah, 0x1001, MODE_TUNNEL, family, false);
		struct wr w = wr_of(out, sizeof out);
		struct bytes inner = test_datagram(rows[i].inner, in, sizeof in);
		cr_assert(eq(int, datagram_protect(sa, inner, 4660, NULL, &w), ACCEPT), "%s", rows[i].id);
		struct packet got;
		struct err e;
		struct field_diff d;
		cr_assert(packet_parse_ip(&got, wr_done(&w), &e), "%s", rows[i].id);
		cr_assert(got.layer[0].lay == want->layer[0].lay, "%s", rows[i].id);
		unsigned n = hdr_diff(&want->layer[0], &got.layer[0], &d, 1);
		cr_assert(eq(uint, n, 0), "%s: %s: want %s, got %s", rows[i].id, d.field->name, d.want, d.got);
		/* What is computed must be what a well-formed header of these fields has. */
		struct hdr again = got.layer[0];
		again.given &= ~(UINT32_C(1) << (family == 4 ? IP4_CHECKSUM : IP6_PAYLOAD_LENGTH) |
				 UINT32_C(1) << IP4_TOTAL_LENGTH);
		struct build_ctx c = { .payload = bytes_slice(wr_done(&w), family == 4 ? 20 : 40, 1000),
				       .next_header = 51 };
		hdr_compute(&again, &c);
		cr_assert(eq(uint, hdr_diff(&again, &got.layer[0], &d, 1), 0), "%s", rows[i].id);
		sa_close(sa);
	}
}

Test(tunnel, an_inner_datagram_must_be_one)
{
	static const struct {
		const char *id, *line;
		uint8_t next_header;
	} rows[] = {
		{ "other family", "ip6 / udp", 4 },
		{ "other family, 6", "ip4 / udp / 'abcdefghijklmnopqrstuvwxyz", 41 },
		{ "version 5", "ip4 version=5 / udp", 4 },
		{ "short ihl", "ip4 ihl=4 / udp", 4 },
		{ "ihl beyond the end", "ip4 ihl=15 / udp", 4 },
		{ "length below ihl", "ip4 total_length=16 / udp", 4 },
		{ "length beyond what was decrypted", "ip4 total_length=29 / udp", 4 },
		{ "length beyond what was decrypted, 6", "ip6 payload_length=9 / udp", 41 },
		{ "no header at all", "udp", 4 },
		{ "no header at all, 6", "udp", 41 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t in[200], out[200];
		struct wr w = wr_of(out, sizeof out);
		struct tunnel_exit x = { .ecn = NOT_ECT };
		enum tunnel_alarm alarm;
		struct bytes inner = test_datagram(rows[i].line, in, sizeof in);
		cr_assert(not(tunnel_inner_put(rows[i].next_header, inner, &x, &w, &alarm)), "%s", rows[i].id);
		cr_assert(eq(sz, w.n, 0), "%s", rows[i].id);
	}
}

/* RFC 6040 4.1, RFC 3168 9.2.1.3: the outer field for Not-ECT, ECT(1), ECT(0), CE inside. */
Test(tunnel, the_outer_ecn_field_follows_the_mode_of_its_family)
{
	static const uint8_t want[3][4] = { [INGRESS_NOT_ECT] = { NOT_ECT, NOT_ECT, NOT_ECT, NOT_ECT },
					    [INGRESS_COPY] = { NOT_ECT, ECT1, ECT0, CE },
					    [INGRESS_RFC3168] = { NOT_ECT, ECT1, ECT0, ECT0 } };
	for (uint8_t family = 4; family <= 6; family += 2)
		for (uint8_t mode = 0; mode < 3; mode++)
			for (uint8_t ecn = 0; ecn < 4; ecn++) {
				struct tunnel_rules rules = tunnel_rfc4301;
				*(family == 4 ? &rules.ecn4 : &rules.ecn6) = mode;
				struct sa_spec s = { .src.family = family, .dst.family = family };
				struct chain inner = { .family = 4, .ecn = ecn, .dscp = 46 }, outer;
				uint8_t room[64] = { 0 };
				struct wr w = wr_of(room, sizeof room);
				tunnel_header_put(&s, &rules, &inner, 1, &w);
				cr_assert(chain_of(wr_done(&w), &outer) || family == 4);
				struct rd r = rd_of(wr_done(&w));
				uint64_t ds = rd_uint(&r, 4) >> (family == 4 ? 16 : 20) & 0xff;
				cr_assert(eq(u64, ds, 46u << 2 | want[mode][ecn]), "IPv%u, mode %u, ecn %u", family,
					  mode, ecn);
				s.tunnel.no_ecn = true;
				w = wr_of(room, sizeof room);
				tunnel_header_put(&s, &rules, &inner, 1, &w);
				r = rd_of(wr_done(&w));
				ds = rd_uint(&r, 4) >> (family == 4 ? 16 : 20) & 3;
				cr_assert(zero(u64, ds), "IPv%u, mode %u, ecn %u: the SA forbids", family, mode, ecn);
			}
}

Test(tunnel, the_outer_df_follows_the_sa_and_then_the_host)
{
	for (uint8_t host = DF_CLEAR; host <= DF_COPY; host++)
		for (uint8_t sa = DF_CLEAR; sa <= DF_COPY + 1; sa++)
			for (unsigned df = 0; df < 2; df++) {
				bool given = sa <= DF_COPY;
				struct tunnel_rules rules = tunnel_rfc4301;
				struct sa_spec s = { .src.family = 4,
						     .dst.family = 4,
						     .tunnel = { given, given ? sa : 0, false, false } };
				struct chain inner = { .family = 4, .df = df };
				uint8_t room[64];
				struct wr w = wr_of(room, sizeof room);
				rules.df = host;
				tunnel_header_put(&s, &rules, &inner, 1, &w);
				struct rd r = rd_of(bytes_slice(wr_done(&w), 6, 2));
				uint8_t rule = given ? sa : host;
				bool want = rule == DF_SET || (rule == DF_COPY && df);
				cr_assert(eq(u64, rd_uint(&r, 2), want ? 0x4000 : 0), "host %u, SA %u, inner %u", host,
					  sa, df);
			}
}

/* What each rule for a tunnel's end makes of the 16 pairs: rows as in figure 4, columns Not-ECT, ECT(0), ECT(1), CE. */
Test(tunnel, every_rule_for_a_tunnels_end_has_its_table)
{
	static const struct {
		uint8_t egress;
		uint8_t cell[4][4]; /* inner Not-ECT, ECT(0), ECT(1), CE */
	} rows[] = {
		{ EGRESS_CE_ONLY,
		  { { NOT_ECT, NOT_ECT, NOT_ECT, NOT_ECT },
		    { ECT0, ECT0, ECT0, CE },
		    { ECT1, ECT1, ECT1, CE },
		    { CE, CE, CE, CE } } },
		{ EGRESS_FULL,
		  { { NOT_ECT, NOT_ECT, NOT_ECT, DROPPED },
		    { ECT0, ECT0, ECT0, CE },
		    { ECT1, ECT1, ECT1, CE },
		    { CE, CE, CE, CE } } },
		{ EGRESS_LIMITED,
		  { { NOT_ECT, NOT_ECT, NOT_ECT, DROPPED },
		    { ECT0, ECT0, ECT0, DROPPED },
		    { ECT1, ECT1, ECT1, DROPPED },
		    { CE, CE, CE, DROPPED } } },
		{ EGRESS_IGNORED,
		  { { NOT_ECT, NOT_ECT, NOT_ECT, NOT_ECT },
		    { ECT0, ECT0, ECT0, ECT0 },
		    { ECT1, ECT1, ECT1, ECT1 },
		    { CE, CE, CE, CE } } },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		for (unsigned row = 0; row < 4; row++)
			for (unsigned column = 0; column < 4; column++) {
				uint8_t got, want = rows[i].cell[row][column];
				bool kept = tunnel_ecn(rows[i].egress, outer_order[column], outer_order[row], &got);
				cr_assert(eq(int, kept, want != DROPPED), "%u: %u, %u", rows[i].egress, row, column);
				cr_assert(kept == false || got == want, "%u: %u, %u: want %u, got %u", rows[i].egress,
					  row, column, want, got);
			}
}

/* RFC 6040 4.2, the marks in figure 4. */
Test(tunnel, combinations_that_no_entry_makes_are_told_apart)
{
	for (uint8_t inner = 0; inner < 4; inner++)
		for (uint8_t outer = 0; outer < 4; outer++) {
			bool dangerous = (inner == NOT_ECT && outer != NOT_ECT) || (inner == CE && outer == ECT1);
			bool unused = inner == ECT1 && outer == ECT0;
			enum tunnel_alarm want = dangerous ? ALARM_DANGEROUS : unused ? ALARM_UNUSED : ALARM_NONE;
			cr_assert(eq(int, tunnel_ecn_alarm(outer, inner), want), "inner %u, outer %u", inner, outer);
		}
}

Test(tunnel, the_outer_dscp_comes_in_where_it_may_and_the_checksum_follows)
{
	for (unsigned family = 4; family <= 6; family += 2)
		for (uint8_t dscp = 0; dscp < 64; dscp++) {
			uint8_t in[200], out[200];
			struct tunnel_exit x = { .ecn = CE, .dscp = dscp, .dscp_in = true };
			enum tunnel_alarm alarm;
			struct bytes inner = inner_of((uint8_t)family, ECT0, in, sizeof in);
			struct wr w = wr_of(out, sizeof out);
			struct chain c;
			cr_assert(tunnel_inner_put(family == 4 ? 4 : 41, inner, &x, &w, &alarm));
			cr_assert(chain_of(wr_done(&w), &c) && c.dscp == dscp && c.ecn == CE, "IPv%u, %u", family,
				  dscp);
			struct rd r = rd_of(bytes_slice(wr_done(&w), 10, 2));
			uint64_t had = rd_uint(&r, 2);
			if (family == 4)
				chain_checksum4(&w, 0);
			r = rd_of(bytes_slice(wr_done(&w), 10, 2));
			cr_assert(eq(u64, rd_uint(&r, 2), had), "IPv%u, %u", family, dscp);
		}
}
