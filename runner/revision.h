/*
 * What a case is, as a short text that changes when the case does: so that two runs can be compared, and a verdict that differs blamed on
 * the target or on the case. It covers what decides a verdict: the steps and the setup as written (comments and blanks do not
 * count), level, profiles, needs, `uncalibrated` and the parameters. Title, clause and purposes may be reworded, and a matrix may
 * grow, without a new revision.
 */
#ifndef ESPY_RUNNER_REVISION_H
#define ESPY_RUNNER_REVISION_H

#include <stddef.h>
#include <stdint.h>

struct plan_item;
struct suite;

#define REVISION_TEXT 17 /* 16 hexadecimal digits */

/* Digest (FNV-1a, 64 bits) of suite text without its comments, every run of blanks as one. Not against an adversary. */
uint64_t revision_text(const char *text, size_t n);

void revision_of_case(const struct plan_item *item, char out[REVISION_TEXT]);
/* Of all suites that were read, whatever was selected of them: shards of one run agree on it. */
void revision_of_suites(const struct suite *list, unsigned *n, char out[REVISION_TEXT]);

#endif
