#include "ipsec/ipcomp.h"

#define ZLIB_CONST
#include <zlib.h>

/*
 * RFC 2394 2 is RFC 1951 without the header of zlib. A receiver may keep as little as 2 KiB of history (Linux does), so no copy reaches
 * further back than that; every stream must be understood.
 */
enum { WINDOW_SENT = -11, WINDOW_TAKEN = -MAX_WBITS, MEMORY = 8 };

/* All that is left of w, to be given back in part. */
static uint8_t *
rest_of(struct wr *w, size_t *n)
{
	*n = wr_left(w);
	return wr_room(w, *n);
}

/* Appends what payload deflates to; out is as it was unless ACCEPT. */
static enum verdict
squeeze(struct bytes payload, struct wr *out)
{
	size_t start = out->n, room;
	z_stream z = { .next_in = payload.p, .avail_in = (uInt)payload.n };
	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_SENT, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		return DROP_INTERNAL;
	z.next_out = rest_of(out, &room);
	z.avail_out = (uInt)room;
	bool done = deflate(&z, Z_FINISH) == Z_STREAM_END;
	out->n = start + (done ? room - z.avail_out : 0);
	deflateEnd(&z);
	return done ? ACCEPT : DROP_TOO_BIG;
}

static enum verdict
swell(struct bytes octets, struct wr *out)
{
	size_t start = out->n, room;
	z_stream z = { .next_in = octets.p, .avail_in = (uInt)octets.n };
	if (inflateInit2(&z, WINDOW_TAKEN) != Z_OK)
		return DROP_INTERNAL;
	z.next_out = rest_of(out, &room);
	z.avail_out = (uInt)room;
	bool done = inflate(&z, Z_FINISH) == Z_STREAM_END;
	out->n = start + (done ? room - z.avail_out : 0);
	inflateEnd(&z);
	return done ? ACCEPT : DROP_COMPRESSION;
}

enum verdict
ipcomp_seal(const struct sa *sa, const struct hdr *given, uint8_t next_header, struct bytes payload, struct wr *out)
{
	size_t start = out->n;
	struct hdr h = given != NULL ? *given : hdr_of(&layout_ipcomp);
	hdr_fill(&h, IPCOMP_NEXT_HEADER, next_header);
	hdr_fill(&h, IPCOMP_CPI, sa->spec.spi);
	if (wr_left(out) < IPCOMP_HEADER)
		return DROP_TOO_BIG;
	hdr_put(&h, out, false);
	enum verdict v = squeeze(payload, out);
	if (v != ACCEPT)
		out->n = start;
	return v;
}

enum verdict
ipcomp_open(const struct sa *sa, struct bytes packet, struct wr *work, struct ipcomp_opened *o)
{
	struct rd r = rd_of(packet);
	size_t start = work->n;
	*o = (struct ipcomp_opened){ .next_header = (uint8_t)rd_uint(&r, 1) };
	rd_skip(&r, 3);
	if (r.bad)
		return DROP_SHORT;
	if (sa->state == SA_LARVAL)
		return DROP_SA_STATE;
	enum verdict v = swell(rd_rest(&r), work);
	if (v == ACCEPT)
		o->payload = bytes_slice(wr_done(work), start, SIZE_MAX);
	return v;
}
