/* The ICV that an ESP packet should have had, for those who explain a wrong one. A receiver never asks. */
#ifndef ESPY_IPSEC_ESP_ICV_H
#define ESPY_IPSEC_ESP_ICV_H

#include "ipsec/esp.h"

/*
 * A copy of the packet (from the SPI on) with the ICV that its other octets ask for (RFC 4303 2.8) goes to work, which must hold packet.n
 * octets. *whole: the copy, *icv: its ICV. False: the packet is too short for this SA, the SA has no ICV or no keys, or libcrypto fails.
 */
bool esp_icv_expected(const struct sa *sa, struct bytes packet, uint32_t seq_hi, uint8_t *work, struct bytes *whole,
		      struct bytes *icv) MUST_USE;

#endif
