/*
 * A suite file as a tree: cases made of steps, nothing evaluated yet. suite.l and suite.y build it, plan.c expands its
 * matrices, engine.c walks it. The language is documented in espy-suite(5); four ideas carry it: a packet is layers
 * joined by '/'; a field given is obeyed or compared, one not given is computed or ignored; ?name binds what was
 * received and $name uses it; what follows '|' happens to the finished octets, after the ICV.
 */
#ifndef ESPY_RUNNER_SUITE_H
#define ESPY_RUNNER_SUITE_H

#include <stdint.h>

#include "runner/arena.h"
#include "wire/err.h"

struct place {
	unsigned line, column;
};

/* A word, number, string, variable, binding or operation; text keeps what the author wrote. */
enum expr_kind { E_NUMBER, E_WORD, E_STRING, E_VAR, E_BIND, E_OP, E_ALTERNATIVES, E_CALL };
struct expr {
	uint8_t kind;
	char op;                   /* E_OP: '+', '-', '*' */
	uint64_t number;           /* E_NUMBER */
	const char *text;          /* words, names, and the digits of a number as written */
	size_t text_n;             /* E_STRING may hold any octet */
	struct expr *left, *right; /* E_OP; E_ALTERNATIVES: left | right; E_CALL: argument in left */
	struct place at;
};

struct arg {              /* seq=1, ?first, or a positional value */
	const char *name; /* NULL: positional */
	struct expr *value;
	struct arg *next;
	struct place at;
};

struct layer_spec {       /* esp(seq=1), or a payload "hello" */
	const char *name; /* NULL: payload, in `payload` */
	struct arg *args;
	struct expr *payload;
	struct layer_spec *quoted; /* quote(..): the layers inside */
	struct expr *quote_size;   /* and how many of their octets; NULL: what an ICMP error has by default */
	struct layer_spec *next;
	struct place at;
};

struct mod { /* | flip icv 0 */
	const char *name;
	struct expr *args[6];
	unsigned n;
	struct mod *next;
	struct place at;
};

struct word_list {
	const char *word;
	struct word_list *next;
	struct place at;
};

struct packet_spec {
	bool bare; /* exactly the layers written: nothing implied */
	struct layer_spec *layers;
	struct mod *mods;
	const char *bound;         /* expected: the variable that takes the whole datagram */
	struct word_list *without; /* pfkey >: extensions that `rest` leaves out */
	struct place at;
};

enum relation { REL_NONE, REL_EQ, REL_NE, REL_LT, REL_LE, REL_GT, REL_GE };
struct condition {                 /* $mode == tunnel; mutable($octet) */
	struct expr *left, *right; /* right NULL: left is a call that is true or false */
	uint8_t relation;
	struct condition *and_next;
};

/* app s policy "in bypass": the option it is said by, and what. */
struct socket_said {
	const char *api, *text; /* text NULL: asked for, app s policy in == .. */
	struct mod *mods;       /* of the encoded value, as of PF_KEY messages */
	struct socket_said *next;
	struct place at;
};

enum step_kind {
	STEP_SETKEY,
	STEP_SEND,
	STEP_EXPECT,
	STEP_PFKEY_SEND,
	STEP_PFKEY_EXPECT,
	STEP_APP_OPEN,
	STEP_APP_SEND,
	STEP_APP_CLOSE,
	STEP_APP_POLICY,
	STEP_APP_POLICY_IS,
	STEP_DELIVER,
	STEP_TUNABLE,
	STEP_TUNABLE_IS,
	STEP_WAIT,
	STEP_FOR,
	STEP_REPEAT,
	STEP_SHUFFLE,
	STEP_MODEL,
	STEP_ANY,
	STEP_IF,
	STEP_AUDIT,
	STEP_LET,
	STEP_ALIVE,
	STEP_NOTE,
	STEP_PFKEY_CLOSE,
	STEP_CHECK,
	STEP_PREDICT, /* body: the packets, as sends */
};

enum expectation { WANT_PACKET, WANT_NOTHING, WANT_MODEL, WANT_WHATEVER };

struct step {
	uint8_t kind;
	struct place at;
	const char *text; /* the line as written, for reports */
	struct step *next;

	unsigned link;               /* send, expect: 1 or 2 */
	const char *name;            /* socket, variable, tunable, counter, model */
	struct packet_spec *packet;  /* send, expect, pfkey: layers are base message and extensions */
	uint8_t want;                /* enum expectation */
	struct condition *condition; /* expect .. if C else nothing; if */
	uint8_t size_relation;       /* expect .. size <= N */
	struct expr *size;
	const char *without[8]; /* pfkey <: extensions that must not be there */
	unsigned without_n;
	const char *raw; /* setkey text */
	unsigned raw_line;
	struct expr *value;            /* let, tunable, wait, repeat count, app port, deliver text (NULL: nothing) */
	struct expr *value2;           /* app send: address; shuffle: first of range */
	struct expr *value3;           /* app send: port; shuffle: last of range */
	struct axis *axis;             /* for */
	struct step *body, *otherwise; /* repeat: otherwise is the message that ends it, if one does */
	uint8_t family;                /* app open: 4, 6, 0 by $family */
	struct arg *fields;            /* audit: what the record says */
	bool encap;                    /* app open: it takes ESP in UDP */
	bool anywhere;                 /* app open: bound to no address, so that groups reach it */
	struct socket_said *said;      /* app open, app policy */
	const char *user;              /* app open: whose it is; NULL: the agent's own */
	const char *direction;         /* app s policy in == */
	bool refused;                  /* app open, app policy: the target says no, */
	struct word_list *errnos;      /* with one of these, if there are any */
};

struct axis { /* for NAME in V V .. */
	const char *name;
	struct expr **values;    /* words, numbers; @sets unexpanded */
	struct expr **range_end; /* same index: not NULL for A..B */
	unsigned n;
	struct axis *next;
	struct place at;
};

struct setup {
	const char *name;
	struct step *steps;
	uint64_t digest; /* of the steps as written: revision.h */
	struct setup *next;
	struct place at;
};

struct clause {
	const char *document, *section; /* "rfc4303", "3.4.3" */
	struct clause *next;
};

enum level { CASE_MUST, CASE_SHOULD, CASE_MAY, CASE_INFO, CASE_LEVELS };
extern const char *const level_names[CASE_LEVELS];
extern const char *const case_features[]; /* what `needs` takes; ends with NULL */

struct case_spec {
	const char *name, *title;
	uint8_t level;
	struct clause *clauses;     /* the first is the one printed */
	struct word_list *decides;  /* ids of the catalogue and of requirements */
	struct word_list *profiles; /* whose rules these are; NULL: the suite's, or everybody's */
	struct word_list *needs;    /* features: esn, nat-t, link2, sockets, tunables, aead */
	struct axis *axes;
	struct condition *when; /* combinations outside are not cases at all */
	const char *setup;      /* name; NULL: "default" if the suite has it; "none" */
	bool raw_transform;     /* `uncalibrated`: run even where the target is known to deviate */
	struct step *steps;
	uint64_t digest; /* of the steps as written: revision.h */
	struct case_spec *next;
	struct place at;
};

struct suite {
	struct arena arena;
	const char *file, *name, *title;
	struct clause *clauses;
	struct axis *axes;
	struct word_list *profiles; /* of every case that has none of its own; NULL: everybody's */
	struct setup *setups;
	struct case_spec *cases;
	uint64_t digest; /* of the whole text */
	struct suite *next;
};

/*
 * Parses one suite. All errors are printed to e as the first of them, "FILE:LINE:COLUMN: ..", with the number of
 * further ones; checks names of layers, fields, messages and extensions too, so that a misspelt field is found before anything is sent.
 * NULL on error. Free with suite_free.
 */
struct suite *suite_parse(const char *file, const char *text, size_t n, struct err *e);
struct suite *suite_load(const char *file, struct err *e);
void suite_free(struct suite *s);

/* Whose rules a case holds a target to: names of profiles, NULL for everybody's. */
const struct word_list *case_profiles(const struct suite *s, const struct case_spec *c);

/* Checks vocabulary; called by suite_parse. */
bool suite_check(const struct suite *s, struct err *e) MUST_USE;

#endif
