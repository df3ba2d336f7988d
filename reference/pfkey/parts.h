/* Pieces of messages that managers and the engine build alike. False: the message is full. */
#ifndef ESPY_PFKEY_PARTS_H
#define ESPY_PFKEY_PARTS_H

#include "pfkey/pfkey.h"

/* 50 and 51 against SATYPE_ESP and SATYPE_AH; 0 for anything else. */
uint8_t pfkey_satype_of(uint8_t protocol);
uint8_t pfkey_protocol_of(uint64_t satype);

bool pfkey_push_sa(struct pfkey_msg *m, const struct sa_spec *s, uint8_t state) MUST_USE;
bool pfkey_push_keys(struct pfkey_msg *m, const struct sa_spec *s) MUST_USE;
/* Mode, request id, encapsulation, and what the field for the window cannot hold. */
bool pfkey_push_extras(struct pfkey_msg *m, const struct sa_spec *s, uint32_t sequence) MUST_USE;
bool pfkey_push_lifetime(struct pfkey_msg *m, enum pfkey_ext kind, const struct lifetime *t) MUST_USE;
/* Hard and soft, where they have limits. */
bool pfkey_push_lifetimes(struct pfkey_msg *m, const struct sa_spec *s) MUST_USE;
bool pfkey_lifetime_is_set(const struct lifetime *t);
/* Lifetime, selector and policy of an entry with its requests; octets in store, addresses borrowed from p. */
bool pfkey_push_entry(struct pfkey_msg *m, const struct spd_entry *p, struct wr *store, struct err *e) MUST_USE;
/* Leaves t alone where the message has none. */
void pfkey_get_lifetime(const struct pfkey_msg *m, enum pfkey_ext kind, struct lifetime *t);

#endif
