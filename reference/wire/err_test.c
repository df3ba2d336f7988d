#include "wire/err.h"

#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(err, fail_is_false_and_says_what)
{
	struct err e = { .os_errno = 5 };
	cr_assert(not(fail(&e, ERR_RANGE, "%s: want %d, got %d", "ah.seq", 2, 1)));
	cr_assert(eq(int, (int)e.code, ERR_RANGE));
	cr_assert(eq(int, e.os_errno, 0));
	cr_assert(eq(str, e.text, "ah.seq: want 2, got 1"));
}

Test(err, nobody_has_to_listen)
{
	cr_assert(not(fail(NULL, ERR_SHORT, "x")));
	cr_assert(not(fail_errno(NULL, "x")));
	cr_assert(not(err_prefix(NULL, "x")));
}

Test(err, fail_errno_keeps_number_and_says_its_name)
{
	struct err e;
	errno = ENOENT;
	cr_assert(not(fail_errno(&e, "opening %s", "a.pcap")));
	cr_assert(eq(int, (int)e.code, ERR_IO));
	cr_assert(eq(int, e.os_errno, ENOENT));
	cr_assert(eq(int, strncmp(e.text, "opening a.pcap: ", 16), 0));
	cr_assert(ne(ptr, strstr(e.text, strerror(ENOENT)), NULL));
}

Test(err, prefix_puts_context_in_front_and_keeps_the_code)
{
	struct err e;
	cr_assert(not(fail(&e, ERR_UNKNOWN, "no algorithm rot13")));
	cr_assert(not(err_prefix(&e, "adding SA 0x%x", 0x1001)));
	cr_assert(not(err_prefix(&e, "%s:%d", "a.suite", 7)));
	cr_assert(eq(str, e.text, "a.suite:7: adding SA 0x1001: no algorithm rot13"));
	cr_assert(eq(int, (int)e.code, ERR_UNKNOWN));
}

Test(err, long_text_is_cut_and_terminated)
{
	char longer[600];
	memset(longer, 'x', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	struct err e;
	(void)fail(&e, ERR_SYNTAX, "%s", longer);
	cr_assert(eq(sz, strlen(e.text), sizeof e.text - 1));
	(void)err_prefix(&e, "context");
	cr_assert(eq(sz, strlen(e.text), sizeof e.text - 1));
	cr_assert(eq(int, strncmp(e.text, "context: xxx", 12), 0));
	for (int n = 396; n <= 402; n++) {
		(void)fail(&e, ERR_SYNTAX, "old");
		(void)err_prefix(&e, "%.*s", n, longer);
		cr_assert(lt(sz, strlen(e.text), sizeof e.text), "prefix of %d", n);
		cr_assert(eq(chr, e.text[395], 'x'), "prefix of %d", n);
	}
}
