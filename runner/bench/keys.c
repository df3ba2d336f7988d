/*
 * The key engine: one ADD after another, each an SA of its own with contexts keyed, and a DUMP of them; of many beside few, so that work
 * that grows with what is there already would show.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pfkey/sadb.h"
#include "runner/bench/bench.h"

enum { SAS = 2000, FEW = 10000, MANY = 100000, FIRST_SPI = 0x1000, REPEATS = 5, ADD_ROOM = 512 };

struct engine {
	struct sad *sad;
	struct spd *spd;
	struct random_seeded random;
	struct sadb *sadb;
	int sock;
	unsigned answers, refusals;
};

static void
count(void *ctx, int sock, struct bytes msg)
{
	struct engine *g = ctx;
	struct rd r = rd_of(msg);
	(void)sock;
	rd_skip(&r, 2);
	g->answers++;
	g->refusals += rd_uint(&r, 1) != 0; /* sadb_msg_errno */
}

static void
engine_close(struct engine *g)
{
	sadb_free(g->sadb);
	sad_free(g->sad);
	spd_free(g->spd);
}

static bool
engine_open(struct engine *g, struct err *e)
{
	*g = (struct engine){ .sad = sad_new(), .spd = spd_new() };
	if (g->sad == NULL || g->spd == NULL)
		return fail(e, ERR_IO, "no memory for the databases");
	random_seeded_init(&g->random, 1);
	struct sadb_setup s = { .dialect = &dialect_linux,
				.sad = g->sad,
				.spd = g->spd,
				.random = &g->random.random,
				.deliver = count,
				.ctx = g };
	g->sadb = sadb_new(&s, e);
	if (g->sadb == NULL)
		return false;
	g->sock = sadb_open(g->sadb, 1);
	return g->sock >= 0 || fail(e, ERR_IO, "no PF_KEY socket");
}

/* Message i of the batch; all are built before the clock runs. */
static bool
put_add(struct wr *w, const struct sa_spec *base, uint32_t i, struct err *e)
{
	static struct pfkey_msg m;
	uint8_t memory[1024];
	struct wr store = wr_of(memory, sizeof memory);
	struct sa_spec s = *base;
	s.spi = FIRST_SPI + i;
	pfkey_msg_init(&m, &dialect_linux, PFKEY_ADD, SATYPE_ESP);
	hdr_set(&m.base, MSG_SEQ, i);
	hdr_set(&m.base, MSG_PID, 1);
	return pfkey_msg_from_sa(&m, &s, &store, e) && pfkey_msg_put(&m, false, w, e);
}

static bool
add_all(struct engine *g, struct bytes batch, size_t each, double *seconds, struct err *e)
{
	struct rd r = rd_of(batch);
	double start = bench_now();
	while (rd_left(&r) > 0)
		if (sadb_write(g->sadb, g->sock, rd_take(&r, each), 1) != 0)
			return fail(e, ERR_REFUSED, "ADD: the write was refused");
	*seconds = bench_now() - start;
	if (g->refusals > 0 || sad_count(g->sad) != batch.n / each)
		return fail(e, ERR_REFUSED, "ADD: want %zu SAs, got %u, %u refusals", batch.n / each, sad_count(g->sad),
			    g->refusals);
	return true;
}

static bool
build(struct wr *w, uint32_t n, struct err *e)
{
	static const uint8_t key[32] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct sa_spec s = {
		.protocol = 50,
		.mode = MODE_TRANSPORT,
		.replay = 32,
		.enc = alg_by_name("aes-cbc", ALG_ENC),
		.enc_key = { key, 16 },
		.auth = alg_by_name("hmac-sha2-256-128", ALG_AUTH),
		.auth_key = { key, 32 },
	};
	if (!addr_parse(&s.src, "192.0.2.1", e) || !addr_parse(&s.dst, "192.0.2.2", e))
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (!put_add(w, &s, i, e))
			return false;
	return true;
}

static bool
dump(struct engine *g, unsigned n, double *seconds, struct err *e)
{
	static struct pfkey_msg m;
	uint8_t room[64];
	struct wr w = wr_of(room, sizeof room);
	pfkey_msg_init(&m, &dialect_linux, PFKEY_DUMP, SATYPE_UNSPEC);
	hdr_set(&m.base, MSG_PID, 1);
	if (!pfkey_msg_put(&m, false, &w, e))
		return false;
	g->answers = 0;
	double start = bench_now();
	int refused = sadb_write(g->sadb, g->sock, wr_done(&w), 2);
	*seconds = bench_now() - start;
	return (refused == 0 && g->answers == n) || fail(e, ERR_REFUSED, "DUMP: want %u SAs, got %u", n, g->answers);
}

/* Thousands a second: [0] ADD, [1] DUMP; and the milliseconds of a tick, which looks at the age of every SA. */
static bool
scale(uint32_t n, double rate[2], double *tick, struct err *e)
{
	struct engine g = { 0 };
	uint8_t *room = malloc((size_t)n * ADD_ROOM);
	struct wr w = wr_of(room, (size_t)n * ADD_ROOM);
	double adds, dumps;
	bool ok = room != NULL && build(&w, n, e) && engine_open(&g, e) &&
		  add_all(&g, wr_done(&w), w.n / n, &adds, e) && dump(&g, n, &dumps, e);
	if (ok) {
		rate[0] = 1e-3 * n / adds;
		rate[1] = 1e-3 * n / dumps;
		double start = bench_now();
		sadb_tick(g.sadb, 3);
		*tick = 1e3 * (bench_now() - start);
	}
	engine_close(&g);
	free(room);
	return ok || err_prefix(e, "pf_key");
}

static bool
bench_scale(struct bench_results *r, struct err *e)
{
	static const char *const names[2][2] = { { "pf_key add of 10,000", "pf_key add of 100,000" },
						 { "pf_key dump of 10,000", "pf_key dump of 100,000" } };
	double few[2], many[2], tick;
	if (!scale(FEW, few, &tick, e) || !scale(MANY, many, &tick, e))
		return false;
	for (unsigned i = 0; i < 2; i++)
		bench_compare(r, names[i][0], few[i], names[i][1], many[i], "kSA/s", 0.5);
	bench_add(r, "pf_key tick over 100,000", 0, tick, "ms");
	return true;
}

bool
bench_keys(struct bench_results *r, struct err *e)
{
	static uint8_t room[SAS * ADD_ROOM];
	struct wr w = wr_of(room, sizeof room);
	double seconds[REPEATS];
	if (!build(&w, SAS, e))
		return err_prefix(e, "pf_key");
	for (unsigned i = 0; i < REPEATS; i++) {
		struct engine g;
		bool ok = engine_open(&g, e) && add_all(&g, wr_done(&w), w.n / SAS, &seconds[i], e);
		engine_close(&g);
		if (!ok)
			return err_prefix(e, "pf_key");
	}
	bench_add(r, "pf_key add aes-cbc+hmac-sha2-256-128", 0, 1e-3 * SAS / bench_median(seconds, REPEATS), "kSA/s");
	return bench_scale(r, e);
}
