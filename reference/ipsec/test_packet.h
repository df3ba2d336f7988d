/* For the tests of this folder: packets from one line of text, and addresses. */
#ifndef ESPY_IPSEC_TEST_PACKET_H
#define ESPY_IPSEC_TEST_PACKET_H

#include "ipsec/compose.h"
#include "ipsec/test_sa.h"

#include <stdio.h>
#include <stdlib.h>

/* Given octets of a packet are borrowed from `octets`, so a line must stay where it was read. */
struct test_line {
	struct packet packet;
	uint8_t octets[4096];
	struct wr store;
};

static inline struct addr
test_addr(const char *text)
{
	struct addr a;
	struct err e;
	cr_assert(addr_parse(&a, text, &e), "%s", e.text);
	return a;
}

static inline void
test_give(struct hdr *h, const char *word, struct wr *store)
{
	struct err e = { 0 };
	char name[40];
	size_t n = strcspn(word, "=");
	cr_assert(word[n] == '=' && n < sizeof name, "no field=value: %s", word);
	snprintf(name, sizeof name, "%.*s", (int)n, word);
	int i = layout_field(h->lay, name);
	cr_assert(i >= 0, "%s has no %s", h->lay->name, name);
	cr_assert(hdr_set_text(h, (unsigned)i, word + n + 1, store, &e), "%s", e.text);
}

/* "ip4 src=10.0.0.1 dst=10.0.0.2 / udp sport=5 / 'text": layers, and last a payload behind an apostrophe. */
static inline const struct packet *
test_packet(struct test_line *t, const char *text)
{
	char copy[1000], *layers = NULL, *words = NULL;
	t->store = wr_of(t->octets, sizeof t->octets);
	t->packet.n = 0;
	t->packet.payload = BYTES_NONE;
	t->packet.payload_given = false;
	int n = snprintf(copy, sizeof copy, "%s", text);
	cr_assert(n >= 0 && (size_t)n < sizeof copy, "too long: %s", text);
	for (char *p = strtok_r(copy, "/", &layers); p != NULL; p = strtok_r(NULL, "/", &layers)) {
		char *word = strtok_r(p, " ", &words);
		if (word[0] == '\'') {
			size_t at = t->store.n;
			wr_bytes(&t->store, (struct bytes){ (const uint8_t *)word + 1, strlen(word + 1) });
			t->packet.payload = bytes_slice(wr_done(&t->store), at, SIZE_MAX);
			t->packet.payload_given = true;
			continue;
		}
		const struct layout *lay = layout_by_name(word, 0);
		cr_assert(lay != NULL, "no layer %s in %s", word, text);
		struct hdr *h = packet_push(&t->packet, lay);
		while ((word = strtok_r(NULL, " ", &words)) != NULL)
			test_give(h, word, &t->store);
	}
	cr_assert(not(t->store.full), "too long: %s", text);
	return &t->packet;
}

/* The octets of a line without SAs. */
static inline struct bytes
test_datagram(const char *text, uint8_t *room, size_t cap)
{
	struct test_line *t = malloc(sizeof *t);
	struct err e = { 0 };
	struct wr w = wr_of(room, cap);
	bool ok = packet_compose(test_packet(t, text), NULL, NULL, &w, NULL, &e);
	free(t);
	cr_assert(ok, "%s: %s", text, e.text);
	return wr_done(&w);
}

/* An SAD with these SAs; NULL ends the list. */
static inline struct sad *
test_sad(struct sa *const *sas)
{
	struct sad *d = sad_new();
	struct err e = { 0 };
	cr_assert(d != NULL);
	for (; *sas != NULL; sas++)
		cr_assert(sad_add(d, *sas, &e), "%s", e.text);
	return d;
}

/* Every transform of the algorithm table: ciphers with one integrity algorithm, integrity with one cipher,
 * AH. */
struct test_transform {
	uint8_t protocol;
	const struct alg *enc, *auth;
};
#define TEST_TRANSFORMS 64

static inline unsigned
test_transforms(struct test_transform t[TEST_TRANSFORMS])
{
	unsigned n = 0;
	for (const struct alg *a = algs; a < algs + algs_n; a++) {
		bool null = a->kind == ALG_NULL;
		if (a->old == OLD_ONLY)
			continue;
		if (a->use & ALG_ENC)
			t[n++] = (struct test_transform){ 50, a,
							  alg_is_combined(a) ? NULL
									     : alg_by_name("hmac-sha1-96", ALG_AUTH) };
		if ((a->use & ALG_ENC) && !null)
			t[n++] = (struct test_transform){ 50, a, NULL };
		if ((a->use & ALG_AUTH) && !null)
			t[n++] = (struct test_transform){ 51, NULL, a };
		if ((a->use & ALG_AUTH) && !null && a->kind != ALG_AH_GMAC)
			t[n++] = (struct test_transform){ 50, alg_by_name("aes-cbc", ALG_ENC), a };
		cr_assert(n <= TEST_TRANSFORMS - 4);
	}
	return n;
}

/* "esp aes-cbc hmac-sha1-96" */
static inline const char *
test_transform_name(const struct test_transform *t, char text[80])
{
	snprintf(text, 80, "%s %s %s", t->protocol == 50 ? "esp" : "ah", t->enc != NULL ? t->enc->name : "-",
		 t->auth != NULL ? t->auth->name : "-");
	return text;
}

/* An SA of the transform between the ends of a family: .1 to .2 in transport mode, .101 to .102 in tunnel
 * mode. */
static inline struct sa *
test_transform_sa(const struct test_transform *t, uint32_t spi, uint8_t mode, uint8_t family, bool esn)
{
	struct test_keys k;
	struct sa_spec s = test_spec(t->protocol, t->enc != NULL ? t->enc->name : NULL,
				     t->auth != NULL ? t->auth->name : NULL, &k);
	bool integrity = t->auth != NULL || alg_is_combined(t->enc);
	s.spi = spi;
	s.mode = mode;
	s.src = test_addr(family == 4           ? mode == MODE_TUNNEL ? "10.0.0.101" : "10.0.0.1"
			  : mode == MODE_TUNNEL ? "2001:db8::101"
						: "2001:db8::1");
	s.dst = test_addr(family == 4           ? mode == MODE_TUNNEL ? "10.0.0.102" : "10.0.0.2"
			  : mode == MODE_TUNNEL ? "2001:db8::102"
						: "2001:db8::2");
	s.replay = integrity ? 64 : 0;
	s.esn = esn && integrity;
	s.seq = s.esn ? 0xfffffffe : 0;
	return test_open(&s);
}

#endif
