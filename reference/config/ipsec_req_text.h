/*
 * struct ipsec_req of Solaris (ipsec(4P)) as text: "ah=never|required[,unique] esp=.. self_encap=.. auth_alg=.. esp_alg=..
 * esp_auth_alg=..".
 */
#ifndef ESPY_CONFIG_IPSEC_REQ_TEXT_H
#define ESPY_CONFIG_IPSEC_REQ_TEXT_H

#include "ipsec/spd.h"

/* The fields of the struct: numbers as they are, so that nonsense can be said, too. */
struct ipsec_req_text {
	uint32_t ah, esp, self_encap;
	uint8_t auth_alg, esp_alg, esp_auth_alg;
};

bool ipsec_req_text_parse(struct ipsec_req_text *q, struct bytes text, const char *name, unsigned line, unsigned column,
			  struct err *e) MUST_USE;
size_t ipsec_req_text_print(const struct ipsec_req_text *q, char *text, size_t cap);

#endif
