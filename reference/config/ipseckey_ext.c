/* EXTENSION VALUE of ipseckey(8), and what a command needs of them. */
#include "config/ipseckey_parse.h"

#include <stddef.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Where a value goes: an offset into struct ipseckey_command. */
struct extension {
	const char *names[6];
	bool (*parse)(struct parser *p, struct ipseckey_line *l, const struct extension *x);
	size_t at;
	uint64_t high;  /* of numbers */
	uint8_t family; /* of addresses; 0: either */
};

#define AT(member) offsetof(struct ipseckey_command, member)

static void *
place(struct ipseckey_line *l, const struct extension *x)
{
	return (char *)l->c + x->at;
}

/* ipseckey(8): 0nnn is octal. */
static bool
take_value(struct parser *p, const struct extension *x, uint64_t *v)
{
	struct rd r = rd_of(p->tok.text);
	bool octal =
		p->tok.kind == TOK_WORD && rd_left(&r) > 1 && rd_peek(&r, 0) == '0' && digit_of(rd_peek(&r, 1)) < 10;
	if (!octal)
		return take_number(p, x->names[0], 0, x->high, v);
	for (*v = 0; rd_left(&r) > 0;) {
		unsigned digit = digit_of((uint8_t)rd_uint(&r, 1));
		if (digit > 7 || *v > (x->high - digit) / 8)
			return want(p, x->names[0]);
		*v = *v * 8 + digit;
	}
	lex_next(p);
	return true;
}

static bool
take32(struct parser *p, struct ipseckey_line *l, const struct extension *x)
{
	uint64_t v;
	if (!take_value(p, x, &v))
		return false;
	*(uint32_t *)place(l, x) = (uint32_t)v;
	return true;
}

static bool
take64(struct parser *p, struct ipseckey_line *l, const struct extension *x)
{
	return take_value(p, x, place(l, x));
}

static bool
take16(struct parser *p, struct ipseckey_line *l, const struct extension *x)
{
	uint64_t v;
	if (!take_value(p, x, &v))
		return false;
	*(uint16_t *)place(l, x) = (uint16_t)v;
	return true;
}

static bool
take_addr(struct parser *p, struct ipseckey_line *l, const struct extension *x)
{
	return take_address(p, x->family, place(l, x));
}

/* The octet of the prefix length is beside its address, at the same distance for source and destination. */
static bool
take_prefix(struct parser *p, struct ipseckey_line *l, const struct extension *x)
{
	struct addr *a = place(l, x);
	uint8_t *bits = a == &l->c->inner.src ? &l->c->inner.src_bits : &l->c->inner.dst_bits;
	if (!take_address(p, x->family, a))
		return false;
	uint64_t v = a->family == 4 ? 32 : 128;
	if (p->tok.kind == TOK_SLASH) {
		lex_next(p);
		if (!take_number(p, "a prefix length", 0, v, &v))
			return false;
	}
	*bits = (uint8_t)v;
	return true;
}

static bool
take_state(struct parser *p, struct ipseckey_line *l, const struct extension *x)
{
	static const struct word states[] = {
		{ "larval", SA_LARVAL }, { "mature", SA_MATURE }, { "dying", SA_DYING }, { "dead", SA_DEAD },
		{ "0", SA_LARVAL },      { "1", SA_MATURE },      { "2", SA_DYING },     { "3", SA_DEAD },
	};
	uint32_t v;
	(void)x;
	if (!take_word(p, states, COUNT(states), "a state", &v))
		return false;
	l->c->state = (uint8_t)v;
	return true;
}

static bool
take_encap(struct parser *p, struct ipseckey_line *l, const struct extension *x)
{
	static const struct word protocols[] = { { "udp", 1 } };
	uint32_t v;
	(void)x;
	l->c->sa.encap.udp = true;
	return take_word(p, protocols, COUNT(protocols), "an encapsulation", &v);
}

static bool
take_heading(struct parser *p, struct ipseckey_line *l, const struct extension *x)
{
	(void)p;
	l->c->heading = (uint8_t)x->high;
	return true;
}

static bool
take_auth_alg(struct parser *p, struct ipseckey_line *l, const struct extension *x)
{
	(void)x;
	if ((l->c->sa.auth = solaris_alg(&p->tok, ALG_AUTH)) == NULL)
		return want(p, "an authentication algorithm (md5, sha1, sha256, sha384, sha512)");
	lex_next(p);
	return true;
}

static bool
take_encr_alg(struct parser *p, struct ipseckey_line *l, const struct extension *x)
{
	(void)x;
	if ((l->c->sa.enc = solaris_alg(&p->tok, ALG_ENC)) == NULL)
		return want(p, "an encryption algorithm (aes, 3des, des, blowfish, aes-gcm, aes-ccm, null)");
	lex_next(p);
	return true;
}

/* Digits from the most significant bit down; an odd one fills its octet's upper half. */
static bool
decode(struct parser *p, struct rd r)
{
	while (rd_left(&r) > 0) {
		unsigned high = digit_of((uint8_t)rd_uint(&r, 1));
		unsigned low = rd_left(&r) > 0 ? digit_of((uint8_t)rd_uint(&r, 1)) : 0;
		if (high > 15 || low > 15)
			return want_got(p, ERR_SYNTAX, &p->tok, "hexadecimal digits", "something else");
		wr_uint(&p->keys, high << 4 | low, 1);
	}
	return true;
}

static bool
take_key(struct parser *p, struct ipseckey_line *l, const struct extension *x)
{
	struct bytes *key = place(l, x);
	bool auth = key == &l->c->sa.auth_key;
	struct token at = p->tok;
	size_t from = p->keys.n, digits = at.text.n;
	uint64_t bits = digits * 4;
	if (at.kind != TOK_WORD)
		return want(p, "a key in hexadecimal digits");
	if (!decode(p, rd_of(at.text)))
		return false;
	*key = bytes_slice(wr_done(&p->keys), from, p->keys.n - from);
	lex_next(p);
	if (p->tok.kind == TOK_SLASH && p->tok.glued) {
		lex_next(p);
		if (!take_number(p, "bits of the key", digits * 4 < 4 ? 0 : digits * 4 - 3, digits * 4, &bits))
			return false;
	}
	*(auth ? &l->auth_at : &l->encr_at) = at;
	*(auth ? &l->auth_bits : &l->encr_bits) = (unsigned)bits;
	return true;
}

static const struct extension extensions[] = {
	{ { "spi" }, take32, AT(sa.spi), UINT32_MAX, 0 },
	{ { "pair-spi" }, take32, AT(pair_spi), UINT32_MAX, 0 },
	{ { "inbound" }, take_heading, 0, IPSECKEY_INBOUND, 0 },
	{ { "outbound" }, take_heading, 0, IPSECKEY_OUTBOUND, 0 },
	{ { "replay" }, take32, AT(sa.replay), UINT32_MAX, 0 },
	{ { "replay_value" }, take64, AT(sa.seq), UINT64_MAX, 0 },
	{ { "state" }, take_state, 0, 0, 0 },
	{ { "auth_alg", "authalg" }, take_auth_alg, 0, 0, 0 },
	{ { "encr_alg", "encralg" }, take_encr_alg, 0, 0, 0 },
	{ { "idle_addtime" }, take64, AT(idle_addtime), UINT64_MAX, 0 },
	{ { "idle_usetime" }, take64, AT(idle_usetime), UINT64_MAX, 0 },
	{ { "soft_bytes" }, take64, AT(sa.soft.bytes), UINT64_MAX, 0 },
	{ { "hard_bytes" }, take64, AT(sa.hard.bytes), UINT64_MAX, 0 },
	{ { "soft_addtime" }, take64, AT(sa.soft.addtime), UINT64_MAX, 0 },
	{ { "hard_addtime" }, take64, AT(sa.hard.addtime), UINT64_MAX, 0 },
	{ { "soft_usetime" }, take64, AT(sa.soft.usetime), UINT64_MAX, 0 },
	{ { "hard_usetime" }, take64, AT(sa.hard.usetime), UINT64_MAX, 0 },
	{ { "saddr", "srcaddr", "src" }, take_addr, AT(sa.src), 0, 0 },
	{ { "saddr6", "srcaddr6", "src6" }, take_addr, AT(sa.src), 0, 6 },
	{ { "daddr", "dstaddr", "dst", "dest" }, take_addr, AT(sa.dst), 0, 0 },
	{ { "daddr6", "dstaddr6", "dst6" }, take_addr, AT(sa.dst), 0, 6 },
	{ { "sport" }, take32, AT(outer.sport), UINT16_MAX, 0 },
	{ { "dport" }, take32, AT(outer.dport), UINT16_MAX, 0 },
	{ { "proto", "ulp" }, take32, AT(outer.ulp), 255, 0 },
	{ { "encap" }, take_encap, 0, 0, 0 },
	{ { "nat_loc" }, take_addr, AT(nat_loc), 0, 0 },
	{ { "nat_rem" }, take_addr, AT(nat_rem), 0, 0 },
	{ { "nat_lport" }, take16, AT(sa.encap.sport), UINT16_MAX, 0 },
	{ { "nat_rport" }, take16, AT(sa.encap.dport), UINT16_MAX, 0 },
	{ { "isrc", "innersrc", "proxy", "proxyaddr" }, take_prefix, AT(inner.src), 0, 0 },
	{ { "isrc6", "innersrc6" }, take_prefix, AT(inner.src), 0, 6 },
	{ { "idst", "innerdst" }, take_prefix, AT(inner.dst), 0, 0 },
	{ { "idst6", "innerdst6" }, take_prefix, AT(inner.dst), 0, 6 },
	{ { "isport", "innersport" }, take32, AT(inner.sport), UINT16_MAX, 0 },
	{ { "idport", "innerdport" }, take32, AT(inner.dport), UINT16_MAX, 0 },
	{ { "iproto", "iulp" }, take32, AT(inner.ulp), 255, 0 },
	{ { "authkey" }, take_key, AT(sa.auth_key), 0, 0 },
	{ { "encrkey" }, take_key, AT(sa.enc_key), 0, 0 },
};

/* Extensions that write to one place are one: src and src6 exclude each other. */
static uint64_t
mark_of(size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (extensions[j].at == extensions[i].at && extensions[j].at != 0)
			return (uint64_t)1 << j;
	return (uint64_t)1 << i;
}

bool
ipseckey_take_extension(struct parser *p, struct ipseckey_line *l)
{
	for (size_t i = 0; i < COUNT(extensions); i++) {
		for (size_t j = 0; j < COUNT(extensions[i].names) && extensions[i].names[j] != NULL; j++) {
			char once[40];
			if (!token_is(&p->tok, extensions[i].names[j]))
				continue;
			snprintf(once, sizeof once, "%s once", extensions[i].names[j]);
			if ((l->said & mark_of(i)) != 0)
				return want(p, once);
			l->said |= mark_of(i);
			lex_next(p);
			return extensions[i].parse(p, l, &extensions[i]);
		}
	}
	return want(p, "an extension (spi, src, dst, encr_alg, encrkey, auth_alg, authkey, replay, ..)");
}

/* --- the command as a whole ------------------------------------------------------------------- */

static bool
was_said(const struct ipseckey_line *l, const char *name)
{
	for (size_t i = 0; i < COUNT(extensions); i++)
		if (strcmp(extensions[i].names[0], name) == 0)
			return (l->said & mark_of(i)) != 0;
	return false;
}

static bool
check_key(struct parser *p, const struct alg **a, struct bytes key, const struct token *at, unsigned bits)
{
	char what[80], got[40];
	if (*a == NULL)
		return key.n == 0 || want_got(p, ERR_SYNTAX, at, "an algorithm beside a key", "none");
	*a = alg_for_key(*a, key.n);
	if (bits % 8 == 0 && alg_key_fits(*a, key.n))
		return true;
	snprintf(what, sizeof what, "a key that fits %s", solaris_alg_name(*a));
	snprintf(got, sizeof got, "%u bits", bits);
	return want_got(p, ERR_RANGE, at->line != 0 ? at : &p->tok, what, got);
}

/* ipseckey(8), Tunnel Mode versus Transport Mode SAs. */
static uint8_t
mode_of(const struct ipseckey_command *c)
{
	const struct ipseckey_traffic *in = &c->inner;
	bool inner =
		in->src.family != 0 || in->dst.family != 0 || in->sport != SELECTOR_ANY || in->dport != SELECTOR_ANY;
	return inner && (c->outer.ulp == 4 || c->outer.ulp == 41) ? MODE_TUNNEL : MODE_TRANSPORT;
}

static bool
check_algs(struct parser *p, struct ipseckey_line *l)
{
	struct sa_spec *sa = &l->c->sa;
	if (l->c->protocol == 51 && sa->enc != NULL)
		return want_got(p, ERR_SYNTAX, &p->tok, "auth_alg alone for ah", "encr_alg");
	if (sa->enc == NULL && sa->auth == NULL)
		return want_got(p, ERR_SYNTAX, &p->tok, l->c->protocol == 51 ? "auth_alg" : "encr_alg or auth_alg",
				"none");
	if (sa->enc != NULL && alg_is_combined(sa->enc) && sa->auth != NULL)
		return want_got(p, ERR_SYNTAX, &p->tok, "no auth_alg beside a combined encr_alg", "one");
	if (!check_key(p, &sa->enc, sa->enc_key, &l->encr_at, l->encr_bits) ||
	    !check_key(p, &sa->auth, sa->auth_key, &l->auth_at, l->auth_bits))
		return false;
	if (sa->enc == NULL && l->c->protocol == 50)
		sa->enc = alg_by_name("null", ALG_ENC);
	return true;
}

/* An SA for part of what a tunnel carries (isrc, idst, ..) has that as its selectors, RFC 4301 4.4.2.1. */
static void
select_inner(struct ipseckey_command *c)
{
	const struct ipseckey_traffic *in = &c->inner;
	uint8_t family = in->src.family != 0 ? in->src.family : in->dst.family;
	struct addr any = { .family = family };
	if (c->sa.mode != MODE_TUNNEL || family == 0)
		return;
	c->sa.selects = true;
	c->sa.selector = (struct selector){ .src = in->src.family != 0 ? in->src : any,
					    .dst = in->dst.family != 0 ? in->dst : any,
					    .src_bits = in->src_bits,
					    .dst_bits = in->dst_bits,
					    .protocol = in->ulp,
					    .sport = in->sport,
					    .dport = in->dport };
}

bool
ipseckey_check(struct parser *p, struct ipseckey_line *l)
{
	struct ipseckey_command *c = l->c;
	const struct addr *src = &c->sa.src, *dst = &c->sa.dst;
	c->sa.protocol = c->protocol;
	if (!was_said(l, "spi"))
		return want_got(p, ERR_SYNTAX, &p->tok, "spi", "none in this command");
	if (dst->family == 0)
		return want_got(p, ERR_SYNTAX, &p->tok, "dst", "none in this command");
	if (src->family != 0 && src->family != dst->family)
		return want_got(p, ERR_SYNTAX, &p->tok, "src and dst of one family", "two");
	/* Without a source it is the wildcard address. */
	if (src->family == 0)
		c->sa.src.family = dst->family;
	c->sa.mode = mode_of(c);
	c->sa.seq_cycle = c->sa.replay == 0;
	select_inner(c);
	if (c->verb == IPSECKEY_ADD)
		return check_algs(p, l);
	return check_key(p, &c->sa.enc, c->sa.enc_key, &l->encr_at, l->encr_bits) &&
	       check_key(p, &c->sa.auth, c->sa.auth_key, &l->auth_at, l->auth_bits);
}
