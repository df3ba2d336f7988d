/*
 * The datagram that an ICMP error is about: a packet of the target that a step bound as it came, or one that it might have sent, built from
 * the layers written. An error holds no more of it than the RFCs say, unless the step says how much.
 */
#include "runner/stage.h"

#include "ipsec/chain.h"

enum {
	BEHIND4 = 8,        /* RFC 792: the header and 64 bits of the data */
	ROOM6 = 1280 - 48,  /* RFC 4443 2.4(c): as much as the least IPv6 MTU has room for */
	QUOTED_MAX = 65600, /* the largest datagram */
};

static bool
compose(struct stage *s, const struct layer_spec *l, unsigned link, struct bytes *octets, struct err *e)
{
	struct packet_spec spec = { .layers = l->quoted, .at = l->at };
	struct resolved *r = arena_alloc(s->scratch, sizeof *r);
	struct wr w = wr_of(arena_alloc(s->scratch, QUOTED_MAX), QUOTED_MAX);
	if (!notation_packet(s, &spec, FROM_TARGET, link, r, e))
		return false;
	*octets = r->packet.payload;
	if (r->packet.n == 0) /* octets that somebody bound, or wrote */
		return true;
	if (r->packet.layer[0].lay == &layout_ip4 || r->packet.layer[0].lay == &layout_ip6)
		notation_addresses(s, &r->packet.layer[0], link, FROM_TARGET);
	if (!packet_compose(&r->packet, r->sa, s->g->random, &w, NULL, e))
		return err_prefix(e, "%u:%u: quote", l->at.line, l->at.column);
	*octets = wr_done(&w);
	return true;
}

static bool
cut(struct stage *s, const struct layer_spec *l, struct bytes *octets, struct err *e)
{
	struct rd r = rd_of(*octets);
	uint8_t first = rd_peek(&r, 0);
	uint64_t n = first >> 4 == 4 ? (first & 15) * 4u + BEHIND4 : ROOM6;
	if (l->quote_size != NULL && !expr_number_of(l->quote_size, &s->vars, &n, e))
		return false;
	*octets = bytes_slice(*octets, 0, (size_t)n);
	return true;
}

bool
quote_octets(struct stage *s, const struct layer_spec *l, unsigned link, struct bytes *octets, struct err *e)
{
	return compose(s, l, link, octets, e) && cut(s, l, octets, e);
}
