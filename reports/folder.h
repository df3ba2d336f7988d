/*
 * The folders below a run directory. A run directory may lie where others can write (/tmp), so no name below it is followed where it is a
 * symbolic link; what is written there goes by descriptors.
 */
#ifndef ESPY_REPORTS_FOLDER_H
#define ESPY_REPORTS_FOLDER_H

#include "reports/atomic_file.h"

/* A folder in the making: its files are written into one of another name, which then takes the place of the old one. */
struct new_folder {
	int above, fd; /* what it will stand in; itself */
	char name[256], temp[32];
	const char *shown; /* its path, for messages; borrowed */
};

/* below: its path from `at`; shown: what errors call it, borrowed. */
bool new_folder_begin(struct new_folder *f, int at, const char *below, const char *shown, struct err *e) MUST_USE;
/* The file whose text was gathered, under this name; its mode is less the umask. */
bool new_folder_put(const struct new_folder *f, struct atomic_file *a, const char *name, mode_t mode,
		    struct err *e) MUST_USE;
/* A folder in it, for names with one slash. */
bool new_folder_below(const struct new_folder *f, const char *name, struct err *e) MUST_USE;
/* Both end it. Where something else stands at the place (a folder of another case, somebody's file in it) the files move in there. */
bool new_folder_commit(struct new_folder *f, struct err *e) MUST_USE;
void new_folder_drop(struct new_folder *f);

/* Removes what espy made below the folder `name` in `at`: files whose names are listed (ends with NULL), all of a folder called `whole`,
 * what a crash left half made, and folders that are empty then. Everybody else's files stay. */
void folder_sweep(int at, const char *name, const char *const *files, const char *whole);

#endif
