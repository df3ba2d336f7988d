/*
 * ESP, RFC 4303: from payload to ESP packet and back. It sees the octets from the SPI to the ICV and one SA;
 * IP headers, lookup and policy are elsewhere. Randomness is an argument.
 */
#ifndef ESPY_IPSEC_ESP_H
#define ESPY_IPSEC_ESP_H

#include "ipsec/sa.h"
#include "wire/layouts.h"

/* Unpredictable octets for CBC IVs (RFC 3602 3); counter IVs come from the SA (sa_take_numbers). */
struct random {
	void (*fill)(struct random *r, uint8_t *p, size_t n);
};

/* A pool over any source: one call for many packets. */
#define RANDOM_POOL 4096
struct random_pool {
	struct random random;
	struct random *source;
	uint8_t pool[RANDOM_POOL];
	size_t left;
};
void random_pool_init(struct random_pool *p, struct random *source);

/* xorshift from a seed: for tests and for runs that must repeat. Never for real traffic. */
struct random_seeded {
	struct random random;
	uint64_t state;
};
void random_seeded_init(struct random_seeded *r, uint64_t seed);

/*
 * Seals payload as one ESP packet appended to out: spi, seq, iv, payload, tfc, padding, pad length, next
 * header, icv. `given` (layout_esp, may be NULL) overrides: each given field goes out as written and is
 * covered by the ICV; a given seq may be 64 bits wide (low half travels, high half enters the ICV with ESN),
 * a given icv replaces the computed one. A given seq does not touch the SA's counter; otherwise the counter
 * advances by one.
 *
 *   iv          not given: the SA's IV counter, or octets of rnd for CBC (rnd may be NULL for the others).
 *               One of another length than the cipher's shifts what follows: the cipher takes its IV's octets
 *               first, wherever they come from. With too few for an IV nothing is encrypted and the ICV is
 *               zeros.
 *   tfc         that many zero octets; not given: spec.tfc decides in tunnel mode.
 *   padding     any octets; pad_length says how many (its low 8 bits) unless given too.
 *   pad_length  without padding: that many default octets where the packet then still aligns, else the
 *               padding is what it would have been and the field alone says this.
 *
 * When given fields leave the plaintext short of the cipher's block, the whole blocks are encrypted and the
 * rest goes out as it is, under a correct ICV.
 *
 * ACCEPT, DROP_SEQ_OVERFLOW, DROP_TOO_BIG (out is full), DROP_SA_STATE (larval: no keys) or DROP_INTERNAL;
 * the SA is as it was except with DROP_INTERNAL, and out holds nothing more than before except with ACCEPT.
 */
enum verdict esp_seal(struct sa *sa, const struct hdr *given, uint8_t next_header, struct bytes payload,
		      struct random *rnd, struct wr *out);

struct esp_opened {
	uint64_t seq; /* full number; high half inferred or 0 */
	uint8_t next_header, pad_length;
	struct bytes iv, payload, padding, icv; /* borrowed from work / packet */
};

/*
 * Opens one ESP packet (from the SPI on) without touching the SA's state: ICV, decryption, pad length. The
 * plaintext goes to work, which must hold packet.n octets. seq_hi: the high half to use with ESN. Padding
 * contents are not judged here. DROP_SHORT comes first; lengths within the ciphertext are judged after the
 * ICV, so that who lacks the key learns nothing of them: DROP_BLOCK, DROP_PAD_LENGTH. Only o->seq is sure to
 * be set then.
 */
enum verdict esp_open(const struct sa *sa, struct bytes packet, uint32_t seq_hi, uint8_t *work, struct esp_opened *o);

/* 1, 2, 3, .. (RFC 4303 2.4) */
bool esp_padding_default(struct bytes padding);

/*
 * A receiver: RFC 4303 3.4 in its order: replay_check, ICV and decryption, padding, then and only then
 * replay_commit. A dummy packet (next header 59) is DROP_DUMMY after its number was committed.
 * strict_padding: contents other than the default are DROP_PADDING (after the commit: the packet was
 * authentic). A SA that is larval or dead is DROP_SA_STATE; every other refusal leaves the SA as it was.
 */
enum verdict esp_receive(struct sa *sa, struct bytes packet, bool strict_padding, uint8_t *work, struct esp_opened *o);

/* Octets esp_seal adds around payload_n octets with nothing given. */
size_t esp_overhead(const struct sa *sa, size_t payload_n);

#endif
