/*
 * Messages: built, written and read. Framing is judged here, meaning in pfkey_validate.c.
 */
#include "pfkey/grammar.h"
#include "pfkey/record.h"

#include <assert.h>

enum { UNIT = 8, NUMBER_UNKNOWN = 0x7fff };

static size_t
whole_units(size_t octets)
{
	return (octets + UNIT - 1) / UNIT;
}

void
pfkey_msg_init(struct pfkey_msg *m, const struct dialect *d, enum pfkey_type type, uint8_t satype)
{
	memset(m, 0, sizeof *m);
	m->dialect = d;
	m->base = hdr_of(d->base);
	if (type == PFKEY_RESERVED || d->type_number[type] >= 0)
		hdr_set(&m->base, MSG_TYPE, type == PFKEY_RESERVED ? 0 : (uint64_t)d->type_number[type]);
	hdr_set(&m->base, MSG_SATYPE, satype);
}

enum pfkey_type
pfkey_msg_type(const struct pfkey_msg *m)
{
	return dialect_type(m->dialect, (unsigned)m->base.v[MSG_TYPE].u);
}

struct hdr *
pfkey_msg_push(struct pfkey_msg *m, enum pfkey_ext kind, uint8_t family)
{
	if (m->n >= PFKEY_EXTS)
		return NULL;
	m->kind[m->n] = (uint8_t)kind;
	m->ext[m->n] = hdr_of(pfkey_ext_layout(m->dialect, kind, family));
	return &m->ext[m->n++];
}

const struct hdr *
pfkey_msg_get(const struct pfkey_msg *m, enum pfkey_ext kind)
{
	for (unsigned i = 0; i < m->n; i++)
		if (m->kind[i] == kind)
			return &m->ext[i];
	return NULL;
}

struct addr
pfkey_address(const struct hdr *x, uint16_t *port)
{
	bool known = field_kind_of(&x->lay->fields[XAD_ADDR]) != F_BYTES;
	if (port != NULL)
		*port = (uint16_t)x->v[XAD_PORT].u;
	return addr_of(known ? x->v[XAD_ADDR].b : BYTES_NONE);
}

/* --- what has one right value ----------------------------------------------------------------- */

static void
compute_address(const struct pfkey_msg *m, struct hdr *h)
{
	static const uint8_t sin_zero[8];
	enum field_kind kind = field_kind_of(&h->lay->fields[XAD_ADDR]);
	uint8_t family = kind == F_IP4 ? 4 : kind == F_IP6 ? 6 : 0;
	if (pfkey_type_is_policy(pfkey_msg_type(m)))
		hdr_fill(h, XAD_PROTO, PFKEY_ULPROTO_ANY);
	hdr_fill(h, XAD_PREFIXLEN, family == 4 ? 32 : family == 6 ? 128 : 0);
	hdr_fill(h, XAD_FAMILY, dialect_af(m->dialect, family));
	if (m->dialect->sa_len)
		hdr_fill(h, XAD_SA_LEN, family == 6 ? SIN6_OCTETS : SIN_OCTETS);
	if (family == 4)
		hdr_fill_bytes(h, XAD_PAD, BYTES_OF(sin_zero));
}

static void
compute_proposal(const struct pfkey_msg *m, struct hdr *h)
{
	if (m->dialect->prop_num)
		hdr_fill(h, XPROP_NUM, h->v[XPROP_COMBS].b.n / COMB_OCTETS);
}

static void
compute_body(const struct pfkey_msg *m, enum pfkey_ext kind, struct hdr *h)
{
	enum pfkey_type type = pfkey_msg_type(m);
	if (pfkey_ext_is_address(kind))
		compute_address(m, h);
	else if (kind == EXT_SA && (type == PFKEY_ADD || type == PFKEY_UPDATE))
		hdr_fill(h, XSA_STATE, SA_MATURE); /* RFC 2367 3.1.2, 3.1.3: the only one */
	else if (kind == EXT_PROPOSAL)
		compute_proposal(m, h);
	else if (kind == EXT_KEY_AUTH || kind == EXT_KEY_ENCRYPT)
		hdr_fill(h, XKEY_BITS, h->v[XKEY_KEY].b.n * 8);
	else if (kind == EXT_SENSITIVITY) {
		hdr_fill(h, XSENS_SENS_LEN, whole_units(h->v[XSENS_SENS].b.n));
		hdr_fill(h, XSENS_INTEG_LEN, whole_units(h->v[XSENS_INTEG].b.n));
	} else if (kind == EXT_SPIRANGE) {
		hdr_fill(h, XRANGE_MIN, 0x100); /* RFC 4303 2.1: 1 to 255 are reserved */
		hdr_fill(h, XRANGE_MAX, UINT32_MAX);
	} else if (kind == EXT_X_NAT_T_TYPE)
		hdr_fill(h, XNT_VALUE, 2); /* ESP in UDP */
	else if (kind == EXT_X_SEC_CTX)
		hdr_fill(h, XCTX_LENGTH, h->v[XCTX_CONTEXT].b.n);
}

void
pfkey_msg_compute(struct pfkey_msg *m)
{
	size_t units = whole_units(hdr_size(&m->base)) + whole_units(m->inner.n);
	for (unsigned i = 0; i < m->n; i++) {
		struct hdr *h = &m->ext[i];
		int number = m->dialect->ext_number[m->kind[i]];
		compute_body(m, m->kind[i], h);
		hdr_fill(h, X_LEN, whole_units(hdr_size(h)));
		hdr_fill(h, X_TYPE, number < 0 ? NUMBER_UNKNOWN : (uint64_t)number);
		units += whole_units(hdr_size(h));
	}
	hdr_fill(&m->base, MSG_VERSION, PFKEY_VERSION);
	hdr_fill(&m->base, MSG_LEN, units);
}

/* --- to octets -------------------------------------------------------------------------------- */

/* The field whose octets hold integers: it follows the message's byte order, field tables cannot. */
static int
record_field(enum pfkey_ext kind)
{
	switch (kind) {
	case EXT_X_POLICY: return XPOL_REQUESTS;
	case EXT_PROPOSAL: return XPROP_COMBS;
	case EXT_X_EPROP: return XEPROP_ECOMBS;
	case EXT_X_SUPPORTED_COMP:
	case EXT_SUPPORTED_AUTH:
	case EXT_SUPPORTED_ENCRYPT: return XSUP_ALGS;
	default: return -1;
	}
}

static void
put_ext(const struct pfkey_msg *m, unsigned i, bool swap, struct wr *out)
{
	size_t start = out->n;
	int records = record_field(m->kind[i]);
	if (records < 0 || swap == m->swapped) {
		hdr_put(&m->ext[i], out, swap);
	} else {
		struct hdr head = m->ext[i];
		head.v[records].b = BYTES_NONE;
		hdr_put(&head, out, swap);
		record_swap(m->dialect, m->kind[i], m->ext[i].v[records].b, m->swapped, out);
	}
	wr_fill(out, 0, whole_units(out->n - start) * UNIT - (out->n - start));
}

static bool
check_sayable(const struct pfkey_msg *m, struct err *e)
{
	if (!hdr_given(&m->base, MSG_TYPE))
		return fail(e, ERR_UNSUPPORTED, "pfkey.type: %s has no such message", m->dialect->name);
	for (unsigned i = 0; i < m->n; i++)
		if (m->kind[i] != EXT_UNKNOWN && m->dialect->ext_number[m->kind[i]] < 0 &&
		    !hdr_given(&m->ext[i], X_TYPE))
			return fail(e, ERR_UNSUPPORTED, "%s: %s has no such extension", m->ext[i].lay->name,
				    m->dialect->name);
	return true;
}

/* X_PROMISC has its own meaning for the field, RFC 2367 appendix A. */
static bool
has_satype(const struct pfkey_msg *m)
{
	return pfkey_msg_type(m) != PFKEY_X_PROMISC;
}

static void
put_base(const struct pfkey_msg *m, bool swap, struct wr *out)
{
	struct hdr base = m->base;
	if (has_satype(m))
		base.v[MSG_SATYPE].u = dialect_satype_number(m->dialect, (uint8_t)base.v[MSG_SATYPE].u);
	hdr_put(&base, out, swap);
}

bool
pfkey_msg_put(struct pfkey_msg *m, bool swap, struct wr *out, struct err *e)
{
	if (!check_sayable(m, e))
		return false;
	pfkey_msg_compute(m);
	put_base(m, swap, out);
	for (unsigned i = 0; i < m->n; i++)
		put_ext(m, i, swap, out);
	wr_bytes(out, m->inner);
	wr_fill(out, 0, whole_units(m->inner.n) * UNIT - m->inner.n);
	if (out->full)
		return fail(e, ERR_RANGE, "%s: want room for the message, got %zu octets",
			    pfkey_type_name(pfkey_msg_type(m)), out->cap);
	return true;
}

/* --- from octets ------------------------------------------------------------------------------ */

static bool
parse_body(struct pfkey_msg *m, enum pfkey_ext kind, struct rd in, bool swap, struct err *e)
{
	struct hdr *h = &m->ext[m->n];
	struct rd look = in;
	uint8_t family = 0;
	if (pfkey_ext_is_address(kind)) {
		if (!hdr_get(h, pfkey_ext_layout(m->dialect, kind, 0), &look, swap, e))
			return false;
		family = dialect_family(m->dialect, h->v[XAD_FAMILY].u);
	}
	m->kind[m->n] = (uint8_t)kind;
	if (!hdr_get(h, pfkey_ext_layout(m->dialect, kind, family), &in, swap, e))
		return false;
	m->n++;
	/* Where no prefix can be said the whole address is meant. */
	if (family != 0 && pfkey_field_is_absent(&h->lay->fields[XAD_PREFIXLEN]))
		h->v[XAD_PREFIXLEN].u = family == 4 ? 32 : 128;
	return true;
}

static bool
parse_ext(struct pfkey_msg *m, struct rd *r, bool swap, struct err *e)
{
	struct rd look = *r;
	struct hdr head;
	size_t at = r->at, left = rd_left(r);
	if (!hdr_get(&head, pfkey_ext_layout(m->dialect, EXT_UNKNOWN, 0), &look, swap, e))
		return err_prefix(e, "octet %zu", at);
	size_t octets = (size_t)head.v[X_LEN].u * UNIT;
	unsigned number = (unsigned)head.v[X_TYPE].u;
	if (octets == 0)
		return fail(e, ERR_RANGE, "octet %zu: extension %u: len: want 1 or more, got 0", at, number);
	if (octets > left)
		return fail(e, ERR_SHORT, "octet %zu: extension %u: want %zu octets, got %zu", at, number, octets,
			    left);
	if (m->n >= PFKEY_EXTS)
		return fail(e, ERR_RANGE, "octet %zu: want at most %d extensions", at, PFKEY_EXTS);
	if (!parse_body(m, dialect_ext(m->dialect, number), rd_sub(r, octets), swap, e))
		return err_prefix(e, "octet %zu", at);
	return true;
}

bool
pfkey_msg_parse(struct pfkey_msg *m, const struct dialect *d, struct bytes octets, bool swap, struct err *e)
{
	struct rd r = rd_of(octets);
	m->dialect = d;
	m->n = 0;
	m->swapped = swap;
	m->inner = BYTES_NONE;
	if (!hdr_get(&m->base, d->base, &r, swap, e))
		return false;
	if (m->base.v[MSG_LEN].u * UNIT != octets.n)
		return fail(e, ERR_RANGE, "pfkey.len: want %zu octets in units of 8, got %u", octets.n,
			    (unsigned)m->base.v[MSG_LEN].u);
	if (has_satype(m))
		m->base.v[MSG_SATYPE].u = dialect_satype(d, (uint8_t)m->base.v[MSG_SATYPE].u);
	else
		m->inner = rd_rest(&r);
	while (rd_left(&r) > 0)
		if (!parse_ext(m, &r, swap, e))
			return false;
	return true;
}

/* --- pieces that many messages share ---------------------------------------------------------- */

bool
pfkey_msg_push_address(struct pfkey_msg *m, enum pfkey_ext kind, const struct addr *a, uint8_t prefixlen, uint8_t proto,
		       uint16_t port, struct err *e)
{
	if (a->family != 4 && a->family != 6)
		return fail(e, ERR_UNSUPPORTED, "%s: want an IPv4 or IPv6 address, got none", pfkey_ext_name(kind));
	struct hdr *h = pfkey_msg_push(m, kind, a->family);
	if (h == NULL)
		return fail(e, ERR_RANGE, "%s: the message is full", pfkey_ext_name(kind));
	if (!m->dialect->bare_address) {
		hdr_set(h, XAD_PROTO, proto);
		hdr_set(h, XAD_PREFIXLEN, prefixlen);
	}
	hdr_set(h, XAD_PORT, port);
	hdr_set_bytes(h, XAD_ADDR, addr_bytes(a));
	return true;
}

bool
pfkey_msg_name_sa(struct pfkey_msg *m, uint32_t spi, const struct addr *src, const struct addr *dst, struct err *e)
{
	struct hdr *sa = pfkey_msg_push(m, EXT_SA, 0);
	if (sa == NULL)
		return fail(e, ERR_RANGE, "sa: the message is full");
	hdr_set(sa, XSA_SPI, spi);
	return pfkey_msg_push_address(m, EXT_ADDRESS_SRC, src, src->family == 4 ? 32 : 128, 0, 0, e) &&
	       pfkey_msg_push_address(m, EXT_ADDRESS_DST, dst, dst->family == 4 ? 32 : 128, 0, 0, e);
}

unsigned
pfkey_supported(const struct pfkey_msg *m, enum pfkey_ext kind, struct pfkey_alg *rows, unsigned max)
{
	const struct hdr *x = pfkey_msg_get(m, kind);
	if (x == NULL || record_field(kind) != XSUP_ALGS)
		return 0;
	struct rd r = rd_of(x->v[XSUP_ALGS].b);
	unsigned n = 0;
	for (struct hdr h; hdr_get(&h, record_alg_layout(m->dialect), &r, m->swapped, NULL); n++) {
		if (n >= max)
			continue;
		rows[n] = (struct pfkey_alg){
			.id = (uint8_t)h.v[SUP_ID].u,
			.ivlen = (uint8_t)h.v[SUP_IVLEN].u,
			.minbits = (uint16_t)(h.v[SUP_MINBITS].u + h.v[SUP_SALTBITS].u),
			.maxbits = (uint16_t)(h.v[SUP_MAXBITS].u + h.v[SUP_SALTBITS].u),
		};
	}
	return n;
}
