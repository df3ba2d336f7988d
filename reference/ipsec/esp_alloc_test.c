/*
 * The data path does not allocate. The linker hands every allocation that our objects ask for to the functions below
 * (--wrap, in the Makefile): from the C library, from libcrypto, and libcrypto's contexts, which are allocations in
 * disguise. What libcrypto allocates within itself is its own affair and does not pass here: copying a keyed digest,
 * for one, costs it two allocations per HMAC.
 */
#include "ipsec/test_sa.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { PACKETS = 50, ROOM = 2048 };

static unsigned long allocations;

#define COUNTED(type, name, params, args)                                                                              \
	type __real_##name params;                                                                                     \
	type __wrap_##name params;                                                                                     \
	type __wrap_##name params                                                                                      \
	{                                                                                                              \
		allocations++;                                                                                         \
		return __real_##name args;                                                                             \
	}

COUNTED(void *, malloc, (size_t n), (n))
COUNTED(void *, calloc, (size_t n, size_t size), (n, size))
COUNTED(void *, realloc, (void *p, size_t n), (p, n))
COUNTED(void *, aligned_alloc, (size_t to, size_t n), (to, n))
COUNTED(char *, strdup, (const char *s), (s))
COUNTED(void *, CRYPTO_malloc, (size_t n, const char *file, int line), (n, file, line))
COUNTED(void *, CRYPTO_zalloc, (size_t n, const char *file, int line), (n, file, line))
COUNTED(void *, CRYPTO_realloc, (void *p, size_t n, const char *file, int line), (p, n, file, line))
COUNTED(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, (void), ())
COUNTED(EVP_MD_CTX *, EVP_MD_CTX_new, (void), ())

static struct random_seeded rnd;

/* A packet there and back, without a word to Criterion in between. */
static enum verdict
there_and_back(struct sa *sender, struct sa *receiver, struct bytes payload)
{
	static uint8_t packet[ROOM], work[ROOM];
	struct wr w = wr_of(packet, sizeof packet);
	struct esp_opened o;
	enum verdict v = esp_seal(sender, NULL, 17, payload, &rnd.random, &w);
	return v == ACCEPT ? esp_receive(receiver, wr_done(&w), true, work, &o) : v;
}

static void
claim(const char *enc, const char *auth, size_t size)
{
	uint8_t octets[ROOM];
	unsigned long before = allocations;
	struct sa *sender = test_sa(50, enc, auth, 64, false), *receiver = test_sa(50, enc, auth, 64, false);
	cr_assert(allocations > before, "%s %s: opening an SA is not seen to allocate", enc, auth);
	struct bytes payload = test_octets(octets, size);
	enum verdict v = ACCEPT;
	before = allocations;
	for (unsigned i = 0; i < PACKETS && v == ACCEPT; i++)
		v = there_and_back(sender, receiver, payload);
	unsigned long made = allocations - before;
	cr_assert(v == ACCEPT, "%s %s %zu: %s", enc, auth, size, verdict_name(v));
	cr_assert(made == 0, "%s %s: %lu allocations in %u packets of %zu octets", enc, auth, made, PACKETS, size);
	sa_close(sender);
	sa_close(receiver);
}

Test(esp_alloc, no_packet_costs_an_allocation_of_ours)
{
	static const size_t sizes[] = { 64, 576, 1400 };
	random_seeded_init(&rnd, 1);
	for (unsigned s = 0; s < COUNT(sizes); s++)
		for (unsigned i = 0; i < algs_n; i++) {
			const struct alg *a = &algs[i];
			if (a->old == OLD_ONLY)
				continue;
			if (a->use & ALG_ENC)
				claim(a->name, alg_is_combined(a) ? NULL : "hmac-sha2-256-128", sizes[s]);
			else if (a->kind != ALG_NULL && a->kind != ALG_AH_GMAC)
				claim("aes-cbc", a->name, sizes[s]);
		}
}

/* A count that stood still for want of --wrap would prove nothing. */
Test(esp_alloc, allocations_of_every_kind_are_counted)
{
	unsigned long before = allocations;
	void *p = malloc(8);
	p = realloc(p, 16);
	free(p);
	OPENSSL_free(OPENSSL_zalloc(8));
	OPENSSL_free(OPENSSL_malloc(8));
	EVP_MD_CTX_free(EVP_MD_CTX_new());
	EVP_CIPHER_CTX_free(EVP_CIPHER_CTX_new());
	cr_assert(eq(ulong, allocations - before, 6));
}
