/*
 * The values inside extensions, RFC 2367 2.3.1 to 2.3.9 and 3.7. What needs the SAD or the algorithm table to be judged
 * is in sadb_check.c.
 */
#include "pfkey/grammar.h"
#include "pfkey/record.h"

#include <errno.h>
#include <stdlib.h>

enum { UNIT = 8, TEXT_MAX = 64 };

static size_t
octets_said(const struct hdr *h)
{
	return (size_t)h->v[X_LEN].u * UNIT;
}

static size_t
rounded(size_t octets)
{
	return (octets + UNIT - 1) / UNIT * UNIT;
}

static int
refuse_length(const struct hdr *h, size_t want, struct err *e)
{
	return pfkey_refuse(e, EINVAL, "%s.len: want %zu units, got %u  [%s]", h->lay->name, want / UNIT,
			    (unsigned)h->v[X_LEN].u, h->lay->clause != NULL ? h->lay->clause : "KAME");
}

static bool
is_fixed(const struct layout *lay)
{
	for (unsigned i = 0; i < lay->n; i++)
		if (lay->fields[i].bits == 0 && !pfkey_field_is_absent(&lay->fields[i]))
			return false;
	return true;
}

/* NULL has a key of no bits, and kernels want the extension for it: the one exception to 2.3.4. */
static bool
is_of_null(const struct pfkey_msg *m, enum pfkey_ext kind)
{
	const struct hdr *sa = pfkey_msg_get(m, EXT_SA);
	bool auth = kind == EXT_KEY_AUTH;
	const struct alg *a = sa == NULL ? NULL
					 : dialect_alg(m->dialect, auth ? ALG_AUTH : ALG_ENC,
						       (int)sa->v[auth ? XSA_AUTH : XSA_ENCRYPT].u);
	return a != NULL && a->kind == ALG_NULL;
}

static int
check_key(const struct pfkey_msg *m, enum pfkey_ext kind, const struct hdr *h, struct err *e)
{
	size_t bits = (size_t)h->v[XKEY_BITS].u;
	if (bits == 0 && !is_of_null(m, kind))
		return pfkey_refuse(e, EINVAL, "%s.bits: 0 is an error  [RFC 2367 2.3.4]", h->lay->name);
	size_t want = rounded(8 + (bits + 7) / 8);
	return octets_said(h) == want ? 0 : refuse_length(h, want, e);
}

static int
check_sensitivity(const struct hdr *h, struct err *e)
{
	size_t want = 16 + (size_t)(h->v[XSENS_SENS_LEN].u + h->v[XSENS_INTEG_LEN].u) * UNIT;
	return octets_said(h) == want ? 0 : refuse_length(h, want, e);
}

/* Both zero without the algorithm, neither with it, RFC 2367 2.3.7. */
static bool
comb_bits_fit(const struct hdr *comb, unsigned alg, unsigned min, unsigned max)
{
	uint64_t lo = comb->v[min].u, hi = comb->v[max].u;
	return comb->v[alg].u == 0 ? lo == 0 && hi == 0 : lo != 0 && lo <= hi;
}

static int
check_proposal(const struct pfkey_msg *m, const struct hdr *h, struct err *e)
{
	struct bytes combs = h->v[XPROP_COMBS].b;
	if (combs.n == 0 || combs.n % COMB_OCTETS != 0)
		return pfkey_refuse(e, EINVAL,
				    "proposal.combs: want whole combinations of 72 octets, got %zu octets  "
				    "[RFC 2367 2.3.7]",
				    combs.n);
	struct rd r = rd_of(combs);
	for (struct hdr comb; hdr_get(&comb, &layout_sadb_comb, &r, m->swapped, NULL);)
		if (!comb_bits_fit(&comb, COMB_AUTH, COMB_AUTH_MIN, COMB_AUTH_MAX) ||
		    !comb_bits_fit(&comb, COMB_ENCRYPT, COMB_ENCRYPT_MIN, COMB_ENCRYPT_MAX))
			return pfkey_refuse(e, EINVAL,
					    "proposal.combs: key bits of a combination do not fit its "
					    "algorithms  [RFC 2367 2.3.7]");
	return 0;
}

static int
check_supported(const struct pfkey_msg *m, const struct hdr *h, struct err *e)
{
	struct rd r = rd_of(h->v[XSUP_ALGS].b);
	for (struct hdr alg; hdr_get(&alg, record_alg_layout(m->dialect), &r, m->swapped, NULL);)
		if (alg.v[SUP_MINBITS].u > alg.v[SUP_MAXBITS].u)
			return pfkey_refuse(e, EINVAL, "%s: algorithm %u: minbits exceed maxbits  [RFC 2367 2.3.8]",
					    h->lay->name, (unsigned)alg.v[SUP_ID].u);
	return 0;
}

static int
check_spirange(const struct hdr *h, struct err *e)
{
	uint32_t min = (uint32_t)h->v[XRANGE_MIN].u, max = (uint32_t)h->v[XRANGE_MAX].u;
	if (min <= max)
		return 0;
	return pfkey_refuse(e, EINVAL, "spirange: min 0x%x exceeds max 0x%x  [RFC 2367 2.3.9]", min, max);
}

/* --- addresses -------------------------------------------------------------------------------- */

static int
check_address(const struct pfkey_msg *m, const struct hdr *h, struct err *e)
{
	struct addr a = pfkey_address(h, NULL);
	const char *name = h->lay->name;
	if (a.family == 0)
		return pfkey_refuse(e, EINVAL, "%s.family: %u is none we know  [RFC 2367 2.3.3]", name,
				    (unsigned)h->v[XAD_FAMILY].u);
	unsigned octets = a.family == 4 ? SIN_OCTETS : SIN6_OCTETS, bits = a.family == 4 ? 32 : 128;
	if (octets_said(h) != rounded(8 + octets))
		return refuse_length(h, rounded(8 + octets), e);
	if (m->dialect->sa_len && h->v[XAD_SA_LEN].u != octets)
		return pfkey_refuse(e, EINVAL, "%s.sa_len: want %u, got %u  [RFC 2367 2.3.3]", name, octets,
				    (unsigned)h->v[XAD_SA_LEN].u);
	if (h->v[XAD_PREFIXLEN].u > bits)
		return pfkey_refuse(e, EINVAL, "%s.prefixlen: want at most %u, got %u  [RFC 2367 2.3.3]", name, bits,
				    (unsigned)h->v[XAD_PREFIXLEN].u);
	return 0;
}

/* Addresses that are there for their ports: of a flow's selectors, of a NAT's mappings. */
static bool
is_for_ports(enum pfkey_ext kind)
{
	return kind == EXT_X_SRC_FLOW || kind == EXT_X_SRC_MASK || kind == EXT_X_DST_FLOW || kind == EXT_X_DST_MASK ||
	       kind == EXT_X_NATT_LOC || kind == EXT_X_NATT_REM;
}

/* Else only ACQUIRE has ports, and says of which protocol, RFC 2367 2.3.3. Managers' own ports are passed over. */
static int
check_port(const struct pfkey_msg *m, enum pfkey_dir dir, enum pfkey_ext kind, const struct hdr *h, struct err *e)
{
	enum pfkey_type type = pfkey_msg_type(m);
	bool has_ports = type == PFKEY_ACQUIRE || type == PFKEY_X_PCHANGE || type == PFKEY_X_INVERSE_ACQUIRE;
	bool says_proto = !pfkey_field_is_absent(&h->lay->fields[XAD_PROTO]);
	if (h->v[XAD_PORT].u == 0 || pfkey_type_is_policy(type) || is_for_ports(kind))
		return 0;
	if (has_ports && says_proto && h->v[XAD_PROTO].u == 0)
		return pfkey_refuse(e, EINVAL, "%s.proto: 0 beside a port  [RFC 2367 2.3.3]", h->lay->name);
	if (!has_ports && dir == PFKEY_OUT)
		return pfkey_refuse(e, EINVAL, "%s.port: want 0, got %u  [RFC 2367 2.3.3]", h->lay->name,
				    (unsigned)h->v[XAD_PORT].u);
	return 0;
}

static bool
is_broadcast(const struct addr *a)
{
	static const uint8_t ones[4] = { 255, 255, 255, 255 };
	return bytes_equal(addr_bytes(a), BYTES_OF(ones));
}

/* Together or not at all, of one family, the source unicast or unspecified: RFC 2367 2.3.3. */
static int
check_pair(const struct pfkey_msg *m, struct err *e)
{
	const struct hdr *src = pfkey_msg_get(m, EXT_ADDRESS_SRC), *dst = pfkey_msg_get(m, EXT_ADDRESS_DST);
	if ((src == NULL) != (dst == NULL))
		return pfkey_refuse(e, EINVAL, "%s: is there alone  [RFC 2367 2.3.3]",
				    src != NULL ? "address_src" : "address_dst");
	if (src == NULL)
		return 0;
	struct addr from = pfkey_address(src, NULL), to = pfkey_address(dst, NULL);
	if (from.family != to.family)
		return pfkey_refuse(e, EINVAL, "addresses: source is IPv%u, destination IPv%u  [RFC 2367 2.3.3]",
				    from.family, to.family);
	if (pfkey_type_is_policy(pfkey_msg_type(m))) {
		if (src->v[XAD_PROTO].u == dst->v[XAD_PROTO].u)
			return 0;
		return pfkey_refuse(e, EINVAL, "addresses: proto %u and %u differ", (unsigned)src->v[XAD_PROTO].u,
				    (unsigned)dst->v[XAD_PROTO].u);
	}
	if (addr_is_multicast(&from) || is_broadcast(&from))
		return pfkey_refuse(e, EINVAL, "address_src: want unicast or unspecified  [RFC 2367 2.3.3]");
	return 0;
}

/* --- identities ------------------------------------------------------------------------------- */

/* The text before the NUL; false without one, or where it is too long for an address. */
static bool
string_of(struct bytes b, char *text, size_t cap, size_t *n)
{
	struct rd r = rd_of(b);
	for (*n = 0; rd_left(&r) > 0; ++*n) {
		char c = (char)rd_uint(&r, 1);
		if (*n < cap)
			text[*n] = c;
		if (c == '\0')
			return true;
	}
	return false;
}

static bool
number_of(const char *text, unsigned max, unsigned *value)
{
	*value = 0;
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		*value = *value * 10 + (unsigned)(*text - '0');
		if (*value > max)
			return false;
	}
	return true;
}

/* "199.33.248.64/27": no bits behind the prefix, and the SA's address inside it. RFC 2367 3.7. */
static int
check_prefix(const char *name, char *text, const struct hdr *address, struct err *e)
{
	struct addr prefix, holds = address != NULL ? pfkey_address(address, NULL) : (struct addr){ 0 };
	unsigned bits;
	char *slash = strchr(text, '/');
	if (slash != NULL)
		*slash = '\0';
	if (slash == NULL || !addr_parse(&prefix, text, NULL) ||
	    !number_of(slash + 1, prefix.family == 4 ? 32 : 128, &bits))
		return pfkey_refuse(e, EINVAL, "%s.string: want ADDRESS/LENGTH  [RFC 2367 3.7]", name);
	for (unsigned i = bits; i < (prefix.family == 4 ? 32U : 128U); i++)
		if (prefix.o[i / 8] >> (7 - i % 8) & 1)
			return pfkey_refuse(e, EINVAL, "%s.string: bits behind the prefix are not zero  [RFC 2367 3.7]",
					    name);
	if (holds.family != 0 && !addr_in_prefix(&holds, &prefix, bits))
		return pfkey_refuse(e, EINVAL, "%s.string: the SA's address is outside  [RFC 2367 3.7]", name);
	return 0;
}

static int
check_identity(const struct pfkey_msg *m, enum pfkey_ext kind, const struct hdr *h, struct err *e)
{
	char text[TEXT_MAX] = "";
	size_t n = 0;
	uint64_t type = h->v[XID_IDTYPE].u;
	struct bytes string = h->v[XID_STRING].b;
	if (type < IDENT_PREFIX || type > m->dialect->ident_max)
		return pfkey_refuse(e, EINVAL, "%s.idtype: %u is no type  [RFC 2367 3.7]", h->lay->name,
				    (unsigned)type);
	if ((string.n == 0 && type == IDENT_USERFQDN) || type > IDENT_USERFQDN)
		return 0; /* the id alone names a user; the systems' own types are no text */
	if (!string_of(string, text, sizeof text, &n))
		return pfkey_refuse(e, EINVAL, "%s.string: ends without NUL  [RFC 2367 2.3.5]", h->lay->name);
	if (octets_said(h) != rounded(16 + n + 1))
		return refuse_length(h, rounded(16 + n + 1), e);
	if (type != IDENT_PREFIX)
		return 0;
	if (n >= sizeof text)
		return pfkey_refuse(e, EINVAL, "%s.string: want ADDRESS/LENGTH  [RFC 2367 3.7]", h->lay->name);
	return check_prefix(h->lay->name, text,
			    pfkey_msg_get(m, kind == EXT_IDENTITY_SRC ? EXT_ADDRESS_SRC : EXT_ADDRESS_DST), e);
}

/* --- all -------------------------------------------------------------------------------------- */

static int
check_value(const struct pfkey_msg *m, enum pfkey_dir dir, enum pfkey_ext kind, const struct hdr *h, struct err *e)
{
	if (is_fixed(h->lay))
		return octets_said(h) == rounded(hdr_size(h)) ? 0 : refuse_length(h, rounded(hdr_size(h)), e);
	if (pfkey_ext_is_address(kind)) {
		int refused = check_address(m, h, e);
		return refused != 0 ? refused : check_port(m, dir, kind, h, e);
	}
	switch (kind) {
	case EXT_KEY_AUTH:
	case EXT_KEY_ENCRYPT: return check_key(m, kind, h, e);
	case EXT_IDENTITY_SRC:
	case EXT_IDENTITY_DST: return check_identity(m, kind, h, e);
	case EXT_SENSITIVITY: return check_sensitivity(h, e);
	case EXT_PROPOSAL: return check_proposal(m, h, e);
	case EXT_X_SUPPORTED_COMP:
	case EXT_SUPPORTED_AUTH:
	case EXT_SUPPORTED_ENCRYPT: return check_supported(m, h, e);
	case EXT_X_POLICY: return pfkey_check_requests(m, h, e);
	case EXT_X_SEC_CTX:
		return octets_said(h) == rounded(8 + h->v[XCTX_LENGTH].u)
			       ? 0
			       : refuse_length(h, rounded(8 + h->v[XCTX_LENGTH].u), e);
	default: return 0;
	}
}

int
pfkey_check_value(const struct pfkey_msg *m, enum pfkey_dir dir, enum pfkey_ext kind, struct err *e)
{
	const struct hdr *h = pfkey_msg_get(m, kind);
	if (h == NULL)
		return 0;
	int refused = check_value(m, dir, kind, h, e);
	return refused == 0 && kind == EXT_SPIRANGE ? check_spirange(h, e) : refused;
}

int
pfkey_check_values(const struct pfkey_msg *m, enum pfkey_dir dir, ext_set kinds, struct err *e)
{
	for (unsigned i = 0; i < m->n; i++) {
		int refused = kinds & EXT_BIT(m->kind[i]) ? check_value(m, dir, m->kind[i], &m->ext[i], e) : 0;
		if (refused != 0)
			return refused;
	}
	const struct hdr *range = pfkey_msg_get(m, EXT_SPIRANGE);
	if (range != NULL && (kinds & EXT_BIT(EXT_SPIRANGE)) && check_spirange(range, e) != 0)
		return EINVAL;
	return kinds & EXT_BIT(EXT_ADDRESS_SRC) ? check_pair(m, e) : 0;
}
