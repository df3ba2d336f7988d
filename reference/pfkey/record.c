#include "pfkey/record.h"

bool
record_get_sockaddr(struct hdr *h, const struct dialect *d, struct rd *r, bool swap, struct err *e)
{
	struct rd look = *r;
	if (!hdr_get(h, record_sockaddr_layout(d, 0), &look, swap, e))
		return false;
	uint8_t family = dialect_family(d, h->v[SOCK_FAMILY].u);
	return hdr_get(h, record_sockaddr_layout(d, family), r, swap, e);
}

struct addr
record_sockaddr_addr(const struct hdr *h)
{
	/* 4 octets of an unknown family are no IPv4 address. */
	bool known = field_kind_of(&h->lay->fields[SOCK_ADDR]) != F_BYTES;
	return addr_of(known ? h->v[SOCK_ADDR].b : BYTES_NONE);
}

void
record_put_sockaddr(const struct dialect *d, const struct addr *a, struct wr *w)
{
	static const uint8_t sin_zero[SIN_OCTETS - 8];
	struct hdr h = hdr_of(record_sockaddr_layout(d, a->family));
	if (d->sa_len)
		hdr_set(&h, SOCK_SA_LEN, a->family == 6 ? SIN6_OCTETS : SIN_OCTETS);
	hdr_set(&h, SOCK_FAMILY, dialect_af(d, a->family));
	hdr_set_bytes(&h, SOCK_ADDR, addr_bytes(a));
	if (a->family == 4)
		hdr_set_bytes(&h, SOCK_PAD, BYTES_OF(sin_zero));
	hdr_put(&h, w, false);
}

static bool
swap_one(const struct layout *lay, struct rd *r, bool from_swap, struct wr *w)
{
	struct rd saved = *r;
	struct hdr h;
	if (hdr_get(&h, lay, r, from_swap, NULL)) {
		hdr_put(&h, w, !from_swap);
		return true;
	}
	*r = saved;
	return false;
}

/* Two socket addresses, or none, behind a request's head. */
static void
swap_request(const struct dialect *d, struct rd *r, bool from_swap, struct wr *w)
{
	struct hdr h;
	struct rd saved = *r;
	if (!hdr_get(&h, record_request_layout(d), r, from_swap, NULL) || h.v[REQ_LEN].u < d->request_header) {
		*r = saved;
		return;
	}
	hdr_put(&h, w, !from_swap);
	size_t body = (size_t)h.v[REQ_LEN].u - d->request_header;
	struct rd in = rd_sub(r, body < rd_left(r) ? body : rd_left(r));
	struct hdr sa;
	for (saved = in; rd_left(&in) > 0 && record_get_sockaddr(&sa, d, &in, from_swap, NULL); saved = in)
		hdr_put(&sa, w, !from_swap);
	wr_bytes(w, rd_rest(&saved));
}

/* A combination of Solaris and the algorithms behind it. */
static void
swap_ecomb(struct rd *r, bool from_swap, struct wr *w)
{
	struct hdr h;
	struct rd look = *r;
	if (!hdr_get(&h, &layout_sadb_ecomb, &look, from_swap, NULL) || !swap_one(&layout_sadb_ecomb, r, from_swap, w))
		return;
	for (uint64_t i = 0; i < h.v[ECOMB_NUMALGS].u; i++)
		if (!swap_one(&layout_sadb_algdesc, r, from_swap, w))
			return;
}

void
record_swap(const struct dialect *d, enum pfkey_ext kind, struct bytes b, bool from_swap, struct wr *w)
{
	struct rd r = rd_of(b);
	size_t before = SIZE_MAX;
	while (rd_left(&r) > 0 && rd_left(&r) < before) {
		before = rd_left(&r);
		if (kind == EXT_X_POLICY)
			swap_request(d, &r, from_swap, w);
		else if (kind == EXT_X_EPROP)
			swap_ecomb(&r, from_swap, w);
		else
			(void)swap_one(kind == EXT_PROPOSAL ? &layout_sadb_comb : record_alg_layout(d), &r, from_swap,
				       w);
	}
	wr_bytes(w, rd_rest(&r));
}
