#include "config/entries.h"

#include <stdlib.h>

struct holder {
	struct config_entry entry; /* first: a holder and its entry have one address */
	uint8_t enc_key[SA_KEY_MAX], auth_key[SA_KEY_MAX];
};

struct config_entries {
	struct config_entry *first, **end;
};

struct config_entries *
config_entries_new(struct err *e)
{
	struct config_entries *l = calloc(1, sizeof *l);
	if (l == NULL) {
		fail(e, ERR_IO, "out of memory");
		return NULL;
	}
	l->end = &l->first;
	return l;
}

void
config_entries_free(struct config_entries *l)
{
	if (l == NULL)
		return;
	for (struct config_entry *x = l->first, *next; x != NULL; x = next) {
		next = x->next;
		explicit_bzero(x, sizeof(struct holder));
		free(x);
	}
	free(l);
}

const struct config_entry *
config_entries_first(const struct config_entries *l)
{
	return l->first;
}

static struct holder *
append(struct config_entries *l, unsigned line, struct err *e)
{
	struct holder *h = calloc(1, sizeof *h);
	if (h == NULL) {
		fail(e, ERR_IO, "out of memory");
		return NULL;
	}
	h->entry.line = line;
	*l->end = &h->entry;
	l->end = &h->entry.next;
	return h;
}

static struct bytes
keep_key(uint8_t room[SA_KEY_MAX], struct bytes key)
{
	struct wr w = wr_of(room, SA_KEY_MAX);
	wr_bytes(&w, key);
	return wr_done(&w);
}

bool
config_entries_add_sa(struct config_entries *l, const struct sa_spec *sa, unsigned line, struct err *e)
{
	if (sa->enc_key.n > SA_KEY_MAX || sa->auth_key.n > SA_KEY_MAX)
		return fail(e, ERR_RANGE, "line %u: a key of more than %d octets", line, SA_KEY_MAX);
	struct holder *h = append(l, line, e);
	if (h == NULL)
		return false;
	h->entry.sa = *sa;
	h->entry.sa.enc_key = keep_key(h->enc_key, sa->enc_key);
	h->entry.sa.auth_key = keep_key(h->auth_key, sa->auth_key);
	return true;
}

bool
config_entries_add_policy(struct config_entries *l, const struct spd_entry *p, unsigned line, struct err *e)
{
	struct holder *h = append(l, line, e);
	if (h == NULL)
		return false;
	h->entry.is_policy = true;
	h->entry.policy = *p;
	return true;
}
