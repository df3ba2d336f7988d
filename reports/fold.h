/* Making reasons alike that differ only in what the matrix varies. */
#ifndef ESPY_REPORTS_FOLD_H
#define ESPY_REPORTS_FOLD_H

#include <jansson.h>
#include <stddef.h>

/*
 * Copies text with values of the event's parameters as $name and IP addresses as ADDRESS, so that one fault seen with
 * every family and mode reads the same each time.
 */
void fold_text(const json_t *event, const char *text, char *out, size_t cap);

/*
 * The cases somebody must look at, as {"verdict id why": [event, ..]} in the order of the first of each: a fault of one transform or
 * family so becomes one entry, not hundreds.
 */
json_t *fold_failures(const json_t *cases);

#endif
