#include "reports/formats/shown.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reports/redact.h"

static bool
mask(const struct redact *k, json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	if (text == NULL || text[0] == '\0')
		return true;
	char *safe = redact_text(k, text);
	bool ok = safe != NULL;
	if (ok && strcmp(safe, text) != 0)
		json_object_set_new(object, key, journal_text(safe));
	free(safe);
	return ok;
}

/* Objects are shared with the journal's event until they are about to change. */
static bool
mask_diff(const struct redact *k, json_t *event)
{
	static const char *const keys[] = { "field", "want", "got", "clause" };
	const json_t *diff = json_object_get(event, "diff");
	bool ok = true;
	if (!json_is_array(diff))
		return true;
	json_t *copy = json_deep_copy(diff), *d;
	size_t i;
	json_object_set_new(event, "diff", copy);
	json_array_foreach(copy, i, d)
		for (size_t n = 0; n < sizeof keys / sizeof keys[0]; n++)
			ok = ok && mask(k, d, keys[n]);
	return ok;
}

static bool
mask_step(const struct redact *k, json_t *event)
{
	const json_t *step = json_object_get(event, "step");
	if (!json_is_object(step))
		return true;
	json_t *copy = json_copy((json_t *)(uintptr_t)step);
	json_object_set_new(event, "step", copy);
	return mask(k, copy, "text");
}

static bool
mask_hints(const struct redact *k, json_t *event)
{
	const json_t *hints = json_object_get(event, "hints");
	if (!json_is_array(hints))
		return true;
	json_t *copy = json_array(), *hint;
	size_t i;
	bool ok = true;
	json_object_set(event, "hints", copy);
	json_array_foreach(hints, i, hint) {
		char *safe = json_is_string(hint) ? redact_text(k, json_string_value(hint)) : NULL;
		ok = ok && (safe != NULL || !json_is_string(hint));
		if (safe != NULL)
			json_array_append_new(copy, journal_text(safe));
		free(safe);
	}
	json_decref(copy);
	return ok;
}

/* What has neither a reason nor an outcome tells nothing of keys. */
static bool
is_silent(const json_t *event)
{
	const char *reason = json_string_value(json_object_get(event, "reason"));
	return (reason == NULL || reason[0] == '\0') && json_object_get(event, "got") == NULL &&
	       json_object_get(event, "step") == NULL && json_object_get(event, "diff") == NULL &&
	       json_object_get(event, "want") == NULL && json_object_get(event, "hints") == NULL;
}

json_t *
event_shown(const json_t *start, const json_t *event, bool show_keys)
{
	static const char *const keys[] = { "reason", "want", "got" };
	if (show_keys || !json_is_object(event) || is_silent(event))
		return json_incref((json_t *)(uintptr_t)event);
	struct redact *k = redact_new(start, event, false);
	json_t *copy = json_copy((json_t *)(uintptr_t)event);
	bool ok = k != NULL && copy != NULL && mask_diff(k, copy) && mask_step(k, copy) && mask_hints(k, copy);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		ok = ok && mask(k, copy, keys[i]);
	redact_free(k);
	if (ok)
		return copy;
	json_decref(copy);
	return NULL;
}

bool
run_shown(struct run_record *shown, const struct run_record *r, bool show_keys, struct err *e)
{
	const json_t *event;
	size_t i;
	*shown = *r;
	shown->start = json_incref(r->start);
	shown->end = json_incref(r->end);
	shown->baseline = json_incref(r->baseline);
	shown->cases = json_array();
	json_array_foreach(r->cases, i, event)
		if (json_array_append_new(shown->cases, event_shown(r->start, event, show_keys)) != 0) {
			run_free(shown);
			return fail(e, ERR_IO, "memory for the cases of a run");
		}
	return true;
}

bool
run_read_shown(struct run_record *shown, const char *dir, struct err *e)
{
	struct run_record r = { 0 };
	if (!run_read(&r, dir, e))
		return false;
	bool ok = run_shown(shown, &r, false, e);
	run_free(&r);
	return ok;
}
