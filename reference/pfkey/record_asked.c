/*
 * What our own PF_KEY says of a policy request beyond KAME's record: which bundle it is of, what algorithms it asks for, for one flow or
 * all (ipsecconf(8)). Sixteen octets behind the record's tunnel ends, none of them when there is nothing to say. Single octets, so that
 * they look the same in both byte orders; key lengths are in octets for the same reason.
 */
#include "pfkey/record.h"

enum { ASK_MARK1, ASK_MARK2, ASK_ALTERNATIVE, ASK_FLAGS, ASK_ENC, ASK_AUTH, ASK_MIN, ASK_LAST = ASK_MIN + 4, ASK_NF };
enum { FLAG_ENC = 1, FLAG_AUTH = 2, FLAG_PER_FLOW = 4, FLAG_NONE = 8 };
#define MARK 0xe5 /* no socket address begins so */

static const struct field fields[ASK_NF] = {
	[ASK_MARK1] = { "mark1", 8, F_HEX, NULL, NULL },
	[ASK_MARK2] = { "mark2", 8, F_HEX, NULL, NULL },
	[ASK_ALTERNATIVE] = { "alternative", 8, F_UINT, NULL, "ipsecconf(8) or" },
	[ASK_FLAGS] = { "flags", 8, F_HEX, NULL, NULL },
	[ASK_ENC] = { "enc", 8, F_UINT, NULL, "ipsecconf(8) encr_algs" },
	[ASK_AUTH] = { "auth", 8, F_UINT, NULL, "ipsecconf(8) auth_algs" },
	[ASK_MIN] = { "enc_min", 8, F_UINT, NULL, NULL },
	[ASK_MIN + 1] = { "enc_max", 8, F_UINT, NULL, NULL },
	[ASK_MIN + 2] = { "auth_min", 8, F_UINT, NULL, NULL },
	[ASK_MIN + 3] = { "auth_max", 8, F_UINT, NULL, NULL },
	[ASK_LAST] = { "reserved", 48, F_BYTES, NULL, NULL },
};
static const struct layout layout = {
	.name = "asked", .title = "what is asked of an SA", .fields = fields, .n = ASK_NF
};

size_t
record_asked_n(const struct dialect *d, const struct spd_request *q)
{
	return d->own_policies && !spd_request_is_plain(q) ? ASKED_OCTETS : 0;
}

static bool
put_alg(const struct dialect *d, struct hdr *h, const struct spd_alg *a, unsigned field, unsigned min, unsigned flag,
	struct err *e)
{
	int number = a->alg != NULL ? dialect_alg_number(d, a->alg) : 0;
	if (number < 0)
		return fail(e, ERR_UNSUPPORTED, "x_policy: %s has no number for %s", d->name, a->alg->name);
	if (!a->wanted)
		return true;
	hdr_set(h, ASK_FLAGS, h->v[ASK_FLAGS].u | flag);
	hdr_set(h, field, (uint64_t)number);
	hdr_set(h, min, (a->min_bits + 7u) / 8);
	hdr_set(h, min + 1, a->max_bits / 8);
	return true;
}

bool
record_put_asked(const struct dialect *d, const struct spd_request *q, struct wr *w, struct err *e)
{
	struct hdr h = hdr_of(&layout);
	static const uint8_t reserved[6] = { 0 };
	if (spd_request_is_plain(q))
		return true;
	if (!d->own_policies)
		return fail(e, ERR_UNSUPPORTED, "x_policy: %s cannot ask for algorithms or alternatives", d->name);
	hdr_set(&h, ASK_MARK1, MARK);
	hdr_set(&h, ASK_MARK2, MARK);
	hdr_set(&h, ASK_ALTERNATIVE, q->alternative);
	hdr_set(&h, ASK_FLAGS, (q->per_flow ? FLAG_PER_FLOW : 0u) | (q->protocol == 0 ? FLAG_NONE : 0u));
	hdr_set_bytes(&h, ASK_LAST, BYTES_OF(reserved));
	if (!put_alg(d, &h, &q->enc, ASK_ENC, ASK_MIN, FLAG_ENC, e) ||
	    !put_alg(d, &h, &q->auth, ASK_AUTH, ASK_MIN + 2, FLAG_AUTH, e))
		return false;
	hdr_put(&h, w, false);
	return true;
}

static bool
get_alg(const struct dialect *d, const struct hdr *h, struct spd_alg *a, uint8_t use, unsigned field, unsigned min,
	unsigned flag)
{
	a->wanted = (h->v[ASK_FLAGS].u & flag) != 0;
	a->alg = dialect_alg(d, use, (int)h->v[field].u);
	a->min_bits = (uint16_t)(h->v[min].u * 8);
	a->max_bits = (uint16_t)(h->v[min + 1].u * 8);
	return a->alg != NULL || h->v[field].u == 0;
}

bool
record_get_asked(const struct dialect *d, struct rd *body, struct spd_request *q, struct err *e)
{
	struct hdr h;
	if (!d->own_policies || rd_left(body) < ASKED_OCTETS || rd_peek(body, 0) != MARK || rd_peek(body, 1) != MARK)
		return q->protocol != 0 || !d->own_policies || fail(e, ERR_RANGE, "x_policy.requests: protocol 0");
	if (!hdr_get(&h, &layout, body, false, e))
		return err_prefix(e, "x_policy.requests");
	uint64_t flags = h.v[ASK_FLAGS].u;
	q->alternative = (uint8_t)h.v[ASK_ALTERNATIVE].u;
	q->per_flow = (flags & FLAG_PER_FLOW) != 0;
	if (((flags & FLAG_NONE) != 0) != (q->protocol == 0))
		return fail(e, ERR_RANGE, "x_policy.requests: protocol %u beside flags 0x%x", q->protocol,
			    (unsigned)flags);
	return (get_alg(d, &h, &q->enc, ALG_ENC, ASK_ENC, ASK_MIN, FLAG_ENC) &&
		get_alg(d, &h, &q->auth, ALG_AUTH, ASK_AUTH, ASK_MIN + 2, FLAG_AUTH)) ||
	       fail(e, ERR_RANGE, "x_policy.requests: an algorithm without a name");
}
