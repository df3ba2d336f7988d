#include "reports/repeat.h"

#include <string.h>

#include "reports/event.h"
#include "reports/report.h"

void
repeat_word(FILE *out, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+=@,:/";
	if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
		fputs(text, out);
		return;
	}
	putc('\'', out);
	for (; *text != '\0'; text++)
		fputs(*text == '\'' ? "'\\''" : (char[]){ *text, '\0' }, out);
	putc('\'', out);
}

/* Options of the run that decide what it means: suites of one's own (without them the ids mean nothing), and who configures. */
static bool
is_kept(const char *text)
{
	size_t n = strlen(text);
	return strcmp(text, "--yes") == 0 || strncmp(text, "--suites=", 9) == 0 ||
	       strncmp(text, "--manager=", 10) == 0 || (n > 6 && strcmp(text + n - 6, ".suite") == 0);
}

static void
put_kept(FILE *out, const json_t *argv, bool manager)
{
	const json_t *word;
	const char *before = "";
	size_t i;
	json_array_foreach(argv, i, word) {
		const char *text = json_is_string(word) ? json_string_value(word) : "";
		bool value = strcmp(before, "--suites") == 0 || strcmp(before, "--manager") == 0;
		bool of_manager = strncmp(value ? before : text, "--manager", 9) == 0;
		if ((value || is_kept(text)) && (manager || !of_manager)) {
			fprintf(out, "%s%s ", value ? " " : "", value ? before : "");
			repeat_word(out, text);
		}
		before = text;
	}
}

static const json_t *
argv_of(const struct run_record *r)
{
	return json_object_get(r->start, "argv");
}

bool
repeat_is_replay(const struct run_record *r)
{
	const char *command = json_string_value(json_array_get(argv_of(r), 1));
	return command != NULL && strcmp(command, "replay") == 0;
}

void
repeat_command_line(FILE *out, const json_t *argv)
{
	const json_t *word;
	size_t i;
	json_array_foreach(argv, i, word) {
		fputs(i > 0 ? " " : "", out);
		repeat_word(out, json_is_string(word) ? json_string_value(word) : "");
	}
}

void
repeat_run(FILE *out, const struct run_record *r, const json_t *event, const char *id)
{
	if (repeat_is_replay(r)) {
		repeat_command_line(out, argv_of(r));
		return;
	}
	const char *target = event_text(json_object_get(r->start, "target"), "name");
	char seed[24];
	report_seed(r, event, seed, sizeof seed);
	fputs("espy run ", out);
	repeat_word(out, id);
	if (target[0] != '\0' && strcmp(target, "linux") != 0) {
		fputs(" -t ", out);
		repeat_word(out, target);
	}
	if (seed[0] != '\0')
		fprintf(out, " --seed %s", seed);
	put_kept(out, argv_of(r), true);
}

void
repeat_explain(FILE *out, const struct run_record *r, const json_t *event)
{
	fputs("espy explain ", out);
	repeat_word(out, event_text(event, "id"));
	put_kept(out, argv_of(r), false);
}
