#include "pfkey/test_message.h"

#include <stdio.h>

static uint8_t octets[PFKEY_MSG_MAX];

static struct bytes
put(struct pfkey_msg *m, bool swap)
{
	struct wr w = wr_of(octets, sizeof octets);
	struct err e = { 0 };
	cr_assert(pfkey_msg_put(m, swap, &w, &e), "%s", e.text);
	return wr_done(&w);
}

/* Calls f for every message of every dialect, way, family and byte order. */
static void
each_message(void (*f)(struct pfkey_msg *m, bool swap, const char *id))
{
	static struct pfkey_msg m;
	uint8_t memory[4096];
	for (unsigned d = 0; d < COUNT(test_dialects); d++)
		for (int t = PFKEY_GETSPI; t < PFKEY_TYPE_N; t++)
			for (unsigned way = 0; way < 8; way++) {
				enum pfkey_dir dir = way & 1 ? PFKEY_OUT : PFKEY_IN;
				uint8_t family = way & 2 ? 6 : 4;
				struct wr store = wr_of(memory, sizeof memory);
				char id[80];
				if (test_dialects[d]->type_number[t] < 0 || pfkey_grammar[t].side[dir].none)
					continue;
				snprintf(id, sizeof id, "%s %s %s ipv%u%s", test_dialects[d]->name,
					 pfkey_type_name((enum pfkey_type)t), dir == PFKEY_IN ? "in" : "out", family,
					 way & 4 ? " swapped" : "");
				test_message(&m, test_dialects[d], (enum pfkey_type)t, dir, family, &store);
				f(&m, way & 4, id);
			}
}

static void
round_trip(struct pfkey_msg *m, bool swap, const char *id)
{
	static struct pfkey_msg got;
	struct err e = { 0 };
	struct bytes exact = test_exact(put(m, swap));
	cr_assert(eq(sz, exact.n % 8, 0), "%s", id);
	cr_assert(pfkey_msg_parse(&got, m->dialect, exact, swap, &e), "%s: %s", id, e.text);
	cr_assert(eq(uint, got.n, m->n), "%s", id);
	struct field_diff diff[1];
	cr_assert(eq(uint, hdr_diff(&m->base, &got.base, diff, 1), 0), "%s", id);
	for (unsigned i = 0; i < m->n; i++) {
		cr_assert(eq(u8, got.kind[i], m->kind[i]), "%s", id);
		bool records = m->kind[i] == EXT_PROPOSAL || m->kind[i] == EXT_X_POLICY ||
			       m->kind[i] == EXT_SUPPORTED_AUTH || m->kind[i] == EXT_SUPPORTED_ENCRYPT;
		struct hdr want = m->ext[i];
		if (records && swap)
			want.given &= (1U << (want.lay->n - 1)) - 1;
		cr_assert(eq(uint, hdr_diff(&want, &got.ext[i], diff, 1), 0), "%s: %s.%s: want %s, got %s", id,
			  want.lay->name, diff[0].field->name, diff[0].want, diff[0].got);
	}
	struct bytes again = put(&got, swap);
	cr_assert(bytes_equal(again, exact), "%s: written again it differs", id);
	/* In the other order the records are turned too: what comes out is what our own order would have been. */
	struct bytes ours = test_exact(put(m, false));
	cr_assert(bytes_equal(put(&got, false), ours), "%s: turned round it differs", id);
	test_free(ours);
	test_free(exact);
}

Test(pfkey_msg, every_message_comes_back_as_it_was_written)
{
	each_message(round_trip);
}

static void
is_valid(struct pfkey_msg *m, bool swap, const char *id)
{
	static struct pfkey_msg got;
	struct err e = { 0 };
	struct bytes b = put(m, swap);
	bool out = strstr(id, " out ") != NULL;
	cr_assert(pfkey_msg_parse(&got, m->dialect, b, swap, &e), "%s: %s", id, e.text);
	cr_assert(eq(int, pfkey_msg_validate(&got, out ? PFKEY_OUT : PFKEY_IN, &e), 0), "%s: %s", id, e.text);
}

Test(pfkey_msg, every_sample_is_valid_its_own_way)
{
	each_message(is_valid);
}

/* The length at octet 4 said truly for n octets, so that a cut message is not refused for that alone. */
static void
say_length(uint8_t *copy, size_t n, bool swap)
{
	uint16_t units = (uint16_t)(n / 8);
	bool little = (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) != swap;
	copy[4] = (uint8_t)(little ? units : units >> 8);
	copy[5] = (uint8_t)(little ? units >> 8 : units);
}

static void
truncations(struct pfkey_msg *m, bool swap, const char *id)
{
	static struct pfkey_msg got;
	struct bytes whole = test_exact(put(m, swap));
	for (size_t n = 0; n < whole.n; n++) {
		struct bytes cut = test_exact(bytes_slice(whole, 0, n));
		cr_assert(not(pfkey_msg_parse(&got, m->dialect, cut, swap, NULL)), "%s: %zu octets", id, n);
		if (n >= 16 && n % 8 == 0) {
			say_length((uint8_t *)(uintptr_t)cut.p, n, swap);
			if (pfkey_msg_parse(&got, m->dialect, cut, swap, NULL)) {
				char text[4096];
				(void)pfkey_msg_validate(&got, PFKEY_IN, NULL);
				(void)pfkey_msg_print(&got, true, text, sizeof text);
			}
		}
		test_free(cut);
	}
	test_free(whole);
}

Test(pfkey_msg, a_cut_message_is_refused_and_nothing_is_read_behind_it)
{
	each_message(truncations);
}

static void
lengths(struct pfkey_msg *m, bool swap, const char *id)
{
	static struct pfkey_msg got;
	static const uint16_t values[] = { 0, 1, 2, 0x7fff, 0xffff };
	struct bytes whole = test_exact(put(m, swap));
	for (unsigned i = 0; i < m->n; i++)
		for (unsigned v = 0; v < COUNT(values); v++) {
			struct pfkey_msg broken = *m;
			uint64_t right = m->ext[i].v[X_LEN].u;
			hdr_set(&broken.ext[i], X_LEN, values[v]);
			struct bytes b = test_exact(put(&broken, swap));
			struct err e = { 0 };
			bool parsed = pfkey_msg_parse(&got, m->dialect, b, swap, &e);
			if (values[v] == 0)
				cr_assert(not(parsed), "%s: %s.len 0", id, m->ext[i].lay->name);
			if (values[v] > right && i == m->n - 1)
				cr_assert(not(parsed), "%s: %s.len %u", id, m->ext[i].lay->name, values[v]);
			if (parsed)
				(void)pfkey_msg_validate(&got, PFKEY_IN, &e);
			test_free(b);
		}
	test_free(whole);
}

Test(pfkey_msg, every_length_of_an_extension_may_lie_without_harm)
{
	each_message(lengths);
}

/* Host integers follow the byte order, SPIs, ports and addresses do not: RFC 2367 2, 2.3.1. */
Test(pfkey_msg, swapping_turns_host_fields_only)
{
	struct pfkey_msg m;
	pfkey_msg_init(&m, &dialect_linux, PFKEY_GET, SATYPE_ESP);
	hdr_set(&m.base, MSG_SEQ, 0x01020304);
	hdr_set(pfkey_msg_push(&m, EXT_SA, 0), XSA_SPI, 0xa0b0c0d0);
	uint8_t little[32], big[32];
	bool ours_little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	struct wr l = wr_of(little, sizeof little), b = wr_of(big, sizeof big);
	cr_assert(pfkey_msg_put(&m, !ours_little, &l, NULL));
	cr_assert(pfkey_msg_put(&m, ours_little, &b, NULL));
	static const uint8_t want_little[] = { 2, 5, 0, 3, 4,    0,    0,    0,    4, 3, 2, 1, 0, 0, 0, 0,
					       2, 0, 1, 0, 0xa0, 0xb0, 0xc0, 0xd0, 0, 0, 0, 0, 0, 0, 0, 0 };
	static const uint8_t want_big[] = { 2, 5, 0, 3, 0,    4,    0,    0,    1, 2, 3, 4, 0, 0, 0, 0,
					    0, 2, 0, 1, 0xa0, 0xb0, 0xc0, 0xd0, 0, 0, 0, 0, 0, 0, 0, 0 };
	cr_assert(eq(mem, ((struct cr_mem){ little, 32 }), ((struct cr_mem){ want_little, 32 })));
	cr_assert(eq(mem, ((struct cr_mem){ big, 32 }), ((struct cr_mem){ want_big, 32 })));
}

Test(pfkey_msg, what_is_given_goes_out_as_written)
{
	struct pfkey_msg m, got;
	pfkey_msg_init(&m, &dialect_linux, PFKEY_ADD, SATYPE_ESP);
	hdr_set(&m.base, MSG_VERSION, 7);
	hdr_set(&m.base, MSG_LEN, 99);
	struct hdr *key = pfkey_msg_push(&m, EXT_KEY_AUTH, 0);
	hdr_set(key, XKEY_BITS, 0);
	hdr_set(key, X_TYPE, 0x1234);
	hdr_set(pfkey_msg_push(&m, EXT_UNKNOWN, 0), X_TYPE, 0x7fff);
	struct bytes b = put(&m, false);
	cr_assert(eq(sz, b.n, 16 + 8 + 8));
	cr_assert(not(pfkey_msg_parse(&got, &dialect_linux, b, false, NULL)));
	octets[4] = 4;
	octets[5] = 0;
	cr_assert(pfkey_msg_parse(&got, &dialect_linux, b, false, NULL));
	cr_assert(eq(uint, got.base.v[MSG_VERSION].u, 7));
	cr_assert(eq(uint, got.kind[0], EXT_UNKNOWN));
	cr_assert(eq(uint, got.ext[0].v[X_TYPE].u, 0x1234));
	cr_assert(eq(uint, got.ext[1].v[X_TYPE].u, 0x7fff));
}

Test(pfkey_msg, a_dialect_without_a_number_says_so)
{
	struct pfkey_msg m;
	struct err e = { 0 };
	struct wr w = wr_of(octets, sizeof octets);
	pfkey_msg_init(&m, &dialect_kame, PFKEY_X_SPDDUMP, 0);
	(void)pfkey_msg_push(&m, EXT_X_FILTER, 0);
	cr_assert(not(pfkey_msg_put(&m, false, &w, &e)));
	cr_assert(eq(int, e.code, ERR_UNSUPPORTED));
	pfkey_msg_init(&m, &dialect_kame, PFKEY_X_MIGRATE, 0);
	cr_assert(not(pfkey_msg_put(&m, false, &w, &e)));
	cr_assert(eq(int, e.code, ERR_UNSUPPORTED));
}

Test(pfkey_msg, names_are_found_with_and_without_their_x)
{
	static const struct {
		const char *name;
		int type;
	} types[] = {
		{ "add", PFKEY_ADD }, { "spdadd", PFKEY_X_SPDADD },   { "x_spdadd", PFKEY_X_SPDADD },
		{ "x_add", -1 },      { "promisc", PFKEY_X_PROMISC }, { "", -1 },
		{ "reserved", -1 },
	};
	for (unsigned i = 0; i < COUNT(types); i++)
		cr_assert(eq(int, pfkey_type_by_name(types[i].name), types[i].type), "%s", types[i].name);
	for (int t = PFKEY_GETSPI; t < PFKEY_TYPE_N; t++)
		cr_assert(eq(int, pfkey_type_by_name(pfkey_type_name((enum pfkey_type)t)), t));
	for (int x = EXT_SA; x < EXT_N; x++)
		cr_assert(eq(int, pfkey_ext_by_name(pfkey_ext_name((enum pfkey_ext)x)), x));
	cr_assert(eq(int, pfkey_ext_by_name("policy"), EXT_X_POLICY));
	cr_assert(eq(int, pfkey_ext_by_name("x_sa"), -1));
}

Test(pfkey_msg, printing_hides_keys_unless_asked)
{
	struct pfkey_msg m;
	char text[512];
	struct addr a = test_addr("192.0.2.1"), b = test_addr("192.0.2.2");
	pfkey_msg_init(&m, &dialect_linux, PFKEY_ADD, SATYPE_ESP);
	hdr_set(&m.base, MSG_SEQ, 7);
	cr_assert(pfkey_msg_name_sa(&m, 0x1001, &a, &b, NULL));
	hdr_set_bytes(pfkey_msg_push(&m, EXT_KEY_AUTH, 0), XKEY_KEY, test_octets(4));
	pfkey_msg_compute(&m);
	(void)pfkey_msg_print(&m, false, text, sizeof text);
	cr_assert(eq(str, text,
		     "add(satype=esp, seq=7)/sa(spi=0x1001)/address_src(addr=192.0.2.1)/"
		     "address_dst(addr=192.0.2.2)/key_auth"));
	(void)pfkey_msg_print(&m, true, text, sizeof text);
	cr_assert(strstr(text, "key_auth(key=0x01020304)") != NULL, "%s", text);
}
