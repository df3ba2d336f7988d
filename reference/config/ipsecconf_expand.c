/* What an entry of ipsecconf.conf is in an SPD. */
#include "config/ipsecconf.h"

#include <stdlib.h>
#include <string.h>

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_SCTP 132
#define PROTOCOL_ESP 50
#define PROTOCOL_AH 51

struct expansion {
	const struct ipsecconf_entry *from;
	struct spd_entry *out;
	unsigned n;
	uint8_t table;
};

/* encr_algs alone takes SAs with and without integrity; encr_auth_algs alone means NULL encryption. */
static struct spd_request
esp_of(const struct ipsecconf_rule *r)
{
	struct spd_request q = { .protocol = PROTOCOL_ESP, .enc = r->encr, .auth = r->encr_auth };
	if (!r->encr.wanted)
		q.enc = (struct spd_alg){ .wanted = true, .alg = alg_by_name("null", ALG_ENC) };
	return q;
}

static void
add_request(struct spd_entry *e, struct spd_request q, const struct ipsecconf_entry *c, unsigned alternative)
{
	/* Of a tunnel's ends only the interface knows. SAs of a tunnel are per rule: unique says nothing new there. */
	static const struct addr any4 = { .family = 4 };
	bool tunnel = c->mode == IPSECCONF_TUNNEL;
	q.level = LEVEL_REQUIRE;
	q.mode = tunnel ? MODE_TUNNEL : MODE_TRANSPORT;
	q.src = q.dst = tunnel ? any4 : (struct addr){ 0 };
	q.alternative = (uint8_t)alternative;
	q.per_flow = c->rule[alternative].unique && c->mode == IPSECCONF_HOST;
	e->request[e->n++] = q;
}

/* ESP is inside of AH where both are asked for. */
static void
add_rule(struct spd_entry *e, const struct ipsecconf_entry *c, unsigned i)
{
	const struct ipsecconf_rule *r = &c->rule[i];
	if (r->action == IPSECCONF_BYPASS) {
		e->request[e->n++] = (struct spd_request){ .alternative = (uint8_t)i };
		return;
	}
	if (r->encr.wanted || r->encr_auth.wanted)
		add_request(e, esp_of(r), c, i);
	if (r->ah.wanted)
		add_request(e, (struct spd_request){ .protocol = PROTOCOL_AH, .auth = r->ah }, c, i);
}

/* A drop in a list of alternatives is where the list ends: what nothing before it satisfies is dropped anyway. */
static void
set_action(struct spd_entry *e, const struct ipsecconf_entry *c)
{
	if (c->rule[0].action == IPSECCONF_BYPASS || c->rule[0].action == IPSECCONF_DROP) {
		e->action = c->rule[0].action == IPSECCONF_BYPASS ? SPD_BYPASS : SPD_DISCARD;
		return;
	}
	e->action = SPD_PROTECT;
	for (unsigned i = 0; i < c->n && c->rule[i].action != IPSECCONF_DROP; i++)
		add_rule(e, c, i);
}

/* Local means destination on incoming and source on outgoing datagrams. */
static void
set_ends(struct selector *s, const struct ipsecconf_entry *c, uint8_t dir, uint8_t family)
{
	bool swap = !c->directed && dir == DIR_IN;
	const struct ipsecconf_end *src = swap ? &c->remote : &c->local, *dst = swap ? &c->local : &c->remote;
	struct addr any = { .family = family };
	s->src = src->addr.family != 0 ? src->addr : any;
	s->dst = dst->addr.family != 0 ? dst->addr : any;
	s->src_bits = src->addr.family != 0 ? src->bits : 0;
	s->dst_bits = dst->addr.family != 0 ? dst->bits : 0;
	s->sport = src->port;
	s->dport = dst->port;
}

static struct spd_entry *
add(struct expansion *x, uint8_t dir, uint8_t family, uint32_t protocol)
{
	if (x->n == IPSECCONF_SPD)
		return NULL;
	struct spd_entry *e = &x->out[x->n++];
	*e = (struct spd_entry){ .dir = SPD_DIR(x->table, dir) };
	e->selector.protocol = protocol;
	set_ends(&e->selector, x->from, dir, family);
	set_action(e, x->from);
	return e;
}

/* Each type of a range by itself where codes are given: a range of both would be one of 16 bits. */
static void
add_icmp(struct expansion *x, uint8_t dir, uint8_t family)
{
	const struct ipsecconf_entry *c = x->from;
	uint32_t types = c->type == SELECTOR_ANY ? 1 : c->type_last - c->type + 1;
	for (uint32_t i = 0; i < types; i++) {
		struct spd_entry *e = add(x, dir, family, c->ulp);
		if (e == NULL)
			return;
		e->selector.sport = c->type == SELECTOR_ANY ? SELECTOR_ANY : c->type + i;
		e->selector.dport = c->code;
		e->selector.dport_last = c->code_last > c->code && c->code != SELECTOR_ANY ? c->code_last : 0;
		if (c->code != SELECTOR_ANY || c->type_last == c->type || c->type == SELECTOR_ANY)
			continue;
		e->selector.sport_last = c->type_last;
		return;
	}
}

static void
add_family(struct expansion *x, uint8_t dir, uint8_t family)
{
	static const uint8_t with_ports[] = { PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP };
	const struct ipsecconf_entry *c = x->from;
	bool ports = c->local.port != SELECTOR_ANY || c->remote.port != SELECTOR_ANY;
	if (c->ulp == 1 || c->ulp == 58) {
		if (family == (c->ulp == 1 ? 4 : 6))
			add_icmp(x, dir, family);
		return;
	}
	if (c->ulp != SELECTOR_ANY || !ports) {
		(void)add(x, dir, family, c->ulp);
		return;
	}
	for (size_t i = 0; i < sizeof with_ports; i++)
		(void)add(x, dir, family, with_ports[i]);
}

/* ip.tun0 has table 1. */
static uint8_t
table_of(const char *tunnel)
{
	size_t at = strlen(tunnel);
	if (at == 0)
		return 0;
	while (at > 0 && tunnel[at - 1] >= '0' && tunnel[at - 1] <= '9')
		at--;
	return (uint8_t)(1 + strtoul(tunnel + at, NULL, 10) % (SPD_TABLES - 1));
}

unsigned
ipsecconf_expand(const struct ipsecconf_entry *c, struct spd_entry *out)
{
	struct expansion x = { .from = c, .out = out, .table = table_of(c->tunnel) };
	uint8_t said = c->local.addr.family != 0 ? c->local.addr.family : c->remote.addr.family;
	for (uint8_t dir = DIR_IN; dir <= DIR_OUT; dir++)
		for (uint8_t family = 4; family <= 6; family = (uint8_t)(family + 2))
			if ((c->dir == 0 || c->dir == dir) && (said == 0 || said == family))
				add_family(&x, dir, family);
	return x.n;
}
