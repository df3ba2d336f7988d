/*
 * A file that is either the old one or the whole new one: its text is gathered in memory, written under another name in one
 * go and renamed. A full disk or a crash leaves what was there before.
 */
#ifndef ESPY_REPORTS_ATOMIC_FILE_H
#define ESPY_REPORTS_ATOMIC_FILE_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "wire/err.h"

struct atomic_file {
	FILE *out; /* write here */
	char *text;
	size_t n;
};

bool atomic_file_begin(struct atomic_file *a, struct err *e) MUST_USE;
/* Both end it. The first makes it PATH with this mode (less the umask); on failure nothing is left of it. */
bool atomic_file_commit(struct atomic_file *a, const char *path, mode_t mode, struct err *e) MUST_USE;
void atomic_file_drop(struct atomic_file *a);
/* The same in the folder `at`, where the name is not taken yet: nobody else sees that folder. shown: what errors call it. */
bool atomic_file_commit_new(struct atomic_file *a, int at, const char *name, mode_t mode, const char *shown,
			    struct err *e) MUST_USE;

/* Makes a folder and those above it that are missing. */
bool folder_make(const char *path, struct err *e) MUST_USE;
/* All of it or an error; errno says which. */
bool write_all(int fd, const char *p, size_t n) MUST_USE;

#endif
