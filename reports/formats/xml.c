#include "reports/formats/xml.h"

#include <stdbool.h>
#include <string.h>

#include "reports/journal.h"

static const char *
entity(char c, bool attribute)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\r': return "&#13;"; /* a reader would make it a line feed */
	case '\n': return attribute ? "&#10;" : NULL;
	case '\t': return attribute ? "&#9;" : NULL;
	default: return NULL;
	}
}

/* U+FFFE and U+FFFF are no characters (XML 1.0 2.2). */
static bool
is_no_character(const char *p)
{
	return strncmp(p, "\xef\xbf\xbe", 3) == 0 || strncmp(p, "\xef\xbf\xbf", 3) == 0;
}

static void
put(FILE *out, const char *p, bool attribute)
{
	for (size_t n; *p != '\0'; p += n) {
		unsigned char c = (unsigned char)*p;
		const char *named = entity(*p, attribute);
		size_t whole = c < 0x80 ? 1 : utf8_sequence((const unsigned char *)p, strnlen(p, 4));
		n = whole > 0 ? whole : 1;
		if (whole == 0 || is_no_character(p))
			fputs("\xef\xbf\xbd", out); /* one octet that is no UTF-8, and no reader takes the file */
		else if (named != NULL)
			fputs(named, out);
		else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			fwrite(p, 1, n, out);
	}
}

void
xml_text(FILE *out, const char *utf8)
{
	put(out, utf8, false);
}

void
xml_attribute(FILE *out, const char *name, const char *utf8)
{
	fprintf(out, " %s=\"", name);
	put(out, utf8, true);
	fputc('"', out);
}
