/* For the tests of this folder: SAs with every kind of transform, keys from a pattern, octets written as
 * hexadecimal. */
#ifndef ESPY_IPSEC_TEST_SA_H
#define ESPY_IPSEC_TEST_SA_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "crypto/test_hex.h"
#include "ipsec/ah.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The shortest key of a row with octets that differ, so that no part can stand for another. */
static inline struct bytes
test_key(const struct alg *a, uint8_t first, uint8_t room[SA_KEY_MAX])
{
	size_t size = 0;
	struct wr w = wr_of(room, SA_KEY_MAX);
	if (a != NULL)
		(void)alg_key_sizes(a, &size, 1);
	for (size_t i = 0; i < size; i++)
		wr_uint(&w, first + 7 * i, 1);
	return wr_done(&w);
}

/* Keys must be borrowed from somewhere while sa_open copies them. */
struct test_keys {
	uint8_t enc[SA_KEY_MAX], auth[SA_KEY_MAX];
};

static inline struct sa_spec
test_spec(uint8_t protocol, const char *enc, const char *auth, struct test_keys *k)
{
	struct sa_spec s = {
		.spi = 0x1001,
		.protocol = protocol,
		.mode = MODE_TRANSPORT,
		.enc = enc != NULL ? alg_by_name(enc, ALG_ENC) : NULL,
		.auth = auth != NULL ? alg_by_name(auth, ALG_AUTH) : NULL,
	};
	cr_assert(enc == NULL || s.enc != NULL, "%s", enc);
	cr_assert(auth == NULL || s.auth != NULL, "%s", auth);
	s.enc_key = test_key(s.enc, 0x11, k->enc);
	s.auth_key = test_key(s.auth, 0x60, k->auth);
	return s;
}

static inline struct sa *
test_open(const struct sa_spec *spec)
{
	struct err e = { 0 };
	struct sa *sa = sa_open(spec, &e);
	cr_assert(sa != NULL, "%s", e.text);
	return sa;
}

static inline struct sa *
test_sa(uint8_t protocol, const char *enc, const char *auth, uint32_t window, bool esn)
{
	struct test_keys k;
	struct sa_spec spec = test_spec(protocol, enc, auth, &k);
	spec.replay = window;
	spec.esn = esn;
	return test_open(&spec);
}

/* What a receiver remembers: a refusal must leave all of it alone. */
struct test_state {
	uint64_t seq, iv, top;
	uint8_t state;
	uint64_t bits[4];
	struct lifetime current;
};

static inline struct test_state
test_state(const struct sa *sa)
{
	struct test_state s = { 0 };
	s.seq = sa->seq;
	s.iv = sa->iv;
	s.top = sa->replay.top;
	s.state = sa->state;
	for (uint32_t i = 0; i < sa->replay.words && i < COUNT(s.bits); i++)
		s.bits[i] = sa->replay.bits[i];
	s.current = sa->current;
	return s;
}

static inline bool
test_state_same(const struct test_state *a, const struct sa *sa)
{
	struct test_state b = test_state(sa);
	return a->seq == b.seq && a->iv == b.iv && a->top == b.top && a->state == b.state &&
	       memcmp(a->bits, b.bits, sizeof a->bits) == 0 && a->current.bytes == b.current.bytes &&
	       a->current.allocations == b.current.allocations && a->current.usetime == b.current.usetime;
}

/* 0, 1, 2, .. */
static inline struct bytes
test_octets(uint8_t *room, size_t n)
{
	struct wr w = wr_of(room, n);
	for (size_t i = 0; i < n; i++)
		wr_uint(&w, i, 1);
	return wr_done(&w);
}

static inline bool
all_zero(struct bytes b)
{
	struct rd r = rd_of(b);
	while (rd_left(&r) > 0)
		if (rd_uint(&r, 1) != 0)
			return false;
	return true;
}

/* Changes one bit of an octet in place. */
static inline void
test_flip(uint8_t *p, size_t n, size_t at, unsigned bit)
{
	struct wr w = { p, n, n, false };
	struct rd r = rd_of((struct bytes){ p, n });
	rd_skip(&r, at);
	cr_assert(wr_patch(&w, at, rd_uint(&r, 1) ^ 1u << bit, 1));
}

#endif
