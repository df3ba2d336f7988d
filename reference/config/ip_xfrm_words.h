/* The words of ip-xfrm(8): quoted or not, wherever lines end. Private to ip_xfrm*.c. */
#ifndef ESPY_CONFIG_IP_XFRM_WORDS_H
#define ESPY_CONFIG_IP_XFRM_WORDS_H

#include "ipsec/addr.h"
#include "ipsec/sa.h"

#define WORD_MAX 1200

struct words {
	const char *p, *end, *name;
	unsigned line;
	char word[WORD_MAX]; /* in hand; "" behind the last */
	unsigned word_line;
	bool starts_line; /* nothing stands before it, blanks included */
	struct err *e;
};

/* To the next one. */
void words_next(struct words *w);
bool words_at_end(const struct words *w);
bool words_is(const struct words *w, const char *word);
/* "NAME:LINE: want .., got .." about the word in hand. False. */
bool words_want(struct words *w, const char *what);

/* Each takes the word in hand, or says what it wanted. */
bool words_take_number(struct words *w, uint64_t most, uint64_t *v);
bool words_take_number32(struct words *w, uint32_t *v);
bool words_take_prefix(struct words *w, struct addr *a, uint8_t *bits); /* ADDRESS[/BITS] */
bool words_take_key(struct words *w, uint8_t room[SA_KEY_MAX], struct bytes *key);

#endif
