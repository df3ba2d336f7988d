#include "runner/help/completion.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config/format.h"
#include "host/profile.h"
#include "reports/report.h"
#include "runner/suite.h"
#include "runner/target/target.h"

static void
add_word(struct completion *out, const char *word, size_t n)
{
	size_t used = strlen(out->words);
	snprintf(out->words + used, sizeof out->words - used, "%s%.*s", used > 0 ? " " : "", (int)n, word);
}

/* "qemu:KERNEL[,INITRD]" begins with what can be typed: "qemu:"; what may do without an argument is there without it too. */
static void
targets(struct completion *out)
{
	const char *form;
	for (size_t i = 0; (form = target_form(i)) != NULL; i++)
		add_word(out, form, strcspn(form, "[:") + (form[strcspn(form, "[:")] == ':'));
	for (const struct profile *p = profiles; p->name != NULL; p++) {
		char word[80];
		snprintf(word, sizeof word, "reference:%s", p->name);
		add_word(out, word, strlen(word));
	}
}

static void
features(struct completion *out)
{
	for (size_t i = 0; case_features[i] != NULL; i++)
		add_word(out, case_features[i], strlen(case_features[i]));
	add_word(out, "none", 4);
}

static void
profile_names(struct completion *out)
{
	for (const struct profile *p = profiles; p->name != NULL; p++)
		add_word(out, p->name, strlen(p->name));
}

static void
report_names(struct completion *out)
{
	for (const struct report_format *f = report_formats; f->name != NULL; f++)
		add_word(out, f->name, strlen(f->name));
}

static void
config_names(struct completion *out)
{
	for (size_t i = 0; i < CONFIG_FORMATS; i++)
		add_word(out, config_format_names[i], strlen(config_format_names[i]));
}

/* clang-format off */
static const struct known {
	const char *option, *argument; /* argument: as --help has it, for options that mean two things; NULL: any */
	const char *words;
	void (*list)(struct completion *);
} known[] = {
	{ "target",  NULL,     NULL, targets },
	{ "level",   NULL,     "must should may info", NULL },
	{ "by",      NULL,     "suite clause level needs profile", NULL },
	{ "needs",   NULL,     NULL, features },
	{ "keep",    NULL,     "failed all", NULL },
	{ "speed",   NULL,     "recorded full", NULL },
	{ "fail-on", NULL,     "must should may info", NULL },
	{ "manager", NULL,     "auto pfkey xfrm none", NULL },
	{ "color",   NULL,     "auto always never", NULL },
	{ "pfkey",   "OS",     "linux kame freebsd openbsd solaris reference", NULL },
	{ "params",  NULL,     "family= mode= transform= protocol=", NULL },
	{ "profile", NULL,     NULL, profile_names },
	{ "format",  NULL,     NULL, report_names },
	{ "from",    "FORMAT", NULL, config_names },
	{ "to",      "FORMAT", NULL, config_names },
};
/* clang-format on */

/* A placeholder of --help or of a usage says what it stands for. */
static enum completion_kind
kind_of(const char *placeholder, size_t n)
{
	static const struct {
		const char *part;
		enum completion_kind kind;
	} parts[] = {
		{ "FILE", COMPLETE_FILES },   { "SETKEY", COMPLETE_FILES }, { "PATH", COMPLETE_FILES },
		{ "SOCKET", COMPLETE_FILES }, { "DIR", COMPLETE_FOLDERS },  { "OLD", COMPLETE_FOLDERS },
		{ "NEW", COMPLETE_FOLDERS },  { "SELECTOR", COMPLETE_IDS }, { "ID", COMPLETE_IDS },
	};
	char word[80];
	snprintf(word, sizeof word, "%.*s", (int)n, placeholder);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (strstr(word, parts[i].part) != NULL)
			return parts[i].kind;
	return COMPLETE_NOTHING;
}

void
completion_of_option(const struct command *c, const struct option_row *row, struct completion *out)
{
	(void)c;
	*out = (struct completion){ .kind = kind_of(row->argument, strlen(row->argument)) };
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		const struct known *k = &known[i];
		if (strcmp(k->option, row->name) != 0 ||
		    (k->argument != NULL && strcmp(k->argument, row->argument) != 0))
			continue;
		out->kind = COMPLETE_WORDS;
		if (k->list != NULL)
			k->list(out);
		else
			add_word(out, k->words, strlen(k->words));
		return;
	}
}

/* "bash|zsh|fish" stands for itself; "FILE|HEX.." for what its words stand for. */
static void
operand(const char *text, size_t n, struct completion *out)
{
	*out = (struct completion){ .kind = kind_of(text, n) };
	if (n == 0 || !islower((unsigned char)text[0]))
		return;
	out->kind = COMPLETE_WORDS;
	for (size_t i = 0; i < n;) {
		size_t word = strcspn(text + i, "|. ]");
		word = word < n - i ? word : n - i;
		add_word(out, text + i, word);
		i += word + 1;
	}
}

/* "show FILE | lint FILE | update FILE DIR": the words that each way to call it begins with. */
static void
other_ways(const char *at, struct completion *out)
{
	while (out->kind == COMPLETE_WORDS && (at = strstr(at, " | ")) != NULL) {
		at += strlen(" | ");
		add_word(out, at, strcspn(at, " "));
	}
}

/* "espy diff OLD NEW [--json] [-o FILE]": operands are the words behind the command that no option stands before. */
void
completion_of_operand(const struct command *c, unsigned n, struct completion *out)
{
	const char *usage = c->options->usage, *end = strstr(usage, " | "), *at = usage + strcspn(usage, " ");
	bool of_option = false;
	unsigned seen = 0;
	at += strspn(at, " ");
	at += strcspn(at, " ");
	*out = (struct completion){ .kind = COMPLETE_NOTHING };
	for (size_t length; *(at += strspn(at, " [")) != '\0' && (end == NULL || at < end); at += length) {
		length = strcspn(at, " ");
		bool option = at[0] == '-';
		if (!option && !of_option) {
			operand(at, strcspn(at, " ]"), out);
			if (seen == 0)
				other_ways(usage, out);
			if (seen++ == n)
				return;
		}
		of_option =
			option && at[length - 1] != ']' && at[length] == ' ' && isupper((unsigned char)at[length + 1]);
	}
}
