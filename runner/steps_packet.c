/* Steps on the wire: send, expect, expect nothing, any, alive. */
#include "runner/stage.h"

#include <stdio.h>
#include <string.h>

#include "runner/diagnose.h"
#include "runner/help/offers.h"
#include "wire/checksum.h"

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

/* Fragments of one datagram share an identification that no other datagram has; AH covers it, so it is settled before the ICV. */
static void
identify(struct stage *s, const struct mod *mods, struct packet *p)
{
	bool fragmented = false;
	for (const struct mod *m = mods; m != NULL; m = m->next)
		fragmented = fragmented || strcmp(m->name, "fragment") == 0;
	if (fragmented && p->n > 0 && p->layer[0].lay == &layout_ip4)
		hdr_fill(&p->layer[0], IP4_ID, ++s->g->fragment_id & 0xffff);
}

static bool
send_resolved(struct stage *s, const struct step *st, struct resolved *r, struct err *e)
{
	static _Thread_local uint8_t octets[70000];
	struct wr w = wr_of(octets, sizeof octets);
	struct altered out;
	identify(s, st->packet->mods, &r->packet);
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
	struct resolved *r = arena_alloc(s->scratch, sizeof *r);
	if (!notation_packet(s, st->packet, TO_TARGET, st->link, r, &e) || !send_resolved(s, st, r, &e))
		stage_error(s, &e);
	else if (s->has_model)
		s->model_accepts = replay_check(&s->model, s->last_seq) == ACCEPT;
}

/* --- expect ---------------------------------------------------------------------------------- */

static bool
choices_agree(const struct resolved *want, const struct packet *got, struct packet_diff *d)
{
	for (unsigned i = 0; i < want->wanted.either_n; i++) {
		const struct alternatives *a = &want->wanted.either[i];
		if (alternatives_hold(a, &got->layer[a->layer], &d->d[d->n]))
			continue;
		d->n++;
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
		*fd = (struct field_diff){ .lay = h->lay,
					   .field = &h->lay->fields[ESP_PADDING],
					   .want = "1, 2, 3, .." };
		field_print(fd->field, &h->v[ESP_PADDING], fd->got, sizeof fd->got);
		return false;
	}
	return true;
}

/* < packet size <= N */
static bool
size_agrees(struct stage *s, const struct step *st, size_t got, struct packet_diff *d)
{
	struct err e = { 0 };
	uint64_t size;
	if (st->size == NULL)
		return true;
	if (!expr_number_of(st->size, &s->vars, &size, &e)) {
		stage_error(s, &e);
		return false;
	}
	if (relation_holds(st->size_relation, got < size ? -1 : got > size))
		return true;
	snprintf(d->shape, sizeof d->shape, "size: want %s %llu, got %zu octets", relation_words[st->size_relation],
		 (unsigned long long)size, got);
	return false;
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

/* Nobody writes a checksum into an expectation, and every IPv4 header that a target sends must have the right one (RFC 791 3.1). */
static bool
checksums_right(const struct packet *got, struct packet_diff *d)
{
	for (unsigned i = 0; i < got->n; i++) {
		struct hdr h = got->layer[i];
		uint8_t octets[64];
		struct wr w = wr_of(octets, sizeof octets);
		if (h.lay != &layout_ip4)
			continue;
		h.v[IP4_CHECKSUM].u = 0;
		hdr_put(&h, &w, false);
		struct value right = { .u = checksum_finish(checksum_add(0, wr_done(&w))) };
		if (w.full || right.u == got->layer[i].v[IP4_CHECKSUM].u)
			continue;
		struct field_diff *fd = &d->d[d->n++];
		*fd = (struct field_diff){ .lay = h.lay, .field = &h.lay->fields[IP4_CHECKSUM], .layer = i + 1 };
		field_print(fd->field, &right, fd->want, sizeof fd->want);
		field_print(fd->field, &got->layer[i].v[IP4_CHECKSUM], fd->got, sizeof fd->got);
		return false;
	}
	return true;
}

/* Compares one datagram with what the step wants. With decide, a difference is the verdict. */
static bool
frame_agrees(struct stage *s, const struct step *st, const struct frame *f, bool decide)
{
	struct err e = { 0 };
	struct resolved *want = arena_alloc(s->scratch, sizeof *want);
	struct dissected *got = arena_alloc(s->scratch, sizeof *got);
	struct packet_diff diff = { 0 };
	size_t work_n = packet_dissect_room(s->sad, f->datagram.n);
	uint8_t *work = arena_alloc(s->scratch, work_n);
	if (!notation_packet(s, st->packet, FROM_TARGET, st->link, want, &e)) {
		stage_error(s, &e);
		return false;
	}
	if (!packet_dissect(got, s->sad, f->datagram, work, work_n, &e)) {
		if (decide)
			stage_decide(s, V_FAIL, "what arrived is no IP datagram: %s", e.text);
		return false;
	}
	/* A size that was asked for says more than what could not be opened because of it. */
	bool same = size_agrees(s, st, f->datagram.n, &diff) && packet_agree(&want->packet, &got->packet, &diff) &&
		    choices_agree(want, &got->packet, &diff);
	same = same && padding_agrees(want, &got->packet, &diff) && checksums_right(&got->packet, &diff) &&
	       sums_agree(f->datagram, &diff);
	/* What cannot be opened agrees with nothing that names its inside; of a fragment nobody expects it. */
	bool piece = got->verdict == DROP_FRAGMENT && tester_wants_fragment(st->packet);
	bool opened = got->verdict == ACCEPT || piece ||
		      !(mentions(&want->packet, &layout_esp) || mentions(&want->packet, &layout_ah) ||
			mentions(&want->packet, &layout_esp_old) || mentions(&want->packet, &layout_ah_old));
	if (same && opened) {
		follow_target_seq(got);
		if (st->packet->bound != NULL)
			vars_set(&s->vars, st->packet->bound,
				 (struct val){ .kind = VAL_OCTETS, .octets = f->datagram });
		for (unsigned i = 0; i < want->wanted.binds; i++)
			wanted_bind(s, &want->wanted.bind[i], &got->packet.layer[want->wanted.bind[i].layer]);
		return true;
	}
	packet_print(&want->packet, s->o->want, sizeof s->o->want);
	packet_print(&got->packet, s->o->got, sizeof s->o->got);
	if (decide) {
		s->o->decisive = f->datagram;
		diagnose_packet(s, f->datagram);
		decide_mismatch(s, &diff, got);
	}
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
	const struct frame *f = tester_take(s, st->link);
	if (f == NULL)
		return;
	struct dissected *got = arena_alloc(s->scratch, sizeof *got);
	size_t work_n = packet_dissect_room(s->sad, f->datagram.n);
	snprintf(s->o->want, sizeof s->o->want, "nothing");
	if (packet_dissect(got, s->sad, f->datagram, arena_alloc(s->scratch, work_n), work_n, &e))
		packet_print(&got->packet, s->o->got, sizeof s->o->got);
	else
		snprintf(s->o->got, sizeof s->o->got, "%zu octets that are no IP datagram: %.400s", f->datagram.n,
			 e.text);
	s->o->decisive = f->datagram;
	char shape[200];
	packet_shape(&got->packet, shape, sizeof shape);
	stage_decide(s, V_FAIL, "want nothing, got %s", got->packet.n > 0 ? shape : s->o->got);
}

/* How many packets a limit lets through is the target's affair: they are in the evidence, and the next step starts afresh. */
static void
want_whatever(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	if (!tester_sentinel(s, st->link, &e)) {
		stage_error(s, &e);
		return;
	}
	while (tester_take(s, st->link) != NULL)
		;
}

static void
decide_silence(struct stage *s, const struct step *st, const char *others)
{
	struct err e = { 0 };
	struct resolved *want = arena_alloc(s->scratch, sizeof *want);
	if (!notation_packet(s, st->packet, FROM_TARGET, st->link, want, &e)) {
		stage_error(s, &e);
		return;
	}
	packet_print(&want->packet, s->o->want, sizeof s->o->want);
	snprintf(s->o->got, sizeof s->o->got, "nothing");
	stage_decide(s, V_FAIL, "want %s%s, got nothing (the sentinel came back)", s->o->want, others);
}

static void
want_packet(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	struct frame *f;
	if (!tester_receive(s, st->link, &f, &e) || !tester_whole(s, st->packet, &f, &e)) {
		stage_error(s, &e);
		return;
	}
	if (f != NULL) {
		(void)frame_agrees(s, st, f, true);
		return;
	}
	decide_silence(s, st, "");
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
		/* What can be foreseen must arrive as foreseen: a change of it is seen like any other. */
		*result = mask[octet] != 'i' && mask[octet] != 'p';
		return true;
	}
	return fail(e, ERR_SYNTAX, "mutable: no AH packet was sent just before");
}

static const char *const questions[] = { "mutable", "registers_auth", "registers_encrypt", "combs_registered" };
#define QUESTIONS (sizeof questions / sizeof questions[0])

bool
stage_knows_question(const char *name)
{
	for (size_t i = 0; i < QUESTIONS; i++)
		if (strcmp(questions[i], name) == 0)
			return true;
	return false;
}

void
offer_questions(struct suggest *s)
{
	for (size_t i = 0; i < QUESTIONS; i++)
		suggest_offer(s, questions[i]);
}

bool
stage_question(void *ctx, const char *name, const struct val *argument, bool *result, struct err *e)
{
	if (strcmp(name, "mutable") == 0)
		return mutable_octet(ctx, argument, result, e);
	if (strcmp(name, "registers_auth") == 0 || strcmp(name, "registers_encrypt") == 0)
		return pfkey_registers(ctx, strcmp(name, "registers_auth") == 0, argument, result, e);
	if (strcmp(name, "combs_registered") == 0)
		return combs_registered(ctx, argument, result, e);
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
	if (st->want == WANT_MODEL && !s->has_model) {
		stage_decide(s, V_ERROR, "if model: want a model before it, as in `model replay window = 64`");
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

/* The first of those still wanted that the frame is; n: none. */
static unsigned
find_wanted(struct stage *s, const struct step *const *left, unsigned n, const struct frame *f)
{
	unsigned i = 0;
	while (i < n && (left[i]->link != f->link || !frame_agrees(s, left[i], f, false)) && !s->stop)
		i++;
	return i;
}

/* The expectations of the block are met in any order. */
void
step_any(struct stage *s, const struct step *st)
{
	const struct step *left[32];
	unsigned n = 0;
	for (const struct step *b = st->body; b != NULL; b = b->next) {
		if (b->kind != STEP_EXPECT || b->want != WANT_PACKET || b->condition != NULL || n == 32) {
			stage_decide(s, V_ERROR,
				     "any: want only expected packets inside, without conditions, at most 32");
			return;
		}
		left[n++] = b;
	}
	while (n > 0 && !s->stop) {
		const char *others = n > 1 ? " or one of the others" : "";
		struct err e = { 0 };
		struct frame *f;
		s->step = left[0];
		if (!tester_receive(s, left[0]->link, &f, &e)) {
			stage_error(s, &e);
			return;
		}
		if (f == NULL) {
			decide_silence(s, left[0], others);
			return;
		}
		unsigned i = find_wanted(s, left, n, f);
		if (i == n) {
			stage_decide(s, V_FAIL, "want %s%s, got %.250s", s->o->want, others, s->o->got);
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
	const struct sa *sa = stage_sa(s, TO_TARGET, ah ? 51 : 50, 0);
	bool old = sa != NULL && sa->spec.old;
	out.name = in.name = ah ? (old ? "ah-old" : "ah") : old ? "esp-old" : "esp";
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
