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

/* Distinct values of one parameter over the events, in their order, as the names of an object; `none` where one has it not. */
json_t *fold_values(const json_t *events, const char *name, const char *none);

/* What names_seen() counted in a book: the most frequent first, then by name. */
struct fold_count {
	const char *name; /* the book's */
	unsigned n;
};
/* To be freed; NULL: out of memory. */
struct fold_count *fold_counts(json_t *book, size_t *n);

#endif
