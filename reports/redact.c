/* The keys of one case, and text and octets without them. */
#include "reports/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/case/sa.h"
#include "reports/event.h"
#include "wire/text.h"

#define KEYS_MAX 256
#define KEY_OCTETS_MAX 256
#define TEXT_MAX 100000 /* nobody reads more, and a hostile journal could make it take for ever */
#define WINDOW 8        /* octets: a piece of a key so long is not shown either */
#define LEAST 4         /* octets of the shortest key that is looked for: less would be found everywhere */

struct key {
	size_t n;
	uint8_t octets[KEY_OCTETS_MAX];
};

struct redact {
	bool show;
	const struct dialect *dialect;
	bool swapped;
	bool too_many; /* keys: whatever is as long as one is taken for one */
	unsigned n;
	struct key key[KEYS_MAX];
	uint8_t starts[8192]; /* bit per pair of octets with which a piece of a key begins */
};

/* --- finding them ---------------------------------------------------------------------------------- */

static struct bytes
key_octets(const struct key *k)
{
	return (struct bytes){ k->octets, k->n };
}

static unsigned
pair_at(struct bytes b, size_t at)
{
	struct rd r = rd_of(bytes_slice(b, at, 2));
	return (unsigned)rd_uint(&r, 2);
}

static void
note_starts(struct redact *r, struct bytes key)
{
	struct wr w = wr_of(r->starts, sizeof r->starts);
	w.n = sizeof r->starts;
	for (size_t i = 0; i == 0 || i + WINDOW <= key.n; i++) {
		unsigned pair = pair_at(key, i);
		struct rd old = rd_of(bytes_slice(wr_done(&w), pair / 8, 1));
		(void)wr_patch(&w, pair / 8, rd_uint(&old, 1) | 1u << pair % 8, 1);
	}
}

static void
add_key(struct redact *r, struct bytes key)
{
	key = bytes_slice(key, 0, KEY_OCTETS_MAX);
	for (unsigned i = 0; i < r->n; i++)
		if (bytes_equal(key_octets(&r->key[i]), key))
			return;
	r->too_many = r->too_many || r->n == KEYS_MAX;
	if (key.n < LEAST || r->too_many)
		return;
	struct key *k = &r->key[r->n++];
	struct wr w = wr_of(k->octets, sizeof k->octets);
	wr_bytes(&w, key);
	k->n = w.n;
	note_starts(r, key);
}

struct reading {
	struct redact *r;
	const char *text;
};

static void
add_from_text(void *ctx, size_t at, size_t n, bool is_string, size_t octets, size_t bits)
{
	const struct reading *in = ctx;
	uint8_t room[KEY_OCTETS_MAX];
	char digits[2 * KEY_OCTETS_MAX + 1];
	struct wr w = wr_of(room, sizeof room);
	(void)octets, (void)bits;
	if (n > 2 * KEY_OCTETS_MAX)
		n = 2 * KEY_OCTETS_MAX;
	if (is_string) {
		add_key(in->r, (struct bytes){ (const uint8_t *)in->text + at, n });
		return;
	}
	/* An odd digit stands alone at the front. */
	snprintf(digits, sizeof digits, "%s%.*s", n % 2 ? "0" : "", (int)n, in->text + at);
	if (text_read_hex(digits, &w))
		add_key(in->r, wr_done(&w));
	explicit_bzero(room, sizeof room);
	explicit_bzero(digits, sizeof digits);
}

/* Runs of masked octets. */
static void
add_from_mask(struct redact *r, struct bytes octets, const uint8_t *mask)
{
	struct rd m = rd_of((struct bytes){ mask, octets.n });
	size_t from = 0;
	for (size_t i = 0; i <= octets.n; i++)
		if (i == octets.n || rd_uint(&m, 1) == 0) {
			add_key(r, bytes_slice(octets, from, i - from));
			from = i + 1;
		}
}

static void
mask_message(const struct redact *r, const json_t *x, struct bytes octets, uint8_t *mask)
{
	memset(mask, 0, octets.n);
	if (exhibit_is(x, "pfkey-out") || exhibit_is(x, "pfkey-in"))
		redact_pfkey(r->dialect, r->swapped, octets, mask);
	else if (exhibit_is(x, "xfrm-out") || exhibit_is(x, "xfrm-in"))
		redact_xfrm(octets, mask);
}

static void
add_from_message(struct redact *r, const json_t *x)
{
	uint8_t *room, *mask;
	struct bytes octets;
	if (exhibit_is_frame(x) || !exhibit_octets(x, &room, &octets))
		return;
	mask = malloc(octets.n + 1);
	if (mask != NULL) {
		mask_message(r, x, octets, mask);
		add_from_mask(r, octets, mask);
	}
	free(mask);
	explicit_bzero(room, octets.n);
	free(room);
}

struct redact *
redact_new(const json_t *start, const json_t *event, bool show)
{
	struct redact *r = calloc(1, sizeof *r);
	const json_t *x;
	size_t i;
	if (r == NULL)
		return NULL;
	r->show = show;
	r->dialect = case_dialect(start, &r->swapped);
	json_array_foreach(json_object_get(event, "exhibits"), i, x) {
		struct reading in = { r, event_text(x, "text") };
		if (exhibit_is(x, "setkey"))
			redact_scan(in.text, false, add_from_text, &in);
		else
			add_from_message(r, x);
	}
	return r;
}

void
redact_free(struct redact *r)
{
	if (r == NULL)
		return;
	explicit_bzero(r, sizeof *r);
	free(r);
}

/* --- octets ---------------------------------------------------------------------------------------- */

/* How many octets from `at` on are a whole key, or the longest piece of one. */
static size_t
key_at(const struct redact *r, struct bytes octets, size_t at)
{
	unsigned pair = pair_at(octets, at);
	struct rd starts = rd_of(bytes_slice(BYTES_OF(r->starts), pair / 8, 1));
	size_t longest = 0;
	if ((rd_uint(&starts, 1) >> pair % 8 & 1) == 0)
		return 0;
	for (unsigned k = 0; k < r->n; k++) {
		struct bytes key = key_octets(&r->key[k]);
		/* What is no longer than what was found cannot matter. */
		for (size_t from = 0; from + longest < key.n && (from == 0 || from + WINDOW <= key.n); from++) {
			size_t n = 0;
			while (from + n < key.n && at + n < octets.n &&
			       bytes_equal(bytes_slice(key, from + n, 1), bytes_slice(octets, at + n, 1)))
				n++;
			if ((n >= WINDOW || n == key.n) && n > longest)
				longest = n;
		}
	}
	return longest;
}

static void
mask_known(const struct redact *r, struct bytes octets, uint8_t *mask)
{
	struct wr w = wr_of(mask, octets.n);
	w.n = octets.n;
	if (r->too_many && octets.n >= WINDOW)
		memset(mask, 1, octets.n);
	for (size_t at = 0; at + LEAST <= octets.n && !r->too_many;) {
		size_t n = key_at(r, octets, at);
		for (size_t k = 0; k < n; k++)
			(void)wr_patch(&w, at + k, 1, 1);
		/* A piece that begins in this one and goes on behind it is found from its last octets. */
		at += n >= WINDOW ? n - WINDOW + 1 : 1;
	}
}

void
redact_octets(const struct redact *r, const json_t *exhibit, struct bytes octets, uint8_t *mask)
{
	memset(mask, 0, octets.n);
	if (r->show || exhibit_is_frame(exhibit))
		return;
	mask_message(r, exhibit, octets, mask);
	mask_known(r, octets, mask);
}

/* --- text ------------------------------------------------------------------------------------------ */

static size_t
hex_run(const char *p)
{
	size_t n = 0;
	while (digit_of((uint8_t)p[n]) < 16)
		n++;
	return n;
}

/* A run of digits, read from its first digit or its second: marks[i] is 1 where a digit must go. */
static bool
mark_digits(const struct redact *r, const char *p, size_t n, size_t shift, char *marks)
{
	size_t octets = (n - shift) / 2;
	uint8_t *room = malloc(octets + 1), *mask = calloc(octets + 1, 1);
	struct wr w = wr_of(room, room != NULL ? octets : 0);
	bool ok = room != NULL && mask != NULL;
	for (size_t i = 0; ok && i < octets; i++)
		wr_uint(&w, digit_of((uint8_t)p[shift + 2 * i]) << 4 | digit_of((uint8_t)p[shift + 2 * i + 1]), 1);
	if (ok) {
		mask_known(r, wr_done(&w), mask);
		struct rd m = rd_of((struct bytes){ mask, octets });
		for (size_t i = 0; i < octets; i++)
			if (rd_uint(&m, 1) != 0)
				memset(marks + shift + 2 * i, 1, 2);
	}
	free(room);
	free(mask);
	return ok;
}

static bool
put_hex_run(FILE *out, const struct redact *r, const char *p, size_t n)
{
	char *marks = calloc(n + 1, 1);
	bool ok = marks != NULL && mark_digits(r, p, n, 0, marks) && mark_digits(r, p, n, 1, marks);
	for (size_t i = 0; ok && i < n;) {
		size_t same = 1;
		while (i + same < n && marks[i + same] == marks[i])
			same++;
		if (marks[i])
			fprintf(out, "<%zu-bit key>", same * 4);
		else
			fwrite(p + i, 1, same, out);
		i += same;
	}
	free(marks);
	return ok;
}

/* Octets of the longest key that stands here as a string. */
static size_t
string_at(const struct redact *r, const char *p)
{
	size_t longest = 0;
	for (unsigned k = 0; k < r->n; k++)
		if (r->key[k].n > longest && strncmp(p, (const char *)r->key[k].octets, r->key[k].n) == 0 &&
		    strnlen(p, r->key[k].n) == r->key[k].n)
			longest = r->key[k].n;
	return longest;
}

static char *
without_known(const struct redact *r, const char *text)
{
	char *made = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&made, &size);
	bool ok = out != NULL;
	for (const char *p = text; ok && *p != '\0';) {
		size_t string = string_at(r, p), digits = hex_run(p);
		if (string > 0)
			fprintf(out, "<%zu-octet key>", string);
		else if (digits >= 2 * LEAST)
			ok = put_hex_run(out, r, p, digits);
		else
			fwrite(p, 1, digits > 0 ? digits : 1, out);
		p += string > 0 ? string : digits > 0 ? digits : 1;
	}
	ok = ok && ferror(out) == 0;
	if (out != NULL && fclose(out) == 0 && ok)
		return made;
	free(made);
	return NULL;
}

char *
redact_text(const struct redact *r, const char *text)
{
	if (r->show)
		return strdup(text);
	if (strlen(text) > TEXT_MAX)
		return strdup("(too long to be shown)");
	char *known = without_known(r, text);
	char *made = known != NULL ? redact_marked(known, true) : NULL;
	free(known);
	return made;
}
