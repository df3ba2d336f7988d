/*
 * What the parts of the parser of ip-xfrm(8) share: a statement being read, and the words that it may have. Private to ip_xfrm*.c.
 */
#ifndef ESPY_CONFIG_IP_XFRM_PARSE_H
#define ESPY_CONFIG_IP_XFRM_PARSE_H

#include "config/ip_xfrm_words.h"
#include "ipsec/spd.h"

struct statement {
	bool policy, begun;
	struct sa_spec sa; /* keys lie in enc_key and auth_key */
	struct spd_entry p;
	uint8_t enc_key[SA_KEY_MAX], auth_key[SA_KEY_MAX];
	struct spd_request *tmpl; /* of the policy, what its words are about; NULL: the policy itself */
	unsigned line;
};

/* What a word of a statement is followed by; take is called behind the word, and false is an error that it reported. */
struct vocabulary {
	const char *word; /* NULL ends */
	bool (*take)(struct words *, struct statement *);
};
extern const struct vocabulary xfrm_state_words[];                         /* ip_xfrm_state.c */
extern const struct vocabulary xfrm_policy_words[], xfrm_template_words[]; /* ip_xfrm_policy.c */

#define TAKES(name, call)                                                                                              \
	static bool name(struct words *w, struct statement *s)                                                         \
	{                                                                                                              \
		return call;                                                                                           \
	}

/* ip_xfrm.c: what both have. */
bool xfrm_take_protocol(struct words *w, uint8_t *protocol);
bool xfrm_take_mode(struct words *w, uint8_t *mode);
bool xfrm_take_end(struct words *w, struct addr *a); /* an address; its prefix says nothing */

#endif
