#include "reports/case/pcapng.h"

#include <string.h>

enum { BLOCK_INTERFACE = 1, BLOCK_PACKET = 6, BLOCK_SECTION = 0x0a0d0d0a };
enum {
	OPT_END = 0,
	OPT_COMMENT = 1,
	SHB_USERAPPL = 4,
	IF_NAME = 2,
	IF_TSRESOL = 9,
	EPB_FLAGS = 2,
};
#define LINKTYPE_RAW 101
#define OPTION_MAX 65535

/* Gathered first: the length of a block stands in front of it. */
#define OPTIONS_MAX (PCAPNG_COMMENTS + 2)
struct options {
	size_t n;
	const char *text[OPTIONS_MAX];
	uint16_t code[OPTIONS_MAX], length[OPTIONS_MAX];
};

static void
put_uint(FILE *out, uint64_t v, unsigned octets)
{
	uint8_t room[8];
	struct wr w = wr_of(room, sizeof room);
	wr_uint(&w, v, octets);
	fwrite(room, 1, w.n, out);
}

static size_t
padding(size_t n)
{
	return (4 - n % 4) % 4;
}

static void
put_padded(FILE *out, const void *p, size_t n)
{
	if (n > 0)
		fwrite(p, 1, n, out);
	put_uint(out, 0, (unsigned)padding(n));
}

/* The longest beginning of a UTF-8 text that fits an option and ends between characters. */
static uint16_t
text_length(const char *text)
{
	size_t n = strlen(text);
	if (n > OPTION_MAX)
		for (n = OPTION_MAX; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
			n--;
	return (uint16_t)n;
}

static void
add_octets(struct options *o, uint16_t code, const char *octets, uint16_t n)
{
	o->code[o->n] = code;
	o->text[o->n] = octets;
	o->length[o->n++] = n;
}

static void
add_text(struct options *o, uint16_t code, const char *text)
{
	if (text != NULL && text[0] != '\0')
		add_octets(o, code, text, text_length(text));
}

static size_t
options_size(const struct options *o)
{
	size_t n = o->n > 0 ? 4 : 0; /* the end of options */
	for (size_t i = 0; i < o->n; i++)
		n += 4 + o->length[i] + padding(o->length[i]);
	return n;
}

static void
put_options(FILE *out, const struct options *o)
{
	for (size_t i = 0; i < o->n; i++) {
		put_uint(out, o->code[i], 2);
		put_uint(out, o->length[i], 2);
		put_padded(out, o->text[i], o->length[i]);
	}
	if (o->n > 0)
		put_uint(out, OPT_END, 4);
}

/* Type and total length in front, the length again behind: `body` octets and the options are between. */
static uint32_t
begin(FILE *out, uint32_t type, size_t body, const struct options *o)
{
	uint32_t total = (uint32_t)(12 + body + options_size(o));
	put_uint(out, type, 4);
	put_uint(out, total, 4);
	return total;
}

static void
end(FILE *out, const struct options *o, uint32_t total)
{
	put_options(out, o);
	put_uint(out, total, 4);
}

void
pcapng_section(FILE *out, const char *application, const char *comment)
{
	struct options o = { 0 };
	add_text(&o, SHB_USERAPPL, application);
	add_text(&o, OPT_COMMENT, comment);
	uint32_t total = begin(out, BLOCK_SECTION, 16, &o);
	put_uint(out, 0x1a2b3c4d, 4);
	put_uint(out, 1, 2);
	put_uint(out, 0, 2);
	put_uint(out, UINT64_MAX, 8); /* length of the section: not said */
	end(out, &o, total);
}

void
pcapng_interface(FILE *out, const char *name)
{
	static const char nanoseconds[] = { 9 };
	struct options o = { 0 };
	add_text(&o, IF_NAME, name);
	add_octets(&o, IF_TSRESOL, nanoseconds, 1);
	uint32_t total = begin(out, BLOCK_INTERFACE, 8, &o);
	put_uint(out, LINKTYPE_RAW, 2);
	put_uint(out, 0, 2);
	put_uint(out, 0, 4); /* packets are whole */
	end(out, &o, total);
}

void
pcapng_packet(FILE *out, const struct pcapng_packet *p)
{
	char flags[4];
	struct wr w = wr_of((uint8_t *)flags, sizeof flags);
	struct options o = { 0 };
	wr_uint(&w, p->direction, 4);
	if (p->direction != PCAPNG_UNKNOWN)
		add_octets(&o, EPB_FLAGS, flags, sizeof flags);
	for (size_t i = 0; i < PCAPNG_COMMENTS; i++)
		add_text(&o, OPT_COMMENT, p->comments[i]);
	uint32_t total = begin(out, BLOCK_PACKET, 20 + p->octets.n + padding(p->octets.n), &o);
	put_uint(out, p->interface, 4);
	put_uint(out, p->ns >> 32, 4);
	put_uint(out, p->ns & UINT32_MAX, 4);
	put_uint(out, p->octets.n, 4);
	put_uint(out, p->octets.n, 4);
	put_padded(out, p->octets.p, p->octets.n);
	end(out, &o, total);
}
