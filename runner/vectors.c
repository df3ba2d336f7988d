#include "runner/vectors.h"

#include <glob.h>
#include <string.h>

#include "runner/commands.h"
#include "runner/options.h"
#include "runner/paths.h"
#include "runner/vector.h"

static const struct option_row rows[] = {
	{ 'v', "verbose", NULL, "a line for every vector, not only for those that fail" },
	{ 0, NULL, NULL, NULL },
};

const struct options vectors_options = {
	"espy vectors [FILE..] [-v]",
	"Holds the reference against published test vectors: packets are built and opened, and must be refused with any\n"
	"one bit flipped. Without FILE all of the vectors folder: $ESPY_VECTORS, ./vectors, or the one installed with espy.\n"
	"Exit status: 0 all passed, 1 some failed, 2 usage or a file that cannot be read.",
	rows,
};

static void
report(FILE *out, const char *word, const char *path, const struct vector *v, const char *why)
{
	const char *slash = strrchr(path, '/');
	fprintf(out, "%s %s: %s  [%s]%s%s\n", word, slash != NULL ? slash + 1 : path, v->id, v->clause,
		why[0] != '\0' ? " " : "", why);
}

bool
vectors_run_file(const char *path, bool verbose, FILE *out, struct vectors_tally *t, struct err *e)
{
	struct arena arena = { 0 };
	struct vector_file f;
	bool ok = vector_file_read(&f, path, &arena, e);
	for (size_t i = 0; ok && i < f.n; i++) {
		struct err why;
		if (vector_run(&f.v[i], &why)) {
			t->passed++;
			if (verbose)
				report(out, "ok", path, &f.v[i], "");
		} else if (why.code == ERR_CRYPTO) {
			t->skipped++;
			report(out, "skip", path, &f.v[i], why.text);
		} else {
			t->failed++;
			report(out, "FAIL", path, &f.v[i], why.text);
		}
	}
	arena_free(&arena);
	return ok;
}

bool
vectors_folder(char *path, size_t cap)
{
	return paths_find(path, cap, "vectors", "ESPY_VECTORS", NULL);
}

/* Every .json of the folder but the schema, in the order of their names. */
static bool
list_files(glob_t *files, struct err *e)
{
	char folder[2200], pattern[2300];
	if (!paths_find(folder, sizeof folder, "vectors", "ESPY_VECTORS", e))
		return false;
	snprintf(pattern, sizeof pattern, "%s/*.json", folder);
	if (glob(pattern, 0, NULL, files) != 0)
		return fail(e, ERR_IO, "%s: no vector files there", folder);
	return true;
}

static bool
is_schema(const char *path)
{
	const char *slash = strrchr(path, '/');
	return strcmp(slash != NULL ? slash + 1 : path, "schema.json") == 0;
}

static int
run_files(char *const *paths, size_t n, bool verbose, bool named)
{
	struct vectors_tally t = { 0 };
	struct err e;
	for (size_t i = 0; i < n; i++) {
		if (!named && is_schema(paths[i]))
			continue;
		if (vectors_run_file(paths[i], verbose, stdout, &t, &e))
			continue;
		fprintf(stderr, "espy vectors: %s\n", e.text);
		return 2;
	}
	printf("%u passed, %u failed", t.passed, t.failed);
	if (t.skipped > 0)
		printf(", %u skipped", t.skipped);
	printf("\n");
	return t.failed > 0 ? 1 : 0;
}

int
cmd_vectors(int argc, char **argv)
{
	bool verbose = false;
	struct err e;
	glob_t files = { 0 };
	const char *value;
	int which, first;
	while ((which = options_next(&vectors_options, argc, argv, &value, &first)) >= 0)
		verbose = true;
	if (which != -1)
		return which == -3 ? 0 : 2;
	if (first < argc)
		return run_files(argv + first, (size_t)(argc - first), verbose, true);
	if (!list_files(&files, &e)) {
		fprintf(stderr, "espy vectors: %s\n", e.text);
		return 2;
	}
	int status = run_files(files.gl_pathv, files.gl_pathc, verbose, false);
	globfree(&files);
	return status;
}
