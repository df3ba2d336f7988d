/* A buffer that grows towards its front, for packets built from the inside out. What is in it ends at the
 * buffer's end. */
#ifndef ESPY_IPSEC_PILE_H
#define ESPY_IPSEC_PILE_H

#include "wire/field.h"

struct pile {
	uint8_t *p;
	size_t cap, n;
	bool full;
};

static inline struct pile
pile_of(uint8_t *p, size_t cap)
{
	return (struct pile){ p, cap, 0, false };
}

/* All that is in it, borrowed until the next change. */
static inline struct bytes
pile_all(const struct pile *q)
{
	return (struct bytes){ q->p + (q->cap - q->n), q->n };
}

/* A writer over n new octets in front; an empty one, and full, if there is no room. */
static inline struct wr
pile_room(struct pile *q, size_t n)
{
	if (q->full || q->cap - q->n < n) {
		q->full = true;
		return wr_of(NULL, 0);
	}
	q->n += n;
	return wr_of(q->p + (q->cap - q->n), n);
}

static inline void
pile_bytes(struct pile *q, struct bytes b)
{
	struct wr w = pile_room(q, b.n);
	wr_bytes(&w, b);
}

static inline void
pile_hdr(struct pile *q, const struct hdr *h)
{
	struct wr w = pile_room(q, hdr_size(h));
	hdr_put(h, &w, false);
}

/* Takes n octets off the front. */
static inline void
pile_drop(struct pile *q, size_t n)
{
	q->n -= n < q->n ? n : q->n;
}

#endif
