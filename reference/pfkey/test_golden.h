/* Messages against octets put down by hand from public structures, little end first. */
#ifndef ESPY_PFKEY_TEST_GOLDEN_H
#define ESPY_PFKEY_TEST_GOLDEN_H

#include "pfkey/test_message.h"

#define ZERO4 0, 0, 0, 0
#define ZERO8 ZERO4, ZERO4
#define KEY16 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
#define KEY20 KEY16, 17, 18, 19, 20

static const bool golden_swap = __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__;

static inline void
golden_same(struct bytes got, const uint8_t *want, size_t n, const char *id)
{
	cr_assert(eq(mem, ((struct cr_mem){ got.p, got.n }), ((struct cr_mem){ want, n })), "%s", id);
}

static inline void
golden_message(struct pfkey_msg *m, const uint8_t *want, size_t n)
{
	static uint8_t octets[4096];
	struct wr w = wr_of(octets, sizeof octets);
	struct err e = { 0 };
	cr_assert(pfkey_msg_put(m, golden_swap, &w, &e), "%s", e.text);
	golden_same(wr_done(&w), want, n, m->dialect->name);
}

static inline void
golden_sa(const struct dialect *d, const struct sa_spec *s, uint32_t seq, uint32_t pid, const uint8_t *want, size_t n)
{
	static uint8_t memory[4096];
	struct pfkey_msg m;
	struct wr w = wr_of(memory, sizeof memory);
	struct err e = { 0 };
	pfkey_msg_init(&m, d, PFKEY_ADD, s->protocol == 51 ? SATYPE_AH : SATYPE_ESP);
	hdr_set(&m.base, MSG_SEQ, seq);
	hdr_set(&m.base, MSG_PID, pid);
	cr_assert(pfkey_msg_from_sa(&m, s, &w, &e), "%s", e.text);
	golden_message(&m, want, n);
}

/* Only the 16 octets of sadb_sa. */
static inline void
golden_sa_extension(const struct dialect *d, const struct sa_spec *s, const uint8_t want[16])
{
	static uint8_t memory[4096], octets[4096];
	struct pfkey_msg m;
	struct wr store = wr_of(memory, sizeof memory), w = wr_of(octets, sizeof octets);
	struct err e = { 0 };
	pfkey_msg_init(&m, d, PFKEY_ADD, SATYPE_ESP);
	cr_assert(pfkey_msg_from_sa(&m, s, &store, &e), "%s", e.text);
	cr_assert(pfkey_msg_put(&m, golden_swap, &w, &e), "%s", e.text);
	golden_same(bytes_slice(wr_done(&w), 16, 16), want, 16, d->name);
}

static inline void
golden_policy(const struct dialect *d, enum pfkey_type type, const struct spd_entry *p, const uint8_t *want, size_t n)
{
	static uint8_t memory[4096];
	struct pfkey_msg m;
	struct wr w = wr_of(memory, sizeof memory);
	struct err e = { 0 };
	pfkey_msg_init(&m, d, type, SATYPE_UNSPEC);
	cr_assert(pfkey_msg_from_policy(&m, p, &w, &e), "%s", e.text);
	golden_message(&m, want, n);
}

#endif
