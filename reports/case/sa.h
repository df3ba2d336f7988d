/*
 * The SAs that a case's event tells of, for whoever opens its frames: those of its setkey blocks in their order, and those of ADD and
 * UPDATE among its PF_KEY messages that no block has said. Nothing is forgotten: an SA that was deleted opens the frames of before, and
 * of one that was keyed anew each generation is tried, that of the frame's own time first.
 */
#ifndef ESPY_REPORTS_CASE_SA_H
#define ESPY_REPORTS_CASE_SA_H

#include <jansson.h>

#include "ipsec/sad.h"
#include "pfkey/pfkey.h"

struct case_sa {
	struct sa_spec spec; /* as it was asked for, with window and lifetimes; keys live as long as the list */
	size_t at;           /* number of the exhibit that tells of it */
	unsigned line;       /* of the case's file, 0: not known */
	bool by_message;     /* said by PF_KEY, not in setkey text */
	struct case_sa *next;
};

struct case_sas; /* owns them, wipes their keys */

/*
 * NULL only when memory is out. What cannot be read (a block with an error, a message that is wrong on purpose, a start event that does
 * not tell the dialect) adds nothing. start: the run's start event, or NULL.
 */
struct case_sas *case_sas_read(const json_t *start, const json_t *event);
void case_sas_free(struct case_sas *l); /* NULL is fine */

/* In the order in which they came; NULL: none. The same SA said twice is there once. */
const struct case_sa *case_sas_first(const struct case_sas *l);

/*
 * The SAs to open the frame of exhibit number `at` with: those of its time, or of another time where only those fit it. To be asked about frames in
 * their order, so that the high halves of ESN can be followed; dissectors may be given what it returns until the next question. What the
 * target pads AH to is found out here too. NULL only when memory is out.
 */
struct sad *case_sas_for(struct case_sas *l, size_t at, struct bytes datagram);

/* What the target's PF_KEY messages are in; NULL: not known. *swapped: their octets are in the order that is not this machine's. */
const struct dialect *case_dialect(const json_t *start, bool *swapped);

#endif
