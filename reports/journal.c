#include "reports/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "reports/atomic_file.h"

struct journal {
	int fd; /* -1: no folder was given */
	char *path;
	unsigned long long events; /* for messages */
	bool torn;                 /* half a line is in the file and could not be taken back */
};

static struct journal *
journal_new(const char *dir, struct err *e)
{
	struct journal *j = calloc(1, sizeof *j);
	if (j == NULL || (dir != NULL && asprintf(&j->path, "%s/events.jsonl", dir) < 0)) {
		free(j);
		(void)fail_errno(e, "memory for a journal");
		return NULL;
	}
	j->fd = -1;
	return j;
}

/*
 * Not for others to read: setkey exhibits carry keys. A file that is there already may be one that somebody else owns or reads, or a link
 * to one of ours, so it is not written into but replaced. Pipes and devices are what somebody wanted.
 */
static int
open_anew(const char *path)
{
	struct stat st;
	bool special = stat(path, &st) == 0 && !S_ISREG(st.st_mode);
	if (special)
		return open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (unlink(path) != 0 && errno != ENOENT)
		return -1;
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
}

struct journal *
journal_open(const char *dir, struct err *e)
{
	if (dir != NULL && !folder_make(dir, e))
		return NULL;
	struct journal *j = journal_new(dir, e);
	if (j == NULL || dir == NULL)
		return j;
	j->fd = open_anew(j->path);
	if (j->fd >= 0)
		return j;
	(void)fail_errno(e, "%s", j->path);
	free(j->path);
	free(j);
	return NULL;
}

/* A line goes out in one write, so that a crash of ours cannot tear it; a short one is finished or taken back. */
static bool
append_line(struct journal *j, const char *line, size_t n)
{
	char end = '\n';
	struct iovec v[2] = { { (char *)(uintptr_t)line, n }, { &end, 1 } };
	ssize_t wrote;
	do
		wrote = writev(j->fd, v, 2);
	while (wrote < 0 && errno == EINTR);
	if (wrote < 0)
		return false;
	if ((size_t)wrote == n + 1)
		return true;
	bool ok = (size_t)wrote >= n || write_all(j->fd, line + wrote, n - (size_t)wrote);
	return ok && write_all(j->fd, &end, 1);
}

bool
journal_append(struct journal *j, const char *line, size_t n, struct err *e)
{
	assert(n > 0 && memchr(line, '\n', n) == NULL);
	struct stat before;
	j->events++;
	if (j->fd < 0)
		return true;
	if (j->torn)
		return fail(e, ERR_IO, "%s: event %llu: the file ends in half an event since an earlier write failed",
			    j->path, j->events);
	bool known = fstat(j->fd, &before) == 0 && S_ISREG(before.st_mode);
	if (append_line(j, line, n))
		return true;
	(void)fail_errno(e, "%s: event %llu", j->path, j->events);
	j->torn = known && ftruncate(j->fd, before.st_size) != 0;
	return false;
}

bool
journal_close(struct journal *j, struct err *e)
{
	if (j == NULL)
		return true;
	bool ok = j->fd < 0 || close(j->fd) == 0 || fail_errno(e, "%s", j->path);
	free(j->path);
	free(j);
	return ok;
}

size_t
utf8_sequence(const unsigned char *s, size_t left)
{
	unsigned c = s[0];
	size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	bool overlong = (c == 0xe0 && s[1] < 0xa0) || (c == 0xf0 && s[1] < 0x90);
	bool outside = (c == 0xed && s[1] >= 0xa0) || (c == 0xf4 && s[1] >= 0x90);
	return overlong || outside ? 0 : n;
}

json_t *
journal_text(const char *text)
{
	if (text == NULL)
		return json_null();
	size_t left = strlen(text), n = 0;
	char *out = malloc(left * 3 + 1);
	if (out == NULL)
		return NULL;
	while (left > 0) {
		size_t step = utf8_sequence((const unsigned char *)text, left);
		memcpy(out + n, step > 0 ? text : "\xef\xbf\xbd", step > 0 ? step : 3);
		n += step > 0 ? step : 3;
		text += step > 0 ? step : 1;
		left -= step > 0 ? step : 1;
	}
	json_t *string = json_stringn_nocheck(out, n);
	free(out);
	return string;
}
