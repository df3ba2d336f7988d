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
