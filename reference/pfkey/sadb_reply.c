/*
 * SAs as the engine shows them: every field from the SAD, in the order of RFC 2367 3.6, with ports, padding and
 * reserved fields zero.
 */
#include "pfkey/sadb_engine.h"
#include "pfkey/record.h"

#include <errno.h>

/* The text and its NUL; what a manager left behind them is not handed on. */
static struct bytes
cut_string(struct bytes b)
{
	struct rd r = rd_of(b);
	while (rd_left(&r) > 0)
		if (rd_uint(&r, 1) == 0)
			break;
	return bytes_slice(b, 0, r.at);
}

static bool
is_blank(const char *name, bool keep_port)
{
	static const char *const blank[] = { "reserved", "res1", "res2", "pad", "flowinfo" };
	for (unsigned i = 0; i < sizeof blank / sizeof blank[0]; i++)
		if (strcmp(name, blank[i]) == 0)
			return true;
	return !keep_port && strcmp(name, "port") == 0;
}

struct hdr
sadb_clean_ext(const struct pfkey_msg *m, unsigned i, bool keep_port)
{
	struct hdr h = m->ext[i];
	bool address = pfkey_ext_is_address(m->kind[i]);
	for (unsigned f = 0; f < h.lay->n; f++) {
		bool port = strcmp(h.lay->fields[f].name, "port") == 0;
		if (is_blank(h.lay->fields[f].name, keep_port || (port && !address))) {
			h.v[f] = (struct value){ 0 };
			h.given &= ~(UINT32_C(1) << f);
		}
	}
	if (m->kind[i] == EXT_IDENTITY_SRC || m->kind[i] == EXT_IDENTITY_DST)
		h.v[XID_STRING].b = cut_string(h.v[XID_STRING].b);
	h.given &= ~(UINT32_C(1) << X_LEN);
	return h;
}

static bool
push_kept(struct pfkey_msg *m, const struct pfkey_msg *kept, ext_set kinds)
{
	for (unsigned i = 0; i < kept->n; i++) {
		if (!(kinds & EXT_BIT(kept->kind[i])))
			continue;
		struct hdr *h = pfkey_msg_push(m, kept->kind[i], 0);
		if (h == NULL)
			return false;
		*h = kept->ext[i];
	}
	return true;
}

/* As it was added: prefix and protocol from the note where there is one (RFC 2367 2.3.3), else the whole address. */
static bool
push_address(struct pfkey_msg *m, const struct pfkey_msg *kept, enum pfkey_ext kind, const struct addr *a)
{
	const struct hdr *said = pfkey_msg_get(kept, kind);
	uint8_t bits = a->family == 4 ? 32 : 128, proto = 0;
	if (said != NULL) {
		bits = (uint8_t)said->v[XAD_PREFIXLEN].u;
		proto = (uint8_t)said->v[XAD_PROTO].u;
	}
	return pfkey_msg_push_address(m, kind, a, bits, proto, 0, NULL);
}

static bool
push_lifetimes(struct pfkey_msg *m, const struct sa *sa, unsigned parts)
{
	if ((parts & PART_CURRENT) && !pfkey_push_lifetime(m, EXT_LIFETIME_CURRENT, &sa->current))
		return false;
	if ((parts & PART_LIMITS) && !pfkey_push_lifetimes(m, &sa->spec))
		return false;
	if ((parts & PART_HARD) && !pfkey_push_lifetime(m, EXT_LIFETIME_HARD, &sa->spec.hard))
		return false;
	return !(parts & PART_SOFT) || pfkey_push_lifetime(m, EXT_LIFETIME_SOFT, &sa->spec.soft);
}

int
sadb_push_sa(struct sadb *d, struct pfkey_msg *m, const struct sa *sa, unsigned parts)
{
	struct pfkey_msg *kept = &d->kept;
	const struct sa_spec *s = &sa->spec;
	const ext_set proxy = EXT_BIT(EXT_ADDRESS_PROXY);
	const ext_set rfc = EXT_BIT(EXT_IDENTITY_SRC) | EXT_BIT(EXT_IDENTITY_DST) | EXT_BIT(EXT_SENSITIVITY);
	const ext_set extra = SADB_KEPT_EXTRA;
	if (!sadb_note_get(d, sa, kept))
		kept->n = 0;
	bool whole =
		pfkey_push_sa(m, s, sa->state) && push_lifetimes(m, sa, parts) &&
		push_address(m, kept, EXT_ADDRESS_SRC, &s->src) && push_address(m, kept, EXT_ADDRESS_DST, &s->dst) &&
		(!(parts & PART_PROXY) || push_kept(m, kept, proxy)) &&
		(!(parts & PART_KEYS) || pfkey_push_keys(m, s)) && (!(parts & PART_NOTES) || push_kept(m, kept, rfc)) &&
		(!(parts & PART_EXTRAS) || push_kept(m, kept, extra)) &&
		(!(parts & PART_EXTRAS) || pfkey_push_extras(m, s, (uint32_t)sa->seq));
	return whole ? 0 : ENOBUFS;
}
