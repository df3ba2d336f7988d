/*
 * Writes the initial file system of a virtual machine to a file: runner/target/initramfs.h as a program, for make.
 *
 *   mkinitramfs OUTPUT AGENT MODULES.LIST MODULES-DIRECTORY
 */
#include <errno.h>
#include <string.h>

#include "runner/target/initramfs.h"

/* The list as text. */
static bool
read_list(const char *path, char *text, size_t cap, struct err *e)
{
	FILE *f = fopen(path, "r");
	if (f == NULL)
		return fail_errno(e, "%s", path);
	size_t n = fread(text, 1, cap - 1, f);
	bool ok = !ferror(f) && feof(f);
	fclose(f);
	text[n] = '\0';
	return ok || fail(e, ERR_IO, "%s: cannot be read, or longer than %zu octets", path, cap - 1);
}

int
main(int argc, char **argv)
{
	static char text[65536];
	struct err e = { 0 };
	if (argc != 5)
		return fputs("usage: mkinitramfs OUTPUT AGENT MODULES.LIST MODULES-DIRECTORY\n", stderr), 1;
	struct initramfs parts = { .agent = argv[2], .list = text, .modules = argv[4], .missing = stderr };
	FILE *out = NULL;
	bool ok = read_list(argv[3], text, sizeof text, &e) &&
		  ((out = fopen(argv[1], "wb")) != NULL || fail_errno(&e, "%s", argv[1])) &&
		  initramfs_write(out, &parts, &e);
	if (out != NULL && fclose(out) != 0 && ok)
		ok = fail_errno(&e, "%s", argv[1]);
	if (!ok)
		fprintf(stderr, "mkinitramfs: %s\n", e.text);
	return ok ? 0 : 1;
}
