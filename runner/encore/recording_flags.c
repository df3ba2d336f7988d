#include "runner/encore/recording.h"

#include <stdlib.h>
#include <string.h>

#include "reports/case/pcapng.h"
#include "runner/suite_source.h"

enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_OLD_PACKET = 2, BLOCK_SIMPLE_PACKET = 3, BLOCK_PACKET = 6 };
enum { OPT_END = 0, OPT_COMMENT = 1, OPT_FLAGS = 2, OPT_APPLICATION = 4 };
#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define COMMENT_MAX 1000

struct walk {
	struct capture_flags *f;
	struct arena *arena;
	bool little; /* the section's byte order */
};

static uint32_t
number(const struct walk *w, struct rd *r, unsigned octets)
{
	uint64_t v = rd_uint(r, octets);
	if (w->little && octets == 2)
		return (uint32_t)((v & 0xff) << 8 | v >> 8);
	return w->little ? __builtin_bswap32((uint32_t)v) : (uint32_t)v;
}

/* "esp.replay/duplicate suites/esp-replay.suite:31 link 2" */
static void
read_comment(struct frame_flags *flags, struct bytes comment)
{
	char text[COMMENT_MAX + 1];
	struct wr w = wr_of((uint8_t *)text, COMMENT_MAX);
	wr_bytes(&w, bytes_slice(comment, 0, COMMENT_MAX));
	text[w.n] = '\0';
	const char *at = strstr(text, " link ");
	if (at != NULL && flags->link == 0 && (at[6] == '1' || at[6] == '2'))
		flags->link = (uint8_t)(at[6] - '0');
}

static bool
begins_with(struct bytes b, const char *word)
{
	size_t n = strlen(word);
	return bytes_equal(bytes_slice(b, 0, n), (struct bytes){ (const uint8_t *)word, n });
}

static void
read_options(struct walk *w, struct rd *r, struct frame_flags *flags)
{
	while (rd_left(r) >= 4) {
		uint32_t code = number(w, r, 2), n = number(w, r, 2);
		struct bytes value = rd_take(r, n);
		rd_skip(r, (4 - n % 4) % 4);
		if (r->bad || code == OPT_END)
			return;
		struct rd v = rd_of(value);
		if (flags == NULL)
			w->f->own |= code == OPT_APPLICATION && begins_with(value, "espy ");
		else if (code == OPT_COMMENT)
			read_comment(flags, value);
		else if (code == OPT_FLAGS)
			flags->direction = number(w, &v, 4) & 3;
	}
}

static struct frame_flags *
add_frame(struct walk *w)
{
	struct capture_flags *f = w->f;
	if (f->n == f->cap) {
		size_t cap = f->cap * 2 + 64;
		struct frame_flags *more = arena_alloc(w->arena, cap * sizeof *more);
		if (f->n > 0)
			memcpy(more, f->frame, f->n * sizeof *more);
		f->frame = more;
		f->cap = cap;
	}
	return &f->frame[f->n++];
}

static void
read_packet(struct walk *w, struct rd *body)
{
	struct frame_flags *flags = add_frame(w);
	rd_skip(body, 12);
	uint32_t captured = number(w, body, 4);
	rd_skip(body, 4);
	rd_skip(body, (size_t)captured + (4 - captured % 4) % 4);
	read_options(w, body, flags);
}

/* False at the end, and where nothing more can be read. */
static bool
read_block(struct walk *w, struct rd *r)
{
	struct rd ahead = *r;
	rd_skip(&ahead, 8);
	uint32_t magic = (uint32_t)rd_uint(&ahead, 4);
	struct rd head = *r;
	uint32_t type = (uint32_t)rd_uint(&head, 4);
	if (rd_left(r) < 12)
		return false;
	if (type == BLOCK_SECTION)
		w->little = magic != BYTE_ORDER_MAGIC;
	type = number(w, r, 4);
	uint32_t total = number(w, r, 4);
	if (total < 12 || total % 4 != 0)
		return false;
	struct rd body = rd_sub(r, total - 12);
	rd_skip(r, 4);
	if (r->bad)
		return false;
	if (type == BLOCK_SECTION) {
		rd_skip(&body, 16);
		read_options(w, &body, NULL);
	} else if (type == BLOCK_PACKET) {
		read_packet(w, &body);
	} else if (type == BLOCK_SIMPLE_PACKET || type == BLOCK_OLD_PACKET) {
		(void)add_frame(w);
	}
	return true;
}

bool
capture_flags_read(struct capture_flags *f, struct arena *arena, const char *path, struct err *e)
{
	struct walk w = { .f = f, .arena = arena };
	char *text = NULL;
	size_t n = 0;
	*f = (struct capture_flags){ 0 };
	if (!source_read(path, &text, &n, e)) {
		free(text);
		return false;
	}
	struct rd r = rd_of((struct bytes){ (const uint8_t *)text, n }), first = r;
	if (rd_uint(&first, 4) == BLOCK_SECTION)
		while (read_block(&w, &r))
			;
	free(text);
	return true;
}
