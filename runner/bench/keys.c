/* The key engine: one ADD after another, each an SA of its own with contexts keyed. No yardstick, a number to watch. */
#include <stdlib.h>

#include "pfkey/sadb.h"
#include "runner/bench/bench.h"

enum { SAS = 2000, FIRST_SPI = 0x1000, REPEATS = 5 };

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
	struct sadb_setup s = { &dialect_linux, g->sad, g->spd, &g->random.random, count, g };
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
	if (g->refusals > 0 || sad_count(g->sad) != SAS)
		return fail(e, ERR_REFUSED, "ADD: want %u SAs, got %u, %u refusals", SAS, sad_count(g->sad),
			    g->refusals);
	return true;
}

static bool
build(struct wr *w, struct err *e)
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
	for (uint32_t i = 0; i < SAS; i++)
		if (!put_add(w, &s, i, e))
			return false;
	return true;
}

bool
bench_keys(struct bench_results *r, struct err *e)
{
	static uint8_t room[SAS * 512];
	struct wr w = wr_of(room, sizeof room);
	double seconds[REPEATS];
	if (!build(&w, e))
		return err_prefix(e, "pf_key");
	for (unsigned i = 0; i < REPEATS; i++) {
		struct engine g;
		bool ok = engine_open(&g, e) && add_all(&g, wr_done(&w), w.n / SAS, &seconds[i], e);
		engine_close(&g);
		if (!ok)
			return err_prefix(e, "pf_key");
	}
	bench_add(r, "pf_key add aes-cbc+hmac-sha2-256-128", 0, 1e-3 * SAS / bench_median(seconds, REPEATS), "kSA/s");
	return true;
}
