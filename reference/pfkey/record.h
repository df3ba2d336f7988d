/*
 * What repeats inside an extension: algorithms (RFC 2367 2.3.8), combinations (2.3.7), policy requests with their
 * socket addresses. Same field tables, one level down; in a message they travel as octets, in the byte order that
 * struct pfkey_msg says.
 */
#ifndef ESPY_PFKEY_RECORD_H
#define ESPY_PFKEY_RECORD_H

#include "pfkey/pfkey.h"

/* Solaris has increment and saltbits where the others have a reserved field. */
enum { SUP_ID, SUP_IVLEN, SUP_MINBITS, SUP_MAXBITS, SUP_RESERVED, SUP_INCREMENT, SUP_SALTBITS, SUP_NF };
enum {
	COMB_AUTH,
	COMB_ENCRYPT,
	COMB_FLAGS,
	COMB_AUTH_MIN,
	COMB_AUTH_MAX,
	COMB_ENCRYPT_MIN,
	COMB_ENCRYPT_MAX,
	COMB_RESERVED,
	COMB_SOFT_ALLOCATIONS,
	COMB_HARD_ALLOCATIONS,
	COMB_SOFT_BYTES,
	COMB_HARD_BYTES,
	COMB_SOFT_ADDTIME,
	COMB_HARD_ADDTIME,
	COMB_SOFT_USETIME,
	COMB_HARD_USETIME,
	COMB_NF
};
enum { REQ_LEN, REQ_PROTO, REQ_MODE, REQ_LEVEL, REQ_RESERVED1, REQ_REQID, REQ_RESERVED2, REQ_NF };
/* The same fields in the same order as from XAD_SA_LEN on. */
enum { SOCK_SA_LEN, SOCK_FAMILY, SOCK_PORT, SOCK_FLOWINFO, SOCK_ADDR, SOCK_SCOPE, SOCK_PAD, SOCK_NF };
_Static_assert(SOCK_PAD + XAD_SA_LEN == XAD_PAD, "sockaddr fields");

/* record_asked.c */
enum { ASKED_OCTETS = 16 };
size_t record_asked_n(const struct dialect *d, const struct spd_request *q);
bool record_put_asked(const struct dialect *d, const struct spd_request *q, struct wr *w, struct err *e) MUST_USE;
bool record_get_asked(const struct dialect *d, struct rd *body, struct spd_request *q, struct err *e) MUST_USE;

enum { SUP_OCTETS = 8, COMB_OCTETS = 72, SIN_OCTETS = 16, SIN6_OCTETS = 28 };

/* Solaris's extended combinations, each followed by the algorithms that it counts. */
enum {
	ECOMB_NUMALGS,
	ECOMB_RESERVED,
	ECOMB_FLAGS,
	ECOMB_RESERVED2,
	ECOMB_SOFT_ALLOCATIONS,
	ECOMB_HARD_ALLOCATIONS,
	ECOMB_SOFT_BYTES,
	ECOMB_HARD_BYTES,
	ECOMB_SOFT_ADDTIME,
	ECOMB_HARD_ADDTIME,
	ECOMB_SOFT_USETIME,
	ECOMB_HARD_USETIME,
	ECOMB_NF
};
enum { DESC_SATYPE, DESC_ALGTYPE, DESC_ALG, DESC_RESERVED, DESC_MINBITS, DESC_MAXBITS, DESC_NF };
enum { ALGTYPE_AUTH = 1, ALGTYPE_CRYPT, ALGTYPE_COMPRESS };

extern const struct name pfkey_absent[];
extern const struct layout layout_sadb_comb, layout_sadb_ecomb, layout_sadb_algdesc;
/* Forms of extensions that only OpenBSD or Solaris has, and of those that it has differently; name NULL elsewhere. */
extern const struct layout pfkey_layouts_openbsd[EXT_N], pfkey_layouts_solaris[EXT_N];
const struct layout *record_alg_layout(const struct dialect *d);
extern const struct name pfkey_types[];
const struct layout *record_request_layout(const struct dialect *d);
const struct layout *record_sockaddr_layout(const struct dialect *d, uint8_t family);
bool pfkey_ext_is_address(enum pfkey_ext kind);
/* NULL for an extension that is no address. */
const struct layout *pfkey_address_layout(const struct dialect *d, enum pfkey_ext kind, uint8_t family);

/* 4, 6, or 0 for a number of no family we know; and back. */
uint8_t dialect_family(const struct dialect *d, uint64_t af);
uint16_t dialect_af(const struct dialect *d, uint8_t family);

/* One sockaddr at the cursor; octets borrowed by h. */
bool record_get_sockaddr(struct hdr *h, const struct dialect *d, struct rd *r, bool swap, struct err *e) MUST_USE;
void record_put_sockaddr(const struct dialect *d, const struct addr *a, struct wr *w);
struct addr record_sockaddr_addr(const struct hdr *h);

/* Copies the repeating octets of an extension into the other byte order. What is no whole record goes as it is. */
void record_swap(const struct dialect *d, enum pfkey_ext kind, struct bytes b, bool from_swap, struct wr *w);

#endif
