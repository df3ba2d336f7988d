/* Paths from one place to another, as links in reports say them. */
#ifndef ESPY_RUNNER_LINKS_H
#define ESPY_RUNNER_LINKS_H

#include <stddef.h>

/*
 * The folder `dir` as a file at `path` sees it: "" where the file lies in it, else a path that ends in '/', relative where that is
 * shorter to say. path NULL or "-": from the working directory. Neither has to exist.
 */
void link_to_folder(const char *path, const char *dir, char *out, size_t cap);
/* The folder from the root of a CI's workspace ($CI_PROJECT_DIR of GitLab, $WORKSPACE of Jenkins, else the working directory). */
void link_from_workspace(const char *dir, char *out, size_t cap);

#endif
