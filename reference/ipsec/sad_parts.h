/*
 * What the files of the SAD share: sad.c has the SAs by SPI and all in a row, sad_path.c those of each path for the way out.
 */
#ifndef ESPY_IPSEC_SAD_PARTS_H
#define ESPY_IPSEC_SAD_PARTS_H

#include "ipsec/sad.h"
#include "ipsec/sad_table.h"

struct path;

struct member {
	struct link *link;
	struct path *path; /* NULL: not filed */
	struct member *newer, *older;
};

enum { BY_PATH, BY_REQID, MEMBERS };

/* What the database knows of an SA: sa.owner. */
struct link {
	struct sa *sa;
	uint64_t serial;               /* order of arrival */
	struct link *newer, *older;    /* all of them */
	struct link *next_of_group;    /* the other SAs of its SPI and group */
	struct member member[MEMBERS]; /* not while larval: there is no mode and reqid yet */
};

struct sad {
	struct sad_table table; /* of a group, the first of its links */
	struct path *paths;
	struct link *oldest, *newest;
	uint64_t serial;
	unsigned n;
	const struct ah_rules *ah; /* of every SA here; NULL: RFC 4302 */
};

static inline struct link *
link_of(const struct sa *sa)
{
	return sa->owner;
}

/* Under its path, and under that with its reqid; both or none. False: out of memory. */
bool path_file(struct sad *d, struct link *l);
bool path_is_filed(const struct link *l);
void path_unfile(struct sad *d, struct link *l);

#endif
