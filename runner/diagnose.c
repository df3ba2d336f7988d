#include "runner/diagnose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ipsec/stack.h"
#include "runner/side_counters.h"

static _Thread_local struct side_counters before, now;

void
diagnose_begin(struct stage *s)
{
	struct err e = { 0 };
	s->counted = s->g->counting && s->g->target->has_channel &&
		     side_counters_read(&before, &s->g->target->channel, &e) && before.known;
}

void
diagnose_packet(struct stage *s, struct bytes datagram)
{
	s->decisive = datagram;
}

static void hint(struct stage *s, const char *fmt, ...) PRINTF(2, 3);

static void
hint(struct stage *s, const char *fmt, ...)
{
	struct outcome *o = s->o;
	va_list ap;
	if (o->hints == OUTCOME_HINTS)
		return;
	va_start(ap, fmt);
	vsnprintf(o->hint[o->hints++], sizeof o->hint[0], fmt, ap);
	va_end(ap);
}

/* --- a packet that could not be opened ------------------------------------------------------- */

/* The one under suspicion: its innermost layer that could be read, and the SA that should have opened it. */
struct suspect {
	struct stage *s;
	struct bytes datagram;
	enum verdict verdict;
	uint8_t protocol;
	uint32_t spi;
	struct addr dst;
	const struct sa *sa; /* NULL: none has this SPI */
};

static bool
add_copy(struct sad *d, const struct sa_spec *spec)
{
	struct err e;
	struct sa *sa = sa_open(spec, &e);
	if (sa != NULL && sad_add(d, sa, &e))
		return true;
	sa_close(sa);
	return false;
}

/* Whether the packet opens when this is the SA it belongs to, the others being what they are. */
static bool
opens(const struct suspect *x, struct sa_spec spec)
{
	struct sad *d = sad_new();
	struct dissected *got = arena_alloc(x->s->scratch, sizeof *got);
	struct err e;
	bool ok = d != NULL;
	spec.spi = x->spi;
	spec.dst = x->dst;
	ok = ok && add_copy(d, &spec);
	for (const struct sa *sa = sad_next(x->s->sad, NULL); ok && sa != NULL; sa = sad_next(x->s->sad, sa))
		if (sa != x->sa)
			(void)add_copy(d, &sa->spec); /* one that is in the way of the guess stays out */
	size_t n = ok ? packet_dissect_room(d, x->datagram.n) : 0;
	ok = ok && packet_dissect(got, d, x->datagram, arena_alloc(x->s->scratch, n), n, &e) && got->verdict == ACCEPT;
	sad_free(d);
	return ok;
}

static const char *
name_of(const struct alg *a)
{
	return a != NULL ? a->name : "none";
}

/* Another transform that takes the same key. */
static bool
try_algorithm(const struct suspect *x, uint8_t use)
{
	const struct sa_spec *is = &x->sa->spec;
	const struct alg *mine = use == ALG_AUTH ? is->auth : is->enc;
	size_t key = use == ALG_AUTH ? is->auth_key.n : is->enc_key.n;
	for (unsigned i = 0; mine != NULL && i < algs_n; i++) {
		struct sa_spec spec = *is;
		if (&algs[i] == mine || algs[i].use != use || !alg_key_fits(&algs[i], key))
			continue;
		*(use == ALG_AUTH ? &spec.auth : &spec.enc) = &algs[i];
		if (!opens(x, spec))
			continue;
		hint(x->s, "It opens under %s, and %s was configured for SPI 0x%x.", algs[i].name, name_of(mine),
		     (unsigned)x->spi);
		return true;
	}
	return false;
}

static bool
try_esn(const struct suspect *x)
{
	struct sa_spec spec = x->sa->spec;
	spec.esn = !spec.esn;
	if (!opens(x, spec))
		return false;
	hint(x->s, "It opens with%s extended sequence numbers, and SPI 0x%x was configured with%s them.",
	     spec.esn ? "" : "out", (unsigned)x->spi, spec.esn ? "out" : "");
	return true;
}

/* The keys and transforms of another SA of the case. */
static bool
try_others(const struct suspect *x)
{
	for (const struct sa *sa = sad_next(x->s->sad, NULL); sa != NULL; sa = sad_next(x->s->sad, sa)) {
		if (sa == x->sa || sa->spec.protocol != x->protocol || sa->seal == NULL || !opens(x, sa->spec))
			continue;
		if (x->sa == NULL)
			hint(x->s,
			     "It opens with the keys of SPI 0x%x: the target uses another SPI than was configured.",
			     (unsigned)sa->spec.spi);
		else
			hint(x->s,
			     "It opens with the keys of SPI 0x%x: the keys of two SAs are mixed up, or of two directions.",
			     (unsigned)sa->spec.spi);
		return true;
	}
	return false;
}

static void
say_unexplained(const struct suspect *x)
{
	unsigned spi = (unsigned)x->spi;
	switch (x->verdict) {
	case DROP_NO_SA:
		hint(x->s, "No SA of this case has SPI 0x%x, and none of their keys opens the packet.", spi);
		break;
	case DROP_ICV:
		hint(x->s,
		     "No algorithm with a key of this length and no other key of this case makes the ICV right: the "
		     "authentication key of SPI 0x%x differs, or its algorithm takes another key length.",
		     spi);
		break;
	case DROP_PAD_LENGTH:
	case DROP_PADDING:
		hint(x->s,
		     "The ICV is right, and what is decrypted makes no sense: the cipher of SPI 0x%x or its key differs.",
		     spi);
		break;
	case DROP_SHORT:
	case DROP_BLOCK:
		hint(x->s,
		     "The length fits neither block nor ICV of what was configured for SPI 0x%x: another transform.",
		     spi);
		break;
	default: break;
	}
}

static void
explain_unopened(struct stage *s, const struct dissected *d)
{
	const struct packet *p = &d->packet;
	struct suspect x = { .s = s, .datagram = s->decisive, .verdict = d->verdict };
	struct addr src;
	unsigned i = p->n - 1;
	while (i > 0 && p->layer[i].lay != &layout_esp && p->layer[i].lay != &layout_ah)
		i--;
	if (i == 0 || stack_addrs(p, i, &src, &x.dst) == 0)
		return;
	x.protocol = p->layer[i].lay == &layout_esp ? 50 : 51;
	x.spi = (uint32_t)p->layer[i].v[x.protocol == 50 ? ESP_SPI : AH_SPI].u;
	x.sa = sad_inbound(s->sad, x.spi, x.protocol, &src, &x.dst);
	if (x.sa != NULL && x.sa->seal == NULL)
		return;
	if (x.sa != NULL && (try_algorithm(&x, ALG_AUTH) || try_algorithm(&x, ALG_ENC) || try_esn(&x)))
		return;
	if (!try_others(&x))
		say_unexplained(&x);
}

/* --- a packet that could, and was another ---------------------------------------------------- */

static bool
wants_protection(const struct step *st)
{
	for (const struct layer_spec *l = st->packet != NULL ? st->packet->layers : NULL; l != NULL; l = l->next)
		if (l->name != NULL && (strcmp(l->name, "esp") == 0 || strcmp(l->name, "ah") == 0))
			return true;
	return false;
}

static void
explain_other(struct stage *s, const struct dissected *d)
{
	const struct packet *p = &d->packet;
	bool is_protected = false;
	for (unsigned i = 0; i < p->n; i++) {
		const struct sa *sa = d->sa[i];
		if (sa == NULL)
			continue;
		const struct layout *next = i + 1 < p->n ? p->layer[i + 1].lay : NULL;
		bool inner_ip = next == &layout_ip4 || next == &layout_ip6;
		is_protected = true;
		if (sa->spec.mode == MODE_TRANSPORT && inner_ip)
			hint(s, "It is in tunnel mode, and SPI 0x%x was configured for transport mode.",
			     (unsigned)sa->spec.spi);
		else if (sa->spec.mode == MODE_TUNNEL && next != NULL && !inner_ip && next != &layout_esp &&
			 next != &layout_ah)
			hint(s, "It is in transport mode, and SPI 0x%x was configured for tunnel mode.",
			     (unsigned)sa->spec.spi);
	}
	if (!is_protected && wants_protection(s->o->step))
		hint(s,
		     "It came in clear: no outbound policy of the target applied to it (selectors, direction), or an SA "
		     "for it is missing.");
}

/* --- silence --------------------------------------------------------------------------------- */

/* Counters that moved: side evidence of every failure, and of silence the best there is. */
static unsigned
show_counters(struct stage *s, bool silence)
{
	const char *at = NULL;
	char name[80], line[400];
	unsigned long long by;
	unsigned n = 0;
	for (; side_counters_moved(&before, &now, &at, name, sizeof name, &by); n++) {
		const char *meaning = side_counters_meaning(name);
		snprintf(line, sizeof line, "%s: %llu more since the case began%s%s", name, by,
			 meaning != NULL ? ": " : "", meaning != NULL ? meaning : "");
		evidence_add(s->ev, EV_COUNTER, s->o->step->at.line, 0, BYTES_NONE, line);
		if (silence)
			hint(s, "The target counted %s %llu time%s: %s.", name, by, by == 1 ? "" : "s",
			     meaning != NULL ? meaning : "see its documentation");
	}
	return n;
}

static void
explain_silence(struct stage *s, bool counted, unsigned moved)
{
	if (counted && moved == 0)
		hint(s,
		     "The target counted no refusal since the case began: the packet may not have reached it, or its answer "
		     "found no route, neighbour or policy.");
	else if (!counted)
		hint(s,
		     "espy can read no counters of this target; its own tell (/proc/net/xfrm_stat, what espy host prints at its "
		     "end). Silence comes of: no SA (SPI, destination), a wrong ICV (key, algorithm, length), a number used "
		     "before (windows outlive runs), policy (selectors, mode), a firewall, no route back.");
}

void
diagnose(struct stage *s)
{
	struct err e = { 0 };
	struct dissected *d;
	bool open = s->item->spec->level == CASE_MAY || s->item->spec->level == CASE_INFO;
	if (s->o->verdict != V_FAIL || s->o->step == NULL || open || s->g->dead)
		return;
	bool counted = s->counted && side_counters_read(&now, &s->g->target->channel, &e) && now.known;
	bool silence = s->decisive.n == 0 && strcmp(s->o->got, "nothing") == 0;
	unsigned moved = counted ? show_counters(s, silence) : 0;
	if (silence)
		explain_silence(s, counted, moved);
	if (s->decisive.n == 0)
		return;
	arena_reset(s->scratch);
	d = arena_alloc(s->scratch, sizeof *d);
	size_t n = packet_dissect_room(s->sad, s->decisive.n);
	if (!packet_dissect(d, s->sad, s->decisive, arena_alloc(s->scratch, n), n, &e))
		return;
	if (d->verdict != ACCEPT)
		explain_unopened(s, d);
	else
		explain_other(s, d);
}
