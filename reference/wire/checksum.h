/*
 * The Internet checksum (RFC 1071 as used by RFC 791, 768, 4443). Pure arithmetic over octets.
 */
#ifndef ESPY_WIRE_CHECKSUM_H
#define ESPY_WIRE_CHECKSUM_H

#include "wire/cursor.h"

/* One's complement sum to continue with; start with 0. Chunks before the last must be of even
 * length. */
uint32_t checksum_add(uint32_t sum, struct bytes b);

/* The same for a chunk that begins `at` octets into what is summed, odd or even: chunks of any
 * length. */
uint32_t checksum_add_at(uint32_t sum, size_t at, struct bytes b);

/* Folds and complements: the value for the header field (host order). */
uint16_t checksum_finish(uint32_t sum);

/* The sum of a pseudo-header alone, to continue with when header and payload are not contiguous. */
uint32_t checksum_pseudo(struct bytes src, struct bytes dst, uint8_t protocol, size_t length);

/* Upper-layer checksum with pseudo-header of the family (RFC 768, RFC 8200 8.1). src and dst are 4
 * or 16 octets; 0 stays 0 (the caller knows whether UDP sends it as 0xffff). */
uint16_t checksum_upper(struct bytes src, struct bytes dst, uint8_t protocol, struct bytes segment);

#endif
