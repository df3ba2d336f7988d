/*
 * What a target counts and logs. RFC 4301 9 and RFC 4303 4 ask for records of auditable events and leave it to the target whether it has
 * an audit log at all: without one a case is SKIP. Counters are what can be read everywhere; no RFC says how they are called.
 */
#include "runner/help/offers.h"
#include "runner/stage.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/audit.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AUDIT_MS 500 /* Linux hands records to a thread of its own: they come a little after the packet */

/*
 * By word and system: the file and the counter in it, and what a record of the event has behind "op=". Linux counts numbers left of the
 * window with the replayed ones, and bad padding and bad lengths with the bad ICVs.
 */
/* clang-format off */
static const struct audit_row { const char *word, *os, *file, *counter, *op; } rows[] = {
	{ "replay",   "linux", "/proc/net/xfrm_stat", "XfrmInStateSeqError",   "SA-replayed-pkt" },
	{ "old",      "linux", "/proc/net/xfrm_stat", "XfrmInStateSeqError",   "SA-replayed-pkt" },
	{ "zero",     "linux", "/proc/net/xfrm_stat", "XfrmInStateSeqError",   "SA-replayed-pkt" },
	{ "icv",      "linux", "/proc/net/xfrm_stat", "XfrmInStateProtoError", "SA-icv-failure" },
	{ "pad",      "linux", "/proc/net/xfrm_stat", "XfrmInStateProtoError", NULL },
	{ "length",   "linux", "/proc/net/xfrm_stat", "XfrmInStateProtoError", NULL },
	{ "short",    "linux", "/proc/net/xfrm_stat", "XfrmInHdrError",        NULL },
	{ "no-sa",    "linux", "/proc/net/xfrm_stat", "XfrmInNoStates",        "SA-notfound" },
	{ "policy",   "linux", "/proc/net/xfrm_stat", "XfrmInTmplMismatch",    NULL },
	{ "no-policy", "linux", "/proc/net/xfrm_stat", "XfrmInNoPols",         NULL },
	{ "block",    "linux", "/proc/net/xfrm_stat", "XfrmInPolBlock",        NULL },
	{ "header",   "linux", "/proc/net/xfrm_stat", "XfrmInHdrError",        NULL },
	{ "overflow", "linux", "/proc/net/xfrm_stat", "XfrmOutStateSeqError",  "SA-replay-overflow" },
	{ "expired",  "linux", "/proc/net/xfrm_stat", "XfrmInStateExpired",    NULL },
	{ "replay",   "reference", "drop.replayed",     "drop.replayed",     "replayed" },
	{ "old",      "reference", "drop.old",          "drop.old",          "old" },
	{ "zero",     "reference", "drop.seq-zero",     "drop.seq-zero",     "seq-zero" },
	{ "icv",      "reference", "drop.icv",          "drop.icv",          "icv" },
	{ "pad",      "reference", "drop.pad-length",   "drop.pad-length",   NULL },
	{ "length",   "reference", "drop.block",        "drop.block",        NULL },
	{ "short",    "reference", "drop.short",        "drop.short",        NULL },
	{ "no-sa",    "reference", "drop.no-sa",        "drop.no-sa",        "no-sa" },
	{ "policy",   "reference", "drop.policy",       "drop.policy",       "policy" },
	{ "no-policy", "reference", "drop.policy",      "drop.policy",       "policy" },
	{ "block",    "reference", "drop.policy",       "drop.policy",       "policy" },
	{ "header",   "reference", "drop.header",       "drop.header",       NULL },
	{ "overflow", "reference", "drop.seq-overflow", "drop.seq-overflow", "seq-overflow" },
	{ "compression", "reference", "drop.compression", "drop.compression", NULL },
	{ "expired",  "reference", "drop.expired",      "drop.expired",      NULL },
};

/* What the fields of a record are called in it; both systems write audit records alike. */
static const struct { const char *name, *key; bool address; } fields[] = {
	{ "spi", "spi=", false }, { "seq", "seqno=", false }, { "src", "src=", true }, { "dst", "dst=", true },
	{ "flow", "flowlbl=", false },
};
/* clang-format on */

bool
audit_knows_word(const char *word)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].word, word) == 0)
			return true;
	return strcmp(word, "log") == 0;
}

void
offer_audit_words(struct suggest *s)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		suggest_offer(s, rows[i].word);
	suggest_offer(s, "log");
}

bool
audit_knows_field(const char *name)
{
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (strcmp(fields[i].name, name) == 0)
			return true;
	return false;
}

static const struct audit_row *
row_of(const struct stage *s, const char *word)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (s->g->target->has_channel && strcmp(rows[i].word, word) == 0 &&
		    strcmp(rows[i].os, s->g->target->channel.hello.os) == 0)
			return &rows[i];
	return NULL;
}

/* --- counters -------------------------------------------------------------------------------- */

static bool
read_counter(struct stage *s, const struct audit_row *row, uint64_t *n, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	char text[4096];
	if (!c->ops->tunable_get(c, row->file, text, sizeof text, e))
		return false;
	const char *at = strstr(text, row->counter);
	*n = strtoull(at != NULL ? at + strlen(row->counter) : text, NULL, 10);
	return true;
}

/* `audit replay` shows the counter; `audit replay as before` binds it too. */
static void
counter(struct stage *s, const struct step *st)
{
	const struct audit_row *row = row_of(s, st->name);
	struct err e = { 0 };
	uint64_t n;
	char line[200];
	if (row != NULL && read_counter(s, row, &n, &e)) {
		snprintf(line, sizeof line, "%s: %llu", row->counter, (unsigned long long)n);
		evidence_add(s->ev, EV_COUNTER, st->at.line, 0, BYTES_NONE, line);
		if (st->raw != NULL)
			vars_set(&s->vars, st->raw, val_number(n));
		return;
	}
	const char *why = row == NULL ? "this target has no counter for it" : e.text;
	evidence_add(s->ev, EV_COUNTER, st->at.line, 0, BYTES_NONE, why);
	if (e.code == ERR_DEAD)
		stage_error(s, &e);
	else if (st->raw != NULL)
		stage_decide(s, V_SKIP, "audit %s: %s", st->name, why);
}

/* --- the log of Linux ------------------------------------------------------------------------ */

static bool
linux_enable(struct engine *g, bool on, struct err *e)
{
	_Alignas(struct nlmsghdr) uint8_t room[256];
	struct channel *c = &g->target->channel;
	struct nlmsghdr *n = mnl_nlmsg_put_header(room);
	n->nlmsg_type = AUDIT_SET;
	n->nlmsg_flags = NLM_F_REQUEST;
	struct audit_status *status = mnl_nlmsg_put_extra_header(n, sizeof *status);
	status->mask = AUDIT_STATUS_ENABLED;
	status->enabled = on;
	return c->ops->netlink_send(c, g->audit_sock, (struct bytes){ room, n->nlmsg_len }, e) && c->ops->sync(c, e);
}

static bool
linux_begin(struct stage *s, struct err *e)
{
	struct engine *g = s->g;
	struct channel *c = &g->target->channel;
	if (g->audit_sock < 0 && !c->ops->netlink_open(c, NETLINK_AUDIT, AUDIT_NLGRP_READLOG, &g->audit_sock, e))
		return false;
	return linux_enable(g, true, e);
}

/* A record is a message whose body is text. */
static bool
linux_records(struct stage *s, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	struct channel_event ev;
	if (!c->ops->sync(c, e))
		return false;
	e->code = ERR_NONE;
	while (c->ops->next_event(c, &ev, e)) {
		struct bytes body = bytes_slice(ev.data, sizeof(struct nlmsghdr), SIZE_MAX);
		if (ev.sock != s->g->audit_sock)
			continue;
		evidence_add(s->ev, EV_AUDIT, 0, 0, BYTES_NONE, arena_strndup(s->arena, (const char *)body.p, body.n));
	}
	return e->code == ERR_NONE;
}

static void
linux_wait(struct stage *s)
{
	struct channel *c = &s->g->target->channel;
	struct pollfd p = { .fd = c->ops->fd(c), .events = POLLIN };
	(void)poll(&p, 1, 2);
}

/* --- the log of the reference ---------------------------------------------------------------- */

static bool
reference_begin(struct stage *s, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	return c->ops->tunable_set(c, "audit", "1", e);
}

static bool
reference_end(struct stage *s, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	return c->ops->tunable_set(c, "audit", "0", e) && c->ops->tunable_set(c, "audit.log", "", e);
}

/* Takes over what is there and empties it. */
static bool
reference_records(struct stage *s, struct err *e)
{
	struct channel *c = &s->g->target->channel;
	char text[4096], *rest = text, *line;
	if (!c->ops->tunable_get(c, "audit.log", text, sizeof text, e) || !c->ops->tunable_set(c, "audit.log", "", e))
		return false;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			evidence_add(s->ev, EV_AUDIT, 0, 0, BYTES_NONE, line);
	return true;
}

/* --- records --------------------------------------------------------------------------------- */

static bool
is_linux(const struct stage *s)
{
	return strcmp(s->g->target->channel.hello.os, "linux") == 0;
}

bool
audit_end(struct stage *s, struct err *e)
{
	if (!s->audit_log)
		return true;
	s->audit_log = false;
	return is_linux(s) ? linux_enable(s->g, false, e) : reference_end(s, e);
}

static void
begin(struct stage *s)
{
	struct err e = { 0 };
	bool known = row_of(s, "replay") != NULL;
	if (!known)
		fail(&e, ERR_UNSUPPORTED, "where %s has it is not known", s->g->target->os);
	if (known && (is_linux(s) ? linux_begin(s, &e) : reference_begin(s, &e)))
		s->audit_log = true;
	else if (e.code == ERR_DEAD)
		stage_error(s, &e);
	else
		stage_decide(s, V_SKIP, "no audit log: %s", e.text);
}

/* Whether a record has a field as it is wanted; false with e when the suite asks nonsense. */
static bool
field_agrees(struct stage *s, const char *record, const struct arg *want, bool *agrees, struct err *e)
{
	size_t i = 0;
	while (strcmp(fields[i].name, want->name) != 0)
		i++;
	const char *at = strstr(record, fields[i].key);
	struct val v;
	uint64_t n;
	*agrees = false;
	if (!expr_eval(want->value, &s->vars, &v, e))
		return false;
	if (at == NULL)
		return true;
	at += strlen(fields[i].key);
	if (fields[i].address) {
		char text[64];
		struct addr a, b;
		snprintf(text, sizeof text, "%.*s", (int)strcspn(at, " \n"), at);
		if (!addr_parse(&a, val_print(s->arena, &v), e))
			return false;
		*agrees = addr_parse(&b, text, NULL) && addr_equal(&a, &b);
		return true;
	}
	if (!val_to_number(&v, &n))
		return fail(e, ERR_SYNTAX, "audit: %s: want a number", want->name);
	*agrees = strtoull(at, NULL, 0) == n;
	return true;
}

/* A record of the event that no step has taken and that agrees; *near is the last one of the event that did not. */
static bool
find_record(struct stage *s, const struct step *st, const char *op, struct exhibit **found, const char **near,
	    struct err *e)
{
	bool taken_too = st->want == WANT_NOTHING;
	char key[60];
	snprintf(key, sizeof key, "op=%s ", op);
	*found = NULL;
	for (struct exhibit *x = s->ev->first; x != NULL && *found == NULL; x = x->next) {
		if (x->kind != EV_AUDIT || (x->line != 0 && !taken_too) || strstr(x->text, key) == NULL)
			continue;
		bool agrees = true;
		for (const struct arg *a = st->fields; a != NULL && agrees; a = a->next)
			if (!field_agrees(s, x->text, a, &agrees, e))
				return false;
		if (agrees)
			*found = x;
		else
			*near = x->text;
	}
	return true;
}

static void
record(struct stage *s, const struct step *st)
{
	const struct audit_row *row = row_of(s, st->name);
	struct exhibit *found = NULL;
	const char *near = NULL;
	struct err e = { 0 };
	uint64_t until = clock_ns() + AUDIT_MS * 1000000ull;
	if (row == NULL || row->op == NULL || !s->audit_log) {
		stage_decide(s, s->audit_log ? V_SKIP : V_ERROR, "audit %s: %s", st->name,
			     s->audit_log ? "this target logs no such event" : "want `audit log` before it");
		return;
	}
	if (!tester_sentinel(s, 1, &e)) { /* the packet has been dealt with */
		stage_error(s, &e);
		return;
	}
	for (;;) {
		if (!(is_linux(s) ? linux_records(s, &e) : reference_records(s, &e)) ||
		    !find_record(s, st, row->op, &found, &near, &e)) {
			stage_error(s, &e);
			return;
		}
		/* Records come in the order of events: behind one that was waited for, an earlier one is there or was never made. */
		if (found != NULL || !is_linux(s) || st->want == WANT_NOTHING || clock_ns() >= until)
			break;
		linux_wait(s);
	}
	if (found != NULL && st->want == WANT_NOTHING)
		stage_decide(s, V_FAIL, "want no such record in the audit log, got %s", found->text);
	else if (found != NULL)
		found->line = st->at.line;
	else if (st->want != WANT_NOTHING)
		stage_decide(s, V_FAIL, "want a record of %s in the audit log, got %s", row->op,
			     near != NULL ? near : "none");
}

void
step_audit(struct stage *s, const struct step *st)
{
	if (st->fields != NULL)
		record(s, st);
	else if (strcmp(st->name, "log") == 0)
		begin(s);
	else
		counter(s, st);
}
