/*
 * A capture sent to a target again: what its peer sent goes out, what the target answers is held against what it answered then, message
 * by message and in clear. The stage is the engine's (runner/stage.h), so SAs, policies, sentinels and links are those of `espy run`.
 */
#ifndef ESPY_RUNNER_ENCORE_ENCORE_H
#define ESPY_RUNNER_ENCORE_ENCORE_H

#include "runner/encore/recording.h"
#include "runner/encore/sidecar.h"
#include "ipsec/stack.h"
#include "runner/stage.h"

/* --- map.c: whose addresses are whose now --------------------------------------------- */

#define MAP_PAIRS 24
#define MAP_PREFIXES 4
struct address_map {
	struct {
		struct addr from, to;
	} pair[MAP_PAIRS];
	unsigned pairs;
	struct {
		struct addr from, to;
		uint8_t bits;
	} prefix[MAP_PREFIXES]; /* what lies in one lies at the same place of the other */
	unsigned prefixes;
};

/* "OLD=NEW", of one family. */
bool address_map_parse(struct address_map *m, const char *text, struct err *e) MUST_USE;
/* The recording's peer and target become the tester and the target of t; pairs there are stay and come first. */
bool address_map_make(struct address_map *m, const struct recording *r, const struct target *t, struct err *e) MUST_USE;
/* Whether it changed. */
bool address_map_apply(const struct address_map *m, struct addr *a);
bool address_map_is_identity(const struct address_map *m);

/* --- keys.c: SAs of then and of now --------------------------------------------------- */

struct encore_keys {
	const struct address_map *map;
	bool rekey;
	struct random *random;
	struct arena *arena;
	struct sad *then; /* as the capture's own tester and target had them */
	struct {
		uint32_t then, now;
		uint8_t protocol;
		struct addr dst; /* then */
	} * spi;
	unsigned spis, spis_cap;
};

bool encore_keys_open(struct encore_keys *k, struct err *e) MUST_USE;
void encore_keys_close(struct encore_keys *k);
/* The commands as the target of now gets them, in the arena; `then` follows those of the script. */
bool encore_keys_commands(struct encore_keys *k, const struct setkey_command *script, const struct setkey_command **now,
			  struct err *e) MUST_USE;
/* The SAs of these commands, for a tester whose target somebody else configured. */
bool encore_keys_mirror(struct sad *sad, const struct setkey_command *c, struct err *e) MUST_USE;
/* The SPI by which an SA of then goes now; its own where nobody changed it. */
uint32_t encore_keys_spi(const struct encore_keys *k, uint32_t spi, uint8_t protocol, const struct addr *dst);
/* The SA of now in `sad` that is this one of then, or NULL. */
struct sa *encore_keys_now(const struct encore_keys *k, const struct sad *sad, const struct sa *then);
/* Takes a datagram apart; how the other side pads AH on IPv4 is learnt on the way. Everything lives in the arena. */
bool encore_dissect(struct dissected *d, struct sad *sad, struct bytes datagram, struct arena *arena,
		    struct err *e) MUST_USE;

/* --- rewrite.c ------------------------------------------------------------------------ */

/* The addresses and SPIs of now in a packet of then, those that an ICMP error quotes included. Whether any changed. */
bool encore_packet(const struct encore_keys *k, struct dissected *d, struct arena *arena);
/*
 * The datagram as it goes out now. Octets are kept where nothing has to change. What is damaged stays so: a wrong checksum or ICV is as
 * wrong afterwards. False: *why says what cannot be written anew.
 */
bool encore_rewrite(struct encore_keys *k, const struct sad *now, struct bytes datagram, struct arena *arena,
		    struct bytes *out, char *why, size_t cap) MUST_USE;

/* --- compare.c ------------------------------------------------------------------------ */

#define FOLLOWS 64
/* Numbers of the target's own SAs go on from where they are: the last of then and of now, by SA of then. */
struct follow {
	uint32_t spi;
	uint8_t protocol;
	struct addr dst;
	uint64_t then, now;
	bool known, seen; /* seen: the capture is past its first number */
};

struct encore_compare {
	struct encore_keys *keys;
	struct sad *now;
	struct arena *arena; /* for one comparison; the caller resets it */
	struct follow follow[FOLLOWS];
	unsigned follows;
	uint64_t flow[FOLLOWS]; /* labels of IPv6 that the peer has used */
	unsigned flows;
	bool any_number; /* of an SA: for a look further on */
};

/*
 * Whether `got` is what `then` was, but for what every sender chooses for itself: IP and fragment identifications, IVs, ICVs, random padding, TCP's
 * initial numbers, and numbers of SAs, which go on by the same steps. diff has the first differences.
 */
bool encore_same(struct encore_compare *c, struct bytes then, struct bytes got, struct packet_diff *diff);
/* Takes note of what the peer sends. */
void encore_sent(struct encore_compare *c, struct bytes datagram);
/* What was decided of them: numbers go on behind it. Either may be missing. */
void encore_follow(struct encore_compare *c, const struct bytes *then, const struct bytes *got);

/* --- do.c ----------------------------------------------------------------------------- */

/* One step of the sidecar that is no setkey text. False: ERR_DEAD, or it cannot be done on this target. */
bool encore_do(struct stage *s, const struct encore_keys *keys, const struct sidecar_step *st, struct err *e) MUST_USE;
/* Closes sockets and puts tunables back. */
void encore_undo(struct stage *s);

/* --- play.c --------------------------------------------------------------------------- */

enum encore_result {
	ENCORE_SENT,
	ENCORE_SAME,
	ENCORE_DIFFERS,
	ENCORE_MISSING,
	ENCORE_EXTRA,
	ENCORE_SKIPPED,
	ENCORE_ASIDE,
	ENCORE_N
};
extern const char *const encore_words[ENCORE_N];

struct encore {
	struct recording recording;
	struct sidecar sidecar;
	struct address_map map;
	struct encore_keys keys;
	struct encore_compare compare;
	struct stage stage;
	struct case_spec spec;
	struct plan_item item; /* of spec: a case without steps */
	struct outcome outcome;
	struct evidence evidence;
	struct arena arena, work; /* of the replay; of one message */
	bool recorded_speed;      /* pauses as long as they were */
	const volatile int *stop;
	/* Hears each result as it is known: of an extra the number is of the answer it came beside; text has the packet, or what differs. */
	void (*tell)(void *ctx, enum encore_result what, unsigned long number, const char *text);
	/* Often, for a progress line; pauses_s: seconds of pauses that are still to come. */
	void (*tick)(void *ctx, size_t done, size_t all, double pauses_s);
	void *ctx;
	unsigned count[ENCORE_N];
	bool waited; /* a step passed the time that lies before the next message */
};

/* Plays all of it on s->g's target. False with e: the target is gone, refused the SAs, or a stop was asked for (ERR_NONE). */
bool encore_play(struct encore *x, struct engine *g, struct err *e) MUST_USE;

/* --- group.c: answers of then and of now side by side --------------------------------- */

struct answers {
	const struct message **then;
	size_t then_n;
	struct bytes *got;
	size_t got_n;
};
/* Answers to one group of messages on one link: pairs them, tells of each. */
void encore_pair(struct encore *x, const struct answers *a);

#endif
