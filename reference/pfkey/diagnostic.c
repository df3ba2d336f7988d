/*
 * Solaris says in sadb_msg_reserved of a refusal what its errno does not: which extension is missing, there twice or malformed, which
 * value is bad. The numbers are those of the public <net/pfkeyv2.h>; 0 says no more than the errno.
 */
#include "pfkey/grammar.h"
#include "pfkey/record.h"

#include <errno.h>

enum {
	DIAG_NONE = 0,
	DIAG_UNKNOWN_MSG = 1,
	DIAG_UNKNOWN_SATYPE = 4,
	DIAG_SATYPE_NEEDED = 5,
	DIAG_AF_MISMATCH = 11,
	DIAG_MISSING_EKEY = 21,
	DIAG_MISSING_AKEY = 22,
	DIAG_BAD_AALG = 40,
	DIAG_BAD_EALG = 41,
	DIAG_BAD_SASTATE = 43,
	DIAG_BAD_AKEYBITS = 44,
	DIAG_BAD_EKEYBITS = 45,
	DIAG_WEAK_EKEY = 47,
	DIAG_SA_NOTFOUND = 78,
};

static const struct {
	uint8_t kind, missing, duplicate, malformed;
} extensions[] = {
	{ EXT_ADDRESS_SRC, 18, 24, 30 },   { EXT_ADDRESS_DST, 19, 25, 31 }, { EXT_SA, 20, 26, 32 },
	{ EXT_KEY_ENCRYPT, 21, 27, 33 },   { EXT_KEY_AUTH, 22, 28, 34 },    { EXT_SPIRANGE, 23, 29, 35 },
	{ EXT_X_KM_COOKIE, 0, 50, 0 },     { EXT_X_NATT_LOC, 51, 53, 55 },  { EXT_X_NATT_REM, 52, 54, 56 },
	{ EXT_ADDRESS_PROXY, 58, 60, 62 }, { EXT_X_INNER_DST, 59, 61, 63 },
};

static unsigned
count(const struct pfkey_msg *m, unsigned kind)
{
	unsigned n = 0;
	for (unsigned i = 0; i < m->n; i++)
		n += m->kind[i] == kind;
	return n;
}

static unsigned
of_extensions(const struct pfkey_msg *m, ext_set required)
{
	for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++)
		if (count(m, extensions[i].kind) > 1)
			return extensions[i].duplicate;
	for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++)
		if ((required & EXT_BIT(extensions[i].kind)) && count(m, extensions[i].kind) == 0)
			return extensions[i].missing;
	for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++)
		if (pfkey_check_value(m, PFKEY_IN, (enum pfkey_ext)extensions[i].kind, NULL) != 0)
			return extensions[i].malformed;
	return DIAG_NONE;
}

/* --- values ----------------------------------------------------------------------------------- */

static unsigned
of_key(const struct pfkey_msg *m, enum pfkey_ext kind, const struct alg *a, unsigned missing, unsigned bad)
{
	const struct hdr *key = pfkey_msg_get(m, kind);
	if (a == NULL || a->kind == ALG_NULL)
		return DIAG_NONE;
	if (key == NULL)
		return missing;
	if (key->v[XKEY_BITS].u % 8 != 0 || !alg_key_fits(a, key->v[XKEY_KEY].b.n))
		return bad;
	return a->weak != NULL && a->weak(key->v[XKEY_KEY].b) ? DIAG_WEAK_EKEY : DIAG_NONE;
}

static unsigned
of_sa(const struct pfkey_msg *m, enum pfkey_type type)
{
	const struct hdr *sa = pfkey_msg_get(m, EXT_SA);
	if (sa == NULL || (type != PFKEY_ADD && type != PFKEY_UPDATE))
		return DIAG_NONE;
	const struct alg *enc = dialect_alg(m->dialect, ALG_ENC, (int)sa->v[XSA_ENCRYPT].u);
	const struct alg *auth = dialect_alg(m->dialect, ALG_AUTH, (int)sa->v[XSA_AUTH].u);
	if (sa->v[XSA_STATE].u != SA_MATURE)
		return DIAG_BAD_SASTATE;
	if (sa->v[XSA_AUTH].u != 0 && auth == NULL)
		return DIAG_BAD_AALG;
	if (sa->v[XSA_ENCRYPT].u != 0 && enc == NULL)
		return DIAG_BAD_EALG;
	unsigned of_enc = of_key(m, EXT_KEY_ENCRYPT, enc, DIAG_MISSING_EKEY, DIAG_BAD_EKEYBITS);
	return of_enc != DIAG_NONE ? of_enc : of_key(m, EXT_KEY_AUTH, auth, DIAG_MISSING_AKEY, DIAG_BAD_AKEYBITS);
}

static unsigned
of_family(const struct pfkey_msg *m)
{
	const struct hdr *src = pfkey_msg_get(m, EXT_ADDRESS_SRC), *dst = pfkey_msg_get(m, EXT_ADDRESS_DST);
	if (src == NULL || dst == NULL)
		return DIAG_NONE;
	return pfkey_address(src, NULL).family != pfkey_address(dst, NULL).family ? DIAG_AF_MISMATCH : DIAG_NONE;
}

unsigned
pfkey_diagnostic(const struct pfkey_msg *m, int number)
{
	enum pfkey_type type = pfkey_msg_type(m);
	const struct grammar_row *row = &pfkey_grammar[type];
	uint64_t satype = m->base.v[MSG_SATYPE].u;
	if (!m->dialect->diagnostics)
		return DIAG_NONE;
	if (type == PFKEY_RESERVED)
		return DIAG_UNKNOWN_MSG;
	if (row->satype == SATYPE_NEEDED && satype == SATYPE_UNSPEC)
		return DIAG_SATYPE_NEEDED;
	if (row->satype != SATYPE_IGNORED && !dialect_has_satype(m->dialect, satype))
		return DIAG_UNKNOWN_SATYPE;
	unsigned diag = of_extensions(m, row->side[PFKEY_IN].required);
	if (diag == DIAG_NONE)
		diag = of_family(m);
	if (diag == DIAG_NONE && number == ESRCH)
		diag = DIAG_SA_NOTFOUND;
	return diag != DIAG_NONE ? diag : of_sa(m, type);
}
