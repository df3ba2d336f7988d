#include "runner/target/initramfs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MODULES_MAX 256

struct modules {
	const struct initramfs *from;
	char *dep;                   /* modules.dep */
	char *builtin;               /* modules.builtin */
	char path[MODULES_MAX][128]; /* relative to the folder, in the order to load */
	size_t n;
};

/* The whole file and a zero octet behind it; the caller frees. */
static char *
slurp(const char *path, size_t *size, struct err *e)
{
	struct stat st;
	char *p = NULL;
	FILE *f = fopen(path, "rb");
	bool ok = f != NULL && fstat(fileno(f), &st) == 0 && (p = calloc(1, (size_t)st.st_size + 1)) != NULL &&
		  fread(p, 1, (size_t)st.st_size, f) == (size_t)st.st_size;
	if (!ok) {
		fail_errno(e, "%s", path);
		free(p);
		p = NULL;
	} else
		*size = (size_t)st.st_size;
	if (f != NULL)
		fclose(f);
	return p;
}

/* The file name without directory and suffix; modules write - and _ as they please. */
static bool
is_named(const char *path, size_t length, const char *name)
{
	const char *base = path;
	for (size_t i = 0; i < length; i++)
		if (path[i] == '/')
			base = path + i + 1;
	for (; *name != '\0'; name++, base++) {
		char a = *base == '-' ? '_' : *base, b = *name == '-' ? '_' : *name;
		if (base >= path + length || a != b)
			return false;
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

static bool
want_path(struct modules *m, const char *path, size_t length, struct err *e)
{
	for (size_t i = 0; i < m->n; i++)
		if (strlen(m->path[i]) == length && strncmp(m->path[i], path, length) == 0)
			return true;
	if (m->n == MODULES_MAX || length >= sizeof m->path[0])
		return fail(e, ERR_RANGE, "%s/modules.dep: too many modules, or a path too long: %.*s",
			    m->from->modules, (int)length, path);
	memcpy(m->path[m->n++], path, length);
	return true;
}

/* modules.dep lists what a module needs with the deepest last: that is loaded first. */
static bool
want(struct modules *m, const char *name, struct err *e)
{
	const char *row = find_line(m->dep, name, ":\n");
	if (row == NULL) {
		if (m->from->missing != NULL && find_line(m->builtin, name, "\n") == NULL)
			fprintf(m->from->missing, "mkinitramfs: this kernel has no module %s; going without\n", name);
		return true;
	}
	size_t own = strcspn(row, ":");
	const char *first = row + own + 1, *end = row + strcspn(row, "\n");
	while (end > first) {
		const char *start = end;
		while (start > first && start[-1] != ' ')
			start--;
		if (end > start && !want_path(m, start, (size_t)(end - start), e))
			return false;
		end = start > first ? start - 1 : first;
	}
	return want_path(m, row, own, e);
}

static bool
want_all(struct modules *m, struct err *e)
{
	char *text = strdup(m->from->list), *rest = text, *line, *word;
	bool ok = text != NULL || fail_errno(e, "list of modules");
	while (ok && (line = strsep(&rest, "\n")) != NULL) {
		line[strcspn(line, "#")] = '\0';
		while (ok && (word = strsep(&line, " \t")) != NULL)
			ok = *word == '\0' || want(m, word, e);
	}
	free(text);
	return ok;
}

/* One member of the archive: a header of hexadecimal words, name and content each padded to four. */
static void
put_member(FILE *out, unsigned *inode, const char *name, unsigned mode, const char *data, size_t n)
{
	size_t name_size = strlen(name) + 1;
	fprintf(out, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", ++*inode, mode, 0, 0, 1, 0, n, 0,
		0, 0, 0, name_size, 0);
	fwrite(name, 1, name_size, out);
	fwrite("\0\0\0", 1, (4 - (110 + name_size) % 4) % 4, out);
	if (n > 0)
		fwrite(data, 1, n, out);
	fwrite("\0\0\0", 1, (4 - n % 4) % 4, out);
}

static bool
put_file(FILE *out, unsigned *inode, const char *name, unsigned mode, const char *path, struct err *e)
{
	size_t n;
	char *data = slurp(path, &n, e);
	if (data == NULL)
		return false;
	put_member(out, inode, name, S_IFREG | mode, data, n);
	free(data);
	return true;
}

static bool
put_modules(FILE *out, unsigned *inode, const struct modules *m, struct err *e)
{
	char order[MODULES_MAX * 80] = "", path[1024], name[160];
	size_t n = 0;
	put_member(out, inode, "m", S_IFDIR | 0755, NULL, 0);
	for (size_t i = 0; i < m->n; i++) {
		const char *base = strrchr(m->path[i], '/');
		base = base != NULL ? base + 1 : m->path[i];
		snprintf(path, sizeof path, "%s/%s", m->from->modules, m->path[i]);
		snprintf(name, sizeof name, "m/%s", base);
		if (!put_file(out, inode, name, 0644, path, e))
			return false;
		n += (size_t)snprintf(order + n, sizeof order - n, "/m/%s\n", base);
		if (n >= sizeof order)
			return fail(e, ERR_RANGE, "%s: too many modules", m->from->modules);
	}
	put_member(out, inode, "modules", S_IFREG | 0644, order, n);
	return true;
}

static bool
put_all(FILE *out, const struct modules *m, struct err *e)
{
	unsigned inode = 0;
	if (!put_file(out, &inode, "init", 0755, m->from->agent, e))
		return false;
	put_member(out, &inode, "proc", S_IFDIR | 0755, NULL, 0);
	put_member(out, &inode, "sys", S_IFDIR | 0755, NULL, 0);
	if (!put_modules(out, &inode, m, e))
		return false;
	put_member(out, &inode, "TRAILER!!!", 0, NULL, 0);
	return (fflush(out) == 0 && !ferror(out)) || fail_errno(e, "writing the initial file system");
}

bool
initramfs_write(FILE *out, const struct initramfs *i, struct err *e)
{
	char path[1024];
	size_t n;
	struct modules *m = calloc(1, sizeof *m);
	if (m == NULL)
		return fail_errno(e, "list of modules");
	m->from = i;
	snprintf(path, sizeof path, "%s/modules.dep", i->modules);
	m->dep = slurp(path, &n, e);
	snprintf(path, sizeof path, "%s/modules.builtin", i->modules);
	m->builtin = m->dep != NULL ? slurp(path, &n, e) : NULL;
	bool ok = m->builtin != NULL && want_all(m, e) && put_all(out, m, e);
	free(m->dep);
	free(m->builtin);
	free(m);
	return ok;
}
