#include "runner/links.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char place[] = "/tmp/espy-links-XXXXXX";

static void
begin(void)
{
	cr_assert(ne(ptr, mkdtemp(place), NULL));
	cr_assert(eq(int, chdir(place), 0));
	cr_assert(eq(int, mkdir("runs", 0777), 0));
	cr_assert(eq(int, mkdir("runs/a", 0777), 0));
	unsetenv("CI_PROJECT_DIR");
	unsetenv("WORKSPACE");
}

static void
end(void)
{
	rmdir("runs/a");
	rmdir("runs");
	unlink("short");
	cr_assert(eq(int, chdir("/"), 0));
	rmdir(place);
}

TestSuite(links, .init = begin, .fini = end);

Test(links, lead_from_a_report_to_a_run)
{
	static const struct {
		const char *path, *dir, *want;
	} rows[] = {
		{ "runs/a/report.html", "runs/a", "" },
		{ "runs/a/report.html", "runs/a/", "" },
		{ "runs/report.html", "runs/a", "a/" },
		{ "report.html", "runs/a", "runs/a/" },
		{ NULL, "runs/a", "runs/a/" },
		{ "-", "./runs/../runs/a", "runs/a/" },
		{ "runs/b/report.html", "runs/a", "../a/" },
		{ "runs/ab/report.html", "runs/a", "../a/" },
		{ "deep/er/report.html", "runs/a", "../../runs/a/" },
		{ "runs/a/html/report.html", "runs/a", "../" },
		{ "runs/a/report.html", ".", "../../" },
		{ "short/report.html", "runs/a", "" }, /* a symbolic link */
	};
	char out[PATH_MAX];
	cr_assert(eq(int, symlink("runs/a", "short"), 0));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		link_to_folder(rows[i].path, rows[i].dir, out, sizeof out);
		cr_assert(eq(str, out, (char *)rows[i].want), "row %zu: want '%s', got '%s'", i, rows[i].want, out);
	}
}

Test(links, of_attachments_begin_at_the_workspace)
{
	char out[PATH_MAX], here[PATH_MAX];
	link_from_workspace("runs/a", out, sizeof out);
	cr_assert(eq(str, out, "runs/a/"));
	link_from_workspace(".", out, sizeof out);
	cr_assert(eq(str, out, ""));
	snprintf(here, sizeof here, "%s/runs", place);
	setenv("CI_PROJECT_DIR", here, 1);
	link_from_workspace("runs/a", out, sizeof out);
	cr_assert(eq(str, out, "a/"));
	setenv("CI_PROJECT_DIR", "", 1);
	setenv("WORKSPACE", "/nowhere", 1); /* outside of it only the whole path can be right */
	link_from_workspace("runs/a", out, sizeof out);
	snprintf(here, sizeof here, "%s/runs/a/", place);
	cr_assert(eq(str, out, here));
}
