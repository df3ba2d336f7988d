/* Steps on the wire: send, expect, expect nothing, any, alive. */
#include "runner/stage.h"

#include <stdio.h>
#include <string.h>

/* --- send ------------------------------------------------------------------------------------ */

static uint64_t
sequence_of(const struct resolved *r)
{
	for (unsigned i = 0; i < r->packet.n; i++) {
		const struct hdr *h = &r->packet.layer[i];
		bool esp = h->lay == &layout_esp, ah = h->lay == &layout_ah;
		if (!esp && !ah)
			continue;
		if (hdr_given(h, esp ? ESP_SEQ : AH_SEQ))
			return h->v[esp ? ESP_SEQ : AH_SEQ].u;
		return r->sa[i] != NULL ? r->sa[i]->seq : 0;
	}
	return 0;
}

/* A number the author gave is one the counter must not give again: the next packet without one goes on behind it. */
static void
follow_given_seq(const struct resolved *r)
{
	for (unsigned i = 0; i < r->packet.n; i++) {
		const struct hdr *h = &r->packet.layer[i];
		unsigned field = h->lay == &layout_esp ? ESP_SEQ : AH_SEQ;
		if ((h->lay == &layout_esp || h->lay == &layout_ah) && r->sa[i] != NULL && hdr_given(h, field) &&
		    h->v[field].u > r->sa[i]->seq)
			r->sa[i]->seq = h->v[field].u;
	}
}

static bool
send_resolved(struct stage *s, const struct step *st, struct resolved *r, struct err *e)
{
	static _Thread_local uint8_t octets[70000];
	struct wr w = wr_of(octets, sizeof octets);
	struct altered out;
	if (!packet_compose(&r->packet, r->sa, s->g->random, &w, &s->composed, e))
		return false;
	s->sent = wr_done(&w); /* until the next send: all that a condition looks at */
	s->last_seq = sequence_of(r);
	follow_given_seq(r);
	if (!alter_apply(s, st->packet->mods, wr_done(&w), r, &out, e))
		return false;
	for (unsigned t = 0; t < out.times; t++)
		for (unsigned i = 0; i < out.n; i++)
			if (!tester_send(s, st->link, out.datagram[i], out.trail, e))
				return false;
	return true;
}

void
step_send(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	struct resolved *r = arena_alloc(s->arena, sizeof *r);
	if (!notation_packet(s, st->packet, TO_TARGET, st->link, r, &e) || !send_resolved(s, st, r, &e))
		stage_error(s, &e);
	else if (s->has_model)
		s->model_accepts = replay_check(&s->model, s->last_seq) == ACCEPT;
}

/* --- expect ---------------------------------------------------------------------------------- */

static void
bind_values(struct stage *s, const struct resolved *want, const struct packet *got)
{
	for (unsigned i = 0; i < want->binds; i++) {
		const struct binding *b = &want->bind[i];
		if (b->layer >= got->n || b->field == UINT32_MAX)
			continue;
		const struct value *v = &got->layer[b->layer].v[b->field];
		const struct field *f = &got->layer[b->layer].lay->fields[b->field];
		if (!field_is_octets(f)) {
			vars_set(&s->vars, b->name, val_number(v->u));
			continue;
		}
		char text[200];
		field_print(f, v, text, sizeof text);
		vars_set(&s->vars, b->name, val_text(arena_strdup(s->arena, text)));
	}
}

static bool
choices_agree(const struct resolved *want, const struct packet *got, struct packet_diff *d)
{
	for (unsigned i = 0; i < want->choices; i++) {
		const struct choice *c = &want->choice[i];
		const struct hdr *h = &got->layer[c->layer];
		bool one = false;
		for (unsigned k = 0; k < c->n; k++)
			one |= h->v[c->field].u == c->value[k];
		if (one)
			continue;
		struct field_diff *fd = &d->d[d->n++];
		fd->lay = h->lay;
		fd->field = &h->lay->fields[c->field];
		struct value first = { .u = c->value[0] };
		size_t n = field_print(fd->field, &first, fd->want, sizeof fd->want);
		for (unsigned k = 1; k < c->n && n + 4 < sizeof fd->want; k++) {
			struct value v = { .u = c->value[k] };
			fd->want[n++] = '|';
			n += field_print(fd->field, &v, fd->want + n, sizeof fd->want - n);
		}
		field_print(fd->field, &h->v[c->field], fd->got, sizeof fd->got);
		return false;
	}
	return true;
}

static bool
padding_agrees(const struct resolved *want, const struct packet *got, struct packet_diff *d)
{
	for (unsigned i = 0; i < got->n; i++) {
		const struct hdr *h = &got->layer[i];
		if (!(want->default_padding >> i & 1) || esp_padding_default(h->v[ESP_PADDING].b))
			continue;
		struct field_diff *fd = &d->d[d->n++];
		*fd = (struct field_diff){ .lay = h->lay, .field = &h->lay->fields[ESP_PADDING], .want = "1, 2, 3, .." };
		field_print(fd->field, &h->v[ESP_PADDING], fd->got, sizeof fd->got);
		return false;
	}
	return true;
}

static bool
relation_holds(uint8_t rel, uint64_t a, uint64_t b)
{
	switch (rel) {
	case REL_EQ: return a == b;
	case REL_NE: return a != b;
	case REL_LT: return a < b;
	case REL_LE: return a <= b;
	case REL_GT: return a > b;
	default: return a >= b;
	}
}

/* The mirror follows what the target sends, so that ESN high halves can be inferred (RFC 4303 A2.2). */
static void
follow_target_seq(const struct dissected *d)
{
	for (unsigned i = 0; i < d->packet.n; i++) {
		const struct hdr *h = &d->packet.layer[i];
		if (d->sa[i] != NULL && (h->lay == &layout_esp || h->lay == &layout_ah))
			replay_commit(&d->sa[i]->replay, h->v[h->lay == &layout_esp ? ESP_SEQ : AH_SEQ].u);
	}
}

static bool
mentions(const struct packet *p, const struct layout *lay)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->layer[i].lay == lay)
			return true;
	return false;
}

static void
decide_mismatch(struct stage *s, const struct packet_diff *diff, const struct dissected *d)
{
	char line[400];
	if (diff->n > 0)
		field_diff_print(&diff->d[0], line, sizeof line);
	else
		snprintf(line, sizeof line, "%s", diff->shape[0] != '\0' ? diff->shape : "the payload differs");
	s->o->diff = *diff;
	if (d->verdict != ACCEPT)
		stage_decide(s, V_FAIL, "%s (what arrived could not be opened: %s)", line, verdict_name(d->verdict));
	else
		stage_decide(s, V_FAIL, "%s", line);
}

/* Compares one datagram with what the step wants. With decide, a difference is the verdict. */
static bool
frame_agrees(struct stage *s, const struct step *st, const struct frame *f, bool decide)
{
	struct err e = { 0 };
	struct resolved *want = arena_alloc(s->arena, sizeof *want);
	struct dissected *got = arena_alloc(s->arena, sizeof *got);
	struct packet_diff diff = { 0 };
	size_t work_n = 2 * f->datagram.n + 64;
	uint8_t *work = arena_alloc(s->arena, work_n);
	if (!notation_packet(s, st->packet, FROM_TARGET, st->link, want, &e)) {
		stage_error(s, &e);
		return false;
	}
	if (!packet_dissect(got, s->sad, f->datagram, work, work_n, &e)) {
		if (decide)
			stage_decide(s, V_FAIL, "what arrived is no IP datagram: %s", e.text);
		return false;
	}
	packet_print(&want->packet, s->o->want, sizeof s->o->want);
	packet_print(&got->packet, s->o->got, sizeof s->o->got);
	bool same = packet_agree(&want->packet, &got->packet, &diff) && choices_agree(want, &got->packet, &diff);
	same = same && padding_agrees(want, &got->packet, &diff);
	/* What cannot be opened agrees with nothing that names its inside. */
	bool opened = got->verdict == ACCEPT || !(mentions(&want->packet, &layout_esp) || mentions(&want->packet, &layout_ah));
	uint64_t size;
	if (same && st->size != NULL) {
		if (!expr_number_of(st->size, &s->vars, &size, &e)) {
			stage_error(s, &e);
			return false;
		}
		same = relation_holds(st->size_relation, f->datagram.n, size);
		snprintf(diff.shape, sizeof diff.shape, "size: want it against %llu, got %zu octets", (unsigned long long)size,
			 f->datagram.n);
	}
	if (same && opened) {
		follow_target_seq(got);
		bind_values(s, want, &got->packet);
			return true;
	}
	if (decide)
		decide_mismatch(s, &diff, got);
	return false;
}

static void
want_nothing(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	if (!tester_sentinel(s, st->link, &e)) {
		stage_error(s, &e);
		return;
	}
	struct frame *f;
	if (!tester_receive(s, st->link, &f, &e)) {
		stage_error(s, &e);
		return;
	}
	if (f == NULL)
		return;
	struct dissected *got = arena_alloc(s->arena, sizeof *got);
	size_t work_n = 2 * f->datagram.n + 64;
	snprintf(s->o->want, sizeof s->o->want, "nothing");
	if (packet_dissect(got, s->sad, f->datagram, arena_alloc(s->arena, work_n), work_n, &e))
		packet_print(&got->packet, s->o->got, sizeof s->o->got);
	stage_decide(s, V_FAIL, "want nothing, got %s", s->o->got);
}

/* How many packets a limit lets through is the target's affair: they are in the evidence, and the next step starts afresh. */
static void
want_whatever(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	struct frame *f = NULL;
	bool ok = tester_sentinel(s, st->link, &e);
	do
		ok = ok && tester_receive(s, st->link, &f, &e);
	while (ok && f != NULL);
	if (!ok)
		stage_error(s, &e);
}

static void
want_packet(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	struct frame *f;
	if (!tester_receive(s, st->link, &f, &e)) {
		stage_error(s, &e);
		return;
	}
	if (f != NULL) {
		(void)frame_agrees(s, st, f, true);
		return;
	}
	struct resolved *want = arena_alloc(s->arena, sizeof *want);
	if (!notation_packet(s, st->packet, FROM_TARGET, st->link, want, &e)) {
		stage_error(s, &e);
		return;
	}
	packet_print(&want->packet, s->o->want, sizeof s->o->want);
	snprintf(s->o->got, sizeof s->o->got, "nothing");
	stage_decide(s, V_FAIL, "want %s, got nothing (the sentinel came back)", s->o->want);
}

static bool
mutable_octet(struct stage *s, const struct val *argument, bool *result, struct err *e)
{
	uint64_t octet;
	const struct span *ah = NULL;
	char mask[AH_FRONT_MAX];
	for (unsigned i = 0; i < PACKET_LAYERS && ah == NULL; i++)
		if (s->composed.icv[i].n > 0)
			ah = &s->composed.layer[i];
	if (ah != NULL) {
		struct bytes front = bytes_slice(s->sent, 0, ah->at);
		if (!val_to_number(argument, &octet) || octet >= front.n || front.n > sizeof mask)
			return fail(e, ERR_RANGE, "mutable: want an octet before the AH header");
		if (ah_mutability(front, mask) != ACCEPT)
			return fail(e, ERR_SYNTAX, "mutable: the headers in front of AH cannot be read");
		*result = mask[octet] != 'i';
		return true;
	}
	return fail(e, ERR_SYNTAX, "mutable: no AH packet was sent just before");
}

bool
stage_question(void *ctx, const char *name, const struct val *argument, bool *result, struct err *e)
{
	if (strcmp(name, "mutable") == 0)
		return mutable_octet(ctx, argument, result, e);
	if (strcmp(name, "registers_auth") == 0 || strcmp(name, "registers_encrypt") == 0)
		return pfkey_registers(ctx, strcmp(name, "registers_auth") == 0, argument, result, e);
	return fail(e, ERR_UNKNOWN, "no question called '%s'", name);
}

void
step_expect(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	bool wanted = st->want == WANT_PACKET;
	if (st->want == WANT_WHATEVER) {
		want_whatever(s, st);
		return;
	}
	if (st->want == WANT_MODEL)
		wanted = s->model_accepts;
	else if (st->condition != NULL) {
		struct condition_calls calls = { stage_question, s };
		if (!condition_eval(st->condition, &s->vars, &calls, &wanted, &e)) {
			stage_error(s, &e);
			return;
		}
	}
	if (wanted)
		want_packet(s, st);
	else
		want_nothing(s, st);
	if (st->want == WANT_MODEL && !s->stop && wanted)
		replay_commit(&s->model, s->last_seq);
}

/* The expectations of the block are met in any order. */
void
step_any(struct stage *s, const struct step *st)
{
	const struct step *left[32];
	unsigned n = 0;
	for (const struct step *b = st->body; b != NULL; b = b->next) {
		if (b->kind != STEP_EXPECT || b->want != WANT_PACKET || n == 32) {
			stage_decide(s, V_ERROR, "any: want only expected packets inside, at most 32");
			return;
		}
		left[n++] = b;
	}
	while (n > 0 && !s->stop) {
		struct err e = { 0 };
		struct frame *f;
		if (!tester_receive(s, left[0]->link, &f, &e)) {
			stage_error(s, &e);
			return;
		}
		unsigned i = 0;
		while (f != NULL && i < n && !frame_agrees(s, left[i], f, false))
			i++;
		if (f == NULL || i == n) {
			s->step = left[0];
			stage_decide(s, V_FAIL, "want %s%s, got %s", s->o->want, n > 1 ? " or one of the others" : "",
				     f != NULL ? s->o->got : "nothing (the sentinel came back)");
			return;
		}
		left[i] = left[--n];
	}
}

/* The case's own SA carries an echo there and back: a positive control, whose failure decides nothing about the claim. */
void
step_alive(struct stage *s, const struct step *st)
{
	struct layer_spec echo = { .name = "echo", .at = st->at }, reply = { .name = "echo-reply", .at = st->at };
	struct layer_spec out = { .at = st->at }, in = { .at = st->at };
	bool ah = stage_sa(s, TO_TARGET, 50, 0) == NULL && stage_sa(s, TO_TARGET, 51, 0) != NULL;
	bool clear = !ah && stage_sa(s, TO_TARGET, 50, 0) == NULL;
	out.name = in.name = ah ? "ah" : "esp";
	out.next = &echo;
	in.next = &reply;
	struct packet_spec send = { .layers = clear ? &echo : &out, .at = st->at };
	struct packet_spec expect = { .layers = clear ? &reply : &in, .at = st->at };
	struct step a = *st, b = *st;
	a.link = b.link = 1;
	a.packet = &send;
	b.packet = &expect;
	b.want = WANT_PACKET;
	bool had_model = s->has_model;
	s->has_model = false;
	step_send(s, &a);
	if (!s->stop)
		step_expect(s, &b);
	s->has_model = had_model;
	if (s->stop && s->o->verdict == V_FAIL) {
		char why[sizeof s->o->reason];
		snprintf(why, sizeof why, "%s", s->o->reason);
		s->o->verdict = V_INCONCLUSIVE;
		snprintf(s->o->reason, sizeof s->o->reason, "control exchange failed: %.500s", why);
	}
}
