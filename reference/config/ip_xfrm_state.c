/* The words of `ip xfrm state`: SAs, their algorithms and limits. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "config/ip_xfrm_parse.h"
#include "config/xfrm_alg.h"

/* --- algorithms ------------------------------------------------------------------------------ */

/* Rows of one name differ in their truncation; 0 bits: what Linux takes without one. */
static const struct alg *
find_alg(const char *name, uint8_t use, uint64_t bits)
{
	const struct alg *first = NULL;
	for (unsigned i = 0; i < algs_n; i++) {
		const char *own = (algs[i].use & use) != 0 ? xfrm_alg_name(&algs[i]) : NULL;
		if (own == NULL || strcmp(own, name) != 0)
			continue;
		if (bits == 0 ? first == NULL : algs[i].icv * 8u == bits)
			first = &algs[i];
	}
	return first;
}

/* KIND NAME KEY [BITS]; `auth` without bits truncates to 96, as xfrm_algo.c of Linux does for what has no other rule. */
static bool
take_alg(struct words *w, struct statement *s, uint8_t use, bool bits)
{
	char name[80];
	uint64_t icv = 0;
	unsigned line = w->word_line;
	struct bytes *key = use == ALG_ENC ? &s->sa.enc_key : &s->sa.auth_key;
	snprintf(name, sizeof name, "%.79s", w->word);
	words_next(w);
	if (!words_take_key(w, use == ALG_ENC ? s->enc_key : s->auth_key, key) ||
	    (bits && !words_take_number(w, 4096, &icv)))
		return false;
	if (use == ALG_AUTH && !bits)
		icv = 96;
	const struct alg *a = find_alg(name, use, icv);
	if (a == NULL)
		return fail(w->e, ERR_UNKNOWN, "%s:%u: no algorithm '%s' with an ICV of %u bits", w->name, line, name,
			    (unsigned)icv);
	if (use == ALG_ENC)
		s->sa.enc = a;
	else
		s->sa.auth = a;
	return true;
}

static bool
take_limit(struct words *w, struct statement *s)
{
	static const struct {
		const char *word;
		size_t at;
		bool hard, wide;
	} limits[] = {
		{ "byte-soft", offsetof(struct lifetime, bytes), false, true },
		{ "byte-hard", offsetof(struct lifetime, bytes), true, true },
		{ "packet-soft", offsetof(struct lifetime, allocations), false, false },
		{ "packet-hard", offsetof(struct lifetime, allocations), true, false },
		{ "time-soft", offsetof(struct lifetime, addtime), false, true },
		{ "time-hard", offsetof(struct lifetime, addtime), true, true },
		{ "time-use-soft", offsetof(struct lifetime, usetime), false, true },
		{ "time-use-hard", offsetof(struct lifetime, usetime), true, true },
	};
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		if (!words_is(w, limits[i].word))
			continue;
		struct lifetime *l = limits[i].hard ? &s->sa.hard : &s->sa.soft;
		uint64_t v;
		words_next(w);
		if (!words_take_number(w, limits[i].wide ? UINT64_MAX : UINT32_MAX, &v))
			return false;
		if (limits[i].wide)
			*(uint64_t *)(void *)((char *)l + limits[i].at) = v;
		else
			l->allocations = (uint32_t)v;
		return true;
	}
	return words_want(w, "byte-, packet-, time- or time-use- with soft or hard");
}

static bool
take_encap(struct words *w, struct statement *s)
{
	uint64_t sport, dport;
	if (words_is(w, "type"))
		words_next(w);
	if (!words_is(w, "espinudp"))
		return words_want(w, "espinudp");
	words_next(w);
	if (words_is(w, "sport"))
		words_next(w);
	if (!words_take_number(w, UINT16_MAX, &sport))
		return false;
	if (words_is(w, "dport"))
		words_next(w);
	if (!words_take_number(w, UINT16_MAX, &dport))
		return false;
	if (words_is(w, "addr"))
		words_next(w);
	words_next(w); /* the original address, which Linux ignores */
	s->sa.encap = (struct encap){ .udp = true, .sport = (uint16_t)sport, .dport = (uint16_t)dport };
	return true;
}

/* --- states ---------------------------------------------------------------------------------- */

/* Flags may follow one another; the first word that is none ends them. */
static bool
take_flags(struct words *w, struct statement *s)
{
	static const char *const known[] = { "noecn", "decap-dscp", "nopmtudisc", "wildrecv",
					     "icmp",  "af-unspec",  "align4",     "esn" };
	for (bool more = true; more;) {
		more = false;
		s->sa.esn |= words_is(w, "esn");
		s->sa.tunnel.no_ecn |= words_is(w, "noecn");
		s->sa.tunnel.decap_dscp |= words_is(w, "decap-dscp");
		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
			more = more || words_is(w, known[i]);
		if (more)
			words_next(w);
	}
	return true;
}

TAKES(state_src, xfrm_take_end(w, &s->sa.src))
TAKES(state_dst, xfrm_take_end(w, &s->sa.dst))
TAKES(state_proto, xfrm_take_protocol(w, &s->sa.protocol))
TAKES(state_spi, words_take_number32(w, &s->sa.spi))
TAKES(state_reqid, words_take_number32(w, &s->sa.reqid))
TAKES(state_mode, xfrm_take_mode(w, &s->sa.mode))
TAKES(state_window, words_take_number32(w, &s->sa.replay))
TAKES(state_enc, take_alg(w, s, ALG_ENC, false))
TAKES(state_aead, take_alg(w, s, ALG_ENC, true))
TAKES(state_auth, take_alg(w, s, ALG_AUTH, false))
TAKES(state_auth_trunc, take_alg(w, s, ALG_AUTH, true))

static bool
state_oseq(struct words *w, struct statement *s)
{
	uint32_t v;
	if (!words_take_number32(w, &v))
		return false;
	s->sa.seq |= v;
	return true;
}

static bool
state_oseq_hi(struct words *w, struct statement *s)
{
	uint32_t v;
	if (!words_take_number32(w, &v))
		return false;
	s->sa.seq |= (uint64_t)v << 32;
	return true;
}

static bool
state_comp(struct words *w, struct statement *s)
{
	if (!words_is(w, "deflate"))
		return words_want(w, "deflate");
	s->sa.comp = 2;
	words_next(w);
	return true;
}

/* What the SA may carry is not converted: all words up to the next statement. */
static bool
state_sel(struct words *w, struct statement *s)
{
	(void)s;
	while (!words_at_end(w) && !w->starts_line && !words_is(w, "ip"))
		words_next(w);
	return true;
}

const struct vocabulary xfrm_state_words[] = {
	{ "src", state_src },
	{ "dst", state_dst },
	{ "proto", state_proto },
	{ "spi", state_spi },
	{ "reqid", state_reqid },
	{ "mode", state_mode },
	{ "replay-window", state_window },
	{ "replay-oseq", state_oseq },
	{ "replay-oseq-hi", state_oseq_hi },
	{ "flag", take_flags },
	{ "enc", state_enc },
	{ "aead", state_aead },
	{ "auth", state_auth },
	{ "auth-trunc", state_auth_trunc },
	{ "comp", state_comp },
	{ "encap", take_encap },
	{ "limit", take_limit },
	{ "sel", state_sel },
	{ NULL, NULL },
};
