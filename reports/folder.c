#include "reports/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64

/* An existing folder, never by a link. */
static int
open_folder(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int
open_or_make(int at, const char *name)
{
	if (mkdirat(at, name, 0777) != 0 && errno != EEXIST)
		return -1;
	return open_folder(at, name);
}

/* A folder below the one at `at`, as a descriptor; those on the way are made. -1 with the reason. */
static int
folder_open(int at, const char *path, struct err *e)
{
	char part[NAME_MAX + 1];
	int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *p = path + strspn(path, "/");
	while (fd >= 0 && *p != '\0') {
		size_t n = strcspn(p, "/");
		int below = -1;
		if (n >= sizeof part) {
			errno = ENAMETOOLONG;
		} else {
			memcpy(part, p, n);
			part[n] = '\0';
			below = open_or_make(fd, part);
		}
		int why = errno;
		close(fd);
		errno = why;
		fd = below;
		p += n;
		p += strspn(p, "/");
	}
	if (fd < 0)
		(void)fail_errno(e, "%s", path);
	return fd;
}

/* --- removing -------------------------------------------------------------------------------- */

static bool
is_listed(const char *name, const char *const *files)
{
	for (; *files != NULL; files++)
		if (strcmp(*files, name) == 0)
			return true;
	return false;
}

/* ".PID.tmp": no case has a name that begins with a dot. */
static bool
is_half_made(const char *name)
{
	size_t n = strlen(name);
	return name[0] == '.' && n > 5 && strcmp(name + n - 4, ".tmp") == 0 && strspn(name + 1, "0123456789") == n - 5;
}

/* files NULL: all of them. */
static void
sweep(int fd, const char *const *files, const char *whole, unsigned depth)
{
	DIR *d = fdopendir(fd); /* takes fd over */
	const struct dirent *x;
	if (d == NULL) {
		close(fd);
		return;
	}
	while ((x = readdir(d)) != NULL) {
		if (strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0)
			continue;
		if (files == NULL || is_listed(x->d_name, files))
			(void)unlinkat(fd, x->d_name, 0);
		int below = depth < DEPTH_MAX && x->d_type != DT_REG ? open_folder(fd, x->d_name) : -1;
		if (below < 0)
			continue;
		bool all = files == NULL || strcmp(x->d_name, whole) == 0 || is_half_made(x->d_name);
		sweep(below, all ? NULL : files, whole, depth + 1);
		(void)unlinkat(fd, x->d_name, AT_REMOVEDIR); /* stays if somebody put something there */
	}
	closedir(d);
}

void
folder_sweep(int at, const char *name, const char *const *files, const char *whole)
{
	int fd = open_folder(at, name);
	if (fd < 0)
		return;
	sweep(fd, files, whole, 0);
	(void)unlinkat(at, name, AT_REMOVEDIR);
}

/* --- making ---------------------------------------------------------------------------------- */

bool
new_folder_begin(struct new_folder *f, int at, const char *below, const char *shown, struct err *e)
{
	char above[PATH_MAX];
	const char *slash = strrchr(below, '/');
	int n = snprintf(above, sizeof above, "%.*s", slash != NULL ? (int)(slash - below) : 0, below);
	*f = (struct new_folder){ .above = -1, .fd = -1, .shown = shown };
	if (n < 0 || (size_t)n >= sizeof above ||
	    (size_t)snprintf(f->name, sizeof f->name, "%s", slash != NULL ? slash + 1 : below) >= sizeof f->name)
		return fail(e, ERR_RANGE, "%.200s..: a path that is too long", below);
	snprintf(f->temp, sizeof f->temp, ".%ld.tmp", (long)getpid());
	f->above = folder_open(at, above, e);
	if (f->above < 0)
		return false;
	if (mkdirat(f->above, f->temp, 0777) == 0)
		f->fd = open_folder(f->above, f->temp);
	if (f->fd >= 0)
		return true;
	(void)fail_errno(e, "%s", shown);
	new_folder_drop(f);
	return false;
}

bool
new_folder_put(const struct new_folder *f, struct atomic_file *a, const char *name, mode_t mode, struct err *e)
{
	char shown[PATH_MAX];
	snprintf(shown, sizeof shown, "%.3000s/%.200s", f->shown, name);
	return atomic_file_commit_new(a, f->fd, name, mode, shown, e);
}

bool
new_folder_below(const struct new_folder *f, const char *name, struct err *e)
{
	return mkdirat(f->fd, name, 0777) == 0 || fail_errno(e, "%s/%s", f->shown, name);
}

void
new_folder_drop(struct new_folder *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->above >= 0) {
		folder_sweep(f->above, f->temp, NULL, "");
		close(f->above);
	}
	f->above = f->fd = -1;
}

/* Each of its files and folders over what has its name in the folder that is there. */
static bool
move_into(struct new_folder *f)
{
	int to = open_folder(f->above, f->name), from = dup(f->fd);
	DIR *d = from >= 0 ? fdopendir(from) : NULL;
	const struct dirent *x;
	bool ok = to >= 0 && d != NULL;
	while (ok && (x = readdir(d)) != NULL) {
		if (strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0)
			continue;
		folder_sweep(to, x->d_name, NULL, ""); /* no folder takes the place of one with something in it */
		ok = renameat(f->fd, x->d_name, to, x->d_name) == 0;
	}
	int why = errno;
	if (d != NULL)
		closedir(d);
	if (to >= 0)
		close(to);
	errno = why;
	return ok;
}

bool
new_folder_commit(struct new_folder *f, struct err *e)
{
	bool moved = renameat(f->above, f->temp, f->above, f->name) == 0;
	bool ok = moved || ((errno == ENOTEMPTY || errno == EEXIST) && move_into(f));
	if (!ok)
		(void)fail_errno(e, "%s", f->shown);
	new_folder_drop(f);
	return ok;
}
