#include "runner/target/initramfs.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of modules: c needs b_b, which needs a; d is built in; e is listed and not there. */
static char folder[64], path[5][80], archive[8192];
static size_t archive_n;

static void
put(int which, const char *name, const char *text)
{
	snprintf(path[which], sizeof path[which], "%s/%s", folder, name);
	FILE *f = fopen(path[which], "w");
	cr_assert(ne(ptr, f, NULL));
	fputs(text, f);
	fclose(f);
}

static void
begin(void)
{
	strcpy(folder, "/tmp/espy-initramfs-XXXXXX");
	cr_assert(ne(ptr, mkdtemp(folder), NULL));
	put(0, "modules.dep", "c.ko: b-b.ko a.ko\nb-b.ko: a.ko\na.ko:\ngone.ko:\n");
	put(1, "modules.builtin", "kernel/d.ko\n");
	put(2, "a.ko", "octets of a");
	put(3, "b-b.ko", "octets of b");
	put(4, "c.ko", "octets of c");
}

static void
end(void)
{
	for (int i = 0; i < 5; i++)
		unlink(path[i]);
	rmdir(folder);
}

TestSuite(initramfs, .init = begin, .fini = end);

/* What is written stands in archive; what is missing, in told. */
static bool
make(const char *list, char told[200], struct err *e)
{
	FILE *out = tmpfile(), *missing = tmpfile();
	cr_assert(out != NULL && missing != NULL);
	struct initramfs parts = { .agent = path[2], .list = list, .modules = folder, .missing = missing };
	bool ok = initramfs_write(out, &parts, e);
	rewind(out);
	rewind(missing);
	archive_n = fread(archive, 1, sizeof archive, out);
	told[fread(told, 1, 199, missing)] = '\0';
	fclose(out);
	fclose(missing);
	return ok;
}

static const char *
find(const char *text)
{
	return memmem(archive, archive_n, text, strlen(text));
}

Test(initramfs, what_a_module_needs_is_loaded_before_it_and_once)
{
	char told[200];
	struct err e = { 0 };
	cr_assert(make("c # a remark\n a b_b\n", told, &e), "%s", e.text);
	cr_assert(find("/m/a.ko\n/m/b-b.ko\n/m/c.ko\n") != NULL);
	cr_assert(find("octets of a") < find("octets of b") && find("octets of b") < find("octets of c"));
	cr_assert(eq(sz, archive_n % 4, 0));
	cr_assert(find("TRAILER!!!") != NULL);
	cr_assert(eq(str, told, ""));
}

Test(initramfs, what_the_kernel_has_is_passed_over_and_what_it_lacks_is_told)
{
	char told[200];
	struct err e = { 0 };
	cr_assert(make("d e", told, &e), "%s", e.text);
	cr_assert(ne(ptr, strstr(told, "no module e;"), NULL), "%s", told);
	cr_assert(eq(ptr, strstr(told, "no module d;"), NULL), "%s", told);
}

Test(initramfs, the_same_inputs_give_the_same_octets)
{
	char told[200], before[sizeof archive];
	struct err e = { 0 };
	cr_assert(make("c", told, &e));
	size_t n = archive_n;
	memcpy(before, archive, n);
	cr_assert(make("c", told, &e));
	cr_assert(eq(sz, archive_n, n));
	cr_assert(eq(int, memcmp(before, archive, n), 0));
}

Test(initramfs, a_file_that_cannot_be_read_is_an_error_that_names_it)
{
	char told[200];
	struct err e = { 0 };
	cr_assert(not(make("gone", told, &e)));
	cr_assert(ne(ptr, strstr(e.text, "gone.ko: No such file"), NULL), "%s", e.text);
	unlink(path[0]);
	cr_assert(not(make("c", told, &e)));
	cr_assert(ne(ptr, strstr(e.text, "modules.dep: No such file"), NULL), "%s", e.text);
}
