/* Packets of the suite notation: layers by name, fields by table, what was not written implied. */
#include "ipsec/stack.h"
#include "runner/stage.h"

#include <stdio.h>
#include <string.h>

#include "wire/layouts.h"

/* esp(0x1001), ipcomp(2), udp(7): what a value without a name means. */
/* clang-format off */
static const struct { const struct layout *lay; unsigned field; } positional[] = {
	{ &layout_esp, ESP_SPI },    { &layout_ah, AH_SPI },       { &layout_ipcomp, IPCOMP_CPI },
	{ &layout_udp, UDP_DPORT },  { &layout_ah_old, AH_OLD_SPI }, { &layout_esp_old, ESP_OLD_SPI },
	{ &layout_tcp, TCP_DPORT },  { &layout_icmp4, ICMPE_TYPE }, { &layout_icmp6, ICMPE_TYPE },
};
/* clang-format on */

bool
stage_is_target(const struct stage *s, const struct addr *a)
{
	for (unsigned i = 0; i < TARGET_LINKS; i++) {
		const struct target_net *net = &s->g->target->net[i];
		const uint8_t *four[] = { net->target4, net->second4 }, *six[] = { net->target6, net->second6 };
		for (unsigned k = 0; k < 2; k++) {
			struct addr mine4 = addr_of((struct bytes){ four[k], 4 }),
				    mine6 = addr_of((struct bytes){ six[k], 16 });
			if (addr_equal(a, &mine4) || addr_equal(a, &mine6))
				return true;
		}
	}
	return false;
}

struct sa *
stage_sa(const struct stage *s, enum heading heading, uint8_t protocol, uint32_t spi)
{
	struct sa *first = NULL;
	for (struct sa *sa = sad_next(s->sad, NULL); sa != NULL; sa = sad_next(s->sad, sa)) {
		const struct addr *ours = heading == TO_TARGET ? &sa->spec.dst : &sa->spec.src;
		bool to_group = heading == TO_TARGET && addr_is_multicast(ours) && !stage_is_target(s, &sa->spec.src);
		if (sa->spec.protocol != protocol || (!stage_is_target(s, ours) && !to_group))
			continue;
		if (sa->spec.spi == spi)
			return sa;
		if (first == NULL)
			first = sa;
	}
	return first;
}

/* --- fields ---------------------------------------------------------------------------------- */

static bool
place_prefix(const struct expr *x, const char *what, struct err *e)
{
	return err_prefix(e, "%u:%u: %s", x->at.line, x->at.column, what);
}

bool
notation_field(struct stage *s, struct hdr *h, unsigned field, const struct expr *x, struct err *e)
{
	const struct field *f = &h->lay->fields[field];
	struct val v;
	if (!expr_eval(x, &s->vars, &v, e))
		return false;
	bool octets = field_kind_of(f) == F_BYTES;
	if (v.kind == VAL_OCTETS && octets) {
		hdr_set_bytes(h, field, v.octets);
		return true;
	}
	bool decimal = v.kind == VAL_NUMBER && (v.text == NULL || strncmp(v.text, "0x", 2) != 0);
	if (octets && decimal) {
		size_t at = s->store.n;
		wr_fill(&s->store, 0, v.number);
		hdr_set_bytes(h, field, bytes_slice(wr_done(&s->store), at, v.number));
		return !s->store.full ||
		       fail(e, ERR_RANGE, "%u:%u: %s: too many octets", x->at.line, x->at.column, f->name);
	}
	return hdr_set_text(h, field, val_print(s->arena, &v), &s->store, e) || place_prefix(x, h->lay->name, e);
}

static bool
field_arg(struct stage *s, struct resolved *r, enum heading heading, unsigned layer, unsigned field,
	  const struct expr *x, struct err *e)
{
	struct hdr *h = &r->packet.layer[layer];
	if (h->lay == &layout_esp && field == ESP_PADDING && x->kind == E_WORD && strcmp(x->text, "default") == 0) {
		r->default_padding |= 1u << layer; /* sending: what it is anyway */
		return true;
	}
	return wanted_field(s, &r->wanted, heading, h, layer, field, x, e);
}

/* --- one layer ------------------------------------------------------------------------------- */

static bool
take_payload(struct stage *s, struct packet *p, struct bytes more, struct err *e)
{
	if (p->payload.n == 0) {
		p->payload = more;
	} else {
		size_t at = s->store.n;
		wr_bytes(&s->store, p->payload);
		wr_bytes(&s->store, more);
		p->payload = bytes_slice(wr_done(&s->store), at, p->payload.n + more.n);
	}
	p->payload_given = true;
	return !s->store.full || fail(e, ERR_RANGE, "payload: too many octets");
}

/* size=N: N octets that can be told apart, so that a shifted or cut copy shows. */
static bool
payload_of_size(struct stage *s, struct packet *p, const struct expr *x, struct err *e)
{
	uint64_t n;
	if (!expr_number_of(x, &s->vars, &n, e))
		return false;
	if (n > 65535)
		return fail(e, ERR_RANGE, "%u:%u: size: want at most 65535, got %llu", x->at.line, x->at.column,
			    (unsigned long long)n);
	size_t at = s->store.n;
	for (uint64_t i = 0; i < n; i++)
		wr_uint(&s->store, 'a' + (i + i / 26) % 26, 1);
	return take_payload(s, p, bytes_slice(wr_done(&s->store), at, n), e);
}

static bool
payload_value(struct stage *s, struct packet *p, const struct expr *x, struct err *e)
{
	struct val v;
	if (!expr_eval(x, &s->vars, &v, e))
		return false;
	if (v.kind == VAL_OCTETS)
		return take_payload(s, p, v.octets, e);
	struct hdr h = hdr_of(&layout_esp); /* borrows the reader of hex octets */
	if (!hdr_set_text(&h, ESP_IV, val_print(s->arena, &v), &s->store, e))
		return place_prefix(x, "payload", e);
	return take_payload(s, p, h.v[ESP_IV].b, e);
}

static bool
positional_arg(struct stage *s, struct resolved *r, enum heading heading, unsigned layer, const struct arg *g,
	       struct err *e)
{
	const struct layout *lay = r->packet.layer[layer].lay;
	for (size_t i = 0; i < sizeof positional / sizeof positional[0]; i++)
		if (positional[i].lay == lay)
			return field_arg(s, r, heading, layer, positional[i].field, g->value, e);
	return fail(e, ERR_SYNTAX, "%u:%u: %s: a value needs its field's name", g->at.line, g->at.column, lay->name);
}

static bool
layer_args(struct stage *s, struct resolved *r, enum heading heading, unsigned layer, const struct layer_spec *l,
	   struct err *e)
{
	struct hdr *h = &r->packet.layer[layer];
	for (const struct arg *g = l->args; g != NULL; g = g->next) {
		if (g->name == NULL) {
			if (!positional_arg(s, r, heading, layer, g, e))
				return false;
			continue;
		}
		int field = layout_field(h->lay, g->name);
		if (strcmp(g->name, "sa") == 0)
			continue; /* choose_sa's */
		if (strcmp(g->name, "size") == 0 && field < 0) {
			if (!payload_of_size(s, &r->packet, g->value, e))
				return false;
			continue;
		}
		if (field < 0)
			return fail(e, ERR_UNKNOWN, "%u:%u: %s has no field '%s'", g->at.line, g->at.column,
				    h->lay->name, g->name);
		if (!field_arg(s, r, heading, layer, (unsigned)field, g->value, e))
			return false;
	}
	return true;
}

/* To a group: the SA of this sender, else the one of all; NULL: no SPI or no group is written. */
static struct sa *
group_sa(const struct stage *s, const struct packet *p, unsigned layer, uint8_t protocol, uint32_t spi)
{
	static const struct addr all;
	struct addr src, dst;
	(void)stack_addrs(p, layer, &src, &dst);
	if (spi == 0 || !addr_is_multicast(&dst))
		return NULL;
	struct sa *own = sad_find_from(s->sad, spi, protocol, &src, &dst);
	return own != NULL ? own : sad_find_from(s->sad, spi, protocol, &all, &dst);
}

/* Where a layer that has an SA names it: its SPI or CPI, which a value without a name means too. */
static unsigned
index_field(const struct layout *lay)
{
	unsigned i = 0;
	while (positional[i].lay != lay)
		i++;
	return positional[i].field;
}

static bool
has_sa(const struct layout *lay)
{
	return lay == &layout_esp || lay == &layout_ah || lay == &layout_ipcomp || lay == &layout_ah_old ||
	       lay == &layout_esp_old;
}

/* One SPI at two addresses is two SAs (RFC 4301 4.1): a destination that is written tells them apart. */
static struct sa *
sa_at(const struct stage *s, const struct packet *p, unsigned layer, uint8_t protocol, uint32_t spi)
{
	struct addr src, dst;
	(void)stack_addrs(p, layer, &src, &dst);
	return dst.family != 0 ? sad_find(s->sad, spi, protocol, &dst) : NULL;
}

static bool
choose_sa(struct stage *s, struct resolved *r, unsigned layer, const struct layer_spec *l, enum heading heading,
	  struct err *e)
{
	const struct hdr *h = &r->packet.layer[layer];
	int protocol = layout_protocol(h->lay);
	unsigned index = index_field(h->lay);
	uint64_t spi = hdr_given(h, index) ? h->v[index].u : 0;
	for (const struct arg *g = l->args; g != NULL; g = g->next)
		if (g->name != NULL && strcmp(g->name, "sa") == 0 && !expr_number_of(g->value, &s->vars, &spi, e))
			return false;
	r->sa[layer] = group_sa(s, &r->packet, layer, (uint8_t)protocol, (uint32_t)spi);
	if (r->sa[layer] == NULL)
		r->sa[layer] = sa_at(s, &r->packet, layer, (uint8_t)protocol, (uint32_t)spi);
	if (r->sa[layer] == NULL)
		r->sa[layer] = stage_sa(s, heading, (uint8_t)protocol, (uint32_t)spi);
	return true;
}

/* --- what nobody wrote ----------------------------------------------------------------------- */

static bool
is_ip(const struct layout *lay)
{
	return lay == &layout_ip4 || lay == &layout_ip6;
}

/* Source and destination of an IP header between tester and target on a link. */
void
notation_addresses(struct stage *s, struct hdr *h, unsigned link, enum heading heading)
{
	const struct target_net *net = &s->g->target->net[link - 1];
	bool v6 = h->lay == &layout_ip6;
	struct bytes tester = v6 ? BYTES_OF(net->tester6) : BYTES_OF(net->tester4);
	struct bytes target = v6 ? BYTES_OF(net->target6) : BYTES_OF(net->target4);
	unsigned src = v6 ? IP6_SRC : IP4_SRC, dst = v6 ? IP6_DST : IP4_DST;
	if (!hdr_given(h, src))
		hdr_set_bytes(h, src, heading == TO_TARGET ? tester : target);
	if (!hdr_given(h, dst))
		hdr_set_bytes(h, dst, heading == TO_TARGET ? target : tester);
}

static bool
push(struct resolved *r, const struct layout *lay, struct err *e)
{
	return packet_push(&r->packet, lay) != NULL ||
	       fail(e, ERR_RANGE, "a packet has at most %d layers", PACKET_LAYERS);
}

static bool
imply_ip(struct stage *s, struct resolved *r, uint8_t family, unsigned link, enum heading heading, struct err *e)
{
	if (!push(r, family == 6 ? &layout_ip6 : &layout_ip4, e))
		return false;
	notation_addresses(s, &r->packet.layer[r->packet.n - 1], link, heading);
	return true;
}

/* The family in force where the next layer goes: of the nearest IP header. */
static uint8_t
family_here(const struct stage *s, const struct resolved *r, bool after_tunnel)
{
	if (after_tunnel)
		return s->inner;
	for (unsigned i = r->packet.n; i > 0; i--)
		if (is_ip(r->packet.layer[i - 1].lay))
			return r->packet.layer[i - 1].lay == &layout_ip6 ? 6 : 4;
	return s->family;
}

/* The SPI whose SA a layer of ESP asks for, before there is a layer; 0: the first one will do. */
static uint32_t
spi_written(struct stage *s, const struct layer_spec *l)
{
	uint64_t spi = 0, v;
	for (const struct arg *g = l->args; g != NULL; g = g->next) {
		bool named = g->name != NULL;
		bool names_sa = named && strcmp(g->name, "sa") == 0;
		if (named && !names_sa && strcmp(g->name, "spi") != 0)
			continue;
		/* A binding or a choice is no number; the keys' SA is told apart from the SPI on the wire. */
		if (g->value->kind != E_BIND && g->value->kind != E_ALTERNATIVES &&
		    expr_number_of(g->value, &s->vars, &v, NULL))
			spi = v;
		if (names_sa)
			break;
	}
	return (uint32_t)spi;
}

static bool
named_layer(struct stage *s, struct resolved *r, const struct layer_spec *l, const struct packet_spec *spec,
	    bool *tunnel, enum heading heading, unsigned link, struct err *e)
{
	bool first = r->packet.n == 0;
	uint8_t outermost = link == 2 ? s->inner : s->family; /* behind the gateway is what its tunnels carry */
	const struct layout *lay = layout_by_name(l->name, first ? outermost : family_here(s, r, *tunnel));
	if (lay == NULL)
		return fail(e, ERR_UNKNOWN, "%u:%u: no layer called '%s'", l->at.line, l->at.column, l->name);
	bool ip_wanted = first ? !is_ip(lay) && lay != &layout_eth : *tunnel && !is_ip(lay);
	if (ip_wanted && !spec->bare && !imply_ip(s, r, first ? outermost : s->inner, link, heading, e))
		return false;
	*tunnel = false;
	bool esp_in_udp = lay == &layout_esp && !spec->bare;
	struct sa *sa = esp_in_udp ? stage_sa(s, heading, 50, spi_written(s, l)) : NULL;
	if (sa != NULL && sa->spec.encap.udp && r->packet.layer[r->packet.n - 1].lay != &layout_udp) {
		if (!push(r, &layout_udp, e))
			return false;
		hdr_set(&r->packet.layer[r->packet.n - 1], UDP_SPORT, sa->spec.encap.sport);
		hdr_set(&r->packet.layer[r->packet.n - 1], UDP_DPORT, sa->spec.encap.dport);
	}
	if (!push(r, lay, e))
		return false;
	unsigned at = r->packet.n - 1;
	if (!layer_args(s, r, heading, at, l, e))
		return false;
	if (is_ip(lay) && heading == TO_TARGET)
		notation_addresses(s, &r->packet.layer[at], link, heading);
	if (!has_sa(lay))
		return true;
	if (!choose_sa(s, r, at, l, heading, e))
		return false;
	*tunnel = r->sa[at] != NULL && r->sa[at]->spec.mode == MODE_TUNNEL;
	/* A given next header says what follows: nothing is implied behind it. */
	const struct hdr *h = &r->packet.layer[at];
	if (lay == &layout_esp && hdr_given(h, ESP_NEXT_HEADER))
		*tunnel = *tunnel && (h->v[ESP_NEXT_HEADER].u == 4 || h->v[ESP_NEXT_HEADER].u == 41);
	return true;
}

/* Layers of one family have one name each: "echo" means what the header around it says. */
static bool
data_layer(struct stage *s, struct resolved *r, const struct layer_spec *l, struct err *e)
{
	for (const struct arg *g = l->args; g != NULL; g = g->next) {
		bool ok = g->name != NULL && strcmp(g->name, "size") == 0 ? payload_of_size(s, &r->packet, g->value, e)
									  : payload_value(s, &r->packet, g->value, e);
		if (!ok)
			return false;
	}
	r->packet.payload_given = true;
	return true;
}

static bool
quote_layer(struct stage *s, struct resolved *r, const struct layer_spec *l, enum heading heading, unsigned link,
	    struct err *e)
{
	struct bytes octets;
	if (heading != TO_TARGET)
		return fail(e, ERR_SYNTAX, "%u:%u: quote is for what is sent", l->at.line, l->at.column);
	return quote_octets(s, l, link, &octets, e) && take_payload(s, &r->packet, octets, e);
}

bool
notation_packet(struct stage *s, const struct packet_spec *spec, enum heading heading, unsigned link,
		struct resolved *r, struct err *e)
{
	memset(r, 0, sizeof *r);
	bool tunnel = false;
	for (const struct layer_spec *l = spec->layers; l != NULL; l = l->next) {
		bool ok;
		if (l->name == NULL)
			ok = payload_value(s, &r->packet, l->payload, e);
		else if (strcmp(l->name, "data") == 0)
			ok = data_layer(s, r, l, e);
		else if (l->quoted != NULL)
			ok = quote_layer(s, r, l, heading, link, e);
		else
			ok = named_layer(s, r, l, spec, &tunnel, heading, link, e);
		if (!ok)
			return false;
	}
	return true;
}

bool
notation_knows_layer(const char *name)
{
	return strcmp(name, "data") == 0 || layout_by_name(name, 4) != NULL || layout_by_name(name, 6) != NULL;
}

bool
notation_knows_field(const char *layer, const char *field)
{
	if (strcmp(layer, "data") == 0 || strcmp(field, "size") == 0)
		return strcmp(field, "size") == 0;
	if (strcmp(field, "sa") == 0)
		return layout_by_name(layer, 4) != NULL && has_sa(layout_by_name(layer, 4));
	for (uint8_t family = 4; family <= 6; family += 2) {
		const struct layout *lay = layout_by_name(layer, family);
		if (lay != NULL && layout_field(lay, field) >= 0)
			return true;
	}
	return false;
}
