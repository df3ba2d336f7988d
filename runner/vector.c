#include "runner/vector.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipsec/sa.h"
#include "wire/text.h"

enum field_type { TEXT, HEX, NUMBER, OCTET, FLAG, ALG_OF_ENC, ALG_OF_AUTH, MODE };

/* Names of fields as bits, for what a kind must and may have. */
enum {
	F_ID,
	F_KIND,
	F_CLAUSE,
	F_DERIVED,
	F_NOTE,
	F_ACCEPT,
	F_ENC,
	F_KEY,
	F_AUTH,
	F_AUTH_KEY,
	F_SPI,
	F_SEQ,
	F_ESN,
	F_MODE,
	F_NEXT_HEADER,
	F_IV,
	F_AAD,
	F_FRONT,
	F_PLAINTEXT,
	F_CIPHERTEXT,
	F_DATA,
	F_PAYLOAD,
	F_PADDING,
	F_ICV,
	F_PACKET,
	F_BEFORE,
	F_DATAGRAM,
	F_N,
};

#define AT(member) offsetof(struct vector, member)
#define BIT(field) (1u << (field))

static const struct field_row {
	const char *name;
	enum field_type type;
	size_t at;
} fields[F_N] = {
	[F_ID] = { "id", TEXT, AT(id) },
	[F_KIND] = { "kind", TEXT, AT(id) }, /* read on its own */
	[F_CLAUSE] = { "clause", TEXT, AT(clause) },
	[F_DERIVED] = { "derived", TEXT, 0 }, /* for the reader of the file */
	[F_NOTE] = { "note", TEXT, 0 },
	[F_ACCEPT] = { "accept", FLAG, AT(reject) }, /* stored the other way round */
	[F_ENC] = { "enc", ALG_OF_ENC, AT(enc) },
	[F_KEY] = { "key", HEX, AT(key) },
	[F_AUTH] = { "auth", ALG_OF_AUTH, AT(auth) },
	[F_AUTH_KEY] = { "auth_key", HEX, AT(auth_key) },
	[F_SPI] = { "spi", NUMBER, AT(spi) },
	[F_SEQ] = { "seq", NUMBER, AT(seq) },
	[F_ESN] = { "esn", FLAG, AT(esn) },
	[F_MODE] = { "mode", MODE, AT(mode) },
	[F_NEXT_HEADER] = { "next_header", OCTET, AT(next_header) },
	[F_IV] = { "iv", HEX, AT(iv) },
	[F_AAD] = { "aad", HEX, AT(aad) },
	[F_FRONT] = { "front", HEX, AT(front) },
	[F_PLAINTEXT] = { "plaintext", HEX, AT(plaintext) },
	[F_CIPHERTEXT] = { "ciphertext", HEX, AT(ciphertext) },
	[F_DATA] = { "data", HEX, AT(data) },
	[F_PAYLOAD] = { "payload", HEX, AT(payload) },
	[F_PADDING] = { "padding", HEX, AT(padding) },
	[F_ICV] = { "icv", HEX, AT(icv) },
	[F_PACKET] = { "packet", HEX, AT(packet) },
	[F_BEFORE] = { "before", HEX, AT(before) },
	[F_DATAGRAM] = { "datagram", HEX, AT(datagram) },
};

#define ALWAYS (BIT(F_ID) | BIT(F_KIND) | BIT(F_CLAUSE))
#define ALLOWED (BIT(F_DERIVED) | BIT(F_NOTE))
#define WHOLE (BIT(F_MODE) | BIT(F_BEFORE) | BIT(F_DATAGRAM))

static const struct {
	const char *name;
	uint32_t must, may;
} kinds[VECTOR_KINDS] = {
	[VECTOR_ESP] = { "esp",
			 BIT(F_ENC) | BIT(F_KEY) | BIT(F_SPI) | BIT(F_SEQ) | BIT(F_IV) | BIT(F_PAYLOAD) |
				 BIT(F_PADDING) | BIT(F_NEXT_HEADER) | BIT(F_PACKET),
			 BIT(F_AUTH) | BIT(F_AUTH_KEY) | BIT(F_ESN) | WHOLE },
	[VECTOR_AH] = { "ah",
			BIT(F_AUTH) | BIT(F_AUTH_KEY) | BIT(F_SPI) | BIT(F_SEQ) | BIT(F_FRONT) | BIT(F_PAYLOAD) |
				BIT(F_NEXT_HEADER) | BIT(F_PACKET),
			BIT(F_IV) | BIT(F_ESN) | WHOLE },
	[VECTOR_MAC] = { "mac", BIT(F_AUTH) | BIT(F_KEY) | BIT(F_DATA) | BIT(F_ICV), BIT(F_IV) | BIT(F_ACCEPT) },
	[VECTOR_CIPHER] = { "cipher", BIT(F_ENC) | BIT(F_KEY) | BIT(F_IV) | BIT(F_PLAINTEXT) | BIT(F_CIPHERTEXT), 0 },
	[VECTOR_AEAD] = { "aead",
			  BIT(F_ENC) | BIT(F_KEY) | BIT(F_IV) | BIT(F_AAD) | BIT(F_PLAINTEXT) | BIT(F_CIPHERTEXT) |
				  BIT(F_ICV),
			  BIT(F_ACCEPT) },
};

static bool
read_hex(struct bytes *out, const char *text, const char *name, struct arena *a, struct err *e)
{
	size_t n = strlen(text), good = strspn(text, "0123456789abcdef");
	struct wr w = wr_of(arena_alloc(a, n / 2 + 1), n / 2);
	if (n % 2 != 0)
		return fail(e, ERR_SYNTAX, "%s: want an even number of hexadecimal digits, got %zu", name, n);
	if (good < n || !text_read_hex(text, &w))
		return fail(e, ERR_SYNTAX, "%s: want lower case hexadecimal, got \"%.2s\" at digit %zu", name,
			    text + good / 2 * 2, good / 2 * 2);
	*out = wr_done(&w);
	return true;
}

static bool
read_number(uint64_t *v, const char *text, const char *name, uint64_t max, struct err *e)
{
	char *end;
	if (strncmp(text, "0x", 2) != 0)
		return fail(e, ERR_SYNTAX, "%s: want 0x and hexadecimal digits, got \"%s\"", name, text);
	*v = strtoull(text, &end, 16);
	if (*end != '\0' || end == text + 2 || *v > max)
		return fail(e, ERR_SYNTAX, "%s: want 0x0 to 0x%" PRIx64 ", got \"%s\"", name, max, text);
	return true;
}

static bool
read_alg(const struct alg **out, const char *text, const char *name, uint8_t use, struct err *e)
{
	*out = alg_by_name(text, use);
	return *out != NULL || fail(e, ERR_UNKNOWN, "%s: want a name of the algorithm table, got \"%s\"", name, text);
}

/* A field whose JSON value is a string. */
static bool
read_text(struct vector *v, const struct field_row *f, const char *text, struct arena *a, struct err *e)
{
	char *at = (char *)v + f->at;
	uint64_t number = 0;
	switch (f->type) {
	case HEX: return read_hex((struct bytes *)(void *)at, text, f->name, a, e);
	case NUMBER:
		if (!read_number(&number, text, f->name, f->at == AT(spi) ? UINT32_MAX : UINT64_MAX, e))
			return false;
		if (f->at == AT(spi))
			v->spi = (uint32_t)number;
		else
			v->seq = number;
		return true;
	case ALG_OF_ENC: return read_alg(&v->enc, text, f->name, ALG_ENC, e);
	case ALG_OF_AUTH: return read_alg(&v->auth, text, f->name, ALG_AUTH, e);
	case MODE:
		v->mode = strcmp(text, "tunnel") == 0 ? MODE_TUNNEL : MODE_TRANSPORT;
		return v->mode == MODE_TUNNEL || strcmp(text, "transport") == 0 ||
		       fail(e, ERR_SYNTAX, "%s: want transport or tunnel, got \"%s\"", f->name, text);
	default:
		if (f->at == AT(clause))
			v->clause = arena_strdup(a, text);
		return true;
	}
}

static bool
read_field(struct vector *v, const struct field_row *f, const json_t *j, struct arena *a, struct err *e)
{
	if (f->type == FLAG) {
		if (!json_is_boolean(j))
			return fail(e, ERR_SYNTAX, "%s: want true or false", f->name);
		if (f->at == AT(esn))
			v->esn = json_is_true(j);
		else
			v->reject = json_is_false(j);
		return true;
	}
	if (f->type == OCTET) {
		if (!json_is_integer(j) || json_integer_value(j) < 0 || json_integer_value(j) > 255)
			return fail(e, ERR_SYNTAX, "%s: want 0 to 255", f->name);
		v->next_header = (uint8_t)json_integer_value(j);
		return true;
	}
	if (!json_is_string(j))
		return fail(e, ERR_SYNTAX, "%s: want a string", f->name);
	return read_text(v, f, json_string_value(j), a, e);
}

static bool
read_kind(struct vector *v, const char *name, struct err *e)
{
	for (unsigned i = 0; i < VECTOR_KINDS; i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		v->kind = (enum vector_kind)i;
		return true;
	}
	return fail(e, ERR_UNKNOWN, "kind: want esp, ah, mac, cipher or aead, got \"%s\"", name);
}

static bool
read_fields(struct vector *v, json_t *object, struct arena *a, struct err *e)
{
	const char *key;
	json_t *value;
	uint32_t seen = 0, may = ALWAYS | ALLOWED | kinds[v->kind].must | kinds[v->kind].may;
	json_object_foreach(object, key, value) {
		unsigned i = 0;
		while (i < F_N && strcmp(fields[i].name, key) != 0)
			i++;
		if (i == F_N || (may & BIT(i)) == 0)
			return fail(e, ERR_UNKNOWN, "%s: no field of kind %s", key, kinds[v->kind].name);
		if (!read_field(v, &fields[i], value, a, e))
			return false;
		seen |= BIT(i);
	}
	uint32_t missing = (ALWAYS | kinds[v->kind].must) & ~seen;
	for (unsigned i = 0; i < F_N; i++)
		if ((missing & BIT(i)) != 0)
			return fail(e, ERR_SYNTAX, "%s: missing", fields[i].name);
	return true;
}

/* Lengths that the algorithm's row fixes; the run below relies on them. */
static bool
check_lengths(const struct vector *v, struct err *e)
{
	const struct alg *row = v->enc != NULL ? v->enc : v->auth;
	size_t aad = v->aad.n, key = v->key.n;
	if (v->iv.n != row->iv)
		return fail(e, ERR_RANGE, "iv: want %u octets for %s, got %zu", row->iv, row->name, v->iv.n);
	if (v->kind == VECTOR_AEAD && (!alg_is_combined(row) || (aad != 8 && aad != 12)))
		return fail(e, ERR_RANGE,
			    "aad: want 8 or 12 octets (SPI and sequence number) of a combined mode, got %zu", aad);
	if (v->kind != VECTOR_AH && !alg_key_fits(row, key))
		return fail(e, ERR_RANGE, "key: %s has none of %zu octets", row->name, key);
	if ((v->kind == VECTOR_AEAD || v->kind == VECTOR_MAC) && v->icv.n != row->icv)
		return fail(e, ERR_RANGE, "icv: want %u octets for %s, got %zu", row->icv, row->name, v->icv.n);
	if (v->plaintext.n != v->ciphertext.n || v->plaintext.n % row->block != 0)
		return fail(e, ERR_RANGE, "plaintext, ciphertext: want as many octets, a multiple of %u", row->block);
	return (v->before.n > 0) == (v->datagram.n > 0) || fail(e, ERR_RANGE, "before, datagram: want both or none");
}

static bool
read_vector(struct vector *v, json_t *object, struct arena *a, struct err *e)
{
	const char *id = json_string_value(json_object_get(object, "id"));
	const char *kind = json_string_value(json_object_get(object, "kind"));
	if (id == NULL || kind == NULL)
		return fail(e, ERR_SYNTAX, "a vector without id or kind");
	v->id = arena_strdup(a, id);
	if (!read_kind(v, kind, e) || !read_fields(v, object, a, e) || !check_lengths(v, e))
		return err_prefix(e, "%s", id);
	return true;
}

static bool
read_vectors(struct vector_file *f, json_t *root, struct arena *a, struct err *e)
{
	const char *schema = json_string_value(json_object_get(root, "schema"));
	json_t *list = json_object_get(root, "vectors");
	if (schema == NULL || strcmp(schema, "espy-vectors/1") != 0)
		return fail(e, ERR_SYNTAX, "schema: want \"espy-vectors/1\", got \"%s\"", schema != NULL ? schema : "");
	if (!json_is_array(list))
		return fail(e, ERR_SYNTAX, "vectors: want an array");
	f->n = json_array_size(list);
	f->v = arena_alloc(a, (f->n + 1) * sizeof *f->v);
	for (size_t i = 0; i < f->n; i++)
		if (!read_vector(&f->v[i], json_array_get(list, i), a, e))
			return false;
	return true;
}

bool
vector_file_read(struct vector_file *f, const char *path, struct arena *a, struct err *e)
{
	json_error_t je;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &je);
	*f = (struct vector_file){ 0 };
	if (root == NULL && je.line < 0)
		return fail(e, ERR_IO, "%s", je.text);
	if (root == NULL)
		return fail(e, ERR_SYNTAX, "%s:%d: %s", path, je.line, je.text);
	bool ok = read_vectors(f, root, a, e) || err_prefix(e, "%s", path);
	json_decref(root);
	return ok;
}
