#include "ipsec/tunnel.h"
#include "wire/layouts.h"

#define TUNNEL_TTL 64
#define DF 0x4000

enum { NOT_ECT, ECT1, ECT0, CE }; /* RFC 3168 5 */

size_t
tunnel_header_n(uint8_t family)
{
	return family == 4 ? 20 : 40;
}

/* RFC 4301 5.1.2.1; DF is copied from IPv4 (note 4) and set over IPv6, whose routers never fragment. */
static size_t
put4(const struct sa_spec *s, const struct chain *inner, uint16_t ident, struct wr *out)
{
	wr_uint(out, 0x45, 1);
	wr_uint(out, (uint64_t)inner->dscp << 2 | inner->ecn, 1);
	wr_uint(out, 0, 2);
	wr_uint(out, ident, 2);
	wr_uint(out, inner->family == 6 || inner->df ? DF : 0, 2);
	wr_uint(out, TUNNEL_TTL, 1);
	wr_uint(out, 0, 3);
	wr_bytes(out, addr_bytes(&s->src));
	wr_bytes(out, addr_bytes(&s->dst));
	return 9;
}

/* RFC 4301 5.1.2.2; the flow label stays zero, for copying is not for gateways (note 8). */
static size_t
put6(const struct sa_spec *s, const struct chain *inner, struct wr *out)
{
	wr_uint(out, (uint64_t)6 << 28 | (uint64_t)inner->dscp << 22 | (uint64_t)inner->ecn << 20, 4);
	wr_uint(out, 0, 3);
	wr_uint(out, TUNNEL_TTL, 1);
	wr_bytes(out, addr_bytes(&s->src));
	wr_bytes(out, addr_bytes(&s->dst));
	return 6;
}

size_t
tunnel_header_put(const struct sa_spec *s, const struct chain *inner, uint16_t ident, struct wr *out)
{
	return s->dst.family == 4 ? put4(s, inner, ident, out) : put6(s, inner, out);
}

bool
tunnel_ecn(uint8_t outer, uint8_t inner, uint8_t *result)
{
	/* RFC 6040 4.2, figure 4 */
	enum { DROP = 4 };
	/* clang-format off */
	static const uint8_t figure4[4][4] = {
		[NOT_ECT] = { [NOT_ECT] = NOT_ECT, [ECT0] = NOT_ECT, [ECT1] = NOT_ECT, [CE] = DROP },
		[ECT0]    = { [NOT_ECT] = ECT0,    [ECT0] = ECT0,    [ECT1] = ECT1,    [CE] = CE },
		[ECT1]    = { [NOT_ECT] = ECT1,    [ECT0] = ECT1,    [ECT1] = ECT1,    [CE] = CE },
		[CE]      = { [NOT_ECT] = CE,      [ECT0] = CE,      [ECT1] = CE,      [CE] = CE },
	};
	/* clang-format on */
	uint8_t cell = figure4[inner & 3][outer & 3];
	*result = cell & 3;
	return cell != DROP;
}

/* One's complement arithmetic on the difference (RFC 1624): a header whose checksum was wrong stays wrong. */
static uint16_t
checksum_moved(uint16_t checksum, uint16_t was, uint16_t is)
{
	uint32_t sum = (uint32_t)(uint16_t)~checksum + (uint16_t)~was + is;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
ecn_patch(struct wr *out, size_t at, uint8_t family, uint8_t ecn)
{
	struct rd r = rd_of(bytes_slice(wr_done(out), at, tunnel_header_n(family)));
	uint16_t first = (uint16_t)rd_uint(&r, 2);
	if (family == 6) {
		wr_patch(out, at, (first & ~0x30u) | (unsigned)ecn << 4, 2);
		return;
	}
	uint16_t changed = (uint16_t)((first & ~3u) | ecn);
	rd_skip(&r, 8);
	wr_patch(out, at + 10, checksum_moved((uint16_t)rd_uint(&r, 2), first, changed), 2);
	wr_patch(out, at, changed, 2);
}

bool
tunnel_inner_put(uint8_t next_header, struct bytes payload, uint8_t outer_ecn, struct wr *out)
{
	struct chain inner;
	uint8_t ecn;
	if (!chain_of(payload, &inner) || inner.truncated || inner.family != (next_header == IPPROTO_IP4 ? 4 : 6) ||
	    !tunnel_ecn(outer_ecn, inner.ecn, &ecn))
		return false;
	size_t at = out->n;
	wr_bytes(out, inner.whole);
	if (ecn != inner.ecn && !out->full)
		ecn_patch(out, at, inner.family, ecn);
	return true;
}
