/*
 * A manager puts SAs and policies onto a target: PF_KEY, or XFRM netlink on Linux, which says what PF_KEY there cannot (combined modes,
 * CMAC, ESN, wide windows, counters to start from, HMAC-SHA-256 cut to 128 bits). It turns one setkey command into one message, carries
 * it to a socket of the target, and reads what that socket answers. Blocks, mirrors and refusals are setup.c's business.
 */
#ifndef ESPY_RUNNER_MANAGER_H
#define ESPY_RUNNER_MANAGER_H

#include "config/setkey.h"
#include "runner/target/target.h"

struct engine;
struct stage;

struct manager_answer {
	uint32_t seq; /* of the message it answers */
	int number;   /* 0 or an errno of the target */
	char text[160];
};

struct manager {
	const char *name;                    /* "pfkey", "xfrm", "none", "manual" */
	bool silent;                         /* nothing answers: what was said is believed */
	uint8_t out, in;                     /* enum evidence_kind of its messages */
	int (*sock)(const struct engine *g); /* -1: none */
	bool (*open)(struct engine *g, struct err *e);
	/* ERR_UNSUPPORTED: this manager cannot say it. What it builds may live in s->store. */
	bool (*say)(struct stage *s, const struct setkey_command *c, uint32_t seq, struct wr *w, struct err *e);
	/* Pipelined: a refusal comes as an answer, after the next sync. */
	bool (*send)(struct engine *g, struct bytes message, struct err *e);
	/* False with ERR_NONE: this says nothing about a message of ours. */
	bool (*hear)(const struct engine *g, struct bytes octets, struct manager_answer *a, struct err *e);
};

extern const struct manager manager_pfkey, manager_xfrm, manager_none, manager_manual;

/* By what --manager says and what the target has: sets g->manager, and g->fallback where the first one cannot say all. */
bool manager_choose(struct engine *g, struct err *e) MUST_USE;
/* What --manager takes: "auto", "pfkey", "xfrm", "none". */
bool manager_wish_parse(const char *word, enum manager_wish *wish, struct err *e) MUST_USE;
/* What configures a target: "pfkey", "xfrm", or "pfkey, xfrm" for one that falls back. */
const char *managers_named(const struct engine *g);

struct nlmsghdr;
struct nlattr;
/* Whether an attribute lies whole within its message (what mnl_attr_for_each() asks, which does not hold our warning level). */
bool xfrm_attribute_ok(const struct nlmsghdr *n, const struct nlattr *at);

/* One XFRM message for people, snprintf convention; keys are not shown. */
size_t manager_xfrm_print(struct bytes message, char *text, size_t cap);

#endif
