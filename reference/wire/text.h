/*
 * Text appended to a fixed buffer with snprintf's convention: it is cut at cap, always ends in NUL
 * (unless cap is 0), and n counts what was wanted.
 */
#ifndef ESPY_WIRE_TEXT_H
#define ESPY_WIRE_TEXT_H

#include "wire/cursor.h"
#include "wire/err.h"

struct text {
	char *p;
	size_t cap, n;
};

static inline struct text
text_of(char *p, size_t cap)
{
	return (struct text){ p, cap, 0 };
}

void text_add(struct text *t, const char *fmt, ...) PRINTF(2, 3);

/* "0x0a0b"; no octets give "0x". */
void text_add_hex(struct text *t, struct bytes b);

/* Replaces the last octets by ".." when something was cut. */
void text_mark_cut(struct text *t);

#endif
