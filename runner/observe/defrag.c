#include "runner/observe/defrag.h"

#include "wire/layouts.h"

enum { PROTOCOL_AT4 = 9, NEXT_HEADER_AT6 = 6, FRAGMENT_HEADER = 8 };

static struct fragment
fragment4(const struct ip *ip)
{
	return (struct fragment){
		.ip = ip,
		.id = ip->id,
		.protocol = ip->protocol,
		.offset = ip->offset,
		.more = ip->mf,
		.front = bytes_slice(ip->all, 0, ip->header),
		.next_at = PROTOCOL_AT4,
		.data = bytes_slice(ip->all, ip->header, SIZE_MAX),
	};
}

/* RFC 8200 4.5: hop-by-hop, destination options and routing headers may stand in front of the fragment
 * header. */
static bool
fragment6(const struct ip *ip, struct fragment *f)
{
	struct rd r = rd_of(ip->all);
	uint8_t next = ip->protocol;
	size_t next_at = NEXT_HEADER_AT6;
	rd_skip(&r, IP6_HEADER);
	while (next == IPPROTO_HBH || next == IPPROTO_RH || next == IPPROTO_DSTOPT) {
		next_at = r.at;
		next = rd_peek(&r, 0);
		rd_skip(&r, (size_t)rd_peek(&r, 1) * 8 + 8);
	}
	*f = (struct fragment){ .ip = ip,
				.next_at = next_at,
				.own = FRAGMENT_HEADER,
				.front = bytes_slice(ip->all, 0, r.at + FRAGMENT_HEADER) };
	f->protocol = (uint8_t)rd_uint(&r, 1);
	rd_skip(&r, 1);
	uint32_t place = (uint32_t)rd_uint(&r, 2);
	f->offset = place & ~7u;
	f->more = place & 1;
	f->id = (uint32_t)rd_uint(&r, 4);
	f->data = rd_rest(&r);
	return next == IPPROTO_FRAG && !r.bad;
}

enum reassembly_result
defrag_add(struct reassembly *r, struct bytes fragment, unsigned frame, struct bytes *whole)
{
	struct ip ip;
	struct fragment f;
	if (!ip_parse(fragment, &ip))
		return REASSEMBLY_LOST;
	if (ip.family == 4)
		f = fragment4(&ip);
	else if (!fragment6(&ip, &f))
		return REASSEMBLY_LOST;
	f.link = frame;
	return reassembly_add(r, &f, whole);
}

bool
defrag_left(struct reassembly *r, uint8_t *protocol, unsigned *frame)
{
	for (unsigned i = 0; i < REASSEMBLY_SLOTS; i++) {
		struct slot *s = &r->slot[i];
		if (!s->used)
			continue;
		s->used = false;
		*protocol = s->protocol;
		*frame = s->link;
		return true;
	}
	return false;
}
