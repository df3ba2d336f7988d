/* What the files that write the detail of one case share: its exhibits as a row of things to show. */
#ifndef ESPY_REPORTS_HTML_VIEW_H
#define ESPY_REPORTS_HTML_VIEW_H

#include "ipsec/dissect.h"
#include "pfkey/pfkey.h"
#include "reports/case/sa.h"
#include "reports/html/case.h"
#include "reports/redact.h"

#define VIEW_ITEMS 40     /* shown of a case; what lies between its beginning and its end is left out */
#define VIEW_OCTETS 2048  /* of one packet or message */
#define VIEW_ROOM 20000   /* octets of dumps of one case: a page has many cases */
#define VIEW_SETUP_MAX 60 /* messages that configured the target */

enum view_kind {
	VIEW_FRAME,    /* a datagram */
	VIEW_MESSAGE,  /* a PF_KEY message that the case is about */
	VIEW_SETUP,    /* messages that configured the target, folded */
	VIEW_NOTE,     /* something else that was done or seen */
	VIEW_SENTINEL, /* silence is proved here */
	VIEW_SILENCE,  /* and it was what decided */
	VIEW_LEFT_OUT, /* `folded` things are not shown here */
};

struct view_item {
	uint8_t kind;
	const json_t *x; /* exhibit; of a fold the first; NULL: VIEW_SILENCE, VIEW_LEFT_OUT */
	size_t folded;   /* exhibits that it stands for */
	unsigned link;
	bool out;     /* towards the target */
	bool decides; /* what was wanted and got is about this one */
	double t_us;
	const char *note; /* what kind of note: "app", "audit" */
	char brief[400];  /* without keys */
	uint8_t *room;    /* frames and messages: */
	struct bytes octets;
	struct dissection *d; /* NULL: it cannot be taken apart, and `why` says why */
	char why[400];
	bool dumped; /* there is room for it octet by octet */
};

struct view {
	FILE *out;
	struct html *h;
	const json_t *event;
	struct redact *redact;
	struct case_sas *sas;
	const struct dialect *dialect; /* of PF_KEY messages, NULL: not known */
	bool swapped;
	bool two_links;
	unsigned id; /* names of elements are "x<id>-<number>" */
	struct view_item *item;
	size_t n, cap;
	size_t setups; /* messages that configured the target */
	bool failed;
};

/* Appends an item; NULL: out of memory, and view_open() fails. */
struct view_item *view_add(struct view *v, enum view_kind kind, const json_t *x);
void view_read(struct view *v); /* items.c */
/* False: out of memory. */
bool view_open(struct view *v, FILE *out, struct html *h, const json_t *event);
void view_close(struct view *v);
/* Whether a message of the journal only configured the target: the flush in front of a case tells by which socket that goes. */
struct view_setup {
	bool known;
	long socket;
};
bool view_is_setup(struct view_setup *s, const json_t *exhibit);

bool view_is_refusal(const json_t *exhibit); /* an answer with an error */

/* Text of the event without keys, escaped. */
void view_text(const struct view *v, const char *text);
/* The same with `n` characters at most, cut with an ellipsis. */
void view_cut(const struct view *v, const char *text, size_t n);
void view_time(double us, char *out, size_t cap); /* "0.36 ms" */

void view_chart(const struct view *v);                        /* chart.c */
void view_exhibits(struct view *v);                           /* exhibits.c */
void view_dump(struct view *v, const struct view_item *item); /* dump.c */
void view_configuration(const struct view *v);                /* config.c */

#endif
