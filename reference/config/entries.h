/* SAs and policies as any of the formats of this folder has them: what conversion between formats goes through. */
#ifndef ESPY_CONFIG_ENTRIES_H
#define ESPY_CONFIG_ENTRIES_H

#include "ipsec/sa.h"
#include "ipsec/spd.h"

struct config_entry {
	bool is_policy;    /* else an SA */
	struct sa_spec sa; /* its keys are the list's */
	struct spd_entry policy;
	unsigned line; /* of the text it comes from */
	struct config_entry *next;
};

/* Owns its entries and their keys, wipes them. */
struct config_entries;
struct config_entries *config_entries_new(struct err *e);
void config_entries_free(struct config_entries *l); /* NULL allowed */
const struct config_entry *config_entries_first(const struct config_entries *l);

/* Copies, keys too. */
bool config_entries_add_sa(struct config_entries *l, const struct sa_spec *sa, unsigned line, struct err *e) MUST_USE;
bool config_entries_add_policy(struct config_entries *l, const struct spd_entry *p, unsigned line,
			       struct err *e) MUST_USE;

#endif
