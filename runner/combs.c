/* Whether the combinations of an ACQUIRE are ones that the target could be given: RFC 2367 2.3.7 against what SADB_REGISTER listed. */
#include "pfkey/record.h"
#include "runner/stage.h"

#include <string.h>

static const struct pfkey_alg *
row_of(const struct pfkey_alg *rows, unsigned n, uint64_t id)
{
	for (unsigned i = 0; i < n; i++)
		if (rows[i].id == id)
			return &rows[i];
	return NULL;
}

/* Both zero without the algorithm; with it inside what was registered. */
static bool
bits_fit(const struct hdr *comb, unsigned alg, unsigned min, unsigned max, const struct pfkey_alg *rows, unsigned n)
{
	uint64_t lo = comb->v[min].u, hi = comb->v[max].u;
	if (comb->v[alg].u == 0)
		return lo == 0 && hi == 0;
	const struct pfkey_alg *row = row_of(rows, n, comb->v[alg].u);
	return row != NULL && lo != 0 && lo <= hi && lo >= row->minbits && hi <= row->maxbits;
}

static bool
limits_fit(const struct hdr *comb)
{
	static const struct {
		uint8_t soft, hard;
	} limits[] = {
		{ COMB_SOFT_ALLOCATIONS, COMB_HARD_ALLOCATIONS },
		{ COMB_SOFT_BYTES, COMB_HARD_BYTES },
		{ COMB_SOFT_ADDTIME, COMB_HARD_ADDTIME },
		{ COMB_SOFT_USETIME, COMB_HARD_USETIME },
	};
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		uint64_t soft = comb->v[limits[i].soft].u, hard = comb->v[limits[i].hard].u;
		if (hard != 0 && soft > hard)
			return false;
	}
	return true;
}

bool
combs_registered(struct stage *s, const struct val *combs, bool *result, struct err *e)
{
	const struct capabilities *c = &s->g->caps;
	bool ah = stage_protocol(s) == 51;
	const struct pfkey_alg *auth = ah ? c->auth_ah : c->auth_esp;
	struct hdr h = hdr_of(pfkey_ext_layout(s->g->dialect, EXT_PROPOSAL, 0)), comb;
	if (combs->kind != VAL_TEXT || !c->known)
		return fail(e, ERR_SYNTAX, "combs_registered: want the combs of a proposal");
	size_t room = strlen(combs->text);
	struct wr store = wr_of(arena_alloc(s->scratch, room), room);
	if (!hdr_set_text(&h, XPROP_COMBS, combs->text, &store, e))
		return false;
	struct bytes octets = h.v[XPROP_COMBS].b;
	struct rd r = rd_of(octets);
	*result = octets.n % COMB_OCTETS == 0;
	while (*result && hdr_get(&comb, &layout_sadb_comb, &r, engine_swaps(s->g), NULL))
		*result = (comb.v[COMB_AUTH].u != 0 || comb.v[COMB_ENCRYPT].u != 0) && limits_fit(&comb) &&
			  bits_fit(&comb, COMB_AUTH, COMB_AUTH_MIN, COMB_AUTH_MAX, auth,
				   ah ? c->auth_ah_n : c->auth_esp_n) &&
			  bits_fit(&comb, COMB_ENCRYPT, COMB_ENCRYPT_MIN, COMB_ENCRYPT_MAX, c->enc, c->enc_n);
	return true;
}
