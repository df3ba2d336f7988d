/* Names that ipsecconf.conf and ipseckey.conf share: algorithms as ipsecalgs(8) lists them, in any case. */
#ifndef ESPY_CONFIG_SOLARIS_WORDS_H
#define ESPY_CONFIG_SOLARIS_WORDS_H

#include "config/setkey_parse.h"

/* A word in any case. */
bool token_means(const struct token *t, const char *word);

/* The algorithm that the word in hand names or numbers (1 to 255, Solaris's); NULL and false when it is none. The token stays. */
const struct alg *solaris_alg(const struct token *t, uint8_t use);

/* The name that printing uses. */
const char *solaris_alg_name(const struct alg *a);

#endif
