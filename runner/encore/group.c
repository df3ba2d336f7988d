#include "runner/encore/encore.h"

#include <stdio.h>
#include <string.h>

#define AHEAD 16 /* answers looked at before one is called missing, or extra */
#define TEXT_MAX 700

struct pairing {
	struct encore *x;
	const struct answers *a;
	size_t i, j; /* next of then, next of now */
};

static bool
same(struct pairing *p, size_t i, size_t j, struct packet_diff *diff)
{
	arena_reset(&p->x->work);
	return encore_same(&p->x->compare, p->a->then[i]->datagram, p->a->got[j], diff);
}

/* What is in it, opened by the SAs of its time. */
static void
print_packet(struct encore *x, struct sad *sad, struct bytes datagram, char *text, size_t cap)
{
	struct dissected *d = arena_alloc(&x->work, sizeof *d);
	struct err e = { 0 };
	if (encore_dissect(d, sad, datagram, &x->work, &e))
		packet_print(&d->packet, text, cap);
	else
		snprintf(text, cap, "%zu octets, no IP datagram", datagram.n);
}

static void
print_shape(struct encore *x, struct sad *sad, struct bytes datagram, char *text, size_t cap)
{
	struct dissected *d = arena_alloc(&x->work, sizeof *d);
	struct err e = { 0 };
	if (encore_dissect(d, sad, datagram, &x->work, &e))
		packet_shape(&d->packet, text, cap);
	else
		snprintf(text, cap, "%zu octets", datagram.n);
}

static void
tell(struct encore *x, enum encore_result what, unsigned long number, const char *text)
{
	x->count[what]++;
	if (what != ENCORE_SAME)
		evidence_add(&x->evidence, EV_NOTE, 0, 0, BYTES_NONE,
			     arena_printf(&x->evidence.arena, "frame %lu: %s: %s", number, encore_words[what], text));
	x->tell(x->ctx, what, number, text);
}

static void
pair_same(struct pairing *p)
{
	const struct message *m = p->a->then[p->i];
	char text[TEXT_MAX];
	arena_reset(&p->x->work);
	print_shape(p->x, p->x->keys.then, m->datagram, text, sizeof text);
	tell(p->x, ENCORE_SAME, m->number, text);
	encore_follow(&p->x->compare, &m->datagram, &p->a->got[p->j]);
	p->i++;
	p->j++;
}

static void
print_diff(const struct packet_diff *d, char *text, size_t cap)
{
	size_t n = 0;
	text[0] = '\0';
	if (d->n == 0)
		snprintf(text, cap, "%s", d->shape[0] != '\0' ? d->shape : "the payload differs");
	for (unsigned i = 0; i < d->n && i < sizeof d->d / sizeof d->d[0] && n < cap; i++) {
		char field[300];
		(void)field_diff_print(&d->d[i], field, sizeof field);
		n += (size_t)snprintf(text + n, cap - n, "%s%s", i > 0 ? "; " : "", field);
	}
}

/* The first difference is the case's, if a journal is written. */
static void
remember_first(struct encore *x, const struct packet_diff *diff, const char *want, const char *got)
{
	if (x->count[ENCORE_DIFFERS] + x->count[ENCORE_MISSING] + x->count[ENCORE_EXTRA] > 0)
		return;
	if (diff != NULL)
		x->outcome.diff = *diff;
	snprintf(x->outcome.want, sizeof x->outcome.want, "%s", want);
	snprintf(x->outcome.got, sizeof x->outcome.got, "%s", got);
}

static void
pair_differs(struct pairing *p, const struct packet_diff *diff)
{
	const struct message *m = p->a->then[p->i];
	char text[TEXT_MAX], want[300], got[TEXT_MAX];
	print_diff(diff, text, sizeof text);
	arena_reset(&p->x->work);
	print_packet(p->x, p->x->keys.then, m->datagram, want, sizeof want);
	print_packet(p->x, p->x->compare.now, p->a->got[p->j], got, sizeof got);
	remember_first(p->x, diff, want, got);
	tell(p->x, ENCORE_DIFFERS, m->number, text);
	encore_follow(&p->x->compare, &m->datagram, &p->a->got[p->j]);
	p->i++;
	p->j++;
}

static void
one_missing(struct pairing *p)
{
	const struct message *m = p->a->then[p->i++];
	char text[300];
	arena_reset(&p->x->work);
	print_packet(p->x, p->x->keys.then, m->datagram, text, sizeof text);
	remember_first(p->x, NULL, text, "nothing (the sentinel came back)");
	print_shape(p->x, p->x->keys.then, m->datagram, text, sizeof text);
	tell(p->x, ENCORE_MISSING, m->number, text);
	encore_follow(&p->x->compare, &m->datagram, NULL);
}

static void
one_extra(struct pairing *p, unsigned long behind)
{
	const struct bytes *got = &p->a->got[p->j++];
	char text[TEXT_MAX];
	arena_reset(&p->x->work);
	print_packet(p->x, p->x->compare.now, *got, text, sizeof text);
	remember_first(p->x, NULL, "nothing", text);
	print_shape(p->x, p->x->compare.now, *got, text, sizeof text);
	tell(p->x, ENCORE_EXTRA, behind, text);
	encore_follow(&p->x->compare, NULL, got);
}

/* Answers of one group may come by several queues, so each is looked for a little further on; what is passed over is missing or extra. */
static bool
look_ahead(struct pairing *p, size_t *skip_then, size_t *skip_got)
{
	struct packet_diff diff;
	bool found = false;
	p->x->compare.any_number = true; /* what is missing has used none of its SA's */
	for (size_t k = 1; k <= AHEAD && !found; k++) {
		*skip_then = *skip_got = 0;
		if (p->j + k < p->a->got_n && same(p, p->i, p->j + k, &diff))
			*skip_got = k;
		else if (p->i + k < p->a->then_n && same(p, p->i + k, p->j, &diff))
			*skip_then = k;
		found = *skip_got + *skip_then > 0;
	}
	p->x->compare.any_number = false;
	return found;
}

/* The next two of now are those of then in the other order. */
static bool
changed_places(struct pairing *p)
{
	struct packet_diff diff;
	return p->i + 1 < p->a->then_n && p->j + 1 < p->a->got_n && same(p, p->i, p->j + 1, &diff) &&
	       same(p, p->i + 1, p->j, &diff);
}

void
encore_pair(struct encore *x, const struct answers *a)
{
	struct pairing p = { .x = x, .a = a };
	unsigned long last = a->then_n > 0 ? a->then[0]->number : 0;
	while (p.i < a->then_n && p.j < a->got_n) {
		struct packet_diff diff;
		size_t then, got;
		last = a->then[p.i]->number;
		if (same(&p, p.i, p.j, &diff)) {
			pair_same(&p);
		} else if (changed_places(&p)) {
			struct bytes *g = a->got, first = g[p.j];
			g[p.j] = g[p.j + 1];
			g[p.j + 1] = first;
		} else if (!look_ahead(&p, &then, &got)) {
			(void)same(&p, p.i, p.j, &diff);
			pair_differs(&p, &diff);
		} else {
			while (got-- > 0)
				one_extra(&p, last);
			while (then-- > 0)
				one_missing(&p);
		}
	}
	while (p.i < a->then_n)
		one_missing(&p);
	while (p.j < a->got_n)
		one_extra(&p, last);
}
