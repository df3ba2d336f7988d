/*
 * Nobody writes a checksum into an expectation, and every UDP datagram that a target sends must have the right one: none is allowed in IPv4
 * alone (RFC 768, RFC 8200 8.1). Of what is inside ESP the ICV vouches.
 */
#include "runner/stage.h"

#include <stdio.h>

#include "ipsec/chain.h"
#include "wire/checksum.h"
#include "wire/layouts.h"

static bool
udp_sum_right(struct bytes datagram)
{
	struct chain c;
	if (!chain_of(datagram, &c) || c.fragment || c.truncated || c.malformed || c.upper.protocol != IPPROTO_UDP_)
		return true;
	struct bytes segment = bytes_slice(c.whole, c.upper.at, SIZE_MAX);
	struct rd r = rd_of(segment);
	rd_skip(&r, 6);
	uint64_t sum = rd_uint(&r, 2);
	if (r.bad)
		return true;
	if (sum == 0)
		return c.family == 4;
	return checksum_upper(addr_bytes(&c.src), addr_bytes(&c.final), IPPROTO_UDP_, segment) == 0;
}

bool
sums_agree(struct bytes datagram, struct packet_diff *d)
{
	if (udp_sum_right(datagram))
		return true;
	struct field_diff *fd = &d->d[d->n++];
	struct rd r = rd_of(datagram);
	*fd = (struct field_diff){ .lay = &layout_udp, .field = &layout_udp.fields[UDP_CHECKSUM] };
	snprintf(fd->want, sizeof fd->want, "%s",
		 rd_peek(&r, 0) >> 4 == 6 ? "the right sum, not zero" : "the right sum or zero");
	snprintf(fd->got, sizeof fd->got, "another");
	return false;
}
