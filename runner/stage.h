/*
 * The stage of one running case: variables, the tester's mirror of the SAs, frames that have arrived, sockets in use. Private
 * to the engine's files: notation.c (suite notation to packets and messages), alter.c (what follows '|'), tester.c (frames and
 * the sentinel), steps_*.c (what each step does).
 */
#ifndef ESPY_RUNNER_STAGE_H
#define ESPY_RUNNER_STAGE_H

#include "config/setkey.h"
#include "runner/engine.h"

#define STAGE_STORE 262144
#define STAGE_FRAMES 4096
#define STAGE_SOCKETS 8
#define STAGE_TUNABLES 4

struct frame {                 /* one that arrived and no step has taken yet */
	struct bytes datagram; /* in the evidence arena */
	unsigned link;
	struct frame *next;
};

struct named_sock {
	const char *name;
	int sock;
	bool dirty; /* registered or promiscuous: not for reuse */
};

struct stage {
	struct engine *g;
	const struct plan_item *item;
	struct outcome *o;
	struct arena *arena;   /* the evidence's: lives as long as the outcome is looked at */
	struct arena *scratch; /* gone with the step: packets and messages being built or compared */
	struct evidence *ev;
	struct vars vars;
	const struct step *step; /* running now */
	bool all_families;       /* it speaks both, whatever is implied */
	uint8_t family, inner;   /* 4 or 6: outer and inner IP of what is implied */
	struct sad *sad;         /* mirror: both directions, with our counters */
	struct wr store;         /* octets behind fields of packets being built */
	uint8_t *work;           /* 2 * 65,600 octets for opening packets */
	struct frame *frames, *frames_last;
	struct named_sock pf[STAGE_SOCKETS], app[STAGE_SOCKETS];
	unsigned pf_n, app_n;
	struct replay model;
	bool has_model, model_accepts;
	uint64_t last_seq;    /* of the last esp or ah sent: what the model is asked about */
	int last_write_errno; /* of the last pfkey > */
	uint32_t last_pf_seq;
	struct {
		const char *name;
		char was[200];
	} tunable[STAGE_TUNABLES];
	unsigned tunables;
	struct composed composed; /* of the last packet sent */
	struct bytes sent;        /* its octets before any alteration */
	bool audit_log;           /* this case has it enabled */
	bool awaiting;            /* something was sent, and neither an answer taken nor a sentinel come back since */
	bool sentinel_ready;      /* its SAs are on the target */
	bool sentinel_covered;    /* a policy of this case keeps the sentinel's echo: the link's answer must do */
	bool stop;                /* an outcome was decided */
	bool counted;             /* what the target counted before the first step is known */
	struct bytes decisive;    /* the packet that decided against the target; empty: none did */
};

/* Decides the outcome and stops the case; the first decision stands. */
void stage_decide(struct stage *s, enum outcome_verdict v, const char *fmt, ...) PRINTF(3, 4);
/* Error of ours or of the environment: ERR_DEAD and ERR_IO make INCONCLUSIVE, the first marks the target dead; the rest is ERROR. */
void stage_error(struct stage *s, const struct err *e);

/* Puts what was done on the target into the evidence, in the words of encore/do.c; octets may be none. */
void stage_did(struct stage *s, struct bytes octets, const char *fmt, ...) PRINTF(3, 4);

enum heading { TO_TARGET, FROM_TARGET };

/* --- wanted.c -------------------------------------------------------------------------------- */

#define WANTED_MAX 8
#define ALTERNATIVES_MAX 6
struct alternatives { /* errno=EINVAL|EMSGSIZE: any of these */
	unsigned layer, field, n;
	struct value value[ALTERNATIVES_MAX];
};
struct binding {
	unsigned layer, field;
	const char *name;
};
/* What is asked of the fields of a packet's layers, or of a message's headers: layer 0 is its base, 1.. the extensions. */
struct wanted {
	struct alternatives either[WANTED_MAX];
	struct binding bind[WANTED_MAX];
	unsigned either_n, binds;
};
/* One field as it is written: a value goes into h, the flags of a|b all do; other alternatives and ?name are noted in w. */
bool wanted_field(struct stage *s, struct wanted *w, enum heading heading, struct hdr *h, unsigned layer,
		  unsigned field, const struct expr *x, struct err *e) MUST_USE;
/* Whether got, the header of that layer, has one of the values; d says when not. */
bool alternatives_hold(const struct alternatives *a, const struct hdr *got, struct field_diff *d);
void wanted_bind(struct stage *s, const struct binding *b, const struct hdr *got);

/* --- notation.c ------------------------------------------------------------------------------ */

struct resolved {
	struct packet packet;
	struct sa *sa[PACKET_LAYERS];
	struct wanted wanted;
	uint32_t default_padding; /* bit per esp layer: expecting padding=default, 1, 2, 3, .. (RFC 4303 2.4) */
};

bool notation_packet(struct stage *s, const struct packet_spec *spec, enum heading heading, unsigned link,
		     struct resolved *r, struct err *e) MUST_USE;

/* Source and destination of an IP header between tester and target on a link, where they are not given. */
void notation_addresses(struct stage *s, struct hdr *h, unsigned link, enum heading heading);
/* quote.c: the octets of quote(..), as the error will have them. */
bool quote_octets(struct stage *s, const struct layer_spec *l, unsigned link, struct bytes *octets,
		  struct err *e) MUST_USE;

struct resolved_msg {
	struct pfkey_msg msg;
	struct wanted wanted;
	bool is_refusal; /* errno=refused: any but 0 */
	bool is_write;   /* pfkey < write(errno=..): the write() itself */
	uint64_t write_errno;
};
/* The extension a word after `without` names, a variable's value included; -1: none. */
int notation_extension(struct stage *s, const char *word);
bool notation_message(struct stage *s, const struct packet_spec *spec, enum heading heading, struct resolved_msg *r,
		      struct err *e) MUST_USE;

/* Picks a SA of the mirror: by SPI where it is there, else the first of the protocol in that direction. */
struct sa *stage_sa(const struct stage *s, enum heading heading, uint8_t protocol, uint32_t spi);
bool stage_is_target(const struct stage *s, const struct addr *a);
/* A field from an expression; decimal numbers for octet fields mean that many zero octets. */
bool notation_field(struct stage *s, struct hdr *h, unsigned field, const struct expr *x, struct err *e) MUST_USE;
/* The names one may write, for suite_check. */
bool notation_knows_layer(const char *name);
bool notation_knows_field(const char *layer, const char *field);

/* --- alter.c --------------------------------------------------------------------------------- */

#define ALTERED_MAX 64
struct altered { /* one or more datagrams to send, in order */
	struct bytes datagram[ALTERED_MAX];
	unsigned n;
	size_t trail;   /* octets of link padding behind each */
	unsigned times; /* copies of the lot */
};
/* Applies mods in order to the finished datagram. */
bool alter_apply(struct stage *s, const struct mod *mods, struct bytes datagram, const struct resolved *r,
		 struct altered *out, struct err *e) MUST_USE;
bool alter_knows(const char *mod);
bool alter_knows_message(const char *mod);
/* The same words on a PF_KEY message: truncate, extend, flip, octet. */
bool alter_message(struct stage *s, const struct mod *mods, struct bytes msg, struct bytes *out,
		   struct err *e) MUST_USE;

/* --- tester.c -------------------------------------------------------------------------------- */

bool tester_send(struct stage *s, unsigned link, struct bytes datagram, size_t trail, struct err *e) MUST_USE;
/* Forgets what has arrived so far. */
bool tester_drain(struct stage *s, struct err *e) MUST_USE;
/* What has arrived and was not taken, or NULL: nobody waits. Behind a sentinel that is all there is. */
struct frame *tester_take(struct stage *s, unsigned link);
/* The oldest datagram not yet taken from a link, or NULL: then a sentinel has come back after everything sent before. ARP,
 * ND and other housekeeping are answered or ignored. False: the sentinel was lost (ERR_DEAD) or the link is dead. */
bool tester_receive(struct stage *s, unsigned link, struct frame **f, struct err *e) MUST_USE;
/* Where *f is a fragment and the step wants none: takes the others and makes *f the whole datagram (whole.c). */
/* sums.c: whether the checksum of an outermost UDP header is right; if not, d says so. */
bool sums_agree(struct bytes datagram, struct packet_diff *d);
bool tester_wants_fragment(const struct packet_spec *spec);
bool tester_whole(struct stage *s, const struct packet_spec *spec, struct frame **f, struct err *e) MUST_USE;
/* Puts a frame back as the oldest one. */
void tester_unreceive(struct stage *s, struct frame *f);
/* Takes in whatever has arrived; says whether the sentinel (or its ARP answer) was among it. */
bool tester_pump(struct stage *s, bool *echoed, bool *resolved, struct err *e) MUST_USE;
/* Waits until a link has something, at most ms; false when nothing came or everything is synchronous. */
bool tester_wait(struct stage *s, int ms);
bool tester_frame(struct stage *s, unsigned link, uint16_t ethertype, struct bytes payload, struct err *e) MUST_USE;
enum arp_op { ARP_REQUEST = 1, ARP_REPLY = 2 };
bool tester_arp(struct stage *s, unsigned link, enum arp_op op, struct bytes spa, struct bytes tha, struct bytes tpa,
		struct err *e) MUST_USE;

/* --- sentinel.c ------------------------------------------------------------------------------ */

/* Sends the sentinel and waits for it; what else arrives is queued. */
bool tester_sentinel(struct stage *s, unsigned link, struct err *e) MUST_USE;
/* Whether a datagram from the target is an answer to a sentinel: 0 no, 1 an old one, 2 the one waited for. */
int sentinel_recognise(struct stage *s, struct bytes datagram);
/* Whether a PF_KEY message is about the sentinel's SAs: no case's business. */
bool sentinel_message(const struct pfkey_msg *m);
bool sentinel_open(struct engine *g, struct err *e) MUST_USE;
void sentinel_close(struct engine *g);

/* --- stage_vars.c ---------------------------------------------------------------------------- */

/* Sets every variable and the stage's families from the case's parameters. */
bool stage_variables(struct stage *s, struct err *e) MUST_USE;

/* --- steps ----------------------------------------------------------------------------------- */

void steps_run(struct stage *s, const struct step *steps);
bool stage_knows_question(const char *name);
/* What a condition may ask: mutable(OCTET), registers_auth(NUMBER), registers_encrypt(NUMBER). ctx is the stage. */
bool stage_question(void *ctx, const char *name, const struct val *argument, bool *result, struct err *e) MUST_USE;
/* Whether SADB_REGISTER of the case's type of SA listed an algorithm number. */
/* combs.c: combs_registered($combs) of the suite language. */
bool combs_registered(struct stage *s, const struct val *combs, bool *result, struct err *e) MUST_USE;
bool pfkey_registers(struct stage *s, bool auth, const struct val *number, bool *result, struct err *e) MUST_USE;
/* 50, or 51 where the case says `protocol in ah` or its transform has no cipher. */
uint8_t stage_protocol(const struct stage *s);
void step_for(struct stage *s, const struct step *st);
void step_repeat(struct stage *s, const struct step *st);
void step_shuffle(struct stage *s, const struct step *st);
void step_if(struct stage *s, const struct step *st);
void step_check(struct stage *s, const struct step *st);
void step_model(struct stage *s, const struct step *st);
void step_let(struct stage *s, const struct step *st);
void step_wait(struct stage *s, const struct step *st);
void step_note(struct stage *s, const struct step *st);
void step_setkey(struct stage *s, const struct step *st);
void step_send(struct stage *s, const struct step *st);
void step_expect(struct stage *s, const struct step *st);
void step_any(struct stage *s, const struct step *st);
void step_predict(struct stage *s, const struct step *st); /* steps_predict.c */
void step_alive(struct stage *s, const struct step *st);
void step_pfkey_send(struct stage *s, const struct step *st);
void step_pfkey_expect(struct stage *s, const struct step *st);
/* Whether a message waits for such an expectation; its socket is opened where it was not mentioned before. */
bool step_pfkey_waits(struct stage *s, const struct step *st);
void step_pfkey_close(struct stage *s, const struct step *st);
void step_app(struct stage *s, const struct step *st);
/* app_policy.c: what a socket of that family is told, and what it says. */
void app_policy_say(struct stage *s, const struct step *st, int sock);
void app_policy_ask(struct stage *s, const struct step *st, int sock);
bool app_policy_knows(const char *api);
/* app_sec_opt.c */
/* Tells the evidence of a policy that a socket gets, in the octets that it gets. */
void app_policy_did(struct stage *s, int sock, struct bytes value);
bool app_sec_opt_say(struct stage *s, const struct socket_said *said, int sock, struct err *e) MUST_USE;
void app_sec_opt_ask(struct stage *s, const struct step *st, int sock);
void step_deliver(struct stage *s, const struct step *st);
void step_tunable(struct stage *s, const struct step *st);
void step_tunable_is(struct stage *s, const struct step *st);
void step_audit(struct stage *s, const struct step *st); /* steps_audit.c */
/* Ends what `audit log` began; false: the target keeps on logging. */
bool audit_end(struct stage *s, struct err *e);
bool audit_knows_word(const char *word);
bool audit_knows_field(const char *name);

/* Empties SAD and SPD of the target (pipelined with what follows) and of the mirror. */
bool setup_flush(struct stage *s, struct err *e) MUST_USE;
/* Writes one command to the target, as its manager says it; nobody looks at the answer. */
bool setup_command(struct stage *s, const struct setkey_command *c, struct err *e) MUST_USE;
/* Sends one script's commands; *refused is the first command that the target refused. */
typedef bool setup_function(struct stage *s, const char *text, const char *file, unsigned line, char *refused,
			    size_t cap, struct err *e);
setup_function setup_apply; /* setkey */
/* setup_solaris.c: of a block in ipsecconf's or ipseckey's language. */
setup_function *setup_solaris(const char *language);
bool setup_commands(struct stage *s, const struct setkey_command *first, const char *file, char *refused, size_t cap,
		    struct err *e) MUST_USE;

#endif
