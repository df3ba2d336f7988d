#include "runner/links.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Appends the components of path, without "." and with ".." taken back. */
static void
append_components(char *out, size_t cap, const char *path)
{
	while (*path != '\0') {
		size_t n = strcspn(path, "/"), have = strlen(out);
		char *slash = strrchr(out, '/');
		if (n == 2 && strncmp(path, "..", 2) == 0) {
			if (slash != NULL)
				*slash = '\0';
		} else if (n > 0 && !(n == 1 && path[0] == '.') && have + n + 2 <= cap) {
			snprintf(out + have, cap - have, "/%.*s", (int)n, path);
		}
		path += n + (path[n] == '/');
	}
}

/* Without its last slash: "" is the root. Links are followed as far as the path exists. */
static void
absolute(const char *path, char *out, size_t cap)
{
	char start[PATH_MAX], found[PATH_MAX];
	out[0] = '\0';
	if (realpath(path, found) != NULL) {
		append_components(out, cap, found);
		return;
	}
	if (path[0] != '/' && getcwd(start, sizeof start) != NULL)
		append_components(out, cap, start);
	append_components(out, cap, path);
}

/* Up to where the two part, then down. */
static void
relative(const char *from, const char *to, char *out, size_t cap)
{
	size_t same = 0, n = 0;
	for (size_t i = 0;; i++) {
		bool from_ends = from[i] == '/' || from[i] == '\0', to_ends = to[i] == '/' || to[i] == '\0';
		if (from_ends && to_ends)
			same = i;
		if (from[i] != to[i] || from[i] == '\0')
			break;
	}
	out[0] = '\0';
	for (const char *p = from + same; *p != '\0' && n + 4 < cap; p++)
		if (*p == '/')
			n += (size_t)snprintf(out + n, cap - n, "../");
	if (to[same] == '/' && n < cap)
		snprintf(out + n, cap - n, "%s/", to + same + 1);
}

void
link_to_folder(const char *path, const char *dir, char *out, size_t cap)
{
	char here[PATH_MAX], from[PATH_MAX], to[PATH_MAX];
	snprintf(here, sizeof here, "%.4000s", path != NULL && strcmp(path, "-") != 0 ? path : "./");
	char *slash = strrchr(here, '/');
	if (slash == NULL)
		snprintf(here, sizeof here, ".");
	else
		slash[1] = '\0';
	absolute(here, from, sizeof from);
	absolute(dir, to, sizeof to);
	relative(from, to, out, cap);
}

void
link_from_workspace(const char *dir, char *out, size_t cap)
{
	static const char *const roots[] = { "CI_PROJECT_DIR", "WORKSPACE" };
	char root[PATH_MAX], to[PATH_MAX];
	const char *given = NULL;
	for (size_t i = 0; i < sizeof roots / sizeof roots[0] && (given == NULL || given[0] == '\0'); i++)
		given = getenv(roots[i]);
	absolute(given != NULL && given[0] != '\0' ? given : ".", root, sizeof root);
	absolute(dir, to, sizeof to);
	size_t n = strlen(root);
	if (strncmp(to, root, n) == 0 && to[n] == '\0')
		out[0] = '\0';
	else if (strncmp(to, root, n) == 0 && to[n] == '/')
		snprintf(out, cap, "%s/", to + n + 1);
	else
		snprintf(out, cap, "%s/", to);
}
