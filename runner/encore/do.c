/*
 * What a case did on its target beside sending packets, done again. The words are those of stage_did():
 *
 *   udp-open NAME ADDRESS PORT USER|- [encap]      an application socket; encap: it takes ESP in UDP
 *   udp-send NAME ADDRESS PORT                     the octets of the step as its datagram
 *   udp-policy NAME 4|6                            the octets as the socket's policy
 *   close NAME
 *   tunable NAME VALUE..
 *   wait SECONDS
 *   manager NAME                                   what put the setkey text in front of it onto the target (sidecar.c)
 *   uncalibrated                                   PF_KEY's numbers are meant as they stand, whatever the target makes of them
 */
#include "runner/encore/encore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORDS_MAX 6
#define WAIT_MAX 120

struct words {
	char text[700], *word[WORDS_MAX];
	unsigned n;
};

/* The last word takes the rest. */
static void
split(struct words *w, const char *text, unsigned max)
{
	*w = (struct words){ .n = 0 };
	snprintf(w->text, sizeof w->text, "%s", text);
	char *rest = w->text;
	for (w->n = 0; w->n + 1 < max && rest != NULL && *rest != '\0'; w->n++)
		w->word[w->n] = strsep(&rest, " ");
	if (rest != NULL && *rest != '\0')
		w->word[w->n++] = rest;
}

static bool
unreadable(const struct sidecar_step *st, struct err *e)
{
	return fail(e, ERR_SYNTAX, "line %u: #! do %.200s: cannot be read", st->line, st->words);
}

static struct named_sock *
socket_called(struct stage *s, const char *name)
{
	for (unsigned i = 0; i < s->app_n; i++)
		if (strcmp(s->app[i].name, name) == 0)
			return &s->app[i];
	return NULL;
}

static bool
number_of(const char *text, unsigned long max, unsigned long *n)
{
	char *end;
	*n = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && *n <= max;
}

static bool
endpoint(const struct words *w, const struct address_map *map, struct addr *a, uint16_t *port)
{
	unsigned long n;
	if (w->n < 4 || !addr_parse(a, w->word[2], NULL) || !number_of(w->word[3], 65535, &n))
		return false;
	(void)address_map_apply(map, a);
	*port = (uint16_t)n;
	return true;
}

static bool
do_open(struct stage *s, const struct address_map *map, const struct sidecar_step *st, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	struct words w;
	struct addr a;
	uint16_t port;
	split(&w, st->words, 6);
	if (w.n < 5 || !endpoint(&w, map, &a, &port))
		return unreadable(st, e);
	if (s->app_n == STAGE_SOCKETS)
		return fail(e, ERR_RANGE, "line %u: more than %d sockets", st->line, STAGE_SOCKETS);
	struct named_sock *n = &s->app[s->app_n];
	*n = (struct named_sock){ .name = arena_strdup(s->arena, w.word[1]) };
	const char *user = strcmp(w.word[4], "-") == 0 ? NULL : w.word[4];
	if (!c->ops->udp_open(c, a.family, addr_bytes(&a), port, user, &n->sock, e))
		return false;
	s->app_n++;
	return w.n < 6 || c->ops->udp_encap(c, n->sock, e);
}

static bool
do_send(struct stage *s, const struct address_map *map, const struct sidecar_step *st, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	struct words w;
	struct addr a;
	uint16_t port;
	split(&w, st->words, 5);
	const struct named_sock *n = w.n > 1 ? socket_called(s, w.word[1]) : NULL;
	if (!endpoint(&w, map, &a, &port))
		return unreadable(st, e);
	if (n == NULL)
		return fail(e, ERR_UNKNOWN, "line %u: there is no socket '%s'", st->line, w.word[1]);
	/* A refusal is the target's way to say that nothing leaves: the answers tell. */
	bool ok = c->ops->udp_send(c, n->sock, addr_bytes(&a), port, st->octets, e) && c->ops->sync(c, e);
	return ok || e->code == ERR_REFUSED;
}

static bool
do_policy(struct stage *s, const struct sidecar_step *st, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	struct words w;
	unsigned long family;
	split(&w, st->words, 4);
	const struct named_sock *n = w.n > 1 ? socket_called(s, w.word[1]) : NULL;
	if (w.n < 3 || !number_of(w.word[2], 6, &family))
		return unreadable(st, e);
	if (n == NULL)
		return fail(e, ERR_UNKNOWN, "line %u: there is no socket '%s'", st->line, w.word[1]);
	return c->ops->policy_set(c, n->sock, (int)family, st->octets, e);
}

static bool
do_close(struct stage *s, const struct sidecar_step *st, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	struct words w;
	split(&w, st->words, 2);
	struct named_sock *n = w.n > 1 ? socket_called(s, w.word[1]) : NULL;
	if (n == NULL)
		return unreadable(st, e);
	bool ok = c->ops->sock_close(c, n->sock, e);
	*n = s->app[--s->app_n];
	return ok;
}

static bool
do_tunable(struct stage *s, const struct sidecar_step *st, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	struct words w;
	split(&w, st->words, 3);
	if (w.n < 3)
		return unreadable(st, e);
	if (s->tunables == STAGE_TUNABLES)
		return fail(e, ERR_RANGE, "line %u: more than %d tunables", st->line, STAGE_TUNABLES);
	char *was = s->tunable[s->tunables].was;
	const char *name = arena_strdup(s->arena, w.word[1]);
	if (!c->ops->tunable_get(c, name, was, sizeof s->tunable[0].was, e))
		return false;
	s->tunable[s->tunables++].name = name;
	return c->ops->tunable_set(c, name, w.word[2], e);
}

static bool
do_wait(struct stage *s, const struct sidecar_step *st, struct err *e)
{
	struct words w;
	unsigned long seconds;
	split(&w, st->words, 2);
	if (w.n < 2 || !number_of(w.word[1], WAIT_MAX, &seconds))
		return unreadable(st, e);
	if (s->g->target->pass != NULL) {
		s->g->target->pass(s->g->target, (unsigned)seconds);
		return true;
	}
	struct timespec ts = { (time_t)seconds, 0 };
	(void)nanosleep(&ts, NULL); /* a signal ends it: the caller looks for a stop */
	return true;
}

/* The case's own, in the octets of the target it spoke to; what the target answers is no matter of packets. */
static bool
do_pfkey(struct stage *s, const struct sidecar_step *st, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	if (!s->g->target->has_channel || (c->hello.features & CHAN_PFKEY) == 0)
		return fail(e, ERR_UNSUPPORTED, "a PF_KEY message: the target has no PF_KEY sockets to lend");
	if (s->pf_n == 0) {
		s->pf[0] = (struct named_sock){ .name = "", .dirty = true };
		if (!c->ops->pfkey_open(c, &s->pf[0].sock, e))
			return false;
		s->pf_n = 1;
	}
	/* Written wrongly on purpose, it may be refused again. */
	bool ok = c->ops->pfkey_send(c, s->pf[0].sock, st->octets, e) && c->ops->sync(c, e);
	return ok || e->code == ERR_REFUSED;
}

bool
encore_do(struct stage *s, const struct encore_keys *keys, const struct sidecar_step *st, struct err *e)
{
	const struct address_map *map = keys->map;
	if (st->kind == SIDECAR_PFKEY && (keys->rekey || !address_map_is_identity(map)))
		return fail(e, ERR_UNSUPPORTED,
			    "a PF_KEY message of the case's own names the SAs and addresses of then");
	if (st->kind == SIDECAR_PFKEY)
		return do_pfkey(s, st, e);
	if (!s->g->target->has_channel)
		return fail(e, ERR_UNSUPPORTED, "the target has nobody to do it (%.100s)", st->words);
	if (strncmp(st->words, "udp-open ", 9) == 0)
		return do_open(s, map, st, e);
	if (strncmp(st->words, "udp-send ", 9) == 0)
		return do_send(s, map, st, e);
	if (strncmp(st->words, "udp-policy ", 11) == 0)
		return do_policy(s, st, e);
	if (strncmp(st->words, "close ", 6) == 0)
		return do_close(s, st, e);
	if (strncmp(st->words, "tunable ", 8) == 0)
		return do_tunable(s, st, e);
	if (strncmp(st->words, "wait ", 5) == 0)
		return do_wait(s, st, e);
	return unreadable(st, e);
}

void
encore_undo(struct stage *s)
{
	struct channel *c = &s->g->target->channel;
	struct err e = { 0 };
	while (s->tunables > 0) {
		s->tunables--;
		(void)c->ops->tunable_set(c, s->tunable[s->tunables].name, s->tunable[s->tunables].was, &e);
	}
	for (; s->app_n > 0; s->app_n--)
		(void)c->ops->sock_close(c, s->app[s->app_n - 1].sock, &e);
	for (; s->pf_n > 0; s->pf_n--)
		(void)c->ops->sock_close(c, s->pf[s->pf_n - 1].sock, &e);
}
