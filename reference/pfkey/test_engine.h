/* An engine with sockets, and every message it delivers kept, checked for form, padding and keys as it comes. */
#ifndef ESPY_PFKEY_TEST_ENGINE_H
#define ESPY_PFKEY_TEST_ENGINE_H

#include "pfkey/sadb_engine.h"
#include "pfkey/test_message.h"

#include <errno.h>

enum { TEST_SOCKETS = 4, TEST_KEPT = 64 };

struct test_delivery {
	int sock;
	size_t n;
	uint8_t *octets;
	struct pfkey_msg m; /* borrows from octets */
};

struct test_engine {
	struct sad *sad;
	struct spd *spd;
	struct random_seeded random;
	struct sadb *d;
	int sock[TEST_SOCKETS];
	unsigned got;
	struct test_delivery delivery[TEST_KEPT];
	unsigned counted; /* deliveries beyond those kept too */
	bool raw;         /* promiscuous data may be anything: no checks */
	uint64_t now;
	struct sadb_settings settings;
	uint64_t lost;
	uint8_t memory[4096], octets[PFKEY_MSG_MAX];
};

static struct test_engine world;

static inline bool
test_is_zero(struct bytes b)
{
	struct rd r = rd_of(b);
	bool zero = true;
	while (rd_left(&r) > 0)
		zero &= rd_uint(&r, 1) == 0;
	return zero;
}

/* Behind the NUL of an identity. */
static inline struct bytes
test_behind_string(const struct hdr *h)
{
	struct rd r = rd_of(h->v[XID_STRING].b);
	while (rd_left(&r) > 0 && rd_uint(&r, 1) != 0)
		;
	return rd_rest(&r);
}

static inline void
test_is_clean_ext(enum pfkey_ext kind, const struct hdr *h)
{
	static const char *const zero[] = { "reserved", "res1", "res2", "pad", "flowinfo" };
	for (unsigned f = 0; f < h->lay->n; f++)
		for (unsigned z = 0; z < COUNT(zero); z++)
			if (strcmp(h->lay->fields[f].name, zero[z]) == 0)
				cr_assert(h->v[f].u == 0 && test_is_zero(h->v[f].b), "%s.%s is not zero", h->lay->name,
					  zero[z]);
	if (kind == EXT_IDENTITY_SRC || kind == EXT_IDENTITY_DST)
		cr_assert(test_is_zero(test_behind_string(h)), "%s.string", h->lay->name);
}

/* Reserved fields, and the octets between fields: written again with zeroes there nothing changes. */
static inline void
test_is_clean(struct pfkey_msg *m, struct bytes octets)
{
	static uint8_t again[PFKEY_MSG_MAX];
	struct wr w = wr_of(again, sizeof again);
	cr_assert(m->dialect->diagnostics || m->base.v[MSG_RESERVED].u == 0);
	for (unsigned i = 0; i < m->n; i++)
		test_is_clean_ext(m->kind[i], &m->ext[i]);
	cr_assert(pfkey_msg_put(m, false, &w, NULL));
	cr_assert(eq(mem, ((struct cr_mem){ octets.p, octets.n }), ((struct cr_mem){ again, w.n })),
		  "%s: octets between fields are not zero", pfkey_type_name(pfkey_msg_type(m)));
}

static inline void
test_on_deliver(void *ctx, int sock, struct bytes msg)
{
	struct test_engine *t = ctx;
	struct err e = { 0 };
	t->counted++;
	if (t->got == TEST_KEPT)
		return;
	struct test_delivery *k = &t->delivery[t->got++];
	k->sock = sock;
	k->n = msg.n;
	k->octets = (uint8_t *)(uintptr_t)test_exact(msg).p;
	struct bytes b = { k->octets, k->n };
	if (t->raw && !pfkey_msg_parse(&k->m, t->d->setup.dialect, b, false, &e))
		return;
	cr_assert(pfkey_msg_parse(&k->m, t->d->setup.dialect, b, false, &e), "%s", e.text);
	if (t->raw)
		return;
	cr_assert(eq(int, pfkey_msg_validate(&k->m, PFKEY_OUT, &e), 0), "%s", e.text);
	test_is_clean(&k->m, b);
}

static inline void
test_forget(void)
{
	while (world.got > 0)
		free(world.delivery[--world.got].octets);
	world.counted = 0;
}

static inline void
test_engine_open(const struct dialect *d)
{
	struct err e = { 0 };
	world.sad = sad_new();
	world.spd = spd_new();
	world.now = 1000000;
	random_seeded_init(&world.random, 7);
	struct sadb_setup s = { .dialect = d,
				.sad = world.sad,
				.spd = world.spd,
				.random = &world.random.random,
				.deliver = test_on_deliver,
				.ctx = &world,
				.settings = &world.settings,
				.lost = &world.lost };
	world.d = sadb_new(&s, &e);
	cr_assert(world.d != NULL, "%s", e.text);
	for (unsigned i = 0; i < TEST_SOCKETS; i++)
		world.sock[i] = sadb_open(world.d, 100 + i);
}

static inline void
test_engine_close(void)
{
	test_forget();
	sadb_free(world.d);
	sad_free(world.sad);
	spd_free(world.spd);
}

/* Writes octets from exact memory, the engine's buffers full of a pattern that must not come out. */
static inline int
test_write(unsigned sock, struct bytes b)
{
	struct bytes exact = test_exact(b);
	memset(world.d->out, 0xa5, sizeof world.d->out);
	memset(world.d->store, 0xa5, sizeof world.d->store);
	memset(world.d->wrapped, 0xa5, sizeof world.d->wrapped);
	int r = sadb_write(world.d, world.sock[sock], exact, world.now);
	test_free(exact);
	return r;
}

static inline int
test_send(unsigned sock, struct pfkey_msg *m)
{
	struct wr w = wr_of(world.octets, sizeof world.octets);
	struct err e = { 0 };
	test_forget();
	cr_assert(pfkey_msg_put(m, false, &w, &e), "%s", e.text);
	return test_write(sock, wr_done(&w));
}

/* The errno of the one answer that the sender got. */
static inline int
test_errno(unsigned sock, struct pfkey_msg *m)
{
	cr_assert(eq(int, test_send(sock, m), 0));
	unsigned answers = 0;
	int number = 0;
	for (unsigned i = 0; i < world.got; i++) {
		const struct test_delivery *k = &world.delivery[i];
		if (k->sock != world.sock[sock])
			continue;
		answers++;
		number = (int)k->m.base.v[MSG_ERRNO].u;
		if (number == 0)
			continue;
		cr_assert(eq(sz, k->n, 16), "an error is the base header alone");
		cr_assert(eq(uint, world.got, 1), "an error is the sender's only");
	}
	cr_assert(eq(uint, answers, 1));
	return number;
}

/* What one socket got last; it must have got something. */
static inline const struct pfkey_msg *
test_last(unsigned sock)
{
	for (unsigned i = world.got; i-- > 0;)
		if (world.delivery[i].sock == world.sock[sock])
			return &world.delivery[i].m;
	cr_assert(false, "socket %u got nothing", sock);
	return NULL;
}

static inline unsigned
test_count(unsigned sock)
{
	unsigned n = 0;
	for (unsigned i = 0; i < world.got; i++)
		n += world.delivery[i].sock == world.sock[sock];
	return n;
}

static inline struct hdr *
test_ext(struct pfkey_msg *m, int kind)
{
	for (unsigned i = 0; i < m->n; i++)
		if (m->kind[i] == kind)
			return &m->ext[i];
	return kind < 0 ? &m->base : NULL;
}

static inline void
test_remove(struct pfkey_msg *m, int kind)
{
	unsigned i = 0;
	while (i < m->n && m->kind[i] != kind)
		i++;
	cr_assert(lt(uint, i, m->n));
	for (m->n--; i < m->n; i++) {
		m->ext[i] = m->ext[i + 1];
		m->kind[i] = m->kind[i + 1];
	}
}

static inline void
test_head(struct pfkey_msg *m, enum pfkey_type type, uint8_t satype)
{
	pfkey_msg_init(m, world.d->setup.dialect, type, satype);
	hdr_set(&m->base, MSG_SEQ, 0x11223344);
	hdr_set(&m->base, MSG_PID, 4711);
}

/* ADD or UPDATE of a spec; addresses are kept in static memory until the next one. */
static inline void
test_sa(struct pfkey_msg *m, enum pfkey_type type, struct sa_spec spec)
{
	static struct sa_spec kept;
	struct wr w = wr_of(world.memory, sizeof world.memory);
	struct err e = { 0 };
	kept = spec;
	test_head(m, type, pfkey_satype_of(spec.protocol));
	cr_assert(pfkey_msg_from_sa(m, &kept, &w, &e), "%s", e.text);
}

static inline void
test_name(struct pfkey_msg *m, enum pfkey_type type, const struct sa_spec *spec)
{
	struct err e = { 0 };
	test_head(m, type, pfkey_satype_of(spec->protocol));
	cr_assert(pfkey_msg_name_sa(m, spec->spi, &spec->src, &spec->dst, &e), "%s", e.text);
}

static inline int
test_add(struct sa_spec spec)
{
	struct pfkey_msg m;
	test_sa(&m, PFKEY_ADD, spec);
	return test_errno(0, &m);
}

static inline void
test_getspi(struct pfkey_msg *m, uint32_t min, uint32_t max)
{
	static struct addr src, dst;
	src = test_addr("192.0.2.2");
	dst = test_addr("192.0.2.1");
	test_head(m, PFKEY_GETSPI, SATYPE_ESP);
	cr_assert(pfkey_msg_push_address(m, EXT_ADDRESS_SRC, &src, 32, 0, 0, NULL));
	cr_assert(pfkey_msg_push_address(m, EXT_ADDRESS_DST, &dst, 32, 0, 0, NULL));
	struct hdr *h = pfkey_msg_push(m, EXT_SPIRANGE, 0);
	hdr_set(h, XRANGE_MIN, min);
	hdr_set(h, XRANGE_MAX, max);
}

static inline uint64_t
test_said(const struct pfkey_msg *m, enum pfkey_ext kind, unsigned field)
{
	const struct hdr *h = pfkey_msg_get(m, kind);
	cr_assert(h != NULL, "%s is missing", pfkey_ext_name(kind));
	return h->v[field].u;
}

static inline const struct pfkey_msg *
test_get(const struct sa_spec *s)
{
	struct pfkey_msg m;
	test_name(&m, PFKEY_GET, s);
	cr_assert(eq(int, test_errno(0, &m), 0));
	return test_last(0);
}

static inline bool
test_holds(const struct test_delivery *k, struct bytes key)
{
	struct bytes all = { k->octets, k->n };
	for (size_t i = 0; i + key.n <= all.n; i++)
		if (bytes_equal(bytes_slice(all, i, key.n), key))
			return true;
	return false;
}

#endif
