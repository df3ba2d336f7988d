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
				bool kept = tunnel_inner_put(family == 4 ? 4 : 41, inner, outer_order[column], &w);
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
	cr_assert(tunnel_inner_put(4, inner, CE, &w));
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
		cr_assert(not(tunnel_inner_put(rows[i].next_header, test_datagram(rows[i].line, in, sizeof in), 0, &w)),
			  "%s", rows[i].id);
		cr_assert(eq(sz, w.n, 0), "%s", rows[i].id);
	}
}
