#include "reports/formats/xml.h"

#include <stdbool.h>
#include <string.h>

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

static void
put(FILE *out, const char *p, bool attribute)
{
	for (; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;
		const char *named = entity(*p, attribute);
		if (named != NULL) {
			fputs(named, out);
		} else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
			fprintf(out, "\\x%02x", c);
		} else if (strncmp(p, "\xef\xbf\xbe", 3) == 0 || strncmp(p, "\xef\xbf\xbf", 3) == 0) {
			fputs("\xef\xbf\xbd", out); /* U+FFFE and U+FFFF are no characters */
			p += 2;
		} else {
			putc(c, out);
		}
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
