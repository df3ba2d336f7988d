#include "ipsec/udpencap.h"
#include "wire/checksum.h"
#include "wire/layouts.h"

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
