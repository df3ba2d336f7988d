#include "ipsec/sa.h"

#include <assert.h>
#include <stdlib.h>

enum { PROTO_ESP = 50, PROTO_AH = 51 };

/* A write that the compiler may not drop because the memory is freed next. */
static void
wipe(void *p, size_t n)
{
	volatile uint8_t *o = p;
	while (n-- > 0)
		*o++ = 0;
}

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
	if (s->protocol != PROTO_ESP && s->protocol != PROTO_AH)
		return fail(e, ERR_RANGE, "protocol: want 50 (esp) or 51 (ah), got %u", s->protocol);
	if (s->mode > MODE_TUNNEL)
		return fail(e, ERR_RANGE, "mode: want 0 to 2, got %u", s->mode);
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

static bool
check_spec(const struct sa_spec *s, struct err *e)
{
	if (!check_identity(s, e))
		return false;
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

/* A key into the SA's own storage. */
static struct bytes
keep_key(uint8_t store[SA_KEY_MAX], struct bytes key)
{
	struct wr w = wr_of(store, SA_KEY_MAX);
	wr_bytes(&w, key);
	return wr_done(&w);
}

/* Everything that can fail comes first: a larval SA stays larval on failure. */
static bool
fill(struct sa *sa, const struct sa_spec *spec, struct err *e)
{
	struct sa_spec s = *spec;
	if (s.protocol == PROTO_ESP && s.enc == NULL)
		s.enc = null_cipher();
	if (is_null(s.auth)) {
		s.auth = NULL;
		s.auth_key = BYTES_NONE;
	}
	struct replay replay;
	if (!replay_init(&replay, s.replay, s.esn, e))
		return false;
	struct seal *seal = seal_new(s.enc, s.enc_key, s.auth, s.auth_key, e);
	if (seal == NULL) {
		replay_free(&replay);
		return false;
	}
	s.enc_key = keep_key(sa->enc_key, s.enc_key);
	s.auth_key = keep_key(sa->auth_key, s.auth_key);
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
	    !same_alg(old->auth, old->auth_key, spec->auth, spec->auth_key))
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
	wipe(sa, sizeof *sa);
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
	sa->current.bytes += n;
	if (sa->current.allocations < UINT32_MAX)
		sa->current.allocations++;
	if (sa->current.usetime == 0)
		sa->current.usetime = now;
	*hard = over(&sa->current, &sa->spec.hard, now);
	*soft = sa->state == SA_MATURE && over(&sa->current, &sa->spec.soft, now);
}
