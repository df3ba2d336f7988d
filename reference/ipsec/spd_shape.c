#include "ipsec/spd_shape.h"
#include "wire/layouts.h"

/*
 * Prefix lengths that there are, by dimension and family (index 0: no family). The fewer, the fewer probes a lookup makes; the finer,
 * the fewer entries share a bucket.
 */
static const struct steps {
	uint8_t n, bits[SHAPE_STEPS];
} steps[3][DIMS] = {
	{ { 1, { 0 } }, { 1, { 0 } }, { 2, { 0, 8 } }, { 3, { 0, 8, 16 } }, { 3, { 0, 8, 16 } } },
	{ { 8, { 0, 8, 12, 16, 20, 24, 28, 32 } },
	  { 8, { 0, 8, 12, 16, 20, 24, 28, 32 } },
	  { 2, { 0, 8 } },
	  { 3, { 0, 8, 16 } },
	  { 3, { 0, 8, 16 } } },
	{ { 9, { 0, 16, 32, 40, 48, 56, 64, 96, 128 } },
	  { 9, { 0, 16, 32, 40, 48, 56, 64, 96, 128 } },
	  { 2, { 0, 8 } },
	  { 3, { 0, 8, 16 } },
	  { 3, { 0, 8, 16 } } },
};

/* A place in a dimension: up to 128 bits, first bit first. */
struct number {
	uint64_t high, low;
};

static unsigned
family_index(uint8_t family)
{
	return family == 4 ? 1 : family == 6 ? 2 : 0;
}

static const struct steps *
steps_of(const struct shape *s, unsigned dim)
{
	return &steps[dim <= DIM_DST ? family_index(s->family[dim]) : 0][dim];
}

static struct number
number_of_addr(const struct addr *a)
{
	struct rd r = rd_of(addr_bytes(a));
	if (a->family == 4)
		return (struct number){ rd_uint(&r, 4) << 32, 0 };
	uint64_t high = rd_uint(&r, 8);
	return (struct number){ high, rd_uint(&r, 8) };
}

static struct number
number_of_port(uint32_t port)
{
	return (struct number){ (uint64_t)port << 48, 0 };
}

static struct number
number_cut(struct number v, unsigned bits)
{
	return (struct number){ bits == 0    ? 0
				: bits >= 64 ? v.high
					     : v.high >> (64 - bits) << (64 - bits),
				bits <= 64    ? 0
				: bits >= 128 ? v.low
					      : v.low >> (128 - bits) << (128 - bits) };
}

/* How many bits two numbers begin with in common. */
static unsigned
number_common(struct number a, struct number b)
{
	if (a.high != b.high)
		return (unsigned)__builtin_clzll(a.high ^ b.high);
	return a.low != b.low ? 64 + (unsigned)__builtin_clzll(a.low ^ b.low) : 128;
}

static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

/* Of one dimension. Those of all are joined by exclusive or, so that a lookup makes each once. */
static uint64_t
hash_of(unsigned dim, unsigned family, unsigned bits, struct number v)
{
	v = number_cut(v, bits);
	uint64_t h = mix(v.high + (dim << 16 | family << 8 | bits) * UINT64_C(0x9e3779b97f4a7c15));
	return bits > 64 ? mix(h ^ v.low) : h;
}

/* The longest step that both ends lie in. */
static uint8_t
step_of(const struct steps *s, unsigned common)
{
	unsigned i = s->n - 1U;
	while (s->bits[i] > common)
		i--;
	return (uint8_t)i;
}

static uint64_t
file_dim(struct shape *s, unsigned dim, struct number first, struct number last)
{
	const struct steps *steps_here = steps_of(s, dim);
	s->step[dim] = step_of(steps_here, number_common(first, last));
	return hash_of(dim, dim <= DIM_DST ? s->family[dim] : 0, steps_here->bits[s->step[dim]], first);
}

static uint64_t
file_port(struct shape *s, unsigned dim, uint32_t first, uint32_t last)
{
	bool wild = first >= SELECTOR_ANY;
	return file_dim(s, dim, number_of_port(wild ? 0 : first),
			number_of_port(wild           ? 0xffff
				       : last > first ? last
						      : first));
}

/* Ports; of ICMP the types, and the codes where there is one type: over several they are no range of their own. */
static uint64_t
file_ports(const struct selector *sel, struct shape *s)
{
	uint32_t low, high;
	if (!selector_icmp(sel, &low, &high))
		return file_port(s, DIM_SPORT, sel->sport, sel->sport_last) ^
		       file_port(s, DIM_DPORT, sel->dport, sel->dport_last);
	bool one = low >> 8 == high >> 8;
	return file_port(s, DIM_SPORT, low >> 8, high >> 8) ^
	       file_port(s, DIM_DPORT, one ? low & 255 : SELECTOR_ANY, high & 255);
}

uint64_t
shape_of(const struct selector *sel, struct shape *s)
{
	struct addr first[2], last[2];
	selector_src(sel, &first[0], &last[0]);
	selector_dst(sel, &first[1], &last[1]);
	*s = (struct shape){ .family = { first[0].family, first[1].family } };
	bool wild = sel->protocol >= SELECTOR_ANY;
	uint64_t protocol = wild ? 0 : sel->protocol;
	uint64_t hash = 0;
	for (unsigned i = 0; i < 2; i++)
		hash ^= file_dim(s, i, number_of_addr(&first[i]), number_of_addr(&last[i]));
	hash ^= file_dim(s, DIM_PROTOCOL, (struct number){ protocol << 56, 0 },
			 (struct number){ wild ? UINT64_MAX : protocol << 56, 0 });
	return hash ^ file_ports(sel, s);
}

bool
shape_equal(const struct shape *a, const struct shape *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* --- of a flow -------------------------------------------------------------------------------- */

static void
probe_dim(struct probe *p, unsigned dim, uint8_t family, struct number v)
{
	const struct steps *s = &steps[dim <= DIM_DST ? family_index(family) : 0][dim];
	for (unsigned i = 0; i < s->n; i++)
		p->hash[dim][i] = hash_of(dim, dim <= DIM_DST ? family : 0, s->bits[i], v);
}

void
probe_of(const struct flow *f, struct probe *p)
{
	probe_dim(p, DIM_SRC, f->src.family, number_of_addr(&f->src));
	probe_dim(p, DIM_DST, f->dst.family, number_of_addr(&f->dst));
	probe_dim(p, DIM_PROTOCOL, 0, (struct number){ (uint64_t)f->protocol << 56, 0 });
	probe_dim(p, DIM_SPORT, 0, number_of_port(f->sport));
	probe_dim(p, DIM_DPORT, 0, number_of_port(f->dport));
	for (unsigned i = DIM_SRC; i <= DIM_DST; i++)
		p->wild[i] = hash_of(i, 0, 0, (struct number){ 0, 0 });
}

bool
probe_hash(const struct probe *p, const struct shape *s, const struct flow *f, uint64_t *hash)
{
	const uint8_t said[2] = { f->src.family, f->dst.family };
	*hash = p->hash[DIM_PROTOCOL][s->step[DIM_PROTOCOL]] ^ p->hash[DIM_SPORT][s->step[DIM_SPORT]] ^
		p->hash[DIM_DPORT][s->step[DIM_DPORT]];
	for (unsigned i = DIM_SRC; i <= DIM_DST; i++) {
		if (s->family[i] != 0 && s->family[i] != said[i])
			return false;
		*hash ^= s->family[i] != 0 ? p->hash[i][s->step[i]] : p->wild[i];
	}
	return f->has_ports || (s->step[DIM_SPORT] == 0 && s->step[DIM_DPORT] == 0);
}
