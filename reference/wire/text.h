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

/* 0 to 15; 255 for what is no hexadecimal digit. */
static inline unsigned
digit_of(uint8_t c)
{
	uint8_t low = c | 0x20;
	return c >= '0' && c <= '9' ? c - (unsigned)'0' : low >= 'a' && low <= 'f' ? low - (unsigned)'a' + 10 : 255;
}

/* Pairs of hexadecimal digits and nothing else, without a prefix, appended to `to`. False: that is not what they are. */
bool text_read_hex(const char *digits, struct wr *to) MUST_USE;

/* Replaces the last octets by ".." when something was cut. */
void text_mark_cut(struct text *t);

#endif
