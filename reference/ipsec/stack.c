#include "ipsec/stack.h"
#include "ipsec/ah.h"
#include "ipsec/chain.h"
#include "ipsec/pile.h"

/* The family that a layer carries addresses of: 4, 6, or 0. */
static uint8_t
layer_family(const struct hdr *h)
{
	return h->lay == &layout_ip4 ? 4 : h->lay == &layout_ip6 ? 6 : 0;
}

/* The nearest IP header outside of layer i; -1: none. */
static int
ip_outside(const struct packet *p, unsigned i)
{
	while (i > 0)
		if (layer_family(&p->layer[--i]) != 0)
			return (int)i;
	return -1;
}

/* The end of a routing header's route, RFC 8200 4.4, types 0 and 2. */
static struct addr
route6_end(const struct hdr *rh)
{
	struct hdr h = *rh;
	hdr_compute(&h, &(struct build_ctx){ 0 });
	struct bytes addresses = h.v[RH_ADDRESSES].b;
	uint64_t type = h.v[RH_TYPE].u;
	if ((type != 0 && type != 2) || h.v[RH_SEGMENTS_LEFT].u == 0 || addresses.n < 16 || addresses.n % 16 != 0)
		return (struct addr){ 0 };
	return addr_of(bytes_slice(addresses, addresses.n - 16, 16));
}

static struct addr
route_end(const struct packet *p, unsigned ip, unsigned i)
{
	struct addr end = { 0 };
	bool malformed;
	if (p->layer[ip].lay == &layout_ip4)
		return chain_route4(p->layer[ip].v[IP4_OPTIONS].b, &malformed);
	for (unsigned j = ip + 1; j < i; j++) {
		struct addr a = { 0 };
		if (p->layer[j].lay == &layout_rh)
			a = route6_end(&p->layer[j]);
		if (a.family != 0)
			end = a;
	}
	return end;
}

uint8_t
stack_addrs(const struct packet *p, unsigned i, struct addr *src, struct addr *dst)
{
	int ip = ip_outside(p, i);
	*src = *dst = (struct addr){ 0 };
	if (ip < 0)
		return 0;
	const struct hdr *h = &p->layer[ip];
	uint8_t family = layer_family(h);
	struct addr end = route_end(p, (unsigned)ip, i);
	*src = addr_of(h->v[family == 4 ? IP4_SRC : IP6_SRC].b);
	*dst = end.family != 0 ? end : addr_of(h->v[family == 4 ? IP4_DST : IP6_DST].b);
	return family;
}

static bool
is_fragment_header(const struct hdr *h)
{
	return h->lay == &layout_frag && (h->v[FRAG_OFFSET].u != 0 || h->v[FRAG_M].u != 0);
}

bool
stack_is_fragment(const struct packet *p, unsigned i)
{
	int ip = ip_outside(p, i);
	if (ip < 0)
		return false;
	const struct hdr *h = &p->layer[ip];
	if (h->lay == &layout_ip4)
		return h->v[IP4_OFFSET].u != 0 || (h->v[IP4_FLAGS].u & 1);
	for (unsigned j = (unsigned)ip + 1; j < i; j++)
		if (is_fragment_header(&p->layer[j]))
			return true;
	return false;
}

/* Gone before a receiver comes to an AH further inside: ESP, AH, IPComp, the UDP that carried ESP, and fragmentation.
 */
static bool
is_gone(const struct packet *p, unsigned i)
{
	const struct layout *lay = p->layer[i].lay;
	return lay == &layout_esp || lay == &layout_ah || lay == &layout_ipcomp || lay == &layout_ah_old ||
	       lay == &layout_esp_old || is_fragment_header(&p->layer[i]) ||
	       (lay == &layout_udp && i + 1 < p->n && p->layer[i + 1].lay == &layout_esp);
}

static void
ungive(struct hdr *h, int field)
{
	if (field >= 0)
		h->given &= ~(UINT32_C(1) << field);
}

/* What taking off the headers behind changed. */
static void
mend(struct hdr *h, bool next, bool length)
{
	if (next)
		ungive(h, layout_next_field(h->lay));
	if (!length)
		return;
	if (h->lay == &layout_ip4) {
		ungive(h, IP4_TOTAL_LENGTH);
		ungive(h, IP4_CHECKSUM);
	} else if (h->lay == &layout_ip6) {
		ungive(h, IP6_PAYLOAD_LENGTH);
	}
}

bool
stack_front(const struct packet *p, unsigned i, struct bytes rest, struct wr *out)
{
	uint8_t octets[AH_FRONT_MAX];
	struct pile pile = pile_of(octets, sizeof octets);
	int ip = ip_outside(p, i);
	if (ip < 0)
		return false;
	struct build_ctx c = { .payload = rest, .next_header = IPPROTO_AH_, .family = layer_family(&p->layer[ip]) };
	bool any_gone = false, next_gone = false;
	for (int j = (int)i - 1; j >= ip; j--) {
		if (is_gone(p, (unsigned)j)) {
			any_gone = next_gone = true;
			continue;
		}
		struct hdr h = p->layer[j];
		mend(&h, next_gone, any_gone);
		next_gone = false;
		/* An IP header counts its payload and does not read it. */
		if (j == ip)
			c.payload.n = pile.n + rest.n;
		hdr_compute(&h, &c);
		pile_hdr(&pile, &h);
		c.next_header = (uint8_t)layout_protocol(h.lay);
	}
	if (pile.full || pile.n > wr_left(out))
		return false;
	wr_bytes(out, pile_all(&pile));
	return true;
}
