/*
 * The databases at scale: lookups and changes of many entries beside those of few, and the SPD beside a walk over its entries. Each
 * ratio is one of throughputs, so that what does not grow with the number of entries stays near 1.
 */
#include <stdlib.h>

#include "ipsec/sad.h"
#include "ipsec/spd.h"
#include "runner/bench/bench.h"

enum { MILLION = 1000000, LOOKUPS = 1 << 20, REPEATS = 5, BATCH = 16, BATCHES = 101, SWEEP = 64 << 20 };

static uint64_t state = 4301;

static uint32_t
any(uint32_t n)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((state >> 33) % n);
}

static struct addr
address(uint32_t v)
{
	struct addr a = { .family = 4, .o = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v } };
	return a;
}

/* --- SAD -------------------------------------------------------------------------------------- */

/* SPIs as receivers draw them; an odd factor makes all of them different. */
static uint32_t
spi_of(uint32_t i)
{
	return (i + 256) * 2654435761u;
}

static bool
sad_fill(struct sad *d, uint32_t n, struct err *e)
{
	struct addr src = address(0xc0000201), dst = address(0xc0000202);
	for (uint32_t i = 0; i < n; i++) {
		struct sa *sa = sa_open_larval(spi_of(i), 50, &src, &dst, e);
		if (sa == NULL || !sad_add(d, sa, e)) {
			sa_close(sa);
			return false;
		}
	}
	return true;
}

struct inbound {
	struct sad *sad;
	uint32_t spi[LOOKUPS]; /* in no order */
	unsigned found;
};

static double
sad_lookups(struct inbound *x, uint32_t from, uint32_t n)
{
	struct addr src = address(0xc0000201), dst = address(0xc0000202);
	double start = bench_now();
	for (uint32_t i = from; i < from + n; i++)
		x->found += sad_inbound(x->sad, x->spi[i], 50, &src, &dst) != NULL;
	return bench_now() - start;
}

static bool
inbound_open(struct inbound *x, uint32_t n, struct err *e)
{
	x->found = 0;
	x->sad = sad_new();
	for (uint32_t i = 0; i < LOOKUPS; i++)
		x->spi[i] = spi_of(any(n));
	return x->sad != NULL && sad_fill(x->sad, n, e);
}

/* Drives everything else out of the caches. */
static void
sweep(uint8_t *memory)
{
	for (size_t i = 0; i < SWEEP; i += 64)
		memory[i]++;
}

/* Between two packets a host touches much else, so that a lookup finds the caches cold; that is the cost that counts. */
static void
sad_cold(struct inbound *few, struct inbound *many, uint8_t *memory, double rate[2])
{
	static double seconds[2][BATCHES];
	for (unsigned i = 0; i < BATCHES; i++)
		for (unsigned k = 0; k < 2; k++) {
			sweep(memory);
			seconds[k][i] = sad_lookups(k == 0 ? few : many, i * BATCH, BATCH);
		}
	for (unsigned k = 0; k < 2; k++)
		rate[k] = 1e-6 * BATCH / bench_median(seconds[k], BATCHES);
}

/* One behind the other, nothing between. */
static void
sad_warm(struct inbound *few, struct inbound *many, double rate[2])
{
	double seconds[2][REPEATS];
	for (unsigned i = 0; i < REPEATS; i++) {
		seconds[0][i] = sad_lookups(few, 0, LOOKUPS);
		seconds[1][i] = sad_lookups(many, 0, LOOKUPS);
	}
	for (unsigned k = 0; k < 2; k++)
		rate[k] = 1e-6 * LOOKUPS / bench_median(seconds[k], REPEATS);
}

static bool
bench_sad(struct bench_results *r, struct err *e)
{
	static struct inbound few, many;
	const unsigned all = BATCHES * BATCH + REPEATS * LOOKUPS;
	double cold[2], warm[2];
	uint8_t *memory = calloc(1, SWEEP);
	bool ok = memory != NULL && inbound_open(&few, 1000, e) && inbound_open(&many, MILLION, e);
	if (ok) {
		sad_cold(&few, &many, memory, cold);
		sad_warm(&few, &many, warm);
		bench_compare(r, "sad lookup among 1,000", cold[0], "sad lookup among 1,000,000", cold[1], "M/s", 0.5);
		bench_compare(r, "the same, nothing between", warm[0], "the same, nothing between (1M)", warm[1], "M/s",
			      0);
		ok = (few.found == all && many.found == all) || fail(e, ERR_RANGE, "sad: an SA was not found");
	}
	sad_free(few.sad);
	sad_free(many.sad);
	free(memory);
	return ok || (e->code == ERR_NONE && fail(e, ERR_IO, "sad: no memory"));
}

/* --- SPD -------------------------------------------------------------------------------------- */

enum { ENTRIES = 100000, FLOWS = 20000, WALKS = 300 };

static struct addr
any_host(void)
{
	return address(0x0a000000 | any(1 << 20));
}

/* Pairs of hosts and of nets, ranges, with ports and without, as gateways with many peers have them; few are for everybody. */
static struct spd_entry
any_entry(void)
{
	static const uint8_t bits[] = { 32, 32, 32, 30, 28, 24, 24, 20 };
	struct spd_entry p = { .dir = DIR_OUT, .priority = any(1000000) };
	struct selector *s = &p.selector;
	s->src = any_host();
	s->dst = any_host();
	s->src_bits = bits[any(8)];
	s->dst_bits = bits[any(8)];
	if (any(5) == 0) {
		s->dst_last = s->dst;
		s->dst_last.o[3] |= 0x3f;
	}
	s->protocol = any(2) ? SELECTOR_ANY : any(2) ? 6 : 17;
	s->sport = s->dport = SELECTOR_ANY;
	if (s->protocol != SELECTOR_ANY && any(2))
		s->dport = any(1024);
	if (s->dport < SELECTOR_ANY && any(3) == 0)
		s->dport_last = s->dport + any(100);
	return p;
}

static struct flow
flow_for(const struct spd_entry *p)
{
	struct flow f = { .src = p->selector.src, .dst = p->selector.dst, .protocol = 17, .has_ports = true };
	if (p->selector.protocol != SELECTOR_ANY)
		f.protocol = (uint8_t)p->selector.protocol;
	f.sport = (uint16_t)any(65536);
	f.dport = (uint16_t)(p->selector.dport < SELECTOR_ANY ? p->selector.dport : any(65536));
	return f;
}

struct policies {
	struct spd *spd;
	struct selector *walk; /* all of them in a row, in order: nothing is kinder to a walk */
	unsigned n;
	struct flow flow[FLOWS];
};

static bool
spd_fill(struct spd *d, unsigned n, double *seconds, struct err *e)
{
	double start = bench_now();
	for (unsigned i = 0; i < n; i++) {
		struct spd_entry p = any_entry();
		if (!spd_add(d, &p, NULL, e) && (e->code != ERR_REFUSED))
			return false;
	}
	*seconds = bench_now() - start;
	return true;
}

/* Half of the flows are those of an entry, half of anybody. */
static bool
policies_prepare(struct policies *x, struct err *e)
{
	x->walk = malloc(ENTRIES * sizeof *x->walk);
	if (x->walk == NULL)
		return fail(e, ERR_IO, "spd: no memory");
	struct spd_entry *p = spd_next(x->spd, NULL);
	for (; p != NULL; p = spd_next(x->spd, p))
		x->walk[x->n++] = p->selector;
	for (unsigned i = 0; i < FLOWS; i++) {
		struct spd_entry some = { .selector = x->walk[any(x->n)] }, other = any_entry();
		x->flow[i] = flow_for(i % 2 ? &some : &other);
	}
	return true;
}

static const struct selector *
walk(const struct policies *x, const struct flow *f)
{
	for (unsigned i = 0; i < x->n; i++)
		if (selector_match(&x->walk[i], f))
			return &x->walk[i];
	return NULL;
}

static double
walk_rate(const struct policies *x, const struct selector *found[WALKS])
{
	double start = bench_now();
	for (unsigned i = 0; i < WALKS; i++)
		found[i] = walk(x, &x->flow[i]);
	return WALKS / (bench_now() - start);
}

static double
lookup_rate(const struct policies *x, const struct spd_entry *found[FLOWS])
{
	double start = bench_now();
	for (unsigned i = 0; i < FLOWS; i++)
		found[i] = spd_lookup(x->spd, DIR_OUT, &x->flow[i]);
	return FLOWS / (bench_now() - start);
}

static bool
policies_compare(struct bench_results *r, const struct policies *x, struct err *e)
{
	static const struct selector *walked[WALKS];
	static const struct spd_entry *found[FLOWS];
	double slow = walk_rate(x, walked), fast = lookup_rate(x, found);
	for (unsigned i = 0; i < WALKS; i++)
		if ((walked[i] == NULL) != (found[i] == NULL) ||
		    (found[i] != NULL && !selector_equal(walked[i], &found[i]->selector)))
			return fail(e, ERR_RANGE, "spd: flow %u met another entry than a walk finds", i);
	bench_compare(r, "spd walk over 100,000", 1e-3 * slow, "spd lookup among 100,000", 1e-3 * fast, "k/s", 100);
	return true;
}

static bool
bench_spd(struct bench_results *r, struct err *e)
{
	static struct policies x;
	double few, many;
	struct spd *small = spd_new();
	x = (struct policies){ .spd = spd_new() };
	bool ok = small != NULL && x.spd != NULL && spd_fill(small, ENTRIES / 10, &few, e) &&
		  spd_fill(x.spd, ENTRIES, &many, e);
	if (ok)
		bench_compare(r, "spd add of 10,000", 1e-4 * ENTRIES / few, "spd add of 100,000", 1e-3 * ENTRIES / many,
			      "k/s", 0.3);
	ok = ok && policies_prepare(&x, e) && policies_compare(r, &x, e);
	spd_free(small);
	spd_free(x.spd);
	free(x.walk);
	return ok;
}

bool
bench_databases(struct bench_results *r, struct err *e)
{
	return bench_sad(r, e) && bench_spd(r, e);
}
