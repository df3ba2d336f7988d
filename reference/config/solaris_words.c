#include "config/solaris_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ipsecconf(8) and ipseckey(8), with the combined modes of ipsecalgs(8). The first name of a row is the one printed. */
static const struct {
	const char *alg;
	uint8_t use;
	const char *names[5];
} names[] = {
	{ "hmac-md5-96", ALG_AUTH, { "hmac-md5", "md5" } },
	{ "hmac-sha1-96", ALG_AUTH, { "hmac-sha1", "sha1", "sha-1", "sha", "hmac-sha" } },
	{ "hmac-sha2-256-128", ALG_AUTH, { "hmac-sha256", "sha256", "sha-256", "hmac-sha-256" } },
	{ "hmac-sha2-384-192", ALG_AUTH, { "hmac-sha384", "sha384", "sha-384", "hmac-sha-384" } },
	{ "hmac-sha2-512-256", ALG_AUTH, { "hmac-sha512", "sha512", "sha-512", "hmac-sha-512" } },
	{ "des-cbc", ALG_ENC, { "des", "des-cbc" } },
	{ "3des-cbc", ALG_ENC, { "3des", "3des-cbc" } },
	{ "blowfish-cbc", ALG_ENC, { "blowfish", "blowfish-cbc" } },
	{ "aes-cbc", ALG_ENC, { "aes", "aes-cbc" } },
	{ "null", ALG_ENC, { "null", "none" } },
	{ "aes-ccm-8", ALG_ENC, { "aes-ccm8" } },
	{ "aes-ccm-12", ALG_ENC, { "aes-ccm12" } },
	{ "aes-ccm-16", ALG_ENC, { "aes-ccm", "aes-ccm16" } },
	{ "aes-gcm-8", ALG_ENC, { "aes-gcm8" } },
	{ "aes-gcm-12", ALG_ENC, { "aes-gcm12" } },
	{ "aes-gcm-16", ALG_ENC, { "aes-gcm", "aes-gcm16" } },
};

bool
token_means(const struct token *t, const char *word)
{
	size_t n = strlen(word);
	return t->kind == TOK_WORD && t->text.n == n && strncasecmp((const char *)t->text.p, word, n) == 0;
}

const struct alg *
solaris_alg(const struct token *t, uint8_t use)
{
	char text[8], *end;
	for (size_t i = 0; i < COUNT(names); i++)
		for (size_t j = 0; j < COUNT(names[i].names) && names[i].names[j] != NULL && names[i].use == use; j++)
			if (token_means(t, names[i].names[j]))
				return alg_by_name(names[i].alg, use);
	if (t->kind != TOK_WORD || t->text.n >= sizeof text)
		return NULL;
	snprintf(text, sizeof text, "%.*s", (int)t->text.n, (const char *)t->text.p);
	long number = strtol(text, &end, 10);
	return *end == '\0' && number <= 255 ? alg_by_pfkey(PF_SOLARIS, use, (int)number) : NULL;
}

const char *
solaris_alg_name(const struct alg *a)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].use == a->use && strcmp(names[i].alg, a->name) == 0)
			return names[i].names[0];
	return a->name;
}
