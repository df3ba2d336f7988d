/*
 * A transform is what a suite puts on its `transform` axis: a cipher, an integrity algorithm, or both, by the names of
 * the algorithm table: "aes-cbc-128+hmac-sha1-96", "aes-gcm-16-256", "hmac-md5-96" (AH). Sets such as @esp are
 * computed from the table, so a new row joins every suite by itself.
 */
#ifndef ESPY_RUNNER_TRANSFORM_H
#define ESPY_RUNNER_TRANSFORM_H

#include "crypto/alg.h"
#include "runner/arena.h"
#include "wire/cursor.h"

struct transform {
	const struct alg *enc, *auth;
	size_t enc_key_n, auth_key_n; /* octets, salt included */
};

bool transform_parse(struct transform *t, const char *name, struct err *e) MUST_USE;

/*
 * Expands "@esp" and its like to names in table order; returns how many (at most max stored), 0 if there is no such set.
 * @one one plain choice; @few one of each kind; @ciphers every cipher and key size with HMAC-SHA-1, combined ones included;
 * @auths AES-CBC-128 with every integrity algorithm; @null NULL with every integrity algorithm; @esp the three together;
 * @esp-full every cipher with every integrity algorithm; @cbc, @stream (an IV that counts, on the wire), @aead parts of @ciphers; @ah every integrity
 * algorithm alone.
 */
unsigned transform_set(struct arena *a, const char *set, const char **names, unsigned max);

/* Keys of a transform, reproducible: from the run's seed, the transform's name and `which` (0: towards the target). Stored in
 * the arena. */
void transform_keys(struct arena *a, const struct transform *t, const char *name, uint64_t seed, unsigned which,
		    struct bytes *enc_key, struct bytes *auth_key);

/* "-E rijndael-cbc 0x.. -A hmac-sha1 0x.." */
const char *transform_setkey(struct arena *a, const char *name, uint64_t seed, unsigned which, struct err *e);

#endif
