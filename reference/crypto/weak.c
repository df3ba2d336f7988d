#include "crypto/weak.h"

#include "crypto/seal.h"

/*
 * FIPS 74, adjusted for odd parity as RFC 2405 4 warns; the lowest bit of each octet is parity and
 * is masked.
 */
static const uint64_t des_weak_keys[] = {
	0x0101010101010101,
	0xfefefefefefefefe,
	0x1f1f1f1f0e0e0e0e,
	0xe0e0e0e0f1f1f1f1,
	/* semi-weak, in pairs */
	0x01fe01fe01fe01fe,
	0xfe01fe01fe01fe01,
	0x1fe01fe00ef10ef1,
	0xe01fe01ff10ef10e,
	0x01e001e001f101f1,
	0xe001e001f101f101,
	0x1ffe1ffe0efe0efe,
	0xfe1ffe1ffe0efe0e,
	0x011f011f010e010e,
	0x1f011f010e010e01,
	0xe0fee0fef1fef1fe,
	0xfee0fee0fef1fef1,
};

#define DES_KEY_BITS 0xfefefefefefefefe

bool
weak_des(struct bytes key)
{
	struct rd r = rd_of(key);
	uint64_t k = rd_uint(&r, 8);
	if (r.bad)
		return false;
	for (unsigned i = 0; i < sizeof des_weak_keys / sizeof des_weak_keys[0]; i++)
		if (((k ^ des_weak_keys[i]) & DES_KEY_BITS) == 0)
			return true;
	return false;
}

bool
weak_3des(struct bytes key)
{
	struct rd r = rd_of(key);
	uint64_t k1 = rd_uint(&r, 8), k2 = rd_uint(&r, 8), k3 = rd_uint(&r, 8);
	if (r.bad)
		return false;
	return ((k1 ^ k2) & DES_KEY_BITS) == 0 || ((k2 ^ k3) & DES_KEY_BITS) == 0;
}

bool
alg_key_weak(const struct alg *a, struct bytes key)
{
	return a->weak != NULL && a->weak(key);
}
