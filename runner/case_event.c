#include "runner/case_event.h"

#include <stdlib.h>
#include <string.h>

#include "reports/journal.h"
#include "runner/manager.h"
#include "runner/revision.h"

static const char *const kind_names[] = {
	[EV_FRAME_OUT] = "frame-out", [EV_FRAME_IN] = "frame-in", [EV_PFKEY_OUT] = "pfkey-out",
	[EV_PFKEY_IN] = "pfkey-in",   [EV_SETKEY] = "setkey",     [EV_APP] = "app",
	[EV_COUNTER] = "counter",     [EV_NOTE] = "note",         [EV_XFRM_OUT] = "xfrm-out",
	[EV_XFRM_IN] = "xfrm-in",     [EV_AUDIT] = "audit",       [EV_DO] = "do",
	[EV_SENTINEL] = "sentinel",
};

static json_t *
hex(struct bytes b)
{
	char *out = malloc(b.n * 2 + 1);
	struct rd r = rd_of(b);
	if (out == NULL)
		return json_null();
	for (size_t i = 0; rd_left(&r) > 0; i += 2) {
		static const char digit[] = "0123456789abcdef";
		uint64_t o = rd_uint(&r, 1);
		out[i] = digit[o >> 4];
		out[i + 1] = digit[o & 15];
	}
	json_t *j = json_stringn(out, b.n * 2);
	free(out);
	return j;
}

/* What an exhibit says, for people: a message in its notation; frames are printed by whoever shows them. */
static const char *
exhibit_text(const struct engine *g, const struct exhibit *x, char *buffer, size_t cap)
{
	struct pfkey_msg m;
	if (x->text != NULL)
		return x->text;
	if (x->kind == EV_XFRM_OUT || x->kind == EV_XFRM_IN) {
		manager_xfrm_print(x->octets, buffer, cap);
		return buffer;
	}
	if (x->kind != EV_PFKEY_OUT && x->kind != EV_PFKEY_IN)
		return NULL;
	if (!pfkey_msg_parse(&m, g->dialect, x->octets, engine_swaps(g), NULL))
		return "(cannot be read)";
	pfkey_msg_print(&m, false, buffer, cap);
	return buffer;
}

static json_t *
exhibits(const struct engine *g, const struct evidence *v, const struct outcome *o)
{
	json_t *list = json_array();
	static _Thread_local char buffer[4096];
	for (const struct exhibit *x = v->first; x != NULL; x = x->next) {
		json_t *j = json_pack("{s:s, s:f, s:i, s:i}", "kind", kind_names[x->kind], "t_us",
				      (double)x->t_ns / 1000.0, "line", (int)x->line, "link", (int)x->link);
		if (o->decisive.n > 0 && x->octets.p == o->decisive.p)
			json_object_set_new(j, "decides", json_true());
		if (x->octets.n > 0)
			json_object_set_new(j, "octets", hex(x->octets));
		const char *say = exhibit_text(g, x, buffer, sizeof buffer);
		if (say != NULL)
			json_object_set_new(j, "text", journal_text(say));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *
differences(const struct packet_diff *d)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < d->n && i < sizeof d->d / sizeof d->d[0]; i++) {
		char name[100];
		snprintf(name, sizeof name, "%s.%s", d->d[i].lay->name, d->d[i].field->name);
		json_t *j = json_pack("{s:s, s:o, s:o, s:s?}", "field", name, "want", journal_text(d->d[i].want), "got",
				      journal_text(d->d[i].got), "clause", d->d[i].field->clause);
		if (j != NULL && d->d[i].layer > 0)
			json_object_set_new(j, "layer", json_integer(d->d[i].layer));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *
hints(const struct outcome *o)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < o->hints; i++)
		json_array_append_new(list, journal_text(o->hint[i]));
	return list;
}

static void
add_claim(json_t *j, const struct plan_item *item)
{
	struct arena a = { 0 };
	char revision[REVISION_TEXT];
	revision_of_case(item, revision);
	json_t *params = json_object(), *ids = json_array();
	for (unsigned i = 0; i < item->params_n; i++)
		json_object_set_new(params, item->params[i].name, journal_text(item->params[i].value));
	for (const struct word_list *w = item->spec->decides; w != NULL; w = w->next)
		json_array_append_new(ids, journal_text(w->word));
	json_object_set_new(j, "params", params);
	json_object_set_new(j, "title", journal_text(item->spec->title));
	json_object_set_new(j, "level", json_string(level_names[item->spec->level]));
	json_object_set_new(j, "clause", journal_text(case_clause(&a, item->suite, item->spec)));
	json_object_set_new(j, "decides", ids);
	json_object_set_new(j, "file", journal_text(item->suite->file));
	json_object_set_new(j, "line", json_integer(item->spec->at.line));
	json_object_set_new(j, "revision", json_string(revision));
	if (item->round > 0)
		json_object_set_new(j, "round", json_integer(item->round));
	arena_free(&a);
}

char *
case_event(const struct engine *g, const struct plan_item *item, unsigned n, unsigned worker, double wall_ms,
	   const struct evidence *v, const struct outcome *o, bool everything)
{
	json_t *j = json_pack("{s:s, s:i, s:s, s:s, s:s}", "event", "case", "n", (int)n, "id", item->id, "full_id",
			      item->full_id, "suite", item->suite->name);
	if (j == NULL)
		return NULL;
	add_claim(j, item);
	json_object_set_new(j, "verdict", json_string(verdict_words[o->verdict]));
	json_object_set_new(j, "reason", journal_text(o->reason));
	json_object_set_new(j, "wall_ms", json_real(wall_ms));
	json_object_set_new(j, "worker", json_integer(worker));
	if (everything || (o->verdict != V_PASS && o->verdict != V_SKIP)) {
		if (o->step != NULL)
			json_object_set_new(j, "step",
					    json_pack("{s:i, s:o}", "line", (int)o->step->at.line, "text",
						      journal_text(o->step->text)));
		json_object_set_new(j, "want", journal_text(o->want));
		json_object_set_new(j, "got", journal_text(o->got));
		json_object_set_new(j, "diff", differences(&o->diff));
		json_object_set_new(j, "hints", hints(o));
		if (o->looks != LOOKS_ONE)
			json_object_set_new(j, "steady", json_boolean(o->looks == LOOKS_STEADY));
		json_object_set_new(j, "exhibits", exhibits(g, v, o));
	}
	char *line = json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(6));
	json_decref(j);
	return line;
}
