/*
 * A receiver reassembles before AH and ESP (RFC 4303 3.4.1, RFC 4302 3.4.1), and so does the tester: fragments of one datagram are one
 * answer, unless the step wants to see a fragment.
 */
#include "runner/stage.h"

#include <stdlib.h>
#include <string.h>

#include "ipsec/chain.h"
#include "runner/observe/defrag.h"

static bool
is_fragment(struct bytes datagram)
{
	struct chain c;
	return chain_of(datagram, &c) && c.fragment;
}

/* "bare", which is what came as it came; "frag", or a field that only fragments differ in. */
bool
tester_wants_fragment(const struct packet_spec *spec)
{
	if (spec->bare)
		return true;
	for (const struct layer_spec *l = spec->layers; l != NULL; l = l->next) {
		if (l->name != NULL && strcmp(l->name, "frag") == 0)
			return true;
		for (const struct arg *g = l->args; g != NULL; g = g->next)
			if (g->name != NULL && strcmp(g->name, "offset") == 0)
				return true;
	}
	return false;
}

/* Adds one fragment; *whole is empty until the last one has come. */
static void
add(struct stage *s, struct reassembly *r, const struct frame *f, struct bytes *whole)
{
	struct bytes all;
	if (defrag_add(r, f->datagram, f->link, &all) != REASSEMBLY_WHOLE)
		return;
	uint8_t *copy = arena_alloc(s->arena, all.n);
	struct wr w = wr_of(copy, all.n);
	wr_bytes(&w, all);
	*whole = wr_done(&w);
}

static bool
collect(struct stage *s, struct reassembly *r, struct frame *first, struct bytes *whole, struct err *e)
{
	struct frame *f = first;
	*whole = BYTES_NONE;
	while (f != NULL && whole->n == 0) {
		add(s, r, f, whole);
		if (whole->n > 0)
			break;
		if (!tester_receive(s, first->link, &f, e))
			return false;
		if (f != NULL && !is_fragment(f->datagram)) {
			tester_unreceive(s, f);
			f = NULL;
		}
	}
	return true;
}

bool
tester_whole(struct stage *s, const struct packet_spec *spec, struct frame **f, struct err *e)
{
	struct bytes whole;
	if (*f == NULL || tester_wants_fragment(spec) || !is_fragment((*f)->datagram))
		return true;
	struct reassembly *r = calloc(1, sizeof *r);
	if (r == NULL)
		return fail(e, ERR_IO, "no memory to reassemble in");
	bool ok = collect(s, r, *f, &whole, e);
	free(r);
	if (!ok || whole.n == 0)
		return ok; /* what never became whole is judged by its first fragment */
	struct frame *one = arena_alloc(s->arena, sizeof *one);
	*one = (struct frame){ .datagram = whole, .link = (*f)->link };
	*f = one;
	return true;
}
