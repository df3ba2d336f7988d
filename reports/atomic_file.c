#include "reports/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
atomic_file_begin(struct atomic_file *a, struct err *e)
{
	*a = (struct atomic_file){ 0 };
	a->out = open_memstream(&a->text, &a->n);
	return a->out != NULL || fail_errno(e, "memory for a report");
}

void
atomic_file_drop(struct atomic_file *a)
{
	if (a->out != NULL)
		fclose(a->out);
	free(a->text);
	*a = (struct atomic_file){ 0 };
}

bool
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t wrote = write(fd, p, n);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return false;
		p += wrote;
		n -= (size_t)wrote;
	}
	return true;
}

static bool
write_new(int at, const char *temp, mode_t mode, const char *text, size_t n)
{
	(void)unlinkat(at, temp, 0); /* left by a crash of a process with our number */
	int fd = openat(at, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return false;
	bool ok = write_all(fd, text, n);
	int saved = errno;
	if (close(fd) != 0 && ok) {
		ok = false;
		saved = errno;
	}
	if (!ok)
		(void)unlinkat(at, temp, 0);
	errno = saved;
	return ok;
}

bool
atomic_file_commit(struct atomic_file *a, const char *path, mode_t mode, struct err *e)
{
	char temp[PATH_MAX];
	bool ok = fclose(a->out) == 0; /* only memory can be short here */
	a->out = NULL;
	int n = snprintf(temp, sizeof temp, "%s.%ld.tmp", path, (long)getpid());
	if (!ok) {
		(void)fail_errno(e, "%s: memory for it", path);
	} else if (n < 0 || (size_t)n >= sizeof temp) {
		ok = fail(e, ERR_RANGE, "%.200s..: the path is longer than %d octets", path, PATH_MAX);
	} else if (!write_new(AT_FDCWD, temp, mode, a->text, a->n)) {
		ok = fail_errno(e, "%s", path);
	} else if (rename(temp, path) != 0) {
		ok = fail_errno(e, "%s", path);
		(void)unlink(temp);
	}
	atomic_file_drop(a);
	return ok;
}

bool
atomic_file_commit_new(struct atomic_file *a, int at, const char *name, mode_t mode, const char *shown, struct err *e)
{
	bool ok = fclose(a->out) == 0;
	a->out = NULL;
	if (!ok)
		(void)fail_errno(e, "%s: memory for it", shown);
	else if (!write_new(at, name, mode, a->text, a->n))
		ok = fail_errno(e, "%s", shown);
	atomic_file_drop(a);
	return ok;
}

bool
folder_make(const char *path, struct err *e)
{
	char at[PATH_MAX];
	struct stat st;
	int n = snprintf(at, sizeof at, "%s", path);
	if (n <= 0 || (size_t)n >= sizeof at)
		return fail(e, ERR_RANGE, "'%.200s': not the path of a folder", path);
	for (char *p = at + 1;; p++) {
		if (*p != '/' && *p != '\0')
			continue;
		char was = *p;
		*p = '\0';
		if (mkdir(at, 0777) != 0 && errno != EEXIST)
			return fail_errno(e, "%s", at);
		*p = was;
		if (was == '\0')
			break;
	}
	if (stat(at, &st) != 0)
		return fail_errno(e, "%s", at);
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode) || fail_errno(e, "%s", at);
}
