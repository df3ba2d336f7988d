#include "ipsec/sa.h"
#include "ipsec/ipcomp.h"

#include <assert.h>
#include <stdlib.h>

enum { PROTO_ESP = 50, PROTO_AH = 51, PROTO_IPCOMP = 108 };

static bool
is_null(const struct alg *a)
{
	return a == NULL || a->kind == ALG_NULL;
}

static const struct alg *
null_cipher(void)
{
	const struct alg *a = alg_by_name("null", ALG_ENC);
	assert(a != NULL && a->kind == ALG_NULL);
	return a;
}

static bool
check_identity(const struct sa_spec *s, struct err *e)
{
	if (s->spi == 0)
		return fail(e, ERR_RANGE, "spi: 0 is reserved (RFC 4303 2.1, RFC 4302 2.4)");
	if (s->protocol != PROTO_ESP && s->protocol != PROTO_AH && s->protocol != PROTO_IPCOMP)
		return fail(e, ERR_RANGE, "protocol: want 50 (esp), 51 (ah) or 108 (ipcomp), got %u", s->protocol);
	if (s->protocol == PROTO_IPCOMP && s->spi > UINT16_MAX)
		return fail(e, ERR_RANGE, "cpi: want 16 bits, got 0x%x  [RFC 3173 3.3]", s->spi);
	if (s->mode > MODE_TUNNEL)
		return fail(e, ERR_RANGE, "mode: want 0 to 2, got %u", s->mode);
	if (s->replay > 0 && addr_is_multicast(&s->dst) && addr_is_any(&s->src))
		return fail(e, ERR_RANGE, "replay: not for several senders  [RFC 4303 2.2, RFC 4302 2.5]");
	if (s->src.family != 0 && s->dst.family != 0 && s->src.family != s->dst.family)
		return fail(e, ERR_RANGE, "addresses: source is IPv%u, destination IPv%u", s->src.family,
			    s->dst.family);
	if (s->encap.udp && s->protocol != PROTO_ESP)
		return fail(e, ERR_RANGE, "encap: UDP carries ESP only (RFC 3948 1)");
	return true;
}

static bool
check_key(const struct alg *a, struct bytes key, struct err *e)
{
	if (key.n > SA_KEY_MAX || !alg_key_fits(a, key.n))
		return fail(e, ERR_RANGE, "%s: no key of %zu octets  [%s]", a->name, key.n, a->clause);
	if (alg_key_weak(a, key))
		return fail(e, ERR_RANGE, "%s: a weak key  [%s]", a->name, a->clause);
	return true;
}

static bool
check_esp(const struct sa_spec *s, struct err *e)
{
	bool combined = s->enc != NULL && alg_is_combined(s->enc);
	if (s->enc != NULL && !(s->enc->use & ALG_ENC))
		return fail(e, ERR_RANGE, "%s: not a cipher", s->enc->name);
	if (!is_null(s->auth) && (!(s->auth->use & ALG_AUTH) || s->auth->kind == ALG_AH_GMAC))
		return fail(e, ERR_RANGE, "%s: not an integrity algorithm of ESP", s->auth->name);
	if (combined && !is_null(s->auth))
		return fail(e, ERR_RANGE, "%s: has integrity of its own, got %s beside it", s->enc->name,
			    s->auth->name);
	if (is_null(s->enc) && is_null(s->auth))
		return fail(e, ERR_RANGE, "esp: neither encryption nor integrity  [RFC 4303 3.2]");
	if (s->replay > 0 && !combined && is_null(s->auth))
		return fail(e, ERR_RANGE, "esp: anti-replay needs integrity  [RFC 4303 3.4.3]");
	return true;
}

static bool
check_ah(const struct sa_spec *s, struct err *e)
{
	if (s->enc != NULL)
		return fail(e, ERR_RANGE, "%s: AH does not encrypt", s->enc->name);
	if (is_null(s->auth))
		return fail(e, ERR_RANGE, "ah: no integrity algorithm");
	if (!(s->auth->use & ALG_AUTH))
		return fail(e, ERR_RANGE, "%s: not an integrity algorithm of AH", s->auth->name);
	return true;
}

/* An association that has no keys and no numbers (RFC 3173 2: each datagram by itself). */
static bool
check_ipcomp(const struct sa_spec *s, struct err *e)
{
	if (s->enc != NULL || s->auth != NULL)
		return fail(e, ERR_RANGE, "ipcomp: neither encrypts nor authenticates");
	if (s->comp != IPCOMP_DEFLATE)
		return fail(e, ERR_RANGE, "ipcomp: want algorithm 2 (deflate), got %u  [RFC 2394]", s->comp);
	if (s->spi < CPI_WELL_KNOWN_END && s->spi != s->comp)
		return fail(e, ERR_RANGE, "cpi: %u stands for another algorithm than %u  [RFC 3173 3.3]", s->spi,
			    s->comp);
	if (s->replay != 0 || s->esn)
		return fail(e, ERR_RANGE, "ipcomp: has no sequence numbers");
	return true;
}

/* RFC 1826 and 1827 have one transform each that was written for them (RFC 1828, 1829), and nothing that counts. */
static bool
check_old(const struct sa_spec *s, struct err *e)
{
	const struct alg *a = s->protocol == PROTO_AH ? s->auth : s->enc;
	if (s->protocol == PROTO_IPCOMP)
		return fail(e, ERR_RANGE, "ipcomp: there is no older one");
	if (a == NULL || a->old == OLD_NOT || (s->protocol == PROTO_ESP && !is_null(s->auth)))
		return fail(e, ERR_RANGE, "%s: want %s  [RFC %u]", s->protocol == PROTO_AH ? "ah-old" : "esp-old",
			    s->protocol == PROTO_AH ? "keyed-md5" : "des-cbc alone",
			    s->protocol == PROTO_AH ? 1828 : 1829);
	if (s->replay != 0 || s->esn || s->seq != 0 || s->encap.udp)
		return fail(e, ERR_RANGE, "old AH and ESP have no sequence numbers, and no UDP around them");
	return true;
}

/* Rows of RFC 1828 and 1829 that today's protocols do not have. */
static bool
check_new(const struct sa_spec *s, struct err *e)
{
	const struct alg *list[] = { s->enc, s->auth };
	for (unsigned i = 0; i < 2; i++)
		if (list[i] != NULL && list[i]->old == OLD_ONLY)
			return fail(e, ERR_RANGE, "%s: for ah-old and esp-old only  [%s]", list[i]->name,
				    list[i]->clause);
	return true;
}

bool
sa_rules_allow(const struct sa_rules *rules, const struct sa_spec *s, struct err *e)
{
	if (s->old && !rules->old)
		return fail(e, ERR_RANGE, "AH and ESP of RFC 1826 and 1827: not here");
	if (s->esn && rules->no_esn)
		return fail(e, ERR_RANGE, "esn: numbers have 32 bits  [RFC 2402 2.5, RFC 2406 2.2]");
	if (s->enc != NULL && alg_is_combined(s->enc) && rules->no_combined)
		return fail(e, ERR_RANGE, "%s: a cipher does not authenticate  [RFC 2406 2.7]", s->enc->name);
	if (s->tfc != 0 && rules->no_tfc)
		return fail(e, ERR_RANGE, "tfc: there is none  [RFC 2406]");
	return true;
}

static bool
check_spec(const struct sa_spec *s, struct err *e)
{
	if (!check_identity(s, e) || !(s->old ? check_old(s, e) : check_new(s, e)))
		return false;
	if (s->protocol == PROTO_IPCOMP)
		return check_ipcomp(s, e);
	if (!(s->protocol == PROTO_ESP ? check_esp(s, e) : check_ah(s, e)))
		return false;
	if (s->enc != NULL && !check_key(s->enc, s->enc_key, e))
		return false;
	if (!is_null(s->auth) && !check_key(s->auth, s->auth_key, e))
		return false;
	if (!s->esn && s->seq > UINT32_MAX)
		return fail(e, ERR_RANGE, "seq: want at most 32 bits without ESN, got %llu",
			    (unsigned long long)s->seq);
	return true;
}

/* Both keys into storage of their own. */
static bool
keep_keys(struct sa *sa, struct sa_spec *s, struct err *e)
{
	size_t n = s->enc_key.n + s->auth_key.n;
	uint8_t *keys = malloc(n > 0 ? n : 1);
	if (keys == NULL)
		return fail_errno(e, "sa");
	struct wr w = wr_of(keys, n);
	wr_bytes(&w, s->enc_key);
	wr_bytes(&w, s->auth_key);
	s->enc_key = bytes_slice(wr_done(&w), 0, s->enc_key.n);
	s->auth_key = bytes_slice(wr_done(&w), s->enc_key.n, SIZE_MAX);
	sa->keys = keys;
	sa->keys_n = n;
	return true;
}

/* Everything that can fail comes first: a larval SA stays larval on failure. */
static bool
fill(struct sa *sa, const struct sa_spec *spec, struct err *e)
{
	struct sa_spec s = *spec;
	if (s.protocol == PROTO_ESP && s.enc == NULL)
		s.enc = null_cipher();
	/* RFC 8750 7: the number is the IV too, and must not come again, window or not. */
	if (s.enc != NULL && s.enc->implicit_iv)
		s.seq_cycle = false;
	if (is_null(s.auth)) {
		s.auth = NULL;
		s.auth_key = BYTES_NONE;
	}
	struct replay replay;
	if (!replay_init(&replay, s.replay, s.esn, e))
		return false;
	bool keyed = s.protocol != PROTO_IPCOMP;
	struct seal *seal = keyed ? seal_new(s.enc, s.enc_key, s.auth, s.auth_key, e) : NULL;
	if ((keyed && seal == NULL) || !keep_keys(sa, &s, e)) {
		seal_free(seal);
		replay_free(&replay);
		return false;
	}
	sa->spec = s;
	sa->seal = seal;
	sa->replay = replay;
	sa->seq = sa->iv = s.seq;
	sa->state = SA_MATURE;
	return true;
}

static struct sa *
new_sa(struct err *e)
{
	struct sa *sa = calloc(1, sizeof *sa);
	if (sa == NULL)
		fail_errno(e, "sa");
	return sa;
}

struct sa *
sa_open(const struct sa_spec *spec, struct err *e)
{
	if (!check_spec(spec, e))
		return NULL;
	struct sa *sa = new_sa(e);
	if (sa != NULL && !fill(sa, spec, e)) {
		sa_close(sa);
		return NULL;
	}
	return sa;
}

struct sa *
sa_open_larval(uint32_t spi, uint8_t protocol, const struct addr *src, const struct addr *dst, struct err *e)
{
	struct sa_spec spec = { .spi = spi, .protocol = protocol, .src = *src, .dst = *dst };
	if (!check_identity(&spec, e))
		return NULL;
	struct sa *sa = new_sa(e);
	if (sa == NULL)
		return NULL;
	sa->spec = spec;
	sa->state = SA_LARVAL;
	return sa;
}

static bool
same_alg(const struct alg *old, struct bytes old_key, const struct alg *a, struct bytes key)
{
	if (is_null(a))
		return true;
	return a == old && (key.n == 0 || bytes_equal(key, old_key));
}

bool
sa_complete(struct sa *sa, const struct sa_spec *spec, struct err *e)
{
	const struct sa_spec *old = &sa->spec;
	if (spec->spi != old->spi || spec->protocol != old->protocol || !addr_equal(&spec->dst, &old->dst))
		return fail(e, ERR_RANGE, "spi, protocol or destination: not those of SA 0x%08x", old->spi);
	if (sa->state == SA_LARVAL)
		return check_spec(spec, e) && fill(sa, spec, e);
	if (sa->state == SA_DEAD)
		return fail(e, ERR_RANGE, "SA 0x%08x is dead", old->spi);
	if (!same_alg(old->enc, old->enc_key, spec->enc, spec->enc_key) ||
	    !same_alg(old->auth, old->auth_key, spec->auth, spec->auth_key) ||
	    (spec->comp != 0 && spec->comp != old->comp))
		return fail(e, ERR_RANGE, "SA 0x%08x: keys and algorithms of a mature SA never change", old->spi);
	sa->spec.hard = spec->hard;
	sa->spec.soft = spec->soft;
	return true;
}

void
sa_close(struct sa *sa)
{
	if (sa == NULL)
		return;
	seal_free(sa->seal);
	replay_free(&sa->replay);
	if (sa->keys != NULL)
		explicit_bzero(sa->keys, sa->keys_n);
	free(sa->keys);
	explicit_bzero(sa, sizeof *sa);
	free(sa);
}

static bool
reached(uint64_t used, uint64_t limit)
{
	return limit != 0 && used >= limit;
}

static bool
aged(uint64_t now, uint64_t since, uint64_t limit)
{
	return since != 0 && now >= since && reached(now - since, limit);
}

static bool
over(const struct lifetime *used, const struct lifetime *limit, uint64_t now)
{
	return reached(used->bytes, limit->bytes) || reached(used->allocations, limit->allocations) ||
	       aged(now, used->usetime, limit->usetime) || aged(now, used->addtime, limit->addtime);
}

void
sa_account(struct sa *sa, size_t n, uint64_t now, bool *soft, bool *hard)
{
	sa->last = now;
	sa->current.bytes += n;
	if (sa->current.allocations < UINT32_MAX)
		sa->current.allocations++;
	if (sa->current.usetime == 0)
		sa->current.usetime = now;
	*hard = over(&sa->current, &sa->spec.hard, now);
	*soft = sa->state == SA_MATURE && over(&sa->current, &sa->spec.soft, now);
}
