#include "ipsec/udpencap.h"
#include "ipsec/chain.h"
#include "wire/checksum.h"
#include "wire/layouts.h"

#define ESP_HEADER 8

enum udpencap_kind
udpencap_kind(struct bytes payload)
{
	struct rd r = rd_of(payload);
	if (payload.n == 1 && rd_peek(&r, 0) == 0xff)
		return UDPENCAP_KEEPALIVE;
	uint64_t marker = rd_uint(&r, 4);
	if (!r.bad && marker == 0)
		return UDPENCAP_IKE;
	return payload.n < ESP_HEADER ? UDPENCAP_RUNT : UDPENCAP_ESP;
}

bool
udpencap_is_esp(const struct sad *sad, const struct addr *src, const struct addr *dst, uint16_t sport, uint16_t dport,
		struct bytes payload, bool passive, struct sa **sa)
{
	struct rd r = rd_of(payload);
	uint32_t spi = (uint32_t)rd_uint(&r, 4);
	*sa = NULL;
	if (r.bad || spi == 0)
		return false;
	bool port = sport == UDPENCAP_PORT || dport == UDPENCAP_PORT;
	struct sa *found = sad_inbound(sad, spi, IPPROTO_ESP_, src, dst);
	if (found == NULL)
		return port && passive;
	if (!port && !(found->spec.encap.udp && dport == found->spec.encap.dport))
		return false;
	*sa = found;
	return true;
}

void
udpencap_finish(struct wr *out, size_t at, const struct encap *e, const struct addr *src, const struct addr *dst)
{
	struct bytes segment = bytes_slice(wr_done(out), at, SIZE_MAX);
	wr_patch(out, at, e->sport, 2);
	wr_patch(out, at + 2, e->dport, 2);
	wr_patch(out, at + 4, segment.n, 2);
	wr_patch(out, at + 6, 0, 2);
	/* Zero in IPv4 (RFC 3948 2.1); IPv6 has no such thing, RFC 8200 8.1. */
	if (dst->family != 6)
		return;
	uint16_t checksum = checksum_upper(addr_bytes(src), addr_bytes(dst), IPPROTO_UDP_, segment);
	wr_patch(out, at + 6, checksum != 0 ? checksum : 0xffff, 2);
}

/* --- transport mode decapsulation, RFC 3948 3.1.2 ---------------------------------------------- */

/* Where the checksum of an upper protocol with a pseudo-header is; 0: it has none. RFC 3948 asks for TCP and UDP, and allows more. */
static size_t
checksum_at(uint8_t protocol)
{
	return protocol == IPPROTO_TCP_ ? 16 : protocol == IPPROTO_UDP_ ? 6 : protocol == IPPROTO_ICMP6 ? 2 : 0;
}

/* Rule 1: the checksum is the complement of a sum, so what leaves the sum is added to it. */
static uint16_t
exchange(uint16_t checksum, const struct addr *real, const struct addr *received)
{
	if (real->family != received->family)
		return checksum;
	uint32_t sum = checksum_add(checksum, addr_bytes(real));
	uint32_t old = checksum_add(0, addr_bytes(received));
	return (uint16_t)~checksum_finish(sum + checksum_finish(old));
}

void
udpencap_fix_checksum(struct wr *out, const struct encap *e)
{
	struct chain c;
	if (!chain_of(wr_done(out), &c) || c.fragment || c.malformed)
		return;
	size_t field = checksum_at(c.upper.protocol), at = c.upper.at + field;
	struct rd r = rd_of(bytes_slice(c.whole, at, SIZE_MAX));
	uint16_t sum = (uint16_t)rd_uint(&r, 2);
	bool none = c.upper.protocol == IPPROTO_UDP_ && sum == 0;
	if (field == 0 || r.bad || none)
		return;
	if (e->oai.family != 0 || e->oar.family != 0) {
		sum = exchange(exchange(sum, &e->oai, &c.src), &e->oar, &c.final);
	} else {
		wr_patch(out, at, 0, 2);
		sum = checksum_upper(addr_bytes(&c.src), addr_bytes(&c.final), c.upper.protocol,
				     bytes_slice(c.whole, c.upper.at, SIZE_MAX));
	}
	wr_patch(out, at, c.upper.protocol == IPPROTO_UDP_ && sum == 0 ? 0xffff : sum, 2);
}
