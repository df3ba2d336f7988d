#include "wire/text.h"

#include <stdarg.h>
#include <stdio.h>

void
text_add(struct text *t, const char *fmt, ...)
{
	bool room = t->n < t->cap;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(room ? t->p + t->n : NULL, room ? t->cap - t->n : 0, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->n += (size_t)n;
}

void
text_add_hex(struct text *t, struct bytes b)
{
	text_add(t, "0x");
	for (size_t i = 0; i < b.n; i++)
		text_add(t, "%02x", b.p[i]);
}

void
text_mark_cut(struct text *t)
{
	if (t->n >= t->cap && t->cap > 2)
		memcpy(t->p + t->cap - 3, "..", 3);
}

bool
text_read_hex(const char *digits, struct wr *to)
{
	for (const char *p = digits; *p != '\0'; p += 2) {
		unsigned high = digit_of((uint8_t)p[0]), low = digit_of((uint8_t)p[1]);
		if (high > 15 || low > 15)
			return false;
		wr_uint(to, high << 4 | low, 1);
	}
	return true;
}
