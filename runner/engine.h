/*
 * The engine runs one case of the plan against one target and says what became of it. Silence is never waited
 * for: after a negative step a sentinel goes out, and only when it comes back is silence believed. A case that cannot be
 * decided is INCONCLUSIVE, one that the target cannot be asked is SKIP; ERROR is a bug or misuse of ours.
 */
#ifndef ESPY_RUNNER_ENGINE_H
#define ESPY_RUNNER_ENGINE_H

#include "ipsec/compose.h"
#include "pfkey/pfkey.h"
#include "runner/evidence.h"
#include "runner/plan.h"
#include "runner/target/target.h"
#include "runner/vars.h"

enum outcome_verdict { V_PASS, V_FAIL, V_INCONCLUSIVE, V_SKIP, V_ERROR, V_N };
extern const char *const verdict_words[V_N];

#define OUTCOME_HINTS 4
enum outcome_looks {
	LOOKS_ONE,
	LOOKS_STEADY,
	LOOKS_UNSTEADY
}; /* second_look.h: asked once; twice with the same end; with another */

struct outcome {
	uint8_t verdict;
	char reason[600];
	const struct step *step; /* at which it was decided; NULL: at the end or before the first */
	char want[300], got[700];
	struct packet_diff diff;       /* n > 0: differing fields */
	struct bytes decisive;         /* the packet that they are of, as it is in the evidence; empty: none */
	char hint[OUTCOME_HINTS][320]; /* of a FAIL: what may be behind it; diagnose.c */
	unsigned hints;
	uint8_t looks; /* enum outcome_looks */
};

#define CAP_ALGS 64
/* What the target said it can do, asked once per target and remembered. */
struct capabilities {
	struct pfkey_alg auth_esp[CAP_ALGS], auth_ah[CAP_ALGS], enc[CAP_ALGS];
	unsigned auth_esp_n, auth_ah_n, enc_n;
	bool known;
	/* Integrity rows that share a PF_KEY number with another and that the target does not mean by it (HMAC-SHA-256 cut to 96
	 * bits): bit per index in algs[]. Found by an exchange, not by name. */
	uint64_t not_meant;
	bool ah_align8; /* pads AH on IPv4 to 8 octets, where RFC 4302 3.3.3.2.1 says 4; found by an exchange too */
};

struct engine {
	struct target *target;
	const struct dialect *dialect;
	struct capabilities caps;
	uint64_t seed;
	struct random *random;
	const struct manager *manager;  /* what puts SAs and policies onto the target */
	char why_none[300];             /* why nothing configures the target, where nothing does */
	const struct manager *fallback; /* what says the blocks that `manager` cannot; NULL: nothing */
	int setup_sock;                 /* the PF_KEY socket that configures */
	int xfrm_sock;                  /* the netlink socket that does; -1: none */
	int audit_sock;                 /* steps_audit.c: the netlink socket that hears the audit log; -1: none */
	struct arena trial_arena;       /* trial.c: what the fallback was found to take */
	struct trial *trials;
	int case_sock; /* the one `pfkey` steps use without a name */
	uint32_t pf_seq;
	uint32_t sentinel_seq;
	struct arena scratch;                  /* of the step that runs now */
	uint32_t fragment_id;                  /* of the last datagram that was sent in fragments */
	struct oracle *oracle;                 /* oracle.c; NULL until a case predicts */
	struct sa *sentinel_out, *sentinel_in; /* our ends of the sentinel's own SAs; tester.c, sentinel.c */
	bool counting;                         /* the target's counters are read before a case and when it has failed */
	bool unsettled;                        /* the case before ended early: answers may still be on their way */
	bool dead;                             /* the target is gone, or not as it was; the caller restarts it */
	char why_dead[300];
};

/* Whether PF_KEY integers of the target are in the other byte order than ours. */
bool engine_swaps(const struct engine *g);

/* Opens PF_KEY sockets, asks for capabilities, calibrates. The engine borrows target and random. */
bool engine_open(struct engine *g, struct target *t, uint64_t seed, struct random *random, struct err *e) MUST_USE;
void engine_close(struct engine *g);

/* Runs one case. evidence is reset and filled. Never fails: what goes wrong is the outcome. */
void engine_run(struct engine *g, const struct plan_item *item, struct evidence *evidence, struct outcome *o);

#endif
