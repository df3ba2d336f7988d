#include "runner/paths.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef ESPY_DATADIR
#define ESPY_DATADIR "/usr/local/share/espy"
#endif

static bool
is_folder(const char *path)
{
	struct stat st;
	errno = ENOTDIR;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
join(char *out, size_t cap, const char *folder, const char *between, const char *what)
{
	int n = snprintf(out, cap, "%s%s%s", folder, between, what);
	return n > 0 && (size_t)n < cap && is_folder(out);
}

static void
cut_last(char *path)
{
	char *slash = strrchr(path, '/');
	path[slash != NULL ? slash - path : 0] = '\0';
}

bool
paths_own_folder(char *out, size_t cap)
{
	ssize_t n = readlink("/proc/self/exe", out, cap - 1);
	out[n > 0 ? n : 0] = '\0';
	cut_last(out);
	return n > 0 && (size_t)n < cap - 1;
}

/* An installed program reads what was installed with it, whatever the folder it is called in holds; one in a build tree reads the tree. */
bool
paths_find(char *out, size_t cap, const char *what, const char *env, struct err *e)
{
	char self[PATH_MAX];
	const char *given = getenv(env);
	if (given != NULL && given[0] != '\0')
		return join(out, cap, given, "", "") || fail_errno(e, "%s=%s", env, given);
	bool known = paths_own_folder(self, sizeof self);
	cut_last(self);
	if ((known && join(out, cap, self, "/share/espy/", what)) || join(out, cap, what, "", "") ||
	    (known && join(out, cap, self, "/", what)) || join(out, cap, ESPY_DATADIR, "/", what))
		return true;
	return fail(e, ERR_IO, "no folder of %s: not here, not in %s/share/espy, not in " ESPY_DATADIR "; set %s", what,
		    self, env);
}
