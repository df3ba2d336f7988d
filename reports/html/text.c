#include "reports/html/text.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "reports/formats/xml.h"

/* U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069: their number, or 0. All but the first have three octets. */
static unsigned
turns(const char *p)
{
	unsigned char second = (unsigned char)p[1], third = second != '\0' ? (unsigned char)p[2] : 0;
	if ((unsigned char)p[0] == 0xd8 && second == 0x9c)
		return 0x61c;
	if ((unsigned char)p[0] != 0xe2 || (second != 0x80 && second != 0x81))
		return 0;
	unsigned c = 0x2000 | (second & 0x3fu) << 6 | (third & 0x3fu);
	return c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ? c : 0;
}

void
html_text(FILE *out, const char *utf8)
{
	char piece[256];
	size_t n = 0;
	for (const char *p = utf8;; p++) {
		unsigned turn = *p != '\0' ? turns(p) : 0;
		/* A piece ends where a character ends, so that xml_text() sees each one whole. */
		if (*p == '\0' || turn != 0 || (n > sizeof piece - 8 && ((unsigned char)*p & 0xc0) != 0x80)) {
			piece[n] = '\0';
			xml_text(out, piece);
			n = 0;
		}
		if (*p == '\0')
			return;
		if (turn != 0) {
			fprintf(out, "\\u%04x", turn);
			p += turn == 0x61c ? 1 : 2;
		} else if (n < sizeof piece - 1) {
			piece[n++] = *p;
		}
	}
}

static void
put_number(FILE *out, size_t v)
{
	char digits[24];
	int n = snprintf(digits, sizeof digits, "%zu", v);
	for (int i = 0; i < n; i++) {
		putc(digits[i], out);
		if (i + 1 < n && (n - 1 - i) % 3 == 0)
			putc(',', out);
	}
}

void
html_put(FILE *out, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	for (const char *p = format; *p != '\0'; p++) {
		size_t plain = strcspn(p, "%");
		fwrite(p, 1, plain, out);
		p += plain;
		if (*p == '\0')
			break;
		switch (*++p) {
		case 's': html_text(out, va_arg(args, const char *)); break;
		case 'u': put_number(out, va_arg(args, unsigned)); break;
		case 'd': fprintf(out, "%d", va_arg(args, int)); break;
		case 'z':
			assert(p[1] == 'u');
			p++;
			put_number(out, va_arg(args, size_t));
			break;
		default: assert(*p == '%'); putc('%', out);
		}
	}
	va_end(args);
}

const char *
html_s(size_t n)
{
	return n == 1 ? "" : "s";
}

void
html_anchor(char *out, size_t cap, const char *prefix, const char *name)
{
	static const char kept[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	snprintf(out, cap, "%s%s", prefix, name);
	for (char *p = out; *p != '\0'; p++)
		if (strchr(kept, *p) == NULL)
			*p = '-';
}
