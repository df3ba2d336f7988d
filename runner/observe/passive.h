/*
 * Passive verdicts: what a receiver with these SAs would say of a datagram that somebody captured. Packets
 * are opened as often as they are protected, after reassembly. Duplicates and old packets are judged like
 * others: the capture may hold both directions of a link, or begin in the middle. It reads setkey statements
 * and moves no window but one: the highest authentic number per SA, from which extended sequence numbers are
 * inferred (RFC 4303 A2.2).
 */
#ifndef ESPY_RUNNER_OBSERVE_PASSIVE_H
#define ESPY_RUNNER_OBSERVE_PASSIVE_H

#include "ipsec/datagram.h"
#include "runner/observe/passive_spd.h"

struct passive;

struct passive *passive_new(bool strict_padding, struct err *e);
void passive_free(struct passive *p);

/* Applies a file of setkey statements (add, update, delete, deleteall, flush; policies play no part). */
bool passive_load(struct passive *p, const char *path, struct err *e) MUST_USE;

/* The SAs loaded, for who only reads. */
const struct sad *passive_sad(const struct passive *p);

/* Whether verdicts depend on the order of packets: some SA has extended sequence numbers. */
bool passive_is_ordered(const struct passive *p);

/* Datagrams must obey these policies from now on, clear ones too; borrowed. */
void passive_obey(struct passive *p, const struct passive_spd *spd);

/* What the packets of one SA have to say together is trail.c's; this is what it needs of one layer that was opened. */
#define PASSIVE_LAYERS 4
#define PASSIVE_IV 16
struct passive_layer {
	const struct sa *sa;
	uint64_t seq, digest; /* digest: of ICV and sequence number */
	uint8_t iv[PASSIVE_IV], iv_n;
};

struct passive_verdict {
	bool is_protected; /* false: neither AH, ESP nor IPComp, and of the rest only the policy's part says something */
	bool cut;          /* the capture holds less of the datagram than there was: no verdict */
	enum verdict verdict; /* ACCEPT, or why the innermost layer that could be read is refused */
	uint8_t protocol;     /* of that layer: 50 or 51 */
	uint32_t spi;
	uint64_t seq;        /* the full number where ESN is in use */
	unsigned long frame; /* the one told about: of fragments the last to come */
	struct bytes inner; /* opened to the end: the datagram as it was before protection; valid until the next call */
	unsigned layers;    /* opened, outermost first; of more than PASSIVE_LAYERS the first */
	struct passive_layer layer[PASSIVE_LAYERS];
	bool align8;          /* first AH of an SA whose sender pads to 8 octets on IPv4 (RFC 4302 3.3.3.2.1) */
	bool asked;           /* policies were held against it: what it carries lies open */
	unsigned policy;      /* line of the entry that refuses it; 0: none does. verdict is DROP_POLICY then */
	struct addr src, dst; /* asked: of the innermost datagram */
};

/* cut: the frame was not captured whole. Nothing is said of a fragment until its datagram is whole. */
void passive_judge(struct passive *p, unsigned long frame, struct bytes datagram, bool cut, struct passive_verdict *v);

/* At the end: AH and ESP of which fragments are missing, one a call. False: no more. */
bool passive_left(struct passive *p, struct passive_verdict *v);

#endif
