#include "config/esp_sa.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/text.h"

/* Names as Wireshark writes them. */
struct row {
	const char *name, *theirs;
};

/* clang-format off */
static const struct row ciphers[] = {
	{ "null",              "NULL" },
	{ "des-cbc",           "DES-CBC [RFC2405]" },
	{ "3des-cbc",          "TripleDES-CBC [RFC2451]" },
	{ "blowfish-cbc",      "BLOWFISH-CBC [RFC2451]" },
	{ "cast128-cbc",       "CAST5-CBC [RFC2144]" },
	{ "aes-cbc",           "AES-CBC [RFC3602]" },
	{ "aes-ctr",           "AES-CTR [RFC3686]" },
	{ "aes-gcm-8",         "AES-GCM with 8 octet ICV [RFC4106]" },
	{ "aes-gcm-12",        "AES-GCM with 12 octet ICV [RFC4106]" },
	{ "aes-gcm-16",        "AES-GCM with 16 octet ICV [RFC4106]" },
	{ "aes-gcm-16",        "AES-GCM [RFC4106]" }, /* before 3.4 */
	{ NULL, NULL },
};

static const struct row integrities[] = {
	{ "null",              "NULL" },
	{ "hmac-md5-96",       "HMAC-MD5-96 [RFC2403]" },
	{ "hmac-sha1-96",      "HMAC-SHA-1-96 [RFC2404]" },
	{ "hmac-sha2-256-96",  "HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]" },
	{ "hmac-sha2-256-128", "HMAC-SHA-256-128 [RFC4868]" },
	{ "hmac-sha2-384-192", "HMAC-SHA-384-192 [RFC4868]" },
	{ "hmac-sha2-512-256", "HMAC-SHA-512-256 [RFC4868]" },
	{ NULL, NULL },
};
/* clang-format on */

static const char *
theirs(const struct row *rows, const struct alg *a)
{
	for (; rows->name != NULL; rows++)
		if (strcmp(rows->name, a != NULL ? a->name : "null") == 0)
			return rows->theirs;
	return NULL;
}

/* --- out ------------------------------------------------------------------------------------- */

/* Integrity that Wireshark cannot check can still be cut off by its length, so that the rest is decrypted. */
static const char *
integrity_name(const struct alg *a, char room[64], const char **left_out)
{
	const char *name = theirs(integrities, a);
	if (name != NULL)
		return name;
	snprintf(room, 64, "ANY %u bit authentication [no checking]", a->icv * 8u);
	*left_out = "the integrity algorithm, whose length alone it knows";
	return room;
}

static void
put_key(struct text *t, struct bytes key, bool show)
{
	text_add(t, ",\"");
	if (key.n > 0 && show)
		text_add_hex(t, key);
	else if (key.n > 0)
		text_add(t, "0x..");
	text_add(t, "\"");
}

bool
esp_sa_print(const struct sa_spec *sa, bool show_keys, char *text, size_t cap, size_t *n, const char **left_out,
	     struct err *e)
{
	char room[64], src[48], dst[48];
	const char *lost = sa->esn ? "extended sequence numbers" : sa->replay != 0 ? "the window" : NULL;
	struct text t = text_of(text, cap);
	if (sa->old)
		return fail(e, ERR_UNSUPPORTED, "esp_sa has no SAs of RFC 1827");
	if (sa->protocol != 50)
		return fail(e, ERR_UNSUPPORTED, "esp_sa has no SAs of protocol %u", sa->protocol);
	const char *cipher = theirs(ciphers, sa->enc), *integrity = integrity_name(sa->auth, room, &lost);
	if (cipher == NULL)
		return fail(e, ERR_UNSUPPORTED, "esp_sa has no cipher %s", sa->enc->name);
	text_add(&t, "\"IPv%u\",\"%s\",\"%s\",\"0x%08" PRIx32 "\",\"%s\"", sa->dst.family, addr_print(&sa->src, src),
		 addr_print(&sa->dst, dst), sa->spi, cipher);
	put_key(&t, sa->enc_key, show_keys);
	text_add(&t, ",\"%s\"", integrity);
	put_key(&t, sa->auth_key, show_keys);
	text_add(&t, "\n");
	*n = t.n;
	if (left_out != NULL)
		*left_out = lost;
	return true;
}

/* --- in -------------------------------------------------------------------------------------- */

enum { PROTOCOL, SRC, DST, SPI, CIPHER, CIPHER_KEY, INTEGRITY, INTEGRITY_KEY, VALUES };
#define VALUE_MAX 1200

struct line {
	char value[VALUES][VALUE_MAX];
	uint8_t enc_key[SA_KEY_MAX], auth_key[SA_KEY_MAX];
	const char *name;
	unsigned number;
	struct err *e;
};

/* "a","b",..: no quote is inside of one. Later versions have more values; what is empty or 32 bits of them changes nothing. */
static bool
split(struct line *l, const char *p, const char *end)
{
	unsigned n = 0;
	while (p < end && n < VALUES) {
		const char *close = *p == '"' ? memchr(p + 1, '"', (size_t)(end - p - 1)) : NULL;
		if (close == NULL)
			return fail(l->e, ERR_SYNTAX, "%s:%u: want a value in quotes, got '%.*s'", l->name, l->number,
				    end - p < 10 ? (int)(end - p) : 10, p);
		int size = (int)(close - p - 1);
		if (size >= VALUE_MAX)
			return fail(l->e, ERR_RANGE, "%s:%u: a value of %d characters", l->name, l->number, size);
		snprintf(l->value[n++], VALUE_MAX, "%.*s", size, p + 1);
		p = close + 1;
		if (p < end && *p++ != ',')
			return fail(l->e, ERR_SYNTAX, "%s:%u: want a comma behind \"%s\"", l->name, l->number,
				    l->value[n - 1]);
	}
	return n == VALUES || fail(l->e, ERR_SYNTAX, "%s:%u: want %d values, got %u", l->name, l->number, VALUES, n);
}

static const struct alg *
alg_of(struct line *l, const struct row *rows, uint8_t use, unsigned value, bool *known)
{
	*known = true;
	for (; rows->name != NULL; rows++)
		if (strcmp(rows->theirs, l->value[value]) == 0)
			return strcmp(rows->name, "null") == 0 && use == ALG_AUTH ? NULL : alg_by_name(rows->name, use);
	*known = fail(l->e, ERR_UNKNOWN, "%s:%u: no %s '%s'", l->name, l->number,
		      use == ALG_ENC ? "cipher" : "integrity algorithm", l->value[value]);
	return NULL;
}

/* 0x and digits, or the octets as they are. */
static bool
key_of(struct line *l, unsigned value, uint8_t room[SA_KEY_MAX], struct bytes *key)
{
	const char *p = l->value[value];
	struct wr w = wr_of(room, SA_KEY_MAX);
	bool hex = p[0] == '0' && (p[1] == 'x' || p[1] == 'X');
	if (!hex)
		wr_bytes(&w, (struct bytes){ (const uint8_t *)p, strlen(p) });
	else if (!text_read_hex(p + 2, &w))
		return fail(l->e, ERR_SYNTAX, "%s:%u: key: want pairs of hexadecimal digits", l->name, l->number);
	*key = wr_done(&w);
	return !w.full || fail(l->e, ERR_RANGE, "%s:%u: key: want at most %d octets", l->name, l->number, SA_KEY_MAX);
}

static bool
number_of(struct line *l, unsigned value, uint32_t *v)
{
	char *end;
	unsigned long got = strtoul(l->value[value], &end, 0);
	*v = (uint32_t)got;
	return (*end == '\0' && end != l->value[value] && got <= UINT32_MAX && got > 0) ||
	       fail(l->e, ERR_SYNTAX, "%s:%u: SPI: want a number, got '%s'", l->name, l->number, l->value[value]);
}

static bool
read_line(struct line *l, struct config_entries *to)
{
	struct sa_spec s = { .protocol = 50, .seq_cycle = true };
	bool known;
	if (!addr_parse(&s.src, l->value[SRC], l->e) || !addr_parse(&s.dst, l->value[DST], l->e))
		return err_prefix(l->e, "%s:%u", l->name, l->number);
	if (!number_of(l, SPI, &s.spi))
		return false;
	s.enc = alg_of(l, ciphers, ALG_ENC, CIPHER, &known);
	if (!known)
		return false;
	s.auth = alg_of(l, integrities, ALG_AUTH, INTEGRITY, &known);
	return known && key_of(l, CIPHER_KEY, l->enc_key, &s.enc_key) &&
	       key_of(l, INTEGRITY_KEY, l->auth_key, &s.auth_key) && config_entries_add_sa(to, &s, l->number, l->e);
}

struct config_entries *
esp_sa_parse(const char *text, size_t n, const char *name, struct err *e)
{
	struct config_entries *all = config_entries_new(e);
	struct line *l = calloc(1, sizeof *l);
	bool ok = all != NULL && (l != NULL || fail(e, ERR_IO, "out of memory"));
	const char *p = text, *end = text + n;
	for (unsigned number = 1; ok && p < end; number++) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		const char *stop = eol != NULL ? eol : end;
		l->name = name;
		l->number = number;
		l->e = e;
		while (stop > p && (stop[-1] == '\r' || stop[-1] == ' '))
			stop--;
		if (stop > p && *p != '#')
			ok = split(l, p, stop) && read_line(l, all);
		p = eol != NULL ? eol + 1 : end;
	}
	free(l);
	if (ok)
		return all;
	config_entries_free(all);
	return NULL;
}
