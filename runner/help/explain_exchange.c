#include "runner/help/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/profile.h"
#include "ipsec/dissect.h"
#include "reports/case/sa.h"
#include "reports/event.h"
#include "reports/redact.h"
#include "runner/case_event.h"
#include "runner/instance.h"
#include "runner/suite_source.h"

#define LINES_SHOWN 60
#define FIXED_SEED 1 /* the same packets each time, but for what the reference draws itself */

struct exchange {
	const struct explain *x;
	json_t *start, *event; /* as a journal would have them */
	struct case_sas *sas;
	unsigned lines, left_out;
};

/* "esp(spi=0x1001, seq=1)/ip4/echo(..)" with the SAs of its time; what is no datagram in octets. */
static void
print_frame(struct exchange *g, size_t at, const json_t *exhibit, const char *who)
{
	char text[400] = "";
	uint8_t *room;
	struct bytes datagram;
	struct err e;
	if (!exhibit_octets(exhibit, &room, &datagram))
		return;
	struct sad *sad = g->sas != NULL ? case_sas_for(g->sas, at, datagram) : NULL;
	struct dissection *d = dissect_datagram(sad, datagram, &e);
	if (d != NULL)
		dissect_brief(d, text, sizeof text);
	printf("  %4ld  %s  ", event_whole(exhibit, "line"), who);
	put_printable(stdout, text, true);
	printf("  %zu octets", datagram.n);
	if (d != NULL && d->verdict_text != NULL && d->verdict != ACCEPT)
		printf(", refused (%s)", d->verdict_text);
	putchar('\n');
	dissect_free(d);
	free(room);
}

/* Configuration, line by line, without its keys. */
static void
print_setkey(const struct exchange *g, const char *text)
{
	char *shown = g->x->show_keys ? strdup(text) : redact_setkey(text), *save = NULL;
	for (char *line = shown != NULL ? strtok_r(shown, "\n", &save) : NULL; line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " \t");
		if (line[0] == '\0')
			continue;
		printf("        configure        ");
		put_printable(stdout, line, true);
		putchar('\n');
	}
	free(shown);
}

/* Each kind with the words in front of what it says; NULL text: a frame. */
static const struct shown {
	const char *kind, *who;
	bool frame;
} kinds[] = {
	{ "frame-out", "tester > target", true },  { "frame-in", "tester < target", true },
	{ "pfkey-out", "PF_KEY > target", false }, { "pfkey-in", "PF_KEY < target", false },
	{ "app", "application    ", false },       { "counter", "counter        ", false },
	{ "note", "note           ", false },      { "audit", "audit          ", false },
};

static void
print_exhibit(struct exchange *g, size_t at, const json_t *exhibit)
{
	const char *kind = event_text(exhibit, "kind"), *text = event_text(exhibit, "text");
	if (g->lines >= LINES_SHOWN) {
		g->left_out++;
		return;
	}
	g->lines++;
	if (strcmp(kind, "setkey") == 0)
		print_setkey(g, text);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strcmp(kinds[i].kind, kind) != 0)
			continue;
		if (kinds[i].frame) {
			print_frame(g, at, exhibit, kinds[i].who);
			continue;
		}
		printf("  %4ld  %s  ", event_whole(exhibit, "line"), kinds[i].who);
		put_printable(stdout, text, true);
		putchar('\n');
	}
}

/* The messages that carry a setkey block are not the case's own: the block itself is shown. */
static bool
is_of_setup(const json_t *exhibit, long setup_socket)
{
	const char *kind = event_text(exhibit, "kind");
	return (strcmp(kind, "pfkey-out") == 0 || strcmp(kind, "pfkey-in") == 0) &&
	       event_whole(exhibit, "link") == setup_socket;
}

static void
print_exhibits(struct exchange *g, long setup_socket)
{
	const json_t *exhibit;
	size_t i;
	json_array_foreach(json_object_get(g->event, "exhibits"), i, exhibit)
		if (!is_of_setup(exhibit, setup_socket))
			print_exhibit(g, i, exhibit);
	if (g->left_out > 0)
		printf("  (and %u more)\n", g->left_out);
}

/* --- running ---------------------------------------------------------------------------------- */

/* A case of one system's rules is asked of a reference that follows them. */
static const char *
reference_for(const struct plan_item *it, char *room, size_t cap)
{
	const struct word_list *w = case_profiles(it->suite, it->spec);
	if (w == NULL || profile_by_name(w->word) == NULL)
		return "reference";
	snprintf(room, cap, "reference:%s", w->word);
	return room;
}

static bool
take_event(struct exchange *g, const struct instance *in, const struct plan_item *it, const struct evidence *seen,
	   const struct outcome *o)
{
	char *line = case_event(&in->engine, it, 0, 0, 0, seen, o, true);
	g->event = line != NULL ? json_loads(line, 0, NULL) : NULL;
	g->start = json_pack("{s:{s:s, s:s}}", "target", "dialect", in->engine.dialect->name, "byte_order",
			     in->target.channel.hello.big_endian ? "big" : "little");
	g->sas = g->event != NULL && g->start != NULL ? case_sas_read(g->start, g->event) : NULL;
	free(line);
	return g->event != NULL;
}

/* The first combination that is not skipped, or the last one that was tried. */
static const struct plan_item *
run_first(const struct plan *p, struct instance *in, struct evidence *seen, struct outcome *o)
{
	const struct plan_item *it = &p->items[0];
	for (unsigned i = 0; i < p->n; i++) {
		it = &p->items[i];
		engine_run(&in->engine, it, seen, o);
		if (o->verdict != V_SKIP || in->engine.dead)
			break;
	}
	return it;
}

static void
run_and_print(struct exchange *g, struct instance *in, const char *target)
{
	struct evidence seen = { 0 };
	struct outcome o = { .verdict = V_SKIP };
	const struct plan_item *it = run_first(&g->x->choice.plan, in, &seen, &o);
	printf("\nOn the reference (espy run -v -t %s %s), by line of the suite:\n", target, it->full_id);
	if (o.verdict == V_SKIP)
		printf("  cannot be asked: %s\n", o.reason);
	else if (take_event(g, in, it, &seen, &o))
		print_exhibits(g, in->engine.setup_sock);
	if (o.verdict != V_SKIP)
		printf("  %s%s%s\n", verdict_words[o.verdict], o.reason[0] != '\0' ? ": " : "", o.reason);
	case_sas_free(g->sas);
	json_decref(g->event);
	json_decref(g->start);
	evidence_free(&seen);
}

/* Nothing of it is needed to explain: where it cannot be run, that is said in its place. */
void
explain_exchange(struct explain *x)
{
	static struct instance in;
	struct exchange g = { .x = x };
	struct err e;
	char room[80];
	const char *target = reference_for(&x->choice.plan.items[0], room, sizeof room);
	const struct instance_wish wish = { .target = target, .seed = FIXED_SEED };
	if (!instance_open(&in, &wish, &e)) {
		printf("\nOn the reference:\n  could not be run: %s\n", e.text);
		return;
	}
	run_and_print(&g, &in, target);
	instance_close(&in);
}
