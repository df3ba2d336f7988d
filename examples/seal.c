/*
 * The reference as a library: one payload sealed as an ESP packet by RFC 4303, and opened again by a second SA that has the same keys.
 *
 *     cc -o seal examples/seal.c $(pkg-config --cflags --libs espyref)
 */
#include <stdio.h>

#include "ipsec/esp.h"

static struct sa *
association(struct err *e)
{
	static const uint8_t key[20] = { "sixteen octets, salt" };
	struct sa_spec spec = { .spi = 0x1001, .protocol = 50, .mode = MODE_TRANSPORT, .replay = 64 };
	spec.enc = alg_by_name("aes-gcm-16", ALG_ENC);
	spec.enc_key = BYTES_OF(key);
	return addr_parse(&spec.src, "192.0.2.1", e) && addr_parse(&spec.dst, "192.0.2.2", e) ? sa_open(&spec, e)
											      : NULL;
}

int
main(void)
{
	static const uint8_t text[] = "a UDP datagram, say";
	uint8_t room[200], work[sizeof room];
	struct err e = { 0 };
	struct esp_opened opened;
	struct wr packet = wr_of(room, sizeof room);
	struct sa *sender = association(&e), *receiver = association(&e);
	if (sender == NULL || receiver == NULL)
		return fprintf(stderr, "seal: %s\n", e.text), 1;
	enum verdict sealed = esp_seal(sender, NULL, 17, BYTES_OF(text), NULL, &packet);
	enum verdict first = esp_receive(receiver, wr_done(&packet), true, work, &opened);
	printf("%zu octets, seq %llu: %s, %s", packet.n, (unsigned long long)opened.seq, verdict_name(sealed),
	       verdict_name(first));
	enum verdict again = esp_receive(receiver, wr_done(&packet), true, work, &opened);
	printf(", and a second time: %s\n", verdict_name(again));
	sa_close(sender);
	sa_close(receiver);
	return first == ACCEPT && again == DROP_REPLAYED ? 0 : 1;
}
