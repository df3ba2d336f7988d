#include "crypto/mac.h"

#include <openssl/crypto.h>

#include "crypto/lib.h"

static bool
ah_gmac_sum(struct mac *m, const struct bytes *runs, unsigned n, const uint8_t *iv, uint8_t out[MAC_MAX])
{
	return aead_mac(&m->gmac, runs, n, iv, out);
}

static void
ah_gmac_close(struct mac *m)
{
	aead_close(&m->gmac);
}

static bool
ah_gmac_open(struct mac *m, const struct alg *a, struct bytes key, struct err *e)
{
	m->sum = ah_gmac_sum;
	m->close = ah_gmac_close;
	return aead_open(&m->gmac, a, key, e);
}

static bool
null_open(struct mac *m, const struct alg *a, struct bytes key, struct err *e)
{
	(void)m, (void)a, (void)key, (void)e;
	return true;
}

bool
mac_open(struct mac *m, const struct alg *a, struct bytes key, struct err *e)
{
	static bool (*const open_kind[])(struct mac *, const struct alg *, struct bytes, struct err *) = {
		[ALG_NULL] = null_open, [ALG_HMAC] = hmac_open,       [ALG_CMAC] = cmac_open,
		[ALG_XCBC] = xcbc_open, [ALG_AH_GMAC] = ah_gmac_open, [ALG_KEYED] = keyed_open,
	};
	*m = (struct mac){ 0 };
	return open_kind[a->kind](m, a, key, e);
}

void
mac_close(struct mac *m)
{
	if (m->close != NULL)
		m->close(m);
	OPENSSL_cleanse(m, sizeof *m);
}
