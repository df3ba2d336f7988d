#include "runner/paths.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void
begin(void)
{
	strcpy(folder, "/tmp/espy-paths-XXXXXX");
	cr_assert(ne(ptr, mkdtemp(folder), NULL));
	cr_assert(eq(int, chdir(folder), 0));
	unsetenv("ESPY_THINGS");
}

static void
end(void)
{
	(void)rmdir("things");
	(void)rmdir(folder);
}

TestSuite(paths, .init = begin, .fini = end);

Test(paths, the_variable_wins_over_the_folder_here)
{
	struct err e = { 0 };
	char out[200];
	cr_assert(eq(int, mkdir("things", 0777), 0));
	cr_assert(paths_find(out, sizeof out, "things", "ESPY_THINGS", &e), "%s", e.text);
	cr_assert(eq(str, out, "things"));
	setenv("ESPY_THINGS", "/tmp", 1);
	cr_assert(paths_find(out, sizeof out, "things", "ESPY_THINGS", &e), "%s", e.text);
	cr_assert(eq(str, out, "/tmp"));
}

Test(paths, a_variable_that_is_wrong_is_an_error_that_names_it)
{
	struct err e = { 0 };
	char out[200];
	cr_assert(eq(int, mkdir("things", 0777), 0));
	setenv("ESPY_THINGS", "/nowhere", 1);
	cr_assert(not(paths_find(out, sizeof out, "things", "ESPY_THINGS", &e)));
	cr_assert(ne(ptr, strstr(e.text, "ESPY_THINGS=/nowhere: No such file"), NULL), "%s", e.text);
}

Test(paths, beside_the_program_is_looked_at_too)
{
	struct err e = { 0 };
	char out[400], self[300];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	cr_assert(gt(int, (int)n, 0));
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	const char *name = strrchr(self, '/') + 1; /* the program's own folder, seen from its parent */
	cr_assert(paths_find(out, sizeof out, name, "ESPY_THINGS", &e), "%s", e.text);
	cr_assert(eq(str, out, self));
}

Test(paths, nowhere_says_where_it_looked_and_what_to_set)
{
	struct err e = { 0 };
	char out[200];
	cr_assert(not(paths_find(out, sizeof out, "things", "ESPY_THINGS", &e)));
	cr_assert(ne(ptr, strstr(e.text, "set ESPY_THINGS"), NULL), "%s", e.text);
	cr_assert(ne(ptr, strstr(e.text, "/share/espy"), NULL), "%s", e.text);
}
