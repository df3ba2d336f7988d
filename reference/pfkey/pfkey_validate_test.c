#include "pfkey/test_message.h"

#include <errno.h>
#include <stdio.h>

static uint8_t octets[PFKEY_MSG_MAX], memory[4096];

/* Through octets, as the engine sees it. */
static int
verdict(struct pfkey_msg *m, enum pfkey_dir dir, struct err *e)
{
	static struct pfkey_msg got;
	struct wr w = wr_of(octets, sizeof octets);
	cr_assert(pfkey_msg_put(m, false, &w, e), "%s", e->text);
	if (!pfkey_msg_parse(&got, m->dialect, wr_done(&w), false, e))
		return EINVAL;
	return pfkey_msg_validate(&got, dir, e);
}

static void
sample(struct pfkey_msg *m, enum pfkey_type type, enum pfkey_dir dir)
{
	struct wr store = wr_of(memory, sizeof memory);
	test_message(m, test_dialect_of(type), type, dir, 4, &store);
}

static void
remove_ext(struct pfkey_msg *m, unsigned i)
{
	for (m->n--; i < m->n; i++) {
		m->ext[i] = m->ext[i + 1];
		m->kind[i] = m->kind[i + 1];
	}
}

Test(pfkey_validate, each_required_extension_is_missed)
{
	unsigned missed = 0;
	for (int t = PFKEY_GETSPI; t < PFKEY_TYPE_N; t++)
		for (int dir = PFKEY_IN; dir <= PFKEY_OUT; dir++) {
			const struct grammar_side *side = &pfkey_grammar[t].side[dir];
			struct pfkey_msg m;
			struct err e = { 0 };
			if (side->none)
				continue;
			sample(&m, (enum pfkey_type)t, (enum pfkey_dir)dir);
			for (unsigned i = 0; i < m.n; i++) {
				struct pfkey_msg without = m;
				bool required = side->required & EXT_BIT(m.kind[i]);
				remove_ext(&without, i);
				int got = verdict(&without, (enum pfkey_dir)dir, &e);
				missed += required;
				if (required)
					cr_assert(eq(int, got, EINVAL), "%s without %s",
						  pfkey_type_name((enum pfkey_type)t), m.ext[i].lay->name);
			}
		}
	cr_assert(gt(uint, missed, 60));
}

Test(pfkey_validate, each_extension_twice_is_refused)
{
	for (int t = PFKEY_GETSPI; t < PFKEY_TYPE_N; t++) {
		struct pfkey_msg m;
		struct err e = { 0 };
		if (pfkey_grammar[t].side[PFKEY_IN].none)
			continue;
		sample(&m, (enum pfkey_type)t, PFKEY_IN);
		for (unsigned i = 0; i < m.n; i++) {
			struct pfkey_msg twice = m;
			twice.kind[twice.n] = m.kind[i];
			twice.ext[twice.n++] = m.ext[i];
			cr_assert(eq(int, verdict(&twice, PFKEY_IN, &e), EINVAL), "%s with two %s",
				  pfkey_type_name((enum pfkey_type)t), m.ext[i].lay->name);
		}
	}
}

Test(pfkey_validate, unknown_extensions_are_stepped_over_even_twice)
{
	for (int t = PFKEY_GETSPI; t < PFKEY_TYPE_N; t++) {
		struct pfkey_msg m;
		struct err e = { 0 };
		if (pfkey_grammar[t].side[PFKEY_IN].none || t == PFKEY_X_PROMISC)
			continue;
		sample(&m, (enum pfkey_type)t, PFKEY_IN);
		for (unsigned i = 0; i < 2; i++) {
			struct hdr *h = pfkey_msg_push(&m, EXT_UNKNOWN, 0);
			hdr_set(h, X_TYPE, 113); /* nobody's */
			hdr_set_bytes(h, X_BODY, test_octets(12));
		}
		cr_assert(eq(int, verdict(&m, PFKEY_IN, &e), 0), "%s: %s", pfkey_type_name((enum pfkey_type)t), e.text);
	}
}

Test(pfkey_validate, keys_leave_by_get_and_dump_only)
{
	for (int t = PFKEY_GETSPI; t < PFKEY_TYPE_N; t++) {
		struct pfkey_msg m;
		struct err e = { 0 };
		if (pfkey_grammar[t].side[PFKEY_OUT].none)
			continue;
		sample(&m, (enum pfkey_type)t, PFKEY_OUT);
		bool may = t == PFKEY_GET || t == PFKEY_DUMP;
		cr_assert(eq(int, pfkey_msg_get(&m, EXT_KEY_AUTH) != NULL, may));
		if (may || t == PFKEY_X_PROMISC)
			continue;
		hdr_set_bytes(pfkey_msg_push(&m, EXT_KEY_AUTH, 0), XKEY_KEY, test_octets(20));
		cr_assert(eq(int, verdict(&m, PFKEY_OUT, &e), EINVAL), "%s", pfkey_type_name((enum pfkey_type)t));
	}
}

Test(pfkey_validate, an_error_carries_the_base_header_alone)
{
	struct pfkey_msg m;
	struct err e = { 0 };
	pfkey_msg_init(&m, &dialect_linux, PFKEY_ADD, SATYPE_ESP);
	hdr_set(&m.base, MSG_ERRNO, EEXIST);
	cr_assert(eq(int, verdict(&m, PFKEY_OUT, &e), 0), "%s", e.text);
	sample(&m, PFKEY_ADD, PFKEY_OUT);
	hdr_set(&m.base, MSG_ERRNO, EEXIST);
	cr_assert(eq(int, verdict(&m, PFKEY_OUT, &e), EINVAL));
}

/* RFC 2367 3.1.8 */
Test(pfkey_validate, expire_names_one_limit)
{
	for (unsigned i = 0; i < 4; i++) {
		struct pfkey_msg m;
		struct err e = { 0 };
		sample(&m, PFKEY_EXPIRE, PFKEY_OUT);
		for (unsigned x = m.n; x-- > 0;)
			if (m.kind[x] == EXT_LIFETIME_SOFT || m.kind[x] == EXT_LIFETIME_HARD)
				remove_ext(&m, x);
		if (i & 1)
			(void)pfkey_msg_push(&m, EXT_LIFETIME_HARD, 0);
		if (i & 2)
			(void)pfkey_msg_push(&m, EXT_LIFETIME_SOFT, 0);
		bool one = i == 1 || i == 2;
		cr_assert(eq(int, verdict(&m, PFKEY_OUT, &e), one ? 0 : EINVAL), "%u: %s", i, e.text);
	}
}

/* One field of a good message set to a wrong value; value is a number, or octets where the field has octets. */
struct wrong {
	const char *id;
	enum pfkey_type type;
	int ext; /* -1: the base header */
	unsigned field;
	uint64_t value;
	int want;
};

static const struct wrong numbers[] = {
	{ "version 0", PFKEY_ADD, -1, MSG_VERSION, 0, EINVAL },
	{ "version 1", PFKEY_FLUSH, -1, MSG_VERSION, 1, EINVAL },
	{ "version 3", PFKEY_X_SPDDUMP, -1, MSG_VERSION, 3, EINVAL },
	{ "type 0", PFKEY_FLUSH, -1, MSG_TYPE, 0, EINVAL },
	{ "type 25", PFKEY_FLUSH, -1, MSG_TYPE, 25, EINVAL },
	{ "type 255", PFKEY_FLUSH, -1, MSG_TYPE, 255, EINVAL },
	{ "type of the kernel only", PFKEY_FLUSH, -1, MSG_TYPE, 17, EOPNOTSUPP },
	{ "satype 1", PFKEY_ADD, -1, MSG_SATYPE, 1, EINVAL },
	{ "satype 4", PFKEY_FLUSH, -1, MSG_SATYPE, 4, EINVAL },
	{ "satype 200", PFKEY_DUMP, -1, MSG_SATYPE, 200, EINVAL },
	{ "satype 0 in ADD", PFKEY_ADD, -1, MSG_SATYPE, 0, EINVAL },
	{ "satype 0 in REGISTER", PFKEY_REGISTER, -1, MSG_SATYPE, 0, EINVAL },
	{ "satype 0 in FLUSH", PFKEY_FLUSH, -1, MSG_SATYPE, 0, 0 },
	{ "satype of a user's protocol", PFKEY_REGISTER, -1, MSG_SATYPE, SATYPE_OSPFV2, 0 },
	{ "reserved is tolerated", PFKEY_ADD, -1, MSG_RESERVED, 0xffff, 0 },
	{ "exttype 0", PFKEY_ADD, EXT_KEY_AUTH, X_TYPE, 0, EINVAL },
	{ "sa too long", PFKEY_DELETE, EXT_SA, X_LEN, 3, EINVAL },
	{ "lifetime too short", PFKEY_ADD, EXT_LIFETIME_SOFT, X_LEN, 3, EINVAL },
	{ "family 0", PFKEY_ADD, EXT_ADDRESS_SRC, XAD_FAMILY, 0, EINVAL },
	{ "family 1", PFKEY_ADD, EXT_ADDRESS_DST, XAD_FAMILY, 1, EINVAL },
	{ "family 6 in 16 octets", PFKEY_ADD, EXT_ADDRESS_DST, XAD_FAMILY, 10, EINVAL },
	{ "prefixlen 32", PFKEY_ADD, EXT_ADDRESS_SRC, XAD_PREFIXLEN, 32, 0 },
	{ "prefixlen 33", PFKEY_ADD, EXT_ADDRESS_SRC, XAD_PREFIXLEN, 33, EINVAL },
	{ "prefixlen 33 of a proxy", PFKEY_ADD, EXT_ADDRESS_PROXY, XAD_PREFIXLEN, 33, EINVAL },
	{ "prefixlen 33 of a selector", PFKEY_X_SPDADD, EXT_ADDRESS_DST, XAD_PREFIXLEN, 33, EINVAL },
	{ "address too short", PFKEY_ADD, EXT_ADDRESS_DST, X_LEN, 2, EINVAL },
	{ "address too long", PFKEY_ADD, EXT_ADDRESS_DST, X_LEN, 4, EINVAL },
	{ "port in ACQUIRE without protocol", PFKEY_ACQUIRE, EXT_ADDRESS_SRC, XAD_PORT, 500, EINVAL },
	{ "port in ADD is passed over", PFKEY_ADD, EXT_ADDRESS_SRC, XAD_PORT, 500, 0 },
	{ "protocols of selectors differ", PFKEY_X_SPDADD, EXT_ADDRESS_SRC, XAD_PROTO, 17, EINVAL },
	{ "key bits 0", PFKEY_ADD, EXT_KEY_AUTH, XKEY_BITS, 0, EINVAL },
	{ "key bits beyond the octets", PFKEY_ADD, EXT_KEY_AUTH, XKEY_BITS, 193, EINVAL },
	{ "key bits within the padding", PFKEY_ADD, EXT_KEY_AUTH, XKEY_BITS, 192, 0 },
	{ "key bits a unit too few", PFKEY_ADD, EXT_KEY_AUTH, XKEY_BITS, 128, EINVAL },
	{ "key bits 65535", PFKEY_ADD, EXT_KEY_ENCRYPT, XKEY_BITS, 65535, EINVAL },
	{ "key len max", PFKEY_ADD, EXT_KEY_ENCRYPT, X_LEN, 0xffff, EINVAL },
	{ "identity type 0", PFKEY_ADD, EXT_IDENTITY_SRC, XID_IDTYPE, 0, EINVAL },
	{ "identity type 4", PFKEY_ADD, EXT_IDENTITY_SRC, XID_IDTYPE, 4, EINVAL },
	{ "a name as a prefix", PFKEY_ADD, EXT_IDENTITY_SRC, XID_IDTYPE, IDENT_PREFIX, EINVAL },
	{ "sens_len 0", PFKEY_ADD, EXT_SENSITIVITY, XSENS_SENS_LEN, 0, EINVAL },
	{ "integ_len 255", PFKEY_ADD, EXT_SENSITIVITY, XSENS_INTEG_LEN, 255, EINVAL },
	{ "proposal of part of a combination", PFKEY_ACQUIRE, EXT_PROPOSAL, X_LEN, 9, EINVAL },
	{ "range upside down", PFKEY_GETSPI, EXT_SPIRANGE, XRANGE_MAX, 1, EINVAL },
	{ "requests cut", PFKEY_X_SPDADD, EXT_X_POLICY, X_LEN, 5, EINVAL },
};

static struct hdr *
ext_of(struct pfkey_msg *m, int kind)
{
	for (unsigned i = 0; i < m->n; i++)
		if (m->kind[i] == kind)
			return &m->ext[i];
	return &m->base;
}

Test(pfkey_validate, one_wrong_number_has_its_errno)
{
	for (unsigned i = 0; i < COUNT(numbers); i++) {
		const struct wrong *w = &numbers[i];
		struct pfkey_msg m;
		struct err e = { 0 };
		sample(&m, w->type, PFKEY_IN);
		cr_assert(eq(int, verdict(&m, PFKEY_IN, &e), 0), "%s: the sample itself: %s", w->id, e.text);
		hdr_set(ext_of(&m, w->ext), w->field, w->value);
		cr_assert(eq(int, verdict(&m, PFKEY_IN, &e), w->want), "%s: %s", w->id, e.text);
	}
}

static int
identity(uint64_t type, const char *string, size_t n, const char *address, struct err *e)
{
	struct pfkey_msg m;
	struct addr a = test_addr(address);
	pfkey_msg_init(&m, &dialect_linux, PFKEY_ADD, SATYPE_ESP);
	cr_assert(pfkey_msg_name_sa(&m, 0x1001, &a, &a, e));
	struct hdr *h = pfkey_msg_push(&m, EXT_IDENTITY_SRC, 0);
	hdr_set(h, XID_IDTYPE, type);
	hdr_set_bytes(h, XID_STRING, (struct bytes){ (const uint8_t *)string, n });
	return verdict(&m, PFKEY_IN, e);
}

/* RFC 2367 3.7 */
Test(pfkey_validate, identities_are_strings_and_prefixes_hold_the_address)
{
	static const struct {
		uint64_t type;
		const char *string;
		size_t n;
		const char *address;
		int want;
	} rows[] = {
		{ IDENT_FQDN, "a.example", 10, "192.0.2.1", 0 },
		{ IDENT_FQDN, "abcdefgh", 8, "192.0.2.1", EINVAL },          /* no NUL in the extension */
		{ IDENT_FQDN, "a\0bcdefghijklmn", 16, "192.0.2.1", EINVAL }, /* a unit behind the NUL's */
		{ IDENT_FQDN, NULL, 0, "192.0.2.1", EINVAL },
		{ IDENT_USERFQDN, NULL, 0, "192.0.2.1", 0 }, /* the id says who */
		{ IDENT_USERFQDN, "julia@ministry-of-love.inner.net", 33, "192.0.2.1", 0 },
		{ IDENT_PREFIX, "192.0.2.0/24", 13, "192.0.2.1", 0 },
		{ IDENT_PREFIX, "192.0.2.1/32", 13, "192.0.2.1", 0 },
		{ IDENT_PREFIX, "192.0.2.1/24", 13, "192.0.2.1", EINVAL }, /* host bits */
		{ IDENT_PREFIX, "192.0.3.0/24", 13, "192.0.2.1", EINVAL }, /* elsewhere */
		{ IDENT_PREFIX, "0.0.0.0/0", 10, "192.0.2.1", 0 },
		{ IDENT_PREFIX, "192.0.2.0/33", 13, "192.0.2.1", EINVAL },
		{ IDENT_PREFIX, "192.0.2.0", 10, "192.0.2.1", EINVAL },
		{ IDENT_PREFIX, "192.0.2.0/", 11, "192.0.2.1", EINVAL },
		{ IDENT_PREFIX, "192.0.2.0/2x", 13, "192.0.2.1", EINVAL },
		{ IDENT_PREFIX, "2001:db8::/32", 14, "2001:db8::7", 0 },
		{ IDENT_PREFIX, "2001:db8::/32", 14, "2001:db9::7", EINVAL },
		{ IDENT_PREFIX, "2001:db8::/32", 14, "192.0.2.1", EINVAL },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct err e = { 0 };
		cr_assert(eq(int, identity(rows[i].type, rows[i].string, rows[i].n, rows[i].address, &e), rows[i].want),
			  "row %u: %s", i, e.text);
	}
}

Test(pfkey_validate, addresses_come_in_pairs_of_one_family_from_one_host)
{
	static const struct {
		const char *src, *dst;
		int want;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.2", 0 },      { "192.0.2.1", "2001:db8::2", EINVAL },
		{ "192.0.2.1", "224.0.0.5", 0 },      { "192.0.2.1", "255.255.255.255", 0 },
		{ "224.0.0.5", "192.0.2.2", EINVAL }, { "255.255.255.255", "192.0.2.2", EINVAL },
		{ "0.0.0.0", "192.0.2.2", 0 },        { "::", "2001:db8::2", 0 },
		{ "ff02::1", "2001:db8::2", EINVAL },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct pfkey_msg m;
		struct err e = { 0 };
		struct addr src = test_addr(rows[i].src), dst = test_addr(rows[i].dst);
		pfkey_msg_init(&m, &dialect_linux, PFKEY_GET, SATYPE_ESP);
		cr_assert(pfkey_msg_name_sa(&m, 0x1001, &src, &dst, &e), "%s", e.text);
		cr_assert(eq(int, verdict(&m, PFKEY_IN, &e), rows[i].want), "row %u: %s", i, e.text);
	}
}

/* RFC 2367 2.3.7: both bits zero without the algorithm, neither with it, minimum not above maximum. */
Test(pfkey_validate, combinations_have_bits_that_fit_their_algorithms)
{
	static const struct {
		uint64_t auth, min, max;
		int want;
	} rows[] = {
		{ 0, 0, 0, 0 },        { 0, 0, 160, EINVAL }, { 0, 160, 160, EINVAL }, { 3, 160, 160, 0 },
		{ 3, 0, 160, EINVAL }, { 3, 0, 0, EINVAL },   { 3, 161, 160, EINVAL },
	};
	for (unsigned i = 0; i < COUNT(rows) * 2; i++) {
		bool enc = i & 1;
		struct pfkey_msg m;
		struct err e = { 0 };
		struct wr w = wr_of(memory + 2048, COMB_OCTETS);
		struct hdr comb = hdr_of(&layout_sadb_comb);
		hdr_set(&comb, enc ? COMB_ENCRYPT : COMB_AUTH, rows[i / 2].auth);
		hdr_set(&comb, enc ? COMB_ENCRYPT_MIN : COMB_AUTH_MIN, rows[i / 2].min);
		hdr_set(&comb, enc ? COMB_ENCRYPT_MAX : COMB_AUTH_MAX, rows[i / 2].max);
		hdr_put(&comb, &w, false);
		sample(&m, PFKEY_ACQUIRE, PFKEY_IN);
		hdr_set_bytes(ext_of(&m, EXT_PROPOSAL), XPROP_COMBS, wr_done(&w));
		cr_assert(eq(int, verdict(&m, PFKEY_IN, &e), rows[i / 2].want), "row %u: %s", i, e.text);
	}
}

/* Request records with lengths and values that do not hold; 16 octets of head on Linux. */
Test(pfkey_validate, broken_requests_are_refused)
{
	static const struct {
		const char *id;
		uint64_t len, mode, level;
		size_t behind;
		int want;
	} rows[] = {
		{ "as it should be", 16, MODE_TRANSPORT, LEVEL_REQUIRE, 0, 0 },
		{ "length 0", 0, MODE_TRANSPORT, LEVEL_REQUIRE, 0, EINVAL },
		{ "length below the head", 8, MODE_TRANSPORT, LEVEL_REQUIRE, 0, EINVAL },
		{ "length in units of 8", 2, MODE_TRANSPORT, LEVEL_REQUIRE, 0, EINVAL },
		{ "length past the end", 24, MODE_TRANSPORT, LEVEL_REQUIRE, 0, EINVAL },
		{ "length of all there is", 65535, MODE_TRANSPORT, LEVEL_REQUIRE, 0, EINVAL },
		{ "tunnel without ends", 16, MODE_TUNNEL, LEVEL_REQUIRE, 0, EINVAL },
		{ "tunnel with ends of no family", 48, MODE_TUNNEL, LEVEL_REQUIRE, 32, EINVAL },
		{ "mode 9", 16, 9, LEVEL_REQUIRE, 0, EINVAL },
		{ "level 4", 16, MODE_TRANSPORT, 4, 0, EINVAL },
		{ "transport with octets behind", 24, MODE_TRANSPORT, LEVEL_REQUIRE, 8, 0 },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct pfkey_msg m;
		struct err e = { 0 };
		struct wr w = wr_of(memory + 2048, 64);
		struct hdr h = hdr_of(record_request_layout(&dialect_reference));
		hdr_set(&h, REQ_LEN, rows[i].len);
		hdr_set(&h, REQ_PROTO, 50);
		hdr_set(&h, REQ_MODE, rows[i].mode);
		hdr_set(&h, REQ_LEVEL, rows[i].level);
		hdr_put(&h, &w, false);
		wr_fill(&w, 0, rows[i].behind);
		sample(&m, PFKEY_X_SPDADD, PFKEY_IN);
		hdr_set_bytes(ext_of(&m, EXT_X_POLICY), XPOL_REQUESTS, wr_done(&w));
		cr_assert(eq(int, verdict(&m, PFKEY_IN, &e), rows[i].want), "%s: %s", rows[i].id, e.text);
	}
}
