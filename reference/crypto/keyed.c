/*
 * The keyed digest of RFC 1828: key, fill, text, key. It came before HMAC, and serves AH of RFC 1826 alone.
 */
#include <openssl/crypto.h>

#include "crypto/lib.h"
#include "crypto/mac.h"

enum { BLOCK = 64, LENGTH = 8 };

static bool
keyed_sum(struct mac *m, const struct bytes *runs, unsigned n, const uint8_t *iv, uint8_t out[MAC_MAX])
{
	const struct keyed *k = &m->keyed;
	unsigned done;
	(void)iv;
	if (EVP_MD_CTX_copy_ex(k->work, k->started) != 1)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (EVP_DigestUpdate(k->work, runs[i].p, runs[i].n) != 1)
			return false;
	return EVP_DigestUpdate(k->work, k->key, k->key_n) == 1 && EVP_DigestFinal_ex(k->work, out, &done) == 1;
}

static void
keyed_close(struct mac *m)
{
	EVP_MD_CTX_free(m->keyed.started);
	EVP_MD_CTX_free(m->keyed.work);
}

/* RFC 1828 2: the key filled to the next 512 bits as MD5 fills a message: a bit, zeroes, and the length in bits, low octet first. */
static struct bytes
filled(struct bytes key, uint8_t room[2 * BLOCK])
{
	struct wr w = wr_of(room, 2 * BLOCK);
	wr_bytes(&w, key);
	wr_uint(&w, 0x80, 1);
	wr_fill(&w, 0, -(w.n + LENGTH) & (BLOCK - 1));
	for (unsigned i = 0; i < LENGTH; i++)
		wr_uint(&w, (uint64_t)key.n * 8 >> 8 * i & 0xff, 1);
	return wr_done(&w);
}

bool
keyed_open(struct mac *m, const struct alg *a, struct bytes key, struct err *e)
{
	struct keyed *k = &m->keyed;
	uint8_t room[2 * BLOCK];
	struct bytes first = filled(key, room);
	struct wr w = wr_of(k->key, sizeof k->key);
	EVP_MD *md = lib_digest(a, e);
	m->sum = keyed_sum;
	m->close = keyed_close;
	if (md == NULL)
		return false;
	wr_bytes(&w, key);
	k->key_n = w.n;
	k->started = EVP_MD_CTX_new();
	k->work = EVP_MD_CTX_new();
	bool ok = !w.full && k->started != NULL && k->work != NULL && EVP_DigestInit_ex2(k->started, md, NULL) == 1 &&
		  EVP_DigestUpdate(k->started, first.p, first.n) == 1;
	OPENSSL_cleanse(room, sizeof room);
	EVP_MD_free(md);
	return ok || lib_fail(a, "cannot key a digest", e);
}
