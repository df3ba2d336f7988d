/*
 * ESP beside the bare loop. Both sides work on the same keys, payload and packets, in turns of one slice of packets
 * within one process, and what counts is the ratio within a turn: whatever disturbs the machine disturbs both. Before
 * anything is timed the two must have made the same octets.
 */
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipsec/esp.h"
#include "runner/bench/bare.h"
#include "runner/bench/bench.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	SLICE = 256,
	SPI = 0x1001,
	UDP = 17,
	WINDOW = 64,
	WARM_UP = 4,
	BURST = 50,
	CACHE_LINE = 64,
	PAGE = 4096,
	SHIFT = 17 * CACHE_LINE,
	PLACES = 4
};

struct transform {
	const char *name, *enc, *auth;
	size_t key_n, mac_key_n; /* salt included */
	struct bare_kind bare;
};

static const struct transform transforms[] = {
	{ "aes-gcm-16", "aes-gcm-16", NULL, 20, 0, { "AES-128-GCM", NULL, 4, 8, 4, 16 } },
	{ "aes-cbc+hmac-sha2-256-128",
	  "aes-cbc",
	  "hmac-sha2-256-128",
	  16,
	  32,
	  { "AES-128-CBC", "SHA256", 0, 16, 16, 16 } },
	{ "chacha20-poly1305", "chacha20-poly1305", NULL, 36, 0, { "ChaCha20-Poly1305", NULL, 4, 8, 4, 16 } },
};

static const struct {
	size_t octets;
	double goal;
} sizes[] = { { 64, 0.90 }, { 576, 0.90 }, { 1400, 0.95 } };

struct pair {
	const struct transform *t;
	struct sa *sender, *receiver;
	struct random source;
	struct random_pool pool;
	struct bare bare;
	struct bytes payload;
	_Alignas(CACHE_LINE) uint8_t octets[BARE_PACKET], room[BARE_PACKET + PAGE], work[BARE_PACKET + PAGE];
	_Alignas(CACHE_LINE) uint8_t sealed[SLICE * BARE_PACKET]; /* from sequence number 1, stride octets apart */
	size_t stride;
	/* Where in its buffers a turn works, ours and the bare loop alike. A store that lies one page or more from a load, at the same place
	 * in it, delays that load: with fixed buffers the luck of where the keys lie would make a tenth of the result. */
	size_t shift;
};

/* --- the four slices ------------------------------------------------------------------------ */

static bool
seal_ours(struct pair *p)
{
	for (unsigned i = 0; i < SLICE; i++) {
		struct wr w = wr_of(p->room + p->shift, BARE_PACKET);
		if (esp_seal(p->sender, NULL, UDP, p->payload, &p->pool.random, &w) != ACCEPT)
			return false;
	}
	return true;
}

static bool
seal_bare(struct pair *p)
{
	return bare_seal(&p->bare, SLICE, p->room + p->shift);
}

static bool
open_ours(struct pair *p)
{
	struct esp_opened o;
	for (unsigned i = 0; i < SLICE; i++) {
		struct bytes packet = { p->sealed + i * p->stride, p->bare.packet_n };
		if (esp_receive(p->receiver, packet, false, p->work + p->shift, &o) != ACCEPT)
			return false;
	}
	return true;
}

static bool
open_bare(struct pair *p)
{
	return bare_open(&p->bare, SLICE, p->sealed, p->stride, p->work + p->shift);
}

/* The packets of the slice are new again. */
static bool
rewind_window(struct pair *p, struct err *e)
{
	replay_free(&p->receiver->replay);
	return replay_init(&p->receiver->replay, WINDOW, false, e);
}

struct operation {
	const char *name;
	bool (*ours)(struct pair *p), (*bare)(struct pair *p);
};

static const struct operation operations[] = { { "seal", seal_ours, seal_bare }, { "open", open_ours, open_bare } };

/* --- one pair ------------------------------------------------------------------------------- */

static void
system_fill(struct random *r, uint8_t *p, size_t n)
{
	(void)r;
	if (RAND_bytes(p, (int)n) != 1)
		abort();
}

static struct bytes
pattern(uint8_t *p, size_t n, unsigned first)
{
	struct wr w = wr_of(p, n);
	for (size_t i = 0; i < n; i++)
		wr_uint(&w, first + 7 * i, 1);
	return wr_done(&w);
}

static bool
pair_open(struct pair *p, const struct transform *t, size_t size, struct err *e)
{
	uint8_t key[64], mac_key[64];
	struct sa_spec s = {
		.spi = SPI,
		.protocol = 50,
		.mode = MODE_TRANSPORT,
		.replay = WINDOW,
		.enc = alg_by_name(t->enc, ALG_ENC),
		.auth = t->auth != NULL ? alg_by_name(t->auth, ALG_AUTH) : NULL,
		.enc_key = pattern(key, t->key_n, 0x11),
		.auth_key = pattern(mac_key, t->mac_key_n, 0x60),
	};
	*p = (struct pair){ .t = t, .source.fill = system_fill };
	random_pool_init(&p->pool, &p->source);
	p->payload = pattern(p->octets, size, 0);
	if (!bare_init(&p->bare, &t->bare, key, t->key_n, mac_key, t->mac_key_n, SPI))
		return fail(e, ERR_CRYPTO, "%s: the bare loop cannot be keyed", t->name);
	bare_payload(&p->bare, p->octets, size);
	p->stride = (p->bare.packet_n + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
	p->sender = sa_open(&s, e);
	p->receiver = sa_open(&s, e);
	return p->sender != NULL && p->receiver != NULL;
}

static void
pair_close(struct pair *p)
{
	sa_close(p->sender);
	sa_close(p->receiver);
	bare_free(&p->bare);
}

/*
 * The packets to open, made by us, and each of them again by the bare loop: the two must agree in every octet. CBC's
 * IV is random, so the bare loop is handed the packet's.
 */
static bool
pair_agree(struct pair *p, struct err *e)
{
	size_t n = p->bare.packet_n;
	for (unsigned i = 0; i < SLICE; i++) {
		uint8_t *at = p->sealed + i * p->stride;
		struct wr w = wr_of(at, p->stride);
		if (esp_seal(p->sender, NULL, UDP, p->payload, &p->pool.random, &w) != ACCEPT)
			return fail(e, ERR_CRYPTO, "%s: esp_seal failed", p->t->name);
		p->bare.pool_left = 16;
		memcpy(p->bare.pool + BARE_POOL - 16, at + BARE_HEAD, 16);
		if (!bare_seal(&p->bare, 1, p->room))
			return fail(e, ERR_CRYPTO, "%s: the bare loop cannot seal", p->t->name);
		if (w.n != n || memcmp(p->room, at, n) != 0)
			return fail(e, ERR_RANGE, "%s, %zu octets: the bare loop's packet %u is another than ours",
				    p->t->name, p->payload.n, i + 1);
	}
	p->bare.pool_left = 0;
	if (!open_bare(p) || memcmp(p->work, p->payload.p, p->payload.n) != 0)
		return fail(e, ERR_RANGE, "%s: the bare loop cannot open", p->t->name);
	return true;
}

/* --- turns ---------------------------------------------------------------------------------- */

/*
 * One line of the table in the making. Its turns go round among pairs of SAs that differ in where the heap put their keyed contexts: what
 * shares a line or a place in its page with what would else decide a twentieth of the result.
 */
struct contest {
	struct pair *pair; /* the first of PLACES */
	const struct operation *op;
	double goal;
	unsigned n;
	struct turn {
		double ours, bare;
	} turn[BENCH_ROUNDS_MAX];
};

static bool
timed(bool (*slice)(struct pair *p), struct pair *p, double *seconds)
{
	double start = bench_now();
	bool ok = slice(p);
	*seconds = bench_now() - start;
	return ok;
}

/* Who goes first changes with every turn. */
static bool
take_turn(struct pair *p, const struct operation *op, bool ours_first, struct turn *t, struct err *e)
{
	if (!rewind_window(p, e))
		return false;
	p->shift = (p->shift + SHIFT) % PAGE;
	bool ok = (ours_first || timed(op->bare, p, &t->bare)) && timed(op->ours, p, &t->ours) &&
		  (!ours_first || timed(op->bare, p, &t->bare));
	return ok || fail(e, ERR_CRYPTO, "%s %s: a packet was refused", op->name, p->t->name);
}

static bool
take_turns(struct contest *c, unsigned n, struct err *e)
{
	struct turn warm;
	for (unsigned i = 0; i < WARM_UP; i++)
		if (!take_turn(c->pair + i % PLACES, c->op, i % 2 == 0, &warm, e))
			return false;
	for (unsigned i = 0; i < n; i++)
		if (!take_turn(c->pair + i % PLACES, c->op, i / PLACES % 2 == 0, &c->turn[c->n++], e))
			return false;
	return true;
}

static int
by_length(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;
	double dx = x->ours + x->bare, dy = y->ours + y->bare;
	return (dx > dy) - (dx < dy);
}

/*
 * The shorter half of the turns is looked at. A machine shared with others has times when everything takes twice as
 * long; a turn's length is both sides' together, so the choice favours neither.
 */
static void
settle(struct bench_results *r, struct contest *c)
{
	static double ours[BENCH_ROUNDS_MAX], bare[BENCH_ROUNDS_MAX], ratio[BENCH_ROUNDS_MAX];
	unsigned n = (c->n + 1) / 2;
	qsort(c->turn, c->n, sizeof c->turn[0], by_length);
	for (unsigned i = 0; i < n; i++) {
		ours[i] = c->turn[i].ours;
		bare[i] = c->turn[i].bare;
		ratio[i] = bare[i] / ours[i];
	}
	char name[48], yardstick[48];
	size_t size = c->pair->payload.n;
	snprintf(name, sizeof name, "esp %s %s", c->op->name, c->pair->t->name);
	snprintf(yardstick, sizeof yardstick, "bare %s %s", c->op->name, c->pair->t->name);
	bench_add(r, yardstick, size, 1e-6 * SLICE / bench_median(bare, n), "Mpps");
	struct bench_result *row = bench_add(r, name, size, 1e-6 * SLICE / bench_median(ours, n), "Mpps");
	snprintf(row->against, sizeof row->against, "%s", yardstick);
	row->ratio = bench_median(ratio, n);
	row->goal = c->goal;
}

/* --- all of it ------------------------------------------------------------------------------ */

enum {
	CONTESTS = COUNT(transforms) * COUNT(sizes) * COUNT(operations),
	PAIRS = PLACES * COUNT(transforms) * COUNT(sizes)
};

static struct pair pairs[PAIRS];
static void *between[PAIRS]; /* what moves the next pair's contexts on in the heap */
static struct contest contests[CONTESTS];

static bool
open_all(const char *word, unsigned *pairs_n, unsigned *contests_n, struct err *e)
{
	for (unsigned t = 0; t < COUNT(transforms); t++)
		for (unsigned s = 0; s < COUNT(sizes) && strstr(transforms[t].name, word) != NULL; s++) {
			struct pair *p = &pairs[*pairs_n];
			for (unsigned i = 0; i < PLACES; i++) {
				between[*pairs_n] = malloc(16 + 208 * i);
				++*pairs_n;
				if (!pair_open(&p[i], &transforms[t], sizes[s].octets, e) || !pair_agree(&p[i], e))
					return false;
			}
			for (unsigned o = 0; o < COUNT(operations); o++)
				contests[(*contests_n)++] =
					(struct contest){ .pair = p, .op = &operations[o], .goal = sizes[s].goal };
		}
	return true;
}

/* The rounds of each contest are spread over the whole run: it lives through good and bad times like all others. */
bool
bench_packets(struct bench_results *r, const char *word, unsigned rounds, struct err *e)
{
	unsigned pairs_n = 0, contests_n = 0;
	bool ok = open_all(word, &pairs_n, &contests_n, e);
	for (unsigned done = 0, n; ok && done < rounds; done += n) {
		n = rounds - done < BURST ? rounds - done : BURST;
		for (unsigned i = 0; ok && i < contests_n; i++)
			ok = take_turns(&contests[i], n, e);
	}
	for (unsigned i = 0; ok && i < contests_n; i++)
		settle(r, &contests[i]);
	for (unsigned i = 0; i < pairs_n; i++) {
		pair_close(&pairs[i]);
		free(between[i]);
	}
	return ok;
}
