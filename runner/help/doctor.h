/*
 * espy doctor: what can be tested here, what is missing, and the exact fix. cmd_doctor.c prints what doctor_here.c (the project's data,
 * libcrypto, programs), doctor_kernel.c (rights, sockets and modules of this machine), doctor_uml.c (the Linux target) and
 * doctor_target.c (one target, opened) find.
 */
#ifndef ESPY_RUNNER_HELP_DOCTOR_H
#define ESPY_RUNNER_HELP_DOCTOR_H

#include <jansson.h>

#include "reports/colour.h"
#include "runner/choice.h"
#include "runner/target/target.h"

enum finding {
	FINDING_OK,      /* it is there and works */
	FINDING_MISSING, /* it is not there */
	FINDING_BROKEN,  /* it is there and does not work */
	FINDING_NOTE     /* nothing to repair */
};

struct doctor {
	struct choice choice;
	struct target_wishes wishes;
	enum manager_wish manager;
	enum colour_wish colour;
	const char *target; /* -t; NULL: only this machine is looked at */
	bool json;
	bool unable;            /* something without which nothing can be tested */
	json_t *checks;         /* what --json prints */
	json_t *skips;          /* of -t: [{n, reason}] */
	unsigned failed;        /* findings that are broken */
	bool symbols, coloured; /* of the terminal */
	unsigned width;
};

/* One line under the heading of the last doctor_group(). fix: what to type, or NULL. Both are one line; detail is cut nowhere. */
void doctor_group(struct doctor *d, const char *name);
void doctor_say(struct doctor *d, enum finding f, const char *name, const char *fix, const char *fmt, ...) PRINTF(5, 6);

/* Whether a program is in PATH or one of the folders of administrators. */
bool doctor_find_program(const char *name, char *path, size_t cap);

/* doctor_xfrm.c: what SAs this machine's kernel takes; false: it cannot be asked. */
bool doctor_xfrm(struct doctor *d);

/* Each looks at one thing; what makes testing impossible sets d->unable. */
void doctor_data(struct doctor *d);
void doctor_crypto(struct doctor *d);
void doctor_reference(struct doctor *d);
void doctor_programs(struct doctor *d);
void doctor_rights(struct doctor *d);
void doctor_kernel(struct doctor *d);
void doctor_uml(struct doctor *d);
void doctor_target(struct doctor *d);

#endif
