/* Every octet of a key is marked, in messages of every system, and no other field of theirs. */
#include "pfkey/pfkey_dissect.h"

#include <stdlib.h>

#include "ipsec/test_sa.h"

static const struct dialect *const dialects[] = { &dialect_linux,   &dialect_kame,    &dialect_freebsd,
						  &dialect_openbsd, &dialect_solaris, &dialect_reference };

static struct bytes
add_message(const struct dialect *d, bool swap, struct test_keys *k, uint8_t *octets, size_t cap)
{
	static struct pfkey_msg m;
	uint8_t store[400];
	struct err e = { 0 };
	struct sa_spec s = test_spec(50, "aes-cbc", "hmac-sha1-96", k);
	struct wr borrowed = wr_of(store, sizeof store), w = wr_of(octets, cap);
	s.src = s.dst = addr_of((struct bytes){ (const uint8_t[]){ 192, 0, 2, 2 }, 4 });
	pfkey_msg_init(&m, d, PFKEY_ADD, SATYPE_ESP);
	cr_assert(pfkey_msg_from_sa(&m, &s, &borrowed, &e), "%s: %s", d->name, e.text);
	cr_assert(pfkey_msg_put(&m, swap, &w, &e), "%s: %s", d->name, e.text);
	return wr_done(&w);
}

static bool
has(struct bytes whole, struct bytes part, size_t *at)
{
	for (*at = 0; *at + part.n <= whole.n; ++*at)
		if (bytes_equal(bytes_slice(whole, *at, part.n), part))
			return true;
	return false;
}

static bool
is_marked(const struct dissection *d, size_t octet)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct dissect_row *r = &d->row[i];
		if (r->secret && r->placed && octet >= r->bit / 8 && octet < (r->bit + r->bits) / 8)
			return true;
	}
	return false;
}

static void
expect_key_marked(const struct dialect *d, const struct dissection *x, struct bytes octets, struct bytes key)
{
	size_t at;
	cr_assert(has(octets, key, &at), "%s: no key in the message", d->name);
	for (size_t i = at; i < at + key.n; i++)
		cr_assert(is_marked(x, i), "%s: octet %zu of a key is not marked", d->name, i);
}

Test(pfkey_dissect, marks_the_octets_of_keys_on_every_system)
{
	for (size_t i = 0; i < COUNT(dialects); i++)
		for (int swap = 0; swap < 2; swap++) {
			struct test_keys k;
			uint8_t room[600];
			struct err e = { 0 };
			struct bytes octets = add_message(dialects[i], swap != 0, &k, room, sizeof room);
			struct dissection *x = pfkey_dissect(dialects[i], octets, swap != 0, &e);
			cr_assert(x != NULL, "%s: %s", dialects[i]->name, e.text);
			expect_key_marked(dialects[i], x, octets, (struct bytes){ k.auth, 20 });
			expect_key_marked(dialects[i], x, octets, (struct bytes){ k.enc, 16 });
			const struct dissect_row *spi = dissect_find(x, "sa.spi", -1);
			cr_assert(spi != NULL && !spi->secret && spi->depth == 1, "%s", dialects[i]->name);
			cr_assert(eq(str, (char *)spi->value, "0x1001"), "%s", dialects[i]->name);
			dissect_free(x);
		}
}

Test(pfkey_dissect, looks_into_messages_that_others_carry)
{
	struct pfkey_msg m;
	struct test_keys k;
	struct err e = { 0 };
	uint8_t room[600], outer[700];
	struct wr w = wr_of(outer, sizeof outer);
	pfkey_msg_init(&m, &dialect_linux, PFKEY_X_PROMISC, 0);
	m.inner = add_message(&dialect_linux, false, &k, room, sizeof room);
	cr_assert(pfkey_msg_put(&m, false, &w, &e), "%s", e.text);
	struct dissection *x = pfkey_dissect(&dialect_linux, wr_done(&w), false, &e);
	cr_assert(x != NULL, "%s", e.text);
	expect_key_marked(&dialect_linux, x, wr_done(&w), (struct bytes){ k.auth, 20 });
	dissect_free(x);
	/* What is no message inside is a secret as a whole. */
	cr_assert(wr_patch(&w, 16 + 4, 0x7777, 2));
	x = pfkey_dissect(&dialect_linux, wr_done(&w), false, &e);
	cr_assert(x != NULL, "%s", e.text);
	expect_key_marked(&dialect_linux, x, wr_done(&w), (struct bytes){ k.auth, 20 });
	dissect_free(x);
}

Test(pfkey_dissect, a_key_of_an_extension_that_nobody_knows_is_marked)
{
	struct test_keys k;
	struct err e = { 0 };
	uint8_t room[600];
	size_t at;
	struct bytes octets = add_message(&dialect_linux, false, &k, room, sizeof room);
	struct wr w = wr_of(room, sizeof room);
	w.n = octets.n;
	cr_assert(has(octets, (struct bytes){ k.auth, 20 }, &at));
	cr_assert(wr_patch(&w, at - 6, 0x7700, 2));
	struct dissection *x = pfkey_dissect(&dialect_linux, octets, false, &e);
	cr_assert(x != NULL, "%s", e.text);
	expect_key_marked(&dialect_linux, x, octets, (struct bytes){ k.auth, 20 });
	dissect_free(x);
	cr_assert(pfkey_dissect(&dialect_linux, bytes_slice(octets, 0, octets.n - 8), false, &e) == NULL);
}
