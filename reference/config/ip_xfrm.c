/*
 * The parser. A statement begins at `ip`, or in a listing at a line that begins with src, and goes on to the next one; inside it a
 * word says what the following ones mean, in any order.
 */
#include "config/ip_xfrm.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/ip_xfrm_words.h"
#include "config/xfrm_alg.h"

struct statement {
	bool policy, begun;
	struct sa_spec sa;
	struct spd_entry p;
	uint8_t enc_key[SA_KEY_MAX], auth_key[SA_KEY_MAX];
	struct spd_request *tmpl; /* of the policy, what its words are about; NULL: the policy itself */
	unsigned line;
};

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
	for (const char *const *word = (const char *const[]){ "sport", NULL }; *word != NULL && words_is(w, *word);
	     word++)
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

/* --- words of statements --------------------------------------------------------------------- */

static bool
take_protocol(struct words *w, uint8_t *protocol)
{
	*protocol = words_is(w, "esp") ? 50 : words_is(w, "ah") ? 51 : words_is(w, "comp") ? 108 : 0;
	if (*protocol == 0)
		return words_want(w, "esp, ah or comp");
	words_next(w);
	return true;
}

static bool
take_mode(struct words *w, uint8_t *mode)
{
	*mode = words_is(w, "tunnel") ? MODE_TUNNEL : words_is(w, "transport") ? MODE_TRANSPORT : MODE_ANY;
	if (*mode == MODE_ANY)
		return words_want(w, "transport or tunnel");
	words_next(w);
	return true;
}

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

static bool
take_end(struct words *w, struct addr *a)
{
	uint8_t bits;
	return words_take_prefix(w, a, &bits);
}

/* What a word of a statement is followed by. */
struct vocabulary {
	const char *word;
	bool (*take)(struct words *, struct statement *);
};

#define TAKES(name, call)                                                                                              \
	static bool name(struct words *w, struct statement *s)                                                         \
	{                                                                                                              \
		return call;                                                                                           \
	}

/* --- states ---------------------------------------------------------------------------------- */

TAKES(state_src, take_end(w, &s->sa.src))
TAKES(state_dst, take_end(w, &s->sa.dst))
TAKES(state_proto, take_protocol(w, &s->sa.protocol))
TAKES(state_spi, words_take_number32(w, &s->sa.spi))
TAKES(state_reqid, words_take_number32(w, &s->sa.reqid))
TAKES(state_mode, take_mode(w, &s->sa.mode))
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

static const struct vocabulary state_words[] = {
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

/* --- policies -------------------------------------------------------------------------------- */

static bool
policy_upper(struct words *w, struct statement *s)
{
	static const struct {
		const char *word;
		uint32_t number;
	} named[] = { { "tcp", 6 },        { "udp", 17 },   { "icmp", 1 },
		      { "ipv6-icmp", 58 }, { "sctp", 132 }, { "any", SELECTOR_ANY } };
	for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
		if (words_is(w, named[i].word)) {
			s->p.selector.protocol = named[i].number;
			words_next(w);
			return true;
		}
	return words_take_number32(w, &s->p.selector.protocol);
}

static bool
policy_dir(struct words *w, struct statement *s)
{
	s->p.dir = words_is(w, "in") ? DIR_IN : words_is(w, "out") ? DIR_OUT : words_is(w, "fwd") ? DIR_FWD : 0;
	if (s->p.dir == 0)
		return words_want(w, "in, out or fwd");
	words_next(w);
	return true;
}

static bool
policy_action(struct words *w, struct statement *s)
{
	if (!words_is(w, "block") && !words_is(w, "allow"))
		return words_want(w, "block or allow");
	s->p.action = words_is(w, "block") ? SPD_DISCARD : SPD_BYPASS;
	words_next(w);
	return true;
}

/* Words behind `tmpl` are the template's until the next one. */
static bool
policy_tmpl(struct words *w, struct statement *s)
{
	if (s->p.n == SPD_REQUESTS)
		return words_want(w, "fewer templates");
	s->tmpl = &s->p.request[s->p.n++];
	*s->tmpl = (struct spd_request){ .level = LEVEL_REQUIRE, .mode = MODE_TRANSPORT };
	s->p.action = SPD_PROTECT;
	return true;
}

TAKES(policy_src, words_take_prefix(w, &s->p.selector.src, &s->p.selector.src_bits))
TAKES(policy_dst, words_take_prefix(w, &s->p.selector.dst, &s->p.selector.dst_bits))
TAKES(policy_sport, words_take_number32(w, &s->p.selector.sport))
TAKES(policy_dport, words_take_number32(w, &s->p.selector.dport))
TAKES(policy_priority, words_take_number32(w, &s->p.priority))

static const struct vocabulary policy_words[] = {
	{ "src", policy_src },           { "dst", policy_dst },    { "proto", policy_upper },
	{ "sport", policy_sport },       { "type", policy_sport }, { "dport", policy_dport },
	{ "code", policy_dport },        { "dir", policy_dir },    { "action", policy_action },
	{ "priority", policy_priority }, { "tmpl", policy_tmpl },  { NULL, NULL },
};

/* A reqid names the SA, as unique:N does for KAME. */
static bool
template_reqid(struct words *w, struct statement *s)
{
	if (!words_take_number32(w, &s->tmpl->reqid))
		return false;
	if (s->tmpl->level == LEVEL_REQUIRE && s->tmpl->reqid != 0)
		s->tmpl->level = LEVEL_UNIQUE;
	return true;
}

static bool
template_level(struct words *w, struct statement *s)
{
	if (!words_is(w, "use") && !words_is(w, "required"))
		return words_want(w, "use or required");
	if (words_is(w, "use"))
		s->tmpl->level = LEVEL_USE;
	words_next(w);
	return true;
}

TAKES(template_src, take_end(w, &s->tmpl->src))
TAKES(template_dst, take_end(w, &s->tmpl->dst))
TAKES(template_proto, take_protocol(w, &s->tmpl->protocol))
TAKES(template_mode, take_mode(w, &s->tmpl->mode))

static const struct vocabulary template_words[] = {
	{ "src", template_src },     { "dst", template_dst },
	{ "proto", template_proto }, { "mode", template_mode },
	{ "reqid", template_reqid }, { "level", template_level },
	{ "tmpl", policy_tmpl },     { NULL, NULL },
};

/* --- statements ------------------------------------------------------------------------------ */

static void
begin(struct statement *s, bool policy, unsigned line)
{
	*s = (struct statement){ .policy = policy, .begun = true, .line = line };
	s->p.action = SPD_BYPASS;
	s->p.selector = (struct selector){ .protocol = SELECTOR_ANY, .sport = SELECTOR_ANY, .dport = SELECTOR_ANY };
}

static bool
finish(struct words *w, struct statement *s, struct config_entries *to)
{
	if (!s->begun)
		return true;
	s->begun = false;
	if (s->policy && (s->p.dir == 0 || s->p.selector.src.family == 0 || s->p.selector.dst.family == 0))
		return fail(w->e, ERR_SYNTAX, "%s:%u: a policy needs src, dst and dir", w->name, s->line);
	if (s->policy)
		return config_entries_add_policy(to, &s->p, s->line, w->e);
	if (s->sa.spi == 0 || s->sa.protocol == 0 || s->sa.dst.family == 0)
		return fail(w->e, ERR_SYNTAX, "%s:%u: a state needs dst, proto and spi", w->name, s->line);
	if (s->sa.mode == MODE_ANY)
		s->sa.mode = MODE_TRANSPORT;
	s->sa.seq_cycle = s->sa.replay == 0; /* as setkey has it where nobody says */
	return config_entries_add_sa(to, &s->sa, s->line, w->e);
}

/* `ip [-..] xfrm state|policy add|update` */
static bool
command(struct words *w, struct statement *s)
{
	unsigned line = w->word_line;
	do
		words_next(w);
	while (w->word[0] == '-');
	if (!words_is(w, "xfrm"))
		return words_want(w, "xfrm");
	words_next(w);
	if (!words_is(w, "state") && !words_is(w, "policy"))
		return words_want(w, "state or policy");
	begin(s, words_is(w, "policy"), line);
	words_next(w);
	if (!words_is(w, "add") && !words_is(w, "update"))
		return words_want(w, "add or update");
	words_next(w);
	return true;
}

/* What is in no vocabulary says nothing of IPsec: the words of a listing that count or name things. */
static bool
statement_word(struct words *w, struct statement *s)
{
	const struct vocabulary *v = s->tmpl != NULL ? template_words : s->policy ? policy_words : state_words;
	while (v->word != NULL && !words_is(w, v->word))
		v++;
	words_next(w);
	return v->word == NULL || v->take(w, s);
}

/* In a listing only a policy's first line has prefixes. */
static bool
is_policy_line(const struct words *w)
{
	const char *eol = memchr(w->p, '\n', (size_t)(w->end - w->p));
	size_t n = (size_t)((eol != NULL ? eol : w->end) - w->p);
	return memchr(w->p, '/', n) != NULL;
}

struct config_entries *
ip_xfrm_parse(const char *text, size_t n, const char *name, struct err *e)
{
	struct config_entries *all = config_entries_new(e);
	struct words *w = calloc(1, sizeof *w);
	struct statement s = { 0 };
	bool ok = all != NULL && (w != NULL || fail(e, ERR_IO, "out of memory"));
	if (ok) {
		*w = (struct words){ .p = text, .end = text + n, .name = name, .e = e };
		words_next(w);
	}
	while (ok && !words_at_end(w)) {
		bool starts = words_is(w, "ip") || (words_is(w, "src") && w->starts_line);
		if (starts)
			ok = finish(w, &s, all);
		if (ok && words_is(w, "ip"))
			ok = command(w, &s);
		else if (ok && starts)
			begin(&s, is_policy_line(w), w->word_line);
		else if (ok && !s.begun)
			ok = words_want(w, "ip xfrm .., or a listing that begins with src");
		if (ok && !words_at_end(w) && !words_is(w, "ip"))
			ok = statement_word(w, &s);
	}
	ok = ok && finish(w, &s, all);
	free(w);
	if (ok)
		return all;
	config_entries_free(all);
	return NULL;
}
