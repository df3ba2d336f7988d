#include "reports/formats/markdown.h"

#include <string.h>

#include "reports/html/text.h"

/* A backslash takes the meaning from any ASCII punctuation (CommonMark 2.4); '<', '>' and '&' are HTML's. */
void
md_text(FILE *out, const char *utf8)
{
	static const char meant[] = "\\`*_{}[]()#+!|~@$^=:-\n\t\r", blank[] = "\n\t\r";
	for (const char *p = utf8; *p != '\0';) {
		char piece[256];
		size_t n = strcspn(p, meant);
		if (n > 0) {
			n = n < sizeof piece ? n : sizeof piece - 8;
			while (n > 1 && ((unsigned char)p[n] & 0xc0) == 0x80)
				n--; /* not inside a character */
			snprintf(piece, sizeof piece, "%.*s", (int)n, p);
			html_text(out, piece);
			p += n;
		} else {
			if (strchr(blank, *p) != NULL)
				putc(' ', out);
			else
				fprintf(out, "\\%c", *p);
			p++;
		}
	}
}

void
md_code(FILE *out, const char *utf8)
{
	fputs("<code>", out);
	md_text(out, utf8);
	fputs("</code>", out);
}

void
url_path(FILE *out, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/+=@,";
	for (const char *p = path; *p != '\0'; p++)
		if (strchr(plain, *p) != NULL)
			putc(*p, out);
		else
			fprintf(out, "%%%02X", (unsigned)(unsigned char)*p);
}
