/*
 * Writes the initial file system of the virtual machine: the agent as /init, kernel modules, and the order
 * to load them in. A program of its own because it needs no root, no cpio and no kmod, and the same inputs
 * give the same octets.
 *
 *   mkinitramfs OUTPUT AGENT MODULES.LIST MODULES-DIRECTORY
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MODULES_MAX 256

struct modules {
	const char *directory;
	char *dep;                   /* modules.dep */
	char *builtin;               /* modules.builtin */
	char path[MODULES_MAX][128]; /* relative to directory, in the order to load */
	size_t n;
};

static void
die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("mkinitramfs: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

/* The whole file and a zero octet behind it. */
static char *
slurp(const char *path, size_t *size)
{
	struct stat st;
	FILE *f = fopen(path, "rb");
	if (f == NULL || fstat(fileno(f), &st) != 0)
		die("%s: %s", path, strerror(errno));
	char *p = calloc(1, (size_t)st.st_size + 1);
	if (p == NULL || fread(p, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
		die("%s: cannot read", path);
	fclose(f);
	*size = (size_t)st.st_size;
	return p;
}

/* The file name without directory and suffix; modules write - and _ as they please. */
static int
is_named(const char *path, size_t length, const char *name)
{
	const char *base = path;
	for (size_t i = 0; i < length; i++)
		if (path[i] == '/')
			base = path + i + 1;
	for (; *name != '\0'; name++, base++) {
		char a = *base == '-' ? '_' : *base, b = *name == '-' ? '_' : *name;
		if (base >= path + length || a != b)
			return 0;
	}
	return strncmp(base, ".ko", 3) == 0;
}

static const char *
find_line(const char *text, const char *name, const char *ends)
{
	for (const char *at = text; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n')
		if (is_named(at, strcspn(at, ends), name))
			return at;
	return NULL;
}

static void
want_path(struct modules *m, const char *path, size_t length)
{
	for (size_t i = 0; i < m->n; i++)
		if (strlen(m->path[i]) == length && strncmp(m->path[i], path, length) == 0)
			return;
	if (m->n == MODULES_MAX || length >= sizeof m->path[0])
		die("too many modules, or a path too long: %.*s", (int)length, path);
	memcpy(m->path[m->n++], path, length);
}

/* modules.dep lists what a module needs with the deepest last: that is loaded first. */
static void
want(struct modules *m, const char *name)
{
	const char *row = find_line(m->dep, name, ":\n");
	if (row == NULL) {
		if (find_line(m->builtin, name, "\n") == NULL)
			fprintf(stderr, "mkinitramfs: this kernel has no module %s; going without\n", name);
		return;
	}
	size_t own = strcspn(row, ":");
	const char *first = row + own + 1, *end = row + strcspn(row, "\n");
	while (end > first) {
		const char *start = end;
		while (start > first && start[-1] != ' ')
			start--;
		if (end > start)
			want_path(m, start, (size_t)(end - start));
		end = start > first ? start - 1 : first;
	}
	want_path(m, row, own);
}

static void
want_all(struct modules *m, const char *list)
{
	size_t n;
	char *text = slurp(list, &n), *rest = text, *line, *word;
	while ((line = strsep(&rest, "\n")) != NULL) {
		line[strcspn(line, "#")] = '\0';
		while ((word = strsep(&line, " \t")) != NULL)
			if (*word != '\0')
				want(m, word);
	}
	free(text);
}

/* One member of a "newc" archive: a header of hexadecimal words, name and content each padded to four. */
static void
put_member(FILE *out, const char *name, unsigned mode, const char *data, size_t n)
{
	static unsigned inode;
	size_t name_size = strlen(name) + 1;
	fprintf(out, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", ++inode, mode, 0, 0, 1, 0, n, 0, 0,
		0, 0, name_size, 0);
	fwrite(name, 1, name_size, out);
	fwrite("\0\0\0", 1, (4 - (110 + name_size) % 4) % 4, out);
	if (n > 0)
		fwrite(data, 1, n, out);
	fwrite("\0\0\0", 1, (4 - n % 4) % 4, out);
}

static void
put_file(FILE *out, const char *name, unsigned mode, const char *path)
{
	size_t n;
	char *data = slurp(path, &n);
	put_member(out, name, S_IFREG | mode, data, n);
	free(data);
}

static void
put_modules(FILE *out, const struct modules *m)
{
	char order[MODULES_MAX * 80] = "", path[1024], name[160];
	size_t n = 0;
	put_member(out, "m", S_IFDIR | 0755, NULL, 0);
	for (size_t i = 0; i < m->n; i++) {
		const char *base = strrchr(m->path[i], '/');
		base = base != NULL ? base + 1 : m->path[i];
		snprintf(path, sizeof path, "%s/%s", m->directory, m->path[i]);
		snprintf(name, sizeof name, "m/%s", base);
		put_file(out, name, 0644, path);
		n += (size_t)snprintf(order + n, sizeof order - n, "/m/%s\n", base);
		if (n >= sizeof order)
			die("too many modules");
	}
	put_member(out, "modules", S_IFREG | 0644, order, n);
}

int
main(int argc, char **argv)
{
	static struct modules m;
	char path[1024];
	size_t n;
	if (argc != 5)
		die("usage: mkinitramfs OUTPUT AGENT MODULES.LIST MODULES-DIRECTORY");
	m.directory = argv[4];
	snprintf(path, sizeof path, "%s/modules.dep", m.directory);
	m.dep = slurp(path, &n);
	snprintf(path, sizeof path, "%s/modules.builtin", m.directory);
	m.builtin = slurp(path, &n);
	want_all(&m, argv[3]);

	FILE *out = fopen(argv[1], "wb");
	if (out == NULL)
		die("%s: %s", argv[1], strerror(errno));
	put_file(out, "init", 0755, argv[2]);
	put_member(out, "proc", S_IFDIR | 0755, NULL, 0);
	put_member(out, "sys", S_IFDIR | 0755, NULL, 0);
	put_modules(out, &m);
	put_member(out, "TRAILER!!!", 0, NULL, 0);
	if (ferror(out) || fclose(out) != 0)
		die("%s: cannot write", argv[1]);
	free(m.dep);
	free(m.builtin);
	return 0;
}
