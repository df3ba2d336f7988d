/*
 * One published (or derived) test vector in our own JSON schema (vectors/schema.json): read into memory, and
 * held against the reference. It knows nothing of command lines and reports.
 */
#ifndef ESPY_RUNNER_VECTOR_H
#define ESPY_RUNNER_VECTOR_H

#include <jansson.h>

#include "crypto/alg.h"
#include "runner/arena.h"

enum vector_kind { VECTOR_ESP, VECTOR_AH, VECTOR_MAC, VECTOR_CIPHER, VECTOR_AEAD, VECTOR_KINDS };

struct vector {
	const char *id, *clause;
	enum vector_kind kind;
	bool reject; /* "accept": false: the ICV must be refused */
	const struct alg *enc, *auth;
	struct bytes key, auth_key; /* salt last */
	uint32_t spi;
	uint64_t seq;
	bool esn;
	uint8_t mode, next_header;
	struct bytes iv, aad, front, plaintext, ciphertext, data, payload, padding, icv, packet;
	struct bytes before, datagram; /* whole datagrams around the protection, where the source has them */
};

/* A file: its vectors in order, all memory in the arena given. ERR_SYNTAX says file, line or id, want and
 * got. */
struct vector_file {
	struct vector *v;
	size_t n;
};
bool vector_file_read(struct vector_file *f, const char *path, struct arena *a, struct err *e) MUST_USE;

/*
 * Both ways, and every octet with one bit flipped. False with what differs ("icv: octet 3: want 0x.., got
 * 0x.."); ERR_CRYPTO when libcrypto has no such algorithm here (its legacy provider is missing).
 */
bool vector_run(const struct vector *v, struct err *e) MUST_USE;

#endif
