/* What a request asks of an SA beside protocol, mode and ends: algorithms and key lengths, ipsecconf(8). */
#include "ipsec/spd.h"

/* The same algorithm under several truncations is one row each; a request means the row. */
static bool
alg_suits(const struct spd_alg *want, const struct alg *got, size_t key_octets)
{
	if (!want->wanted)
		return true;
	if (got == NULL || (want->alg != NULL && want->alg != got))
		return false;
	size_t salt = got->salt < key_octets ? got->salt : key_octets, bits = (key_octets - salt) * 8;
	return bits >= want->min_bits && (want->max_bits == 0 || bits <= want->max_bits);
}

bool
spd_request_suits(const struct spd_request *r, const struct sa *sa)
{
	const struct sa_spec *s = &sa->spec;
	/* A combined algorithm brings the integrity that is asked for, RFC 4303 3.2.3. */
	bool combined = s->enc != NULL && alg_is_combined(s->enc);
	if (combined && r->auth.wanted && r->auth.alg == NULL)
		return alg_suits(&r->enc, s->enc, s->enc_key.n);
	return alg_suits(&r->enc, s->enc, s->enc_key.n) && alg_suits(&r->auth, s->auth, s->auth_key.n);
}

bool
spd_request_is_plain(const struct spd_request *r)
{
	return r->protocol != 0 && r->alternative == 0 && !r->per_flow && !r->enc.wanted && !r->auth.wanted;
}
