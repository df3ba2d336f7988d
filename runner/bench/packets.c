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

enum { SLICE = 256, SPI = 0x1001, UDP = 17, WINDOW = 64, WARM_UP = 20 };

struct transform {
	const char *name, *enc, *auth;
	struct bare_kind bare;
};

static const struct transform transforms[] = {
	{ "aes-gcm-16", "aes-gcm-16", NULL, { "AES-128-GCM", NULL, 4, 8, 4, 16 } },
	{ "aes-cbc+hmac-sha2-256-128", "aes-cbc", "hmac-sha2-256-128", { "AES-128-CBC", "SHA256", 0, 16, 16, 16 } },
	{ "chacha20-poly1305", "chacha20-poly1305", NULL, { "ChaCha20-Poly1305", NULL, 4, 8, 4, 16 } },
};

static const struct { size_t octets; double goal; } sizes[] = { { 64, 0.90 }, { 576, 0.90 }, { 1400, 0.95 } };

struct pair {
	const struct transform *t;
	struct sa *sender, *receiver;
	struct random source;
	struct random_pool pool;
	struct bare bare;
	struct bytes payload;
	uint8_t octets[BARE_PACKET], room[BARE_PACKET], work[BARE_PACKET];
	uint8_t sealed[SLICE][BARE_PACKET];   /* in order from sequence number 1 */
};

/* --- the four slices ------------------------------------------------------------------------ */

static bool
seal_ours(struct pair *p)
{
	for (unsigned i = 0; i < SLICE; i++) {
		struct wr w = wr_of(p->room, sizeof p->room);
		if (esp_seal(p->sender, NULL, UDP, p->payload, &p->pool.random, &w) != ACCEPT)
			return false;
	}
	return true;
}

static bool
seal_bare(struct pair *p)
{
	return bare_seal(&p->bare, SLICE, p->room);
}

static bool
open_ours(struct pair *p)
{
	struct esp_opened o;
	for (unsigned i = 0; i < SLICE; i++) {
		struct bytes packet = { p->sealed[i], p->bare.packet_n };
		if (esp_receive(p->receiver, packet, false, p->work, &o) != ACCEPT)
			return false;
	}
	return true;
}

static bool
open_bare(struct pair *p)
{
	return bare_open(&p->bare, SLICE, p->sealed[0], BARE_PACKET, p->work);
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
	uint8_t key[32], mac_key[32];
	size_t key_n = 0, mac_key_n = 0;
	struct sa_spec s = { .spi = SPI, .protocol = 50, .mode = MODE_TRANSPORT, .replay = WINDOW };
	p->t = t;
	p->sender = p->receiver = NULL;
	p->source.fill = system_fill;
	random_pool_init(&p->pool, &p->source);
	p->payload = pattern(p->octets, size, 0);
	s.enc = alg_by_name(t->enc, ALG_ENC);
	alg_key_sizes(s.enc, &key_n, 1);
	s.enc_key = pattern(key, key_n < sizeof key ? key_n : sizeof key, 0x11);
	if (key_n > sizeof key)
		return fail(e, ERR_RANGE, "%s: key of %zu octets", t->enc, key_n);
	if (t->auth != NULL) {
		s.auth = alg_by_name(t->auth, ALG_AUTH);
		alg_key_sizes(s.auth, &mac_key_n, 1);
		s.auth_key = pattern(mac_key, mac_key_n, 0x60);
	}
	if (!bare_init(&p->bare, &t->bare, s.enc_key.p, s.enc_key.n, s.auth_key.p, s.auth_key.n, SPI))
		return fail(e, ERR_CRYPTO, "%s: the bare loop cannot be keyed", t->name);
	bare_payload(&p->bare, p->octets, size);
	p->sender = sa_open(&s, e);
	p->receiver = sa_open(&s, e);
	return p->sender != NULL && p->receiver != NULL;
}
