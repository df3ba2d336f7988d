/* One sample of every message with every extension its grammar knows, for the tests of this folder. */
#ifndef ESPY_PFKEY_TEST_MESSAGE_H
#define ESPY_PFKEY_TEST_MESSAGE_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdlib.h>

#include "pfkey/grammar.h"
#include "pfkey/record.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct dialect *const test_dialects[] = {
	&dialect_linux, &dialect_kame, &dialect_freebsd, &dialect_reference, &dialect_openbsd, &dialect_solaris,
};

/* The first that has the message, our own before the others. */
static inline const struct dialect *
test_dialect_of(enum pfkey_type type)
{
	if (dialect_reference.type_number[type] >= 0)
		return &dialect_reference;
	for (unsigned d = 0; d < COUNT(test_dialects); d++)
		if (test_dialects[d]->type_number[type] >= 0)
			return test_dialects[d];
	cr_assert(false, "no dialect has %s", pfkey_type_name(type));
	return NULL;
}

static inline struct addr
test_addr(const char *text)
{
	struct addr a;
	struct err e = { 0 };
	cr_assert(addr_parse(&a, text, &e), "%s", e.text);
	return a;
}

static const uint8_t test_pattern[40] = {
	1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
	21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
};
static const uint8_t test_fqdn[] = "gw1.example.net";

static inline struct bytes
test_octets(size_t n)
{
	return (struct bytes){ test_pattern, n };
}

/* ESP under AES-CBC and HMAC-SHA1-96 in transport mode, from 192.0.2.1 to 192.0.2.2: where tests of SAs begin. */
static inline struct sa_spec
test_spec(uint32_t spi)
{
	return (struct sa_spec){
		.spi = spi,
		.protocol = 50,
		.mode = MODE_TRANSPORT,
		.src = test_addr("192.0.2.1"),
		.dst = test_addr("192.0.2.2"),
		.enc = alg_by_name("aes-cbc", ALG_ENC),
		.auth = alg_by_name("hmac-sha1-96", ALG_AUTH),
		.enc_key = test_octets(16),
		.auth_key = test_octets(20),
		.replay = 32,
	};
}

/* Records that hold up: one combination, one algorithm, one tunnel request with a transport one behind it. */
static inline struct bytes
test_records(const struct dialect *d, enum pfkey_ext kind, struct wr *w)
{
	size_t at = w->n;
	struct hdr h;
	if (kind == EXT_PROPOSAL) {
		h = hdr_of(&layout_sadb_comb);
		for (unsigned i = COMB_FLAGS; i < COMB_NF; i++)
			hdr_set(&h, i, 0x100 + i);
		hdr_set(&h, COMB_AUTH, 3);
		hdr_set(&h, COMB_ENCRYPT, 12);
		hdr_set(&h, COMB_RESERVED, 0);
		hdr_put(&h, w, false);
	} else if (kind == EXT_X_POLICY) {
		struct addr src = test_addr("2001:db8::1"), dst = test_addr("2001:db8::2");
		h = hdr_of(record_request_layout(d));
		hdr_set(&h, REQ_LEN, (uint64_t)d->request_header + 2 * SIN6_OCTETS);
		hdr_set(&h, REQ_PROTO, 50);
		hdr_set(&h, REQ_MODE, MODE_TUNNEL);
		hdr_set(&h, REQ_LEVEL, LEVEL_UNIQUE);
		hdr_set(&h, REQ_REQID, 0x1234);
		hdr_put(&h, w, false);
		record_put_sockaddr(d, &src, w);
		record_put_sockaddr(d, &dst, w);
		h = hdr_of(record_request_layout(d));
		hdr_set(&h, REQ_LEN, d->request_header);
		hdr_set(&h, REQ_PROTO, 51);
		hdr_set(&h, REQ_MODE, MODE_TRANSPORT);
		hdr_set(&h, REQ_LEVEL, LEVEL_REQUIRE);
		hdr_put(&h, w, false);
	} else {
		h = hdr_of(record_alg_layout(d));
		hdr_set(&h, SUP_ID, 12);
		hdr_set(&h, SUP_IVLEN, 16);
		hdr_set(&h, SUP_MINBITS, 128);
		hdr_set(&h, SUP_MAXBITS, 256);
		hdr_put(&h, w, false);
	}
	return bytes_slice(wr_done(w), at, w->n - at);
}

static inline void
test_fill_address(struct hdr *h, enum pfkey_ext kind, uint8_t family)
{
	static const uint8_t in4[2][4] = { { 192, 0, 2, 1 }, { 192, 0, 2, 2 } };
	static const uint8_t in6[2][16] = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 },
					    { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 } };
	unsigned which = kind == EXT_ADDRESS_DST;
	hdr_set_bytes(h, XAD_ADDR, family == 4 ? BYTES_OF(in4[which]) : BYTES_OF(in6[which]));
}

static inline void
test_fill(const struct pfkey_msg *m, enum pfkey_ext kind, uint8_t family, struct hdr *h, struct wr *store)
{
	if (pfkey_ext_is_address(kind)) {
		test_fill_address(h, kind, family);
		return;
	}
	switch (kind) {
	case EXT_KEY_AUTH: hdr_set_bytes(h, XKEY_KEY, test_octets(20)); return;
	case EXT_KEY_ENCRYPT: hdr_set_bytes(h, XKEY_KEY, test_octets(16)); return;
	case EXT_IDENTITY_SRC:
	case EXT_IDENTITY_DST:
		hdr_set(h, XID_IDTYPE, IDENT_FQDN);
		hdr_set_bytes(h, XID_STRING, BYTES_OF(test_fqdn));
		return;
	case EXT_SENSITIVITY:
		hdr_set(h, XSENS_DPD, 0x80000001);
		hdr_set(h, XSENS_SENS_LEVEL, 3);
		hdr_set_bytes(h, XSENS_SENS, test_octets(16));
		hdr_set_bytes(h, XSENS_INTEG, test_octets(8));
		return;
	case EXT_PROPOSAL:
		hdr_set(h, XPROP_REPLAY, 4);
		hdr_set_bytes(h, XPROP_COMBS, test_records(m->dialect, kind, store));
		return;
	case EXT_SUPPORTED_AUTH:
	case EXT_SUPPORTED_ENCRYPT: hdr_set_bytes(h, XSUP_ALGS, test_records(m->dialect, kind, store)); return;
	case EXT_X_POLICY:
		hdr_set(h, XPOL_TYPE, POLICY_IPSEC);
		hdr_set(h, XPOL_DIR, DIR_OUT);
		hdr_set(h, XPOL_ID, 0x01020304);
		hdr_set(h, XPOL_PRIORITY, m->dialect->priority ? 0x80000000 : 0);
		hdr_set_bytes(h, XPOL_REQUESTS, test_records(m->dialect, kind, store));
		return;
	case EXT_X_SEC_CTX: hdr_set_bytes(h, XCTX_CONTEXT, test_octets(11)); return;
	case EXT_X_KMPRIVATE:
	case EXT_X_KMADDRESS: hdr_set_bytes(h, XKM_DATA, test_octets(24)); return;
	default:
		for (unsigned i = X_BODY; i < h->lay->n; i++)
			if (!field_is_octets(&h->lay->fields[i]))
				hdr_set(h, i, i == XSA_STATE && kind == EXT_SA ? SA_MATURE : 0x11 + i);
	}
}

/* Everything the grammar has for this message and way, as far as the dialect has a number for it. */
static inline void
test_message(struct pfkey_msg *m, const struct dialect *d, enum pfkey_type type, enum pfkey_dir dir, uint8_t family,
	     struct wr *store)
{
	const struct grammar_side *side = &pfkey_grammar[type].side[dir];
	pfkey_msg_init(m, d, type, type == PFKEY_X_PROMISC ? 0 : SATYPE_ESP);
	hdr_set(&m->base, MSG_SEQ, 0x01020304);
	hdr_set(&m->base, MSG_PID, 0x0a0b0c0d);
	for (int x = EXT_SA; x < EXT_UNKNOWN; x++) {
		bool one_limit = type == PFKEY_EXPIRE && x == EXT_LIFETIME_HARD;
		if (!((side->required | side->optional) & EXT_BIT(x)) || d->ext_number[x] < 0 || one_limit)
			continue;
		struct hdr *h = pfkey_msg_push(m, (enum pfkey_ext)x, family);
		cr_assert(h != NULL);
		test_fill(m, (enum pfkey_ext)x, family, h, store);
	}
}

/* Exact-size memory, so that a read past the end is seen. */
static inline struct bytes
test_exact(struct bytes b)
{
	uint8_t *copy = malloc(b.n + (b.n == 0));
	cr_assert(copy != NULL);
	struct wr w = wr_of(copy, b.n);
	wr_bytes(&w, b);
	return wr_done(&w);
}

static inline void
test_free(struct bytes b)
{
	free((void *)(uintptr_t)b.p);
}

#endif
