/*
 * Variables of a running case and the evaluation of expressions. A value is a number, a text, or octets; a
 * text that reads as a number serves as one.
 */
#ifndef ESPY_RUNNER_VARS_H
#define ESPY_RUNNER_VARS_H

#include "runner/suite.h"
#include "wire/cursor.h"

enum val_kind { VAL_NUMBER, VAL_TEXT, VAL_OCTETS };
struct val {
	uint8_t kind;
	uint64_t number;
	const char *text;    /* VAL_TEXT; also how a number was written, where it was */
	struct bytes octets; /* VAL_OCTETS; also the octets of a quoted string */
};

struct var {
	const char *name;
	struct val value;
	struct var *next;
};
struct vars {
	struct arena *arena;
	struct var *first; /* newest first: an inner `for` shadows */
};

struct val val_number(uint64_t n);
struct val val_text(const char *text);
void vars_set(struct vars *v, const char *name, struct val value);  /* replaces or adds */
const struct val *vars_get(const struct vars *v, const char *name); /* NULL if unset */

/* E_BIND, E_ALTERNATIVES and E_CALL are the caller's business and an error here. */
bool expr_eval(const struct expr *x, const struct vars *v, struct val *out, struct err *e) MUST_USE;
bool expr_number_of(const struct expr *x, const struct vars *v, uint64_t *out, struct err *e) MUST_USE;
/* As text for hdr_set_text and setkey. */
const char *val_print(struct arena *a, const struct val *value);
bool val_to_number(const struct val *value, uint64_t *out);
/* Decimal or 0x..; false when it is neither, or does not fit 64 bits. */
bool text_to_number(const char *text, uint64_t *out);

extern const char *const relation_words[]; /* by enum relation: "==", "<=", .. */
/* sign: of left minus right. */
bool relation_holds(uint8_t relation, int sign);

/* A call in a condition: mutable(..) and the like; the engine says what they mean. */
struct condition_calls {
	bool (*call)(void *ctx, const char *name, const struct val *argument, bool *result, struct err *e);
	void *ctx;
};
bool condition_eval(const struct condition *c, const struct vars *v, const struct condition_calls *calls, bool *out,
		    struct err *e) MUST_USE;

/* Replaces $name and ${name} in raw text (setkey blocks). Errors count lines from first_line. */
const char *vars_substitute(const struct vars *v, const char *raw, const char *file, unsigned first_line,
			    struct err *e);

#endif
