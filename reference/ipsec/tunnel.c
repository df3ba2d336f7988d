#include "ipsec/tunnel.h"
#include "wire/layouts.h"

#define TUNNEL_TTL 64
#define DF 0x4000

enum { NOT_ECT, ECT1, ECT0, CE }; /* RFC 3168 5 */

const struct tunnel_rules tunnel_rfc4301 = TUNNEL_RFC4301;

size_t
tunnel_header_n(uint8_t family)
{
	return family == 4 ? 20 : 40;
}

/* DSCP and ECN of the outer header. */
static uint8_t
ds_field(const struct sa_spec *s, const struct tunnel_rules *rules, const struct chain *inner)
{
	uint8_t mode = s->dst.family == 4 ? rules->ecn4 : rules->ecn6, ecn = inner->ecn, dscp = rules->dscp;
	if (s->tunnel.no_ecn || mode == INGRESS_NOT_ECT)
		ecn = NOT_ECT;
	else if (mode == INGRESS_RFC3168 && ecn == CE)
		ecn = ECT0;
	if (dscp == TUNNEL_DSCP_COPIED)
		dscp = rules->dscp_map[inner->dscp] != 0 ? rules->dscp_map[inner->dscp] - 1 : inner->dscp;
	return (uint8_t)(dscp << 2 | ecn);
}

/* Over IPv6, whose routers never fragment, a copy is a DF that is set. */
static bool
df_bit(const struct sa_spec *s, const struct tunnel_rules *rules, const struct chain *inner)
{
	uint8_t df = s->tunnel.df_given ? s->tunnel.df : rules->df;
	return df == DF_SET || (df == DF_COPY && (inner->family == 6 || inner->df));
}

static uint8_t
hops(const struct tunnel_rules *rules)
{
	return rules->ttl != 0 ? rules->ttl : TUNNEL_TTL;
}

/* RFC 4301 5.1.2.1 */
static size_t
put4(const struct sa_spec *s, const struct tunnel_rules *rules, const struct chain *inner, uint16_t ident,
     struct wr *out)
{
	wr_uint(out, 0x45, 1);
	wr_uint(out, ds_field(s, rules, inner), 1);
	wr_uint(out, 0, 2);
	wr_uint(out, ident, 2);
	wr_uint(out, df_bit(s, rules, inner) ? DF : 0, 2);
	wr_uint(out, hops(rules), 1);
	wr_uint(out, 0, 3);
	wr_bytes(out, addr_bytes(&s->src));
	wr_bytes(out, addr_bytes(&s->dst));
	return 9;
}

/* RFC 4301 5.1.2.2; copying the flow label is not for gateways (note 8). IPv4 has none. */
static size_t
put6(const struct sa_spec *s, const struct tunnel_rules *rules, const struct chain *inner, struct wr *out)
{
	struct rd r = rd_of(inner->whole);
	uint64_t first = rd_uint(&r, 4);
	uint64_t flow = rules->flow != TUNNEL_FLOW_COPIED ? rules->flow : inner->family == 6 ? first & 0xfffff : 0;
	wr_uint(out, (uint64_t)6 << 28 | (uint64_t)ds_field(s, rules, inner) << 20 | flow, 4);
	wr_uint(out, 0, 3);
	wr_uint(out, hops(rules), 1);
	wr_bytes(out, addr_bytes(&s->src));
	wr_bytes(out, addr_bytes(&s->dst));
	return 6;
}

size_t
tunnel_header_put(const struct sa_spec *s, const struct tunnel_rules *rules, const struct chain *inner, uint16_t ident,
		  struct wr *out)
{
	return s->dst.family == 4 ? put4(s, rules, inner, ident, out) : put6(s, rules, inner, out);
}

struct tunnel_exit
tunnel_exit_of(const struct sa_spec *s, const struct tunnel_rules *rules, const struct chain *outer)
{
	bool forbidden = s->tunnel.no_ecn || (outer->family == 4 ? rules->ecn4 : rules->ecn6) == INGRESS_NOT_ECT;
	return (struct tunnel_exit){ .dscp = outer->dscp,
				     .ecn = outer->ecn,
				     .egress = forbidden ? rules->egress_forbidden : rules->egress_allowed,
				     .dscp_in = rules->dscp_in || s->tunnel.decap_dscp };
}

bool
tunnel_ecn(uint8_t egress, uint8_t outer, uint8_t inner, uint8_t *result)
{
	enum { DROP = 4 };
	/* clang-format off */
	static const uint8_t exits[EGRESS_N][4][4] = { /* columns: the outer field */
		[EGRESS_RFC6040] = { /* figure 4 */
			[NOT_ECT] = { [NOT_ECT] = NOT_ECT, [ECT0] = NOT_ECT, [ECT1] = NOT_ECT, [CE] = DROP },
			[ECT0]    = { [NOT_ECT] = ECT0,    [ECT0] = ECT0,    [ECT1] = ECT1,    [CE] = CE },
			[ECT1]    = { [NOT_ECT] = ECT1,    [ECT0] = ECT1,    [ECT1] = ECT1,    [CE] = CE },
			[CE]      = { [NOT_ECT] = CE,      [ECT0] = CE,      [ECT1] = CE,      [CE] = CE },
		},
		[EGRESS_CE_ONLY] = {
			[NOT_ECT] = { NOT_ECT, NOT_ECT, NOT_ECT, [CE] = NOT_ECT },
			[ECT0]    = { ECT0,    ECT0,    ECT0,    [CE] = CE },
			[ECT1]    = { ECT1,    ECT1,    ECT1,    [CE] = CE },
			[CE]      = { CE,      CE,      CE,      [CE] = CE },
		},
		[EGRESS_FULL] = {
			[NOT_ECT] = { NOT_ECT, NOT_ECT, NOT_ECT, [CE] = DROP },
			[ECT0]    = { ECT0,    ECT0,    ECT0,    [CE] = CE },
			[ECT1]    = { ECT1,    ECT1,    ECT1,    [CE] = CE },
			[CE]      = { CE,      CE,      CE,      [CE] = CE },
		},
		[EGRESS_LIMITED] = {
			[NOT_ECT] = { NOT_ECT, NOT_ECT, NOT_ECT, [CE] = DROP },
			[ECT0]    = { ECT0,    ECT0,    ECT0,    [CE] = DROP },
			[ECT1]    = { ECT1,    ECT1,    ECT1,    [CE] = DROP },
			[CE]      = { CE,      CE,      CE,      [CE] = DROP },
		},
		[EGRESS_IGNORED] = {
			[NOT_ECT] = { NOT_ECT, NOT_ECT, NOT_ECT, [CE] = NOT_ECT },
			[ECT0]    = { ECT0,    ECT0,    ECT0,    [CE] = ECT0 },
			[ECT1]    = { ECT1,    ECT1,    ECT1,    [CE] = ECT1 },
			[CE]      = { CE,      CE,      CE,      [CE] = CE },
		},
	};
	/* clang-format on */
	uint8_t cell = exits[egress][inner & 3][outer & 3];
	*result = cell & 3;
	return cell != DROP;
}

enum tunnel_alarm
tunnel_ecn_alarm(uint8_t outer, uint8_t inner)
{
	static const uint8_t figure4[4][4] = {
		[NOT_ECT] = { [ECT0] = ALARM_DANGEROUS, [ECT1] = ALARM_DANGEROUS, [CE] = ALARM_DANGEROUS },
		[ECT1] = { [ECT0] = ALARM_UNUSED },
		[CE] = { [ECT1] = ALARM_DANGEROUS },
	};
	return (enum tunnel_alarm)figure4[inner & 3][outer & 3];
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
ds_patch(struct wr *out, size_t at, uint8_t family, uint8_t ds)
{
	struct rd r = rd_of(bytes_slice(wr_done(out), at, tunnel_header_n(family)));
	uint16_t first = (uint16_t)rd_uint(&r, 2);
	if (family == 6) {
		wr_patch(out, at, (first & ~0xff0u) | (unsigned)ds << 4, 2);
		return;
	}
	uint16_t changed = (uint16_t)((first & ~0xffu) | ds);
	rd_skip(&r, 8);
	wr_patch(out, at + 10, checksum_moved((uint16_t)rd_uint(&r, 2), first, changed), 2);
	wr_patch(out, at, changed, 2);
}

bool
tunnel_inner_put(uint8_t next_header, struct bytes payload, const struct tunnel_exit *x, struct wr *out,
		 enum tunnel_alarm *alarm)
{
	struct chain inner;
	uint8_t ecn;
	*alarm = ALARM_NONE;
	if (!chain_of(payload, &inner) || inner.truncated || inner.family != (next_header == IPPROTO_IP4 ? 4 : 6))
		return false;
	*alarm = tunnel_ecn_alarm(x->ecn, inner.ecn);
	if (!tunnel_ecn(x->egress, x->ecn, inner.ecn, &ecn))
		return false;
	size_t at = out->n;
	wr_bytes(out, inner.whole);
	uint8_t dscp = x->dscp_in ? x->dscp : inner.dscp;
	if ((ecn != inner.ecn || dscp != inner.dscp) && !out->full)
		ds_patch(out, at, inner.family, (uint8_t)(dscp << 2 | ecn));
	return true;
}
