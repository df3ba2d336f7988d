#include "runner/live/offload.h"

#include "host/ip.h"
#include "wire/checksum.h"
#include "wire/layouts.h"

enum { UDP_SUM = 6, TCP_SUM = 16 };

bool
offload_partial(struct bytes frame, struct addr *src)
{
	struct rd r = rd_of(frame);
	struct ip ip;
	rd_skip(&r, 12);
	uint64_t type = rd_uint(&r, 2);
	if ((type != ETHER_IP4 && type != ETHER_IP6) || !ip_parse(rd_rest(&r), &ip) || ip_is_fragment(&ip) ||
	    (ip.protocol != IPPROTO_UDP_ && ip.protocol != IPPROTO_TCP_))
		return false;
	struct bytes segment = bytes_slice(ip.all, ip.header, SIZE_MAX);
	struct rd sum = rd_of(segment);
	rd_skip(&sum, ip.protocol == IPPROTO_UDP_ ? UDP_SUM : TCP_SUM);
	uint16_t found = (uint16_t)rd_uint(&sum, 2);
	uint32_t pseudo = checksum_pseudo(addr_bytes(&ip.src), addr_bytes(&ip.dst), ip.protocol, segment.n);
	*src = ip.src;
	return !sum.bad && found + checksum_finish(pseudo) == 0xffff &&
	       checksum_upper(addr_bytes(&ip.src), addr_bytes(&ip.dst), ip.protocol, segment) != 0;
}
