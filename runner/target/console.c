#include "runner/target/console.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define TAIL 200 /* octets of it in an error */

int
console_open(const struct target_options *o, struct err *e)
{
	char path[512];
	snprintf(path, sizeof path, "%s/console-%u.log", o->dir != NULL ? o->dir : "", o->worker);
	int fd = o->dir == NULL ? memfd_create("console", MFD_CLOEXEC)
				: open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		(void)fail_errno(e, "the console log in %s", o->dir != NULL ? o->dir : "memory");
	return fd;
}

void
console_tail(int console, char *text, size_t cap)
{
	char tail[TAIL + 1] = "";
	off_t size = lseek(console, 0, SEEK_END);
	ssize_t n = pread(console, tail, TAIL, size > TAIL ? size - TAIL : 0);
	tail[n > 0 ? n : 0] = '\0';
	for (char *at = tail; *at != '\0'; at++)
		if (*at == '\n' || *at == '\r')
			*at = *(at + 1) == '\0' ? ' ' : '|';
	snprintf(text, cap, "%s", n > 0 ? tail : "(empty)");
}
