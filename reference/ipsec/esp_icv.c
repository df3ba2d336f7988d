#include "ipsec/esp_icv.h"

#define HEAD ((size_t)8)
#define TRAILER ((size_t)2)

/*
 * Combined modes make their ICV where they encrypt, and all of them encrypt by a key stream: encrypting once gives the plaintext, encrypting
 * that gives the ciphertext back, and the ICV beside it.
 */
static bool
seal_again(const struct sa *sa, uint32_t seq_hi, uint8_t *packet, size_t n, size_t icv_n)
{
	size_t iv_n = sa->spec.enc->iv;
	struct seal_esp s = {
		.head = packet,
		.iv = packet + HEAD,
		.body = packet + HEAD + iv_n,
		.body_n = n - HEAD - iv_n - icv_n,
		.icv = packet + n - icv_n,
		.esn = sa->spec.esn,
		.seq_hi = seq_hi,
	};
	return seal_esp_encrypt(sa->seal, &s) && seal_esp_encrypt(sa->seal, &s);
}

/* RFC 4303 2.8: from the SPI to the next header, and the high half of an extended number behind it. */
static bool
sum_again(const struct sa *sa, uint32_t seq_hi, uint8_t *packet, size_t n, size_t icv_n)
{
	uint8_t high[4];
	struct wr w = wr_of(high, sizeof high);
	wr_uint(&w, seq_hi, sizeof high);
	const struct bytes runs[] = { { packet, n - icv_n }, wr_done(&w) };
	return seal_mac(sa->seal, runs, sa->spec.esn ? 2 : 1, BYTES_NONE, packet + n - icv_n);
}

bool
esp_icv_expected(const struct sa *sa, struct bytes packet, uint32_t seq_hi, uint8_t *work, struct bytes *whole,
		 struct bytes *icv)
{
	if (sa->seal == NULL || sa->spec.protocol != IPPROTO_ESP_ || sa->spec.old)
		return false;
	size_t icv_n = seal_icv_len(sa->seal);
	if (icv_n == 0 || packet.n < HEAD + sa->spec.enc->iv + TRAILER + icv_n)
		return false;
	struct wr w = wr_of(work, packet.n);
	wr_bytes(&w, packet);
	*whole = wr_done(&w);
	*icv = bytes_slice(*whole, packet.n - icv_n, icv_n);
	return alg_is_combined(sa->spec.enc) ? seal_again(sa, seq_hi, work, packet.n, icv_n)
					     : sum_again(sa, seq_hi, work, packet.n, icv_n);
}
