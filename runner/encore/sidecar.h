/*
 * The SAs and policies that belong to a capture, as setkey text. Lines that begin with "#!" say in front of which frame what follows them
 * was done, and what was done beside it (reports/case/steps.h has their words); without any, all of it comes before the first frame.
 */
#ifndef ESPY_RUNNER_ENCORE_SIDECAR_H
#define ESPY_RUNNER_ENCORE_SIDECAR_H

#include "config/setkey.h"
#include "runner/arena.h"

enum sidecar_kind { SIDECAR_SETKEY, SIDECAR_PFKEY, SIDECAR_DO };

struct sidecar_step {
	uint8_t kind;        /* enum sidecar_kind */
	unsigned long frame; /* done in front of it */
	uint64_t us;         /* since the capture's case began */
	unsigned line;
	struct setkey_script *script;
	const char *manager; /* of setkey text: what put it onto the target then, "pfkey" or "xfrm"; NULL: not known */
	const char *words;   /* do: "tunable net.ipv4.ip_forward 1" */
	struct bytes octets; /* pfkey, do: what stands behind 0x */
	struct sidecar_step *next;
};

struct sidecar {
	struct arena arena;
	const char *path;
	struct sidecar_step *first, *last;
	unsigned sas, messages; /* add commands; PF_KEY messages of a case's own */
};

/* Adds a file; its steps follow those there are. Begin with a zeroed one. */
bool sidecar_read(struct sidecar *s, const char *path, struct err *e) MUST_USE;
void sidecar_free(struct sidecar *s);

#endif
