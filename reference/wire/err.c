#include "wire/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool
fail(struct err *e, enum err_code code, const char *fmt, ...)
{
	if (e == NULL)
		return false;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	e->code = code;
	e->os_errno = 0;
	return false;
}

bool
fail_errno(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	if (e == NULL)
		return false;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof e->text)
		snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s", strerror(saved));
	e->code = ERR_IO;
	e->os_errno = saved;
	return false;
}

bool
err_prefix(struct err *e, const char *fmt, ...)
{
	if (e == NULL)
		return false;
	char old[sizeof e->text];
	memcpy(old, e->text, sizeof old);
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n + 2 < sizeof e->text)
		snprintf(e->text + n, sizeof e->text - (size_t)n, ": %.*s", (int)(sizeof e->text - (size_t)n - 3), old);
	return false;
}
