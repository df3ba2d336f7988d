#include <limits.h>
#include <string.h>

#include "reports/atomic_file.h"
#include "reports/event.h"
#include "reports/journal.h"
#include "reports/xml.h"

/* How JUnit, which knows three bad ends, says our verdicts: the type attribute keeps the exact word. */
struct ending {
	const char *verdict, *element;
};
static const struct ending endings[] = {
	{ "FAIL", "failure" }, { "XPASS", "failure" }, { "INCONCLUSIVE", "error" },
	{ "ERROR", "error" },  { "SKIP", "skipped" },  { "XFAIL", "skipped" },
};

struct counts {
	unsigned tests, failures, errors, skipped;
	double seconds;
};

static const char *
element_of(const json_t *event)
{
	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
		if (event_is(event, endings[i].verdict))
			return endings[i].element;
	return NULL;
}

static const char *
suite_of(const json_t *event)
{
	const char *suite = event_text(event, "suite");
	return suite[0] != '\0' ? suite : "espy";
}

static void
count(struct counts *c, const json_t *event)
{
	const char *element = element_of(event);
	c->tests++;
	c->seconds += event_number(event, "wall_ms") / 1000;
	if (element == NULL)
		return;
	c->failures += strcmp(element, "failure") == 0;
	c->errors += strcmp(element, "error") == 0;
	c->skipped += strcmp(element, "skipped") == 0;
}

static void
put_counts(FILE *out, const struct counts *c)
{
	char time[40];
	seconds_print(c->seconds, time, sizeof time);
	fprintf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%s\"", c->tests, c->failures,
		c->errors, c->skipped, time);
}

static void
put_property(FILE *out, const char *indent, const char *name, const char *value)
{
	fprintf(out, "%s<property", indent);
	xml_attribute(out, "name", name);
	xml_attribute(out, "value", value);
	fputs("/>\n", out);
}

static void
put_integer_property(FILE *out, const char *indent, const char *name, const json_t *value)
{
	char text[40];
	snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
	if (json_is_integer(value))
		put_property(out, indent, name, text);
}

/* "RFC 4303 3.4.3" as "RFC 4303/3.4.3": consumers make a tree of it. */
static void
put_classname(FILE *out, const char *clause)
{
	char text[200];
	snprintf(text, sizeof text, "%s", clause[0] != '\0' ? clause : "no clause");
	char *blank = strrchr(text, ' ');
	if (blank != NULL && clause[0] != '\0')
		*blank = '/';
	xml_attribute(out, "classname", text);
}

/* The document alone: "RFC 4303". */
static void
put_rfc(FILE *out, const char *clause)
{
	char text[200];
	snprintf(text, sizeof text, "%s", clause);
	char *blank = strrchr(text, ' ');
	if (blank != NULL)
		*blank = '\0';
	if (text[0] != '\0')
		put_property(out, "        ", "rfc", text);
}

static void
put_case_properties(FILE *out, const struct run_record *r, const json_t *event)
{
	const json_t *ids = json_object_get(event, "decides"), *id;
	size_t i;
	fputs("      <properties>\n", out);
	put_property(out, "        ", "verdict", event_text(event, "verdict"));
	put_property(out, "        ", "level", event_text(event, "level"));
	put_rfc(out, event_text(event, "clause"));
	json_array_foreach(ids, i, id)
		if (json_is_string(id))
			put_property(out, "        ", "decides", json_string_value(id));
	put_integer_property(out, "        ", "seed", json_object_get(r->start, "seed"));
	fputs("      </properties>\n", out);
}

static void
put_line(FILE *out, const char *label, const char *text)
{
	if (text[0] == '\0')
		return;
	fputs(label, out);
	xml_text(out, text);
	fputc('\n', out);
}

static void
put_diff(FILE *out, const json_t *diff)
{
	const json_t *d;
	size_t i;
	json_array_foreach(diff, i, d) {
		xml_text(out, event_text(d, "field"));
		fputs(": want ", out);
		xml_text(out, event_text(d, "want"));
		fputs(", got ", out);
		xml_text(out, event_text(d, "got"));
		fputs("  [", out);
		xml_text(out, event_text(d, "clause"));
		fputs("]\n", out);
	}
}

static void
put_ending(FILE *out, const json_t *event, const char *element)
{
	char why[1200];
	event_why(event, why, sizeof why);
	fprintf(out, "      <%s", element);
	xml_attribute(out, "message", why);
	xml_attribute(out, "type", event_text(event, "verdict"));
	fputc('>', out);
	put_line(out, "", event_text(event, "title"));
	put_line(out, "clause: ", event_text(event, "clause"));
	put_line(out, "reason: ", event_text(event, "reason"));
	put_diff(out, json_object_get(event, "diff"));
	put_line(out, "want: ", event_text(event, "want"));
	put_line(out, "got: ", event_text(event, "got"));
	put_line(out, "step: ", event_text(json_object_get(event, "step"), "text"));
	if (event_text(event, "file")[0] != '\0') {
		fputs("at: ", out);
		xml_text(out, event_text(event, "file"));
		fprintf(out, ":%ld\n", event_line(event));
	}
	put_line(out, "again: espy run ", event_text(event, "full_id"));
	fprintf(out, "</%s>\n", element);
}

/* The form GitLab and Jenkins link; paths are relative to the run directory. */
static void
put_attachments(FILE *out, const json_t *event, unsigned nth)
{
	char path[1024];
	case_path(event_text(event, "full_id"), nth, path, sizeof path);
	fputs("      <system-out>[[ATTACHMENT|", out);
	xml_text(out, path);
	fputs("/packets.pcapng]]\n", out);
	if (event_has_exhibit(event, "setkey")) {
		fputs("[[ATTACHMENT|", out);
		xml_text(out, path);
		fputs("/sa.setkey]]\n", out);
	}
	fputs("</system-out>\n", out);
}

/* Consumers count only the first of two equal names. */
static void
put_name(FILE *out, const char *full_id, unsigned nth)
{
	char again[16] = "";
	if (nth > 0)
		snprintf(again, sizeof again, " #%u", nth + 1);
	fputs(" name=\"", out);
	xml_text(out, full_id);
	fprintf(out, "%s\"", again);
}

static void
put_case(FILE *out, const struct run_record *r, const json_t *event, unsigned nth)
{
	char time[40];
	const char *element = element_of(event), *file = event_text(event, "file");
	seconds_print(event_number(event, "wall_ms") / 1000, time, sizeof time);
	fputs("    <testcase", out);
	put_classname(out, event_text(event, "clause"));
	put_name(out, event_text(event, "full_id"), nth);
	if (file[0] != '\0') {
		xml_attribute(out, "file", file);
		fprintf(out, " line=\"%ld\"", event_line(event));
	}
	fprintf(out, " time=\"%s\">\n", time);
	put_case_properties(out, r, event);
	if (element != NULL)
		put_ending(out, event, element);
	if (event_unmet(event))
		put_attachments(out, event, nth);
	fputs("    </testcase>\n", out);
}

static void
put_run_properties(FILE *out, const struct run_record *r)
{
	static const char *const keys[] = { "name", "driver", "os", "release" };
	const json_t *target = json_object_get(r->start, "target");
	char name[40];
	fputs("    <properties>\n", out);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		snprintf(name, sizeof name, "target.%s", keys[i]);
		put_property(out, "      ", name, event_text(target, keys[i]));
	}
	put_property(out, "      ", "tool.version", event_text(json_object_get(r->start, "tool"), "version"));
	put_integer_property(out, "      ", "seed", json_object_get(r->start, "seed"));
	put_property(out, "      ", "complete", json_is_true(json_object_get(r->end, "complete")) ? "true" : "false");
	fputs("    </properties>\n", out);
}

/* The date and time of day alone: XSD readers of JUnit refuse a zone behind it. */
static void
put_timestamp(FILE *out, const struct run_record *r)
{
	char text[20];
	snprintf(text, sizeof text, "%s", event_text(r->start, "started"));
	if (strlen(text) == 19)
		xml_attribute(out, "timestamp", text);
}

static void
put_suite(FILE *out, const struct run_record *r, const char *suite, const json_t *events, json_t *book)
{
	struct counts c = { 0 };
	const json_t *event;
	size_t i;
	json_array_foreach(events, i, event)
		count(&c, event);
	fputs("  <testsuite", out);
	xml_attribute(out, "name", suite);
	put_counts(out, &c);
	put_timestamp(out, r);
	fputs(">\n", out);
	put_run_properties(out, r);
	json_array_foreach(events, i, event)
		put_case(out, r, event, names_seen(book, event_text(event, "full_id")));
	fputs("  </testsuite>\n", out);
}

/* Suites in the order in which their first case was run; parallel workers mix them. */
static json_t *
by_suite(const json_t *cases)
{
	json_t *suites = json_object(), *event;
	size_t i;
	json_array_foreach(cases, i, event) {
		json_t *list = json_object_get(suites, suite_of(event));
		if (list == NULL) {
			list = json_array();
			json_object_set_new_nocheck(suites, suite_of(event), list);
		}
		json_array_append(list, event);
	}
	return suites;
}

static void
put_document(FILE *out, const struct run_record *r)
{
	struct counts all = { 0 };
	json_t *suites = by_suite(r->cases), *book = json_object(), *events;
	const char *suite;
	const json_t *event;
	size_t i;
	json_array_foreach(r->cases, i, event)
		count(&all, event);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"espy\"", out);
	put_counts(out, &all);
	fputs(">\n", out);
	json_object_foreach(suites, suite, events)
		put_suite(out, r, suite, events, book);
	fputs("</testsuites>\n", out);
	json_decref(suites);
	json_decref(book);
}

bool
report_junit(const struct run_record *r, const char *dir, struct err *e)
{
	char path[PATH_MAX];
	struct atomic_file a;
	snprintf(path, sizeof path, "%.3000s/junit.xml", dir);
	if (!folder_make(dir, e) || !atomic_file_begin(&a, e))
		return false;
	put_document(a.out, r);
	return atomic_file_commit(&a, path, 0666, e);
}
