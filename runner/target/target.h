/*
 * A target: the links and the channel of one system under test, and how to bring it up, down, and up again.
 * Drivers: linux (User-Mode Linux as a child process), qemu (any Linux kernel in a machine of QEMU's), reference (our host in this
 * process), exec (any stack as a child process), raw (whatever answers on an interface), netns (a network namespace of this machine), manual (an interface, and somebody who types).
 */
#ifndef ESPY_RUNNER_TARGET_TARGET_H
#define ESPY_RUNNER_TARGET_TARGET_H

#include "runner/target/channel.h"
#include "runner/target/link.h"

#define TARGET_LINKS 2

/* Addresses, the same on every target: documentation prefixes. Index 0 is link 1. */
struct target_net {
	uint8_t tester4[4], target4[4];   /* link 1: 192.0.2.2 and 192.0.2.1, link 2: 198.51.100.2 and .1 */
	uint8_t tester6[16], target6[16]; /* link 1: 2001:db8:1::2 and ::1, link 2: 2001:db8:2::2 and ::1 */
	uint8_t second4[4], second6[16];  /* a second address of the target: 192.0.2.11, 2001:db8:1::11 */
};

/* By what it is configured: `auto` is PF_KEY, and XFRM netlink for what PF_KEY cannot say. */
enum manager_wish { MANAGER_AUTO, MANAGER_PFKEY, MANAGER_XFRM, MANAGER_NONE, MANAGER_MANUAL };

struct target {
	enum manager_wish manager; /* set by whoever opened it, before engine_open */
	const char *driver;        /* "linux", "reference" */
	char name[160];            /* as the user gave it: "linux:/path" */
	char os[32], release[96];
	const char *profile; /* whose documented rules it follows: a name of host/profile.h, or NULL */
	struct link link[TARGET_LINKS];
	unsigned links;
	struct channel channel;
	bool has_channel;
	struct target_net net[TARGET_LINKS];
	void *impl;
	void (*pass)(struct target *, unsigned seconds); /* moves its clock on; NULL: time has to pass by itself */
	/* Whether it has ended by itself, which `how` then tells ("was killed by signal 11 (..)"); NULL: nobody can say. */
	bool (*ended)(struct target *, char *how, size_t cap);
	void (*close)(struct target *); /* ends what open started, children included; safe twice */
};

/* What the user says about a target that -t cannot (target_wish.c). All zero: nothing. */
struct target_wishes {
	const char *
		agent; /* --agent: a command whose standard input and output are an agent; NULL: the driver's own, or none */
	bool yes;      /* --yes: nobody is asked */
	bool has_net;
	struct target_net net[TARGET_LINKS];
	uint8_t said4[TARGET_LINKS], said6[TARGET_LINKS]; /* how many addresses of the target were said */
};

/* What a driver needs from outside. dir: where kernel console logs go, or NULL. */
struct target_options {
	const struct target_wishes *wishes; /* NULL: none */
	const char *argument;               /* what follows "linux:" in -t, or NULL */
	const char *dir;
	unsigned worker;     /* numbers parallel instances from 0 */
	unsigned timeout_ms; /* for boot and for each reply; 0 = driver's own */
};

/* Boots, configures addresses, says hello. The target is ready for the first case when this returns. */
bool target_linux_open(struct target *t, const struct target_options *o, struct err *e) MUST_USE;
bool target_reference_open(struct target *t, const struct target_options *o, struct err *e) MUST_USE;
bool target_qemu_open(struct target *t, const struct target_options *o, struct err *e) MUST_USE;
bool target_exec_open(struct target *t, const struct target_options *o, struct err *e) MUST_USE;
bool target_raw_open(struct target *t, const struct target_options *o, struct err *e) MUST_USE;
bool target_netns_open(struct target *t, const struct target_options *o, struct err *e) MUST_USE;
bool target_manual_open(struct target *t, const struct target_options *o, struct err *e) MUST_USE;

/* The addresses of a link: what the user said, or those that are the same everywhere. */
const struct target_net *target_net_of(const struct target_options *o, unsigned link);

/* "192.0.2.9", or "2=198.51.100.9" of link 2: the tester's; of the target's the second of a family is its second address. */
bool target_wish_tester(struct target_wishes *w, const char *text, struct err *e) MUST_USE;
bool target_wish_target(struct target_wishes *w, const char *text, struct err *e) MUST_USE;

/* What -t takes, one form a driver: "qemu:KERNEL[,INITRD]"; NULL behind the last. */
const char *target_form(size_t i);
/* Whether a -t names a driver there is: a question of usage, before anything is started. */
bool target_known(const char *spec, struct err *e) MUST_USE;
/* Whether there can be only one instance of it at a time. */
bool target_is_single(const char *spec);

/* Picks the driver by the text of -t ("linux", "linux:PATH", "reference"). */
bool target_open(struct target *t, const char *spec, const struct target_options *o, struct err *e) MUST_USE;

extern const struct target_net target_nets[TARGET_LINKS];

#endif
