#include "reports/wrap.h"

#include <string.h>

#include "reports/colour.h"

#define LEAST 40
#define MOST 100

static unsigned
characters(const char *text, size_t n)
{
	unsigned count = 0;
	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

static void
put_word(FILE *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			fprintf(out, "\\x%02x", (unsigned char)text[i]);
		else
			putc(text[i], out);
}

void
wrap_text(FILE *out, const char *text, unsigned column, unsigned indent, unsigned width)
{
	for (bool first = true; *(text += strspn(text, " \n")) != '\0'; first = false) {
		size_t n = strcspn(text, " \n");
		unsigned wide = characters(text, n);
		if (!first && column + 1 + wide > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			putc(' ', out);
			column++;
		}
		put_word(out, text, n);
		column += wide;
		text += n;
	}
	putc('\n', out);
}

unsigned
wrap_width(FILE *out)
{
	unsigned columns = colour_columns(out, MOST);
	return columns < LEAST ? LEAST : columns > MOST ? MOST : columns;
}
