/*
 * JUnit XML. There is no standard, so this keeps to what its readers agree on, and to their quirks:
 * - GitLab drops the second of two equal names, shows the body of failure, error and skipped and not their message, follows only the
 *   first attachment, and wants its path from the root of the project; it takes files below 30 MB.
 * - Jenkins shows package and class, split at the last dot of classname: "RFC 4303/3.4" and "3"; its attachments are paths in the
 *   workspace, each on a line of its own.
 * - Annotations on GitHub want file and line.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reports/event.h"
#include "reports/compare/known.h"
#include "reports/report.h"
#include "reports/formats/xml.h"

#define MOST_OCTETS 24000000 /* from here on a case is its name and one line */

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
	unsigned long long us; /* of the cases as they are printed, so that the times add up */
};

struct junit {
	FILE *out;
	const struct run_record *run;
	const struct report_wish *wish;
	json_t *ids, *names; /* how often an id came, and what was made of it */
};

static const char *
element_of(const json_t *event)
{
	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
		if (event_is(event, endings[i].verdict))
			return endings[i].element;
	return NULL;
}

static unsigned long long
duration_us(const json_t *event)
{
	double ms = event_number(event, "wall_ms");
	return ms > 0 && ms < 1e12 ? (unsigned long long)(ms * 1000 + 0.5) : 0;
}

static void
put_time(FILE *out, unsigned long long us)
{
	fprintf(out, " time=\"%llu.%06llu\"", us / 1000000, us % 1000000);
}

static void
count(struct counts *c, const json_t *event)
{
	const char *element = element_of(event);
	c->tests++;
	c->us += duration_us(event);
	if (element == NULL)
		return;
	c->failures += strcmp(element, "failure") == 0;
	c->errors += strcmp(element, "error") == 0;
	c->skipped += strcmp(element, "skipped") == 0;
}

static void
put_counts(FILE *out, const struct counts *c)
{
	fprintf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"", c->tests, c->failures, c->errors,
		c->skipped);
	put_time(out, c->us);
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

/* Cut at its last blank into document and section: "RFC 4303", "3.4.3"; a manual page has no section. To be freed. */
static char *
document_of(const char *clause, const char **section)
{
	char *text = strdup(clause), *blank = text != NULL ? strrchr(text, ' ') : NULL;
	*section = blank != NULL ? blank + 1 : "";
	if (blank != NULL)
		*blank = '\0';
	return text;
}

/* "RFC 4303/3.4.3": consumers make a tree of it. */
static void
put_classname(FILE *out, const char *clause)
{
	const char *section;
	char *name = NULL, *document = document_of(clause, &section);
	if (document != NULL && asprintf(&name, "%s%s%s", document, section[0] != '\0' ? "/" : "", section) < 0)
		name = NULL;
	xml_attribute(out, "classname", name != NULL && name[0] != '\0' ? name : "no clause");
	free(document);
	free(name);
}

/* The document alone: "RFC 4303". */
static void
put_rfc(FILE *out, const char *clause)
{
	const char *section;
	char *document = document_of(clause, &section);
	if (document != NULL && document[0] != '\0')
		put_property(out, "        ", "rfc", document);
	free(document);
}

static void
put_case_properties(const struct junit *j, const json_t *event)
{
	const json_t *ids = json_object_get(event, "decides"), *id;
	char seed[30];
	size_t i;
	fputs("      <properties>\n", j->out);
	put_property(j->out, "        ", "verdict", event_text(event, "verdict"));
	put_property(j->out, "        ", "level", event_text(event, "level"));
	put_property(j->out, "        ", "clause", event_text(event, "clause"));
	put_rfc(j->out, event_text(event, "clause"));
	json_array_foreach(ids, i, id)
		if (json_is_string(id))
			put_property(j->out, "        ", "decides", json_string_value(id));
	report_seed(j->run, event, seed, sizeof seed);
	if (seed[0] != '\0')
		put_property(j->out, "        ", "seed", seed);
	fputs("      </properties>\n", j->out);
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
put_body(FILE *out, const struct run_record *r, const json_t *event)
{
	put_line(out, "", event_text(event, "title"));
	put_line(out, "clause: ", event_text(event, "clause"));
	put_line(out, "reason: ", event_text(event, "reason"));
	put_diff(out, json_object_get(event, "diff"));
	put_line(out, "want: ", event_text(event, "want"));
	put_line(out, "got: ", event_text(event, "got"));
	for (size_t i = 0; event_hint(event, i)[0] != '\0'; i++)
		put_line(out, "perhaps: ", event_hint(event, i));
	put_line(out, "step: ", event_text(json_object_get(event, "step"), "text"));
	if (event_text(event, "file")[0] != '\0') {
		fputs("at: ", out);
		xml_text(out, event_text(event, "file"));
		fprintf(out, ":%ld\n", event_line(event));
	}
	char *again = report_again(r, event);
	put_line(out, "again: ", again != NULL ? again : "");
	free(again);
}

static void
put_ending(FILE *out, const struct run_record *r, const json_t *event, const char *element, bool brief)
{
	char why[1200];
	event_why(event, why, sizeof why);
	if (brief)
		snprintf(why, sizeof why, "this file would be too long: see run.json");
	fprintf(out, "      <%s", element);
	xml_attribute(out, "message", why);
	xml_attribute(out, "type", event_text(event, "verdict"));
	fputc('>', out);
	if (brief)
		xml_text(out, why);
	else
		put_body(out, r, event);
	fprintf(out, "</%s>\n", element);
}

static void
put_attachment(const struct junit *j, const json_t *event, unsigned nth, const char *file)
{
	char path[4400];
	report_attachment(j->wish, event, nth, file, path, sizeof path);
	fputs("[[ATTACHMENT|", j->out);
	xml_text(j->out, path);
	fputs("]]\n", j->out);
}

static void
put_attachments(const struct junit *j, const json_t *event, unsigned nth)
{
	fputs("      <system-out>", j->out);
	put_attachment(j, event, nth, "packets.pcapng");
	if (event_has_exhibit(event, "setkey") || event_has_exhibit(event, "pfkey-out"))
		put_attachment(j, event, nth, "sa.setkey");
	put_attachment(j, event, nth, "plain.pcapng");
	fputs("</system-out>\n", j->out);
}

/* Readers keep only the first of two equal names. */
static void
put_name(const struct junit *j, const char *full_id, unsigned nth)
{
	char *name = NULL;
	for (unsigned k = nth;; k++) {
		if (k == 0 ? asprintf(&name, "%s", full_id) < 0 : asprintf(&name, "%s #%u", full_id, k + 1) < 0)
			return;
		if (names_seen(j->names, name) == 0)
			break;
		free(name);
	}
	xml_attribute(j->out, "name", name);
	free(name);
}

static void
put_case(const struct junit *j, const json_t *event)
{
	const char *element = element_of(event), *file = event_text(event, "file");
	unsigned nth = names_seen(j->ids, event_text(event, "full_id"));
	bool brief = ftello(j->out) > MOST_OCTETS;
	fputs("    <testcase", j->out);
	put_classname(j->out, event_text(event, "clause"));
	put_name(j, event_text(event, "full_id"), nth);
	if (file[0] != '\0') {
		xml_attribute(j->out, "file", file);
		fprintf(j->out, " line=\"%ld\"", event_line(event));
	}
	put_time(j->out, duration_us(event));
	fputs(">\n", j->out);
	if (!brief)
		put_case_properties(j, event);
	if (element != NULL)
		put_ending(j->out, j->run, event, element, brief);
	if (report_keeps(j->run, event) && !brief)
		put_attachments(j, event, nth);
	fputs("    </testcase>\n", j->out);
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
	struct tm tm = { 0 };
	char text[40];
	if (strptime(event_text(r->start, "started"), "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		return;
	if (strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm) == 19)
		xml_attribute(out, "timestamp", text);
}

static void
put_suite_start(const struct junit *j, const char *suite, const struct counts *c)
{
	fputs("  <testsuite", j->out);
	xml_attribute(j->out, "name", suite);
	put_counts(j->out, c);
	put_timestamp(j->out, j->run);
	fputs(">\n", j->out);
	put_run_properties(j->out, j->run);
}

static void
put_suite(const struct junit *j, const char *suite, const json_t *events)
{
	struct counts c = { 0 };
	const json_t *event;
	size_t i;
	json_array_foreach(events, i, event)
		count(&c, event);
	put_suite_start(j, suite, &c);
	json_array_foreach(events, i, event)
		put_case(j, event);
	fputs("  </testsuite>\n", j->out);
}

/* A run that was cut short must not be green, whatever its cases say: the run itself is a case then. */
static void
put_incomplete(const struct junit *j, const char *why)
{
	const struct counts one = { .tests = 1, .errors = 1 };
	put_suite_start(j, "the run itself", &one);
	fputs("    <testcase classname=\"espy\" name=\"every planned case has a verdict\" time=\"0.000000\">\n"
	      "      <error",
	      j->out);
	xml_attribute(j->out, "message", why);
	fputs(" type=\"ERROR\">", j->out);
	xml_text(j->out, why);
	fputs("</error>\n    </testcase>\n  </testsuite>\n", j->out);
}

/* Suites in the order in which their first case was run; parallel workers mix them. */
static json_t *
by_suite(const json_t *cases)
{
	json_t *suites = json_object(), *event;
	size_t i;
	json_array_foreach(cases, i, event) {
		json_t *list = json_object_get(suites, event_suite(event));
		if (list == NULL) {
			list = json_array();
			json_object_set_new_nocheck(suites, event_suite(event), list);
		}
		json_array_append(list, event);
	}
	return suites;
}

static void
put_document(const struct junit *j)
{
	struct counts all = { 0 };
	json_t *suites = by_suite(j->run->cases), *events;
	const char *suite;
	const json_t *event;
	char why[400];
	size_t i;
	json_array_foreach(j->run->cases, i, event)
		count(&all, event);
	bool incomplete = report_incomplete(j->run, why, sizeof why);
	all.tests += incomplete;
	all.errors += incomplete;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"espy\"", j->out);
	put_counts(j->out, &all);
	fputs(">\n", j->out);
	if (incomplete)
		put_incomplete(j, why);
	json_object_foreach(suites, suite, events)
		put_suite(j, suite, events);
	fputs("</testsuites>\n", j->out);
	json_decref(suites);
}

bool
report_render_junit(FILE *out, const struct run_record *r, const struct report_wish *w, struct err *e)
{
	struct junit j = { out, r, w, json_object(), json_object() };
	(void)e;
	put_document(&j);
	json_decref(j.ids);
	json_decref(j.names);
	return true;
}
