/*
 * Messages in the suite's notation, for reports: what says nothing (lengths and numbers that follow from the rest,
 * zero paddings) is left out, so that what is printed is what somebody meant.
 */
#include "pfkey/record.h"
#include "wire/text.h"

#include <inttypes.h>

static bool
is_zero(const struct hdr *h, unsigned i)
{
	struct rd r = rd_of(h->v[i].b);
	bool zero = true;
	if (!field_is_octets(&h->lay->fields[i]))
		return h->v[i].u == 0;
	while (rd_left(&r) > 0)
		zero &= rd_uint(&r, 1) == 0;
	return zero;
}

static void
hide(struct hdr *h, unsigned i)
{
	h->given &= ~(UINT32_C(1) << i);
}

/* Fields that are zero unless somebody means something. */
static void
hide_zeroes(struct hdr *h)
{
	static const char *const quiet[] = {
		"errno", "reserved", "res1", "res2", "pad", "flowinfo", "scope", "port", "proto", "satype", "sa_len",
	};
	for (unsigned i = 0; i < h->lay->n; i++)
		if (pfkey_field_is_absent(&h->lay->fields[i]))
			hide(h, i);
	for (unsigned i = 0; i < h->lay->n; i++)
		for (unsigned q = 0; q < sizeof quiet / sizeof quiet[0]; q++)
			if (strcmp(h->lay->fields[i].name, quiet[q]) == 0 && is_zero(h, i))
				hide(h, i);
}

static void
hide_address(const struct dialect *d, struct hdr *h)
{
	uint8_t family = dialect_family(d, h->v[XAD_FAMILY].u);
	if (family == 0)
		return;
	hide(h, XAD_FAMILY);
	if (h->v[XAD_SA_LEN].u == (family == 4 ? SIN_OCTETS : SIN6_OCTETS))
		hide(h, XAD_SA_LEN);
	if (h->v[XAD_PREFIXLEN].u == (family == 4 ? 32 : 128))
		hide(h, XAD_PREFIXLEN);
}

/* --- records, in the words of setkey where it has some ---------------------------------------- */

static void
print_algs(struct text *t, const struct pfkey_msg *m, struct bytes b)
{
	struct rd r = rd_of(b);
	const char *sep = "algs=";
	for (struct hdr h; hdr_get(&h, record_alg_layout(m->dialect), &r, m->swapped, NULL); sep = "|")
		text_add(t, "%s%" PRIu64 ":%" PRIu64 "-%" PRIu64, sep, h.v[SUP_ID].u, h.v[SUP_MINBITS].u,
			 h.v[SUP_MAXBITS].u);
}

static void
print_combs(struct text *t, const struct pfkey_msg *m, struct bytes b)
{
	struct rd r = rd_of(b);
	const char *sep = "combs=";
	for (struct hdr h; hdr_get(&h, &layout_sadb_comb, &r, m->swapped, NULL); sep = "|")
		text_add(t, "%s%" PRIu64 "+%" PRIu64, sep, h.v[COMB_ENCRYPT].u, h.v[COMB_AUTH].u);
}

/* ecombs=esp:crypt:12+esp:auth:3|.. */
static void
print_ecombs(struct text *t, const struct pfkey_msg *m, struct bytes b)
{
	static const char *const kinds[] = { "none", "auth", "crypt", "compress" };
	struct rd r = rd_of(b);
	const char *sep = "ecombs=";
	struct hdr h, a;
	for (; hdr_get(&h, &layout_sadb_ecomb, &r, m->swapped, NULL); sep = "|") {
		uint64_t left = h.v[ECOMB_NUMALGS].u;
		for (; left > 0 && hdr_get(&a, &layout_sadb_algdesc, &r, m->swapped, NULL); left--, sep = "+") {
			uint64_t satype = a.v[DESC_SATYPE].u, kind = a.v[DESC_ALGTYPE].u;
			text_add(t, "%s%s:%s:%" PRIu64, sep,
				 satype == SATYPE_ESP  ? "esp"
				 : satype == SATYPE_AH ? "ah"
						       : "?",
				 kind <= ALGTYPE_COMPRESS ? kinds[kind] : "?", a.v[DESC_ALG].u);
		}
	}
}

static void
print_end(struct text *t, const struct pfkey_msg *m, struct rd *r)
{
	struct hdr h;
	char addr[48];
	if (!record_get_sockaddr(&h, m->dialect, r, m->swapped, NULL))
		return;
	struct addr a = record_sockaddr_addr(&h);
	text_add(t, "%s", addr_print(&a, addr));
}

/* esp/tunnel/192.0.2.1-192.0.2.2/require */
static void
print_requests(struct text *t, const struct pfkey_msg *m, struct bytes b)
{
	struct rd r = rd_of(b);
	const char *sep = "requests=";
	for (struct hdr h; hdr_get(&h, record_request_layout(m->dialect), &r, m->swapped, NULL); sep = "|") {
		size_t head = m->dialect->request_header, octets = (size_t)h.v[REQ_LEN].u;
		const char *mode = names_name(h.lay->fields[REQ_MODE].names, h.v[REQ_MODE].u);
		const char *level = names_name(h.lay->fields[REQ_LEVEL].names, h.v[REQ_LEVEL].u);
		uint64_t proto = h.v[REQ_PROTO].u;
		if (octets < head)
			break;
		struct rd ends = rd_sub(&r, octets - head);
		text_add(t, "%s%s/%s/", sep, proto == 50 ? "esp" : proto == 51 ? "ah" : "?", mode != NULL ? mode : "?");
		print_end(t, m, &ends);
		text_add(t, "%s", rd_left(&ends) > 0 ? "-" : "");
		print_end(t, m, &ends);
		text_add(t, "/%s", level != NULL ? level : "?");
		if (h.v[REQ_REQID].u != 0)
			text_add(t, ":%" PRIu64, h.v[REQ_REQID].u);
	}
}

/* The records of an extension; false where it has none. */
static bool
print_records(struct text *t, const struct pfkey_msg *m, enum pfkey_ext kind, const struct hdr *h)
{
	switch (kind) {
	case EXT_X_SUPPORTED_COMP:
	case EXT_SUPPORTED_AUTH:
	case EXT_SUPPORTED_ENCRYPT: print_algs(t, m, h->v[XSUP_ALGS].b); return true;
	case EXT_PROPOSAL: print_combs(t, m, h->v[XPROP_COMBS].b); return true;
	case EXT_X_EPROP: print_ecombs(t, m, h->v[XEPROP_ECOMBS].b); return true;
	case EXT_X_POLICY: print_requests(t, m, h->v[XPOL_REQUESTS].b); return true;
	default: return false;
	}
}

/* --- the message ------------------------------------------------------------------------------ */

static void
print_hdr(struct text *t, const struct hdr *h)
{
	bool room = t->n < t->cap;
	t->n += hdr_print(h, room ? t->p + t->n : NULL, room ? t->cap - t->n : 0);
}

static void
print_ext(struct text *t, const struct pfkey_msg *m, unsigned i, bool show_keys)
{
	enum pfkey_ext kind = m->kind[i];
	struct hdr h = m->ext[i];
	if (h.v[X_LEN].u * 8 == (hdr_size(&h) + 7) / 8 * 8)
		hide(&h, X_LEN);
	if (kind != EXT_UNKNOWN && (int)h.v[X_TYPE].u == m->dialect->ext_number[kind])
		hide(&h, X_TYPE);
	hide_zeroes(&h);
	if (pfkey_ext_is_address(kind))
		hide_address(m->dialect, &h);
	if ((kind == EXT_KEY_AUTH || kind == EXT_KEY_ENCRYPT) && !show_keys)
		hide(&h, XKEY_KEY);
	char records[2048];
	struct text inner = text_of(records, sizeof records);
	if (print_records(&inner, m, kind, &m->ext[i]))
		hide(&h, h.lay->n - 1);
	text_mark_cut(&inner);
	size_t before = t->n;
	print_hdr(t, &h);
	if (inner.n == 0)
		return;
	if (t->n > before + strlen(h.lay->name))
		t->n--; /* over the closing parenthesis */
	text_add(t, "%s%s)", t->n > before + strlen(h.lay->name) ? ", " : "(", records);
}

/* Octets that are no message may hold keys all the same. */
static void
print_inner(struct text *t, const struct pfkey_msg *m, bool show_keys)
{
	struct pfkey_msg inner;
	bool room = t->n + 1 < t->cap;
	text_add(t, "/");
	if (pfkey_msg_parse(&inner, m->dialect, m->inner, m->swapped, NULL) && inner.inner.n == 0)
		t->n += pfkey_msg_print(&inner, show_keys, room ? t->p + t->n : NULL, room ? t->cap - t->n : 0);
	else if (show_keys)
		text_add_hex(t, m->inner);
	else
		text_add(t, "(%zu octets)", m->inner.n);
}

size_t
pfkey_msg_print(const struct pfkey_msg *m, bool show_keys, char *text, size_t cap)
{
	struct text t = text_of(text, cap);
	struct hdr base = m->base;
	enum pfkey_type type = pfkey_msg_type(m);
	struct layout lay = *base.lay;
	if (type != PFKEY_RESERVED) {
		lay.name = pfkey_type_name(type);
		hide(&base, MSG_TYPE);
	}
	if (base.v[MSG_VERSION].u == PFKEY_VERSION)
		hide(&base, MSG_VERSION);
	hide(&base, MSG_LEN);
	base.lay = &lay;
	hide_zeroes(&base);
	if (cap > 0)
		*text = '\0';
	print_hdr(&t, &base);
	for (unsigned i = 0; i < m->n; i++) {
		text_add(&t, "/");
		print_ext(&t, m, i, show_keys);
	}
	if (m->inner.n > 0)
		print_inner(&t, m, show_keys);
	return t.n;
}
