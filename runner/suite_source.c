#include "runner/suite_source.h"

#include <stdlib.h>
#include <string.h>

bool
source_read(const char *file, char **text, size_t *n, struct err *e)
{
	FILE *f = fopen(file, "re"), *copy = f != NULL ? open_memstream(text, n) : NULL;
	char part[8192];
	for (size_t got; copy != NULL && (got = fread(part, 1, sizeof part, f)) > 0;)
		fwrite(part, 1, got, copy);
	bool ok = copy != NULL && !ferror(f);
	if (!ok)
		(void)fail_errno(e, "%s", file);
	if (copy != NULL && fclose(copy) != 0 && ok)
		ok = fail_errno(e, "%s", file);
	if (f != NULL)
		fclose(f);
	return ok;
}

bool
source_open(struct source *s, const char *file, struct err *e)
{
	size_t n = 0, lines = 1;
	*s = (struct source){ 0 };
	if (!source_read(file, &s->text, &n, e)) {
		source_close(s);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		lines += s->text[i] == '\n';
	s->line = calloc(lines, sizeof *s->line);
	if (s->line == NULL) {
		source_close(s);
		return fail_errno(e, "%s", file);
	}
	for (char *rest = s->text; rest != NULL && *rest != '\0';)
		s->line[s->n++] = strsep(&rest, "\n");
	return true;
}

void
source_close(struct source *s)
{
	free(s->line);
	free(s->text);
	*s = (struct source){ 0 };
}

static bool
begins(const char *line, const char *word)
{
	size_t n = strlen(word);
	return strncmp(line, word, n) == 0 && (line[n] == ' ' || line[n] == '\t' || line[n] == '{');
}

void
source_print(const struct source *s, unsigned from, FILE *out)
{
	for (unsigned i = from; i >= 1 && i <= s->n; i++) {
		const char *line = s->line[i - 1];
		if (i > from && (begins(line, "case") || begins(line, "setup")))
			return;
		fprintf(out, "  %s\n", line);
		if (line[0] == '}')
			return;
	}
}

unsigned
source_find_setup(const struct source *s, const char *name)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (!begins(s->line[i], "setup"))
			continue;
		const char *at = s->line[i] + 5 + strspn(s->line[i] + 5, " \t");
		size_t n = strcspn(at, " \t{");
		if (n == 0 ? strcmp(name, "default") == 0 : strlen(name) == n && strncmp(at, name, n) == 0)
			return i + 1;
	}
	return 0;
}
