/*
 * What managers hang on an SA that means nothing to IPsec: identities, sensitivity, proxy address, private data,
 * prefixes of its addresses. It is kept as octets of a message, so that any extension can be kept.
 */
#include "pfkey/sadb_engine.h"
#include "pfkey/record.h"

#include <errno.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->unfiled = true)
#include <uthash.h>

/* Compared octet by octet: no padding. */
struct note_key {
	struct addr src, dst; /* a group has an SA for each source, RFC 4301 4.1 */
	uint8_t protocol, zero;
	uint32_t spi;
};
_Static_assert(sizeof(struct note_key) == 2 * sizeof(struct addr) + 6, "padding in a hash key");

struct sadb_note {
	struct note_key key;
	size_t n;
	uint8_t *octets;
	bool unfiled;
	UT_hash_handle hh;
};

#define KEPT                                                                                                           \
	(EXT_BIT(EXT_ADDRESS_PROXY) | EXT_BIT(EXT_IDENTITY_SRC) | EXT_BIT(EXT_IDENTITY_DST) |                          \
	 EXT_BIT(EXT_SENSITIVITY) | SADB_KEPT_EXTRA)

static struct sadb_note *
note_of(const struct sadb *d, const struct sa *sa)
{
	struct note_key key = {
		.src = sa->spec.src, .dst = sa->spec.dst, .protocol = sa->spec.protocol, .spi = sa->spec.spi
	};
	struct sadb_note *note;
	HASH_FIND(hh, d->notes, &key, sizeof key, note);
	return note;
}

/* A whole address without a protocol is what every reply says anyhow. */
static bool
is_remarkable(const struct pfkey_msg *m, unsigned i)
{
	if (KEPT & EXT_BIT(m->kind[i]))
		return true;
	if (m->kind[i] != EXT_ADDRESS_SRC && m->kind[i] != EXT_ADDRESS_DST)
		return false;
	const struct value *v = m->ext[i].v;
	return v[XAD_PROTO].u != 0 || v[XAD_PREFIXLEN].u != v[XAD_ADDR].b.n * 8;
}

/* Leaves m->n at 0 when there is nothing to keep. */
static void
collect(struct pfkey_msg *kept, const struct pfkey_msg *m)
{
	pfkey_msg_init(kept, m->dialect, PFKEY_ADD, SATYPE_UNSPEC);
	for (unsigned i = 0; i < m->n; i++) {
		struct hdr *h = is_remarkable(m, i) ? pfkey_msg_push(kept, m->kind[i], 0) : NULL;
		if (h != NULL)
			*h = sadb_clean_ext(m, i, false);
	}
}

int
sadb_note_keep(struct sadb *d, const struct sa *sa, const struct pfkey_msg *m)
{
	sadb_note_drop(d, sa);
	collect(&d->kept, m);
	if (d->kept.n == 0)
		return 0;
	struct wr w = wr_of(d->out, sizeof d->out);
	if (!pfkey_msg_put(&d->kept, false, &w, NULL))
		return ENOBUFS;
	struct sadb_note *note = calloc(1, sizeof *note);
	uint8_t *octets = malloc(w.n);
	if (note == NULL || octets == NULL)
		goto fail;
	struct wr own = wr_of(octets, w.n);
	wr_bytes(&own, wr_done(&w));
	note->key = (struct note_key){
		.src = sa->spec.src, .dst = sa->spec.dst, .protocol = sa->spec.protocol, .spi = sa->spec.spi
	};
	note->octets = octets;
	note->n = own.n;
	HASH_ADD(hh, d->notes, key, sizeof note->key, note);
	if (!note->unfiled)
		return 0;
fail:
	free(octets);
	free(note);
	return ENOMEM;
}

bool
sadb_note_get(struct sadb *d, const struct sa *sa, struct pfkey_msg *kept)
{
	const struct sadb_note *note = note_of(d, sa);
	if (note == NULL)
		return false;
	struct bytes octets = { note->octets, note->n };
	return pfkey_msg_parse(kept, d->setup.dialect, octets, false, NULL);
}

/* Both sides are clean, so that equal extensions have equal octets. */
static bool
is_same_ext(const struct hdr *a, const struct hdr *b)
{
	struct field_diff none[1];
	return a->lay == b->lay && hdr_diff(a, b, none, 1) == 0;
}

bool
sadb_note_agrees(struct sadb *d, const struct sa *sa, const struct pfkey_msg *m)
{
	struct pfkey_msg *kept = &d->kept;
	if (!sadb_note_get(d, sa, kept))
		kept->n = 0;
	for (unsigned i = 0; i < m->n; i++) {
		if (!(KEPT & EXT_BIT(m->kind[i])))
			continue;
		struct hdr said = sadb_clean_ext(m, i, false);
		const struct hdr *had = pfkey_msg_get(kept, m->kind[i]);
		if (had == NULL || !is_same_ext(&said, had))
			return false;
	}
	return true;
}

static void
drop(struct sadb *d, struct sadb_note *note)
{
	HASH_DEL(d->notes, note);
	free(note->octets);
	free(note);
}

void
sadb_note_drop(struct sadb *d, const struct sa *sa)
{
	struct sadb_note *note = note_of(d, sa);
	if (note != NULL)
		drop(d, note);
}

void
sadb_note_drop_all(struct sadb *d)
{
	while (d->notes != NULL)
		drop(d, d->notes);
}
