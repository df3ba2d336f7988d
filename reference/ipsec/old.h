/*
 * AH of RFC 1826 and ESP of RFC 1827 with the transform of RFC 1829, for SAs whose spec.old says so: no sequence numbers, and so no replay
 * window; ESP has no ICV. What RFC 4302 and the SA's ah_rules say of the headers in front of AH holds here too: RFC 1826 4 zeroes fewer
 * fields, but systems that still speak it (KAME, by its settings) zero today's.
 */
#ifndef ESPY_IPSEC_OLD_H
#define ESPY_IPSEC_OLD_H

#include "ipsec/ah.h"

/* As ah_seal and ah_open; given is of layout_ah_old. o->seq is 0. */
enum verdict ah_old_seal(const struct sa *sa, const struct hdr *given, struct bytes front, uint8_t next_header,
			 struct bytes payload, struct wr *out);
enum verdict ah_old_open(const struct sa *sa, struct bytes front, struct bytes packet, struct ah_opened *o);
size_t ah_old_len(const struct sa *sa);

/*
 * As esp_seal and esp_open; given is of layout_esp_old. Nothing says whether the right key opened a packet but its pad length, so that
 * DROP_PAD_LENGTH is what a wrong key mostly ends in.
 */
enum verdict esp_old_seal(const struct sa *sa, const struct hdr *given, uint8_t next_header, struct bytes payload,
			  struct random *rnd, struct wr *out);
enum verdict esp_old_open(const struct sa *sa, struct bytes packet, uint8_t *work, struct esp_opened *o);
size_t esp_old_overhead(const struct sa *sa, size_t payload_n);

#endif
