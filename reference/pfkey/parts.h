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
/* Only x_policy with its requests, and the requests of one that came. */
bool pfkey_push_policy(struct pfkey_msg *m, const struct spd_entry *p, struct wr *store, struct err *e) MUST_USE;
bool pfkey_get_requests(const struct pfkey_msg *m, const struct hdr *h, struct spd_entry *p, struct err *e) MUST_USE;
/* pfkey_forms.c: what systems without x_sa2 say otherwise. */
bool pfkey_forms_sayable(const struct dialect *d, const struct sa_spec *s, struct err *e) MUST_USE;
uint32_t pfkey_forms_mask(const struct dialect *d); /* flags that mean mode or encapsulation */
uint32_t pfkey_forms_flags(const struct dialect *d, const struct sa_spec *s);
bool pfkey_push_forms(struct pfkey_msg *m, const struct sa_spec *s, uint64_t sequence) MUST_USE;
void pfkey_get_forms(const struct pfkey_msg *m, struct sa_spec *s);
/* pfkey_selector.c: the addresses of a policy, with x_selector where they cannot say all of it; and an SA's own selectors. */
bool pfkey_push_selector(struct pfkey_msg *m, const struct selector *s, uint8_t pfp, struct err *e) MUST_USE;
bool pfkey_push_x_selector(struct pfkey_msg *m, const struct selector *s, uint8_t pfp) MUST_USE;
bool pfkey_get_selector(const struct pfkey_msg *m, struct selector *s, uint8_t *pfp, struct err *e) MUST_USE;
bool pfkey_get_x_selector(const struct pfkey_msg *m, struct selector *s, uint8_t *pfp, bool *there,
			  struct err *e) MUST_USE;
bool pfkey_get_sa_selector(const struct pfkey_msg *m, struct sa_spec *s, struct err *e) MUST_USE;
/* pfkey_flow.c: a policy as OpenBSD's flow, and back. */
bool pfkey_push_flow(struct pfkey_msg *m, const struct spd_entry *p, struct wr *store, struct err *e) MUST_USE;
bool pfkey_get_flow(const struct pfkey_msg *m, struct spd_entry *p, struct err *e) MUST_USE;
/* Leaves t alone where the message has none. */
void pfkey_get_lifetime(const struct pfkey_msg *m, enum pfkey_ext kind, struct lifetime *t);

#endif
