/*
 * Checksums over a header as its table writes it: what compute functions of ip4, udp, tcp and icmp
 * share.
 */
#ifndef ESPY_WIRE_FIELD_CHECKSUM_H
#define ESPY_WIRE_FIELD_CHECKSUM_H

#include "wire/field.h"

/* Continues sum over the octets hdr_put would write with the checksum field zero, and payload
 * behind them. The fixed part comes first in the table and has at most 64 octets. */
uint32_t field_checksum(const struct hdr *h, unsigned checksum_field, uint32_t sum, struct bytes payload);

#endif
