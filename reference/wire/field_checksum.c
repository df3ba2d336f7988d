#include "wire/field_checksum.h"

#include "wire/checksum.h"

#include <assert.h>

uint32_t
field_checksum(const struct hdr *h, unsigned checksum_field, uint32_t sum, struct bytes payload)
{
	struct hdr fixed = *h;
	fixed.v[checksum_field].u = 0;
	for (unsigned i = 0; i < h->lay->n; i++) {
		if (h->lay->fields[i].bits == 0)
			fixed.v[i].b = BYTES_NONE;
	}
	uint8_t octets[64];
	struct wr w = wr_of(octets, sizeof octets);
	hdr_put(&fixed, &w, false);
	assert(!w.full);
	sum = checksum_add(sum, wr_done(&w));
	size_t at = w.n;
	for (unsigned i = 0; i < h->lay->n; i++) {
		if (h->lay->fields[i].bits != 0)
			continue;
		sum = checksum_add_at(sum, at, h->v[i].b);
		at += h->v[i].b.n;
	}
	return checksum_add_at(sum, at, payload);
}
