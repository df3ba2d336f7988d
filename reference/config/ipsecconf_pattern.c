/* {pattern}: what traffic an entry is for, ipsecconf(8) OPERANDS. */
#include "config/ipsecconf_parse.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum {
	LADDR,
	RADDR,
	SADDR,
	DADDR,
	SMASK,
	DMASK,
	LPORT,
	RPORT,
	SPORT,
	DPORT,
	ULP,
	TYPE,
	CODE,
	DIR,
	TUNNEL,
	NEGOTIATE,
	SPLEN,
	DPLEN
};
#define SAID(said, id) ((said) >> (id)&1)
#define OLD_FORM (1u << SADDR | 1u << DADDR | 1u << SMASK | 1u << DMASK | 1u << SPORT | 1u << DPORT)
#define NEW_FORM (1u << LADDR | 1u << RADDR | 1u << LPORT | 1u << RPORT)

static const struct word services[] = {
	{ "ftp", 21 },  { "ssh", 22 },   { "telnet", 23 }, { "smtp", 25 },    { "domain", 53 },  { "http", 80 },
	{ "ntp", 123 }, { "snmp", 161 }, { "https", 443 }, { "isakmp", 500 }, { "syslog", 514 }, { "nfs", 2049 },
};

static const struct word ulps[] = {
	{ "icmp", 1 },  { "igmp", 2 },       { "ipip", 4 },    { "tcp", 6 },   { "udp", 17 },
	{ "ipv6", 41 }, { "ipv6-icmp", 58 }, { "icmpv6", 58 }, { "pim", 103 }, { "sctp", 132 },
};

/* The names of the manual with the numbers of ICMP and ICMPv6; those that end in 6 are the latter's. */
static const struct word types[] = {
	{ "unreach", 3 },      { "echo", 8 },         { "echorep", 0 },     { "squench", 4 },    { "redir", 5 },
	{ "timex", 11 },       { "paramprob", 12 },   { "timest", 13 },     { "timestrep", 14 }, { "inforeq", 15 },
	{ "inforep", 16 },     { "maskreq", 17 },     { "maskrep", 18 },    { "unreach6", 1 },   { "pkttoobig6", 2 },
	{ "timex6", 3 },       { "paramprob6", 4 },   { "echo6", 128 },     { "echorep6", 129 }, { "router-sol6", 133 },
	{ "router-ad6", 134 }, { "neigh-sol6", 135 }, { "neigh-ad6", 136 }, { "redir6", 137 },
};

static const struct word codes[] = {
	{ "net-unr", 0 },    { "host-unr", 1 },       { "proto-unr", 2 },    { "port-unr", 3 },
	{ "needfrag", 4 },   { "srcfail", 5 },        { "net-unk", 6 },      { "host-unk", 7 },
	{ "isolate", 8 },    { "net-prohib", 9 },     { "host-prohib", 10 }, { "net-tos", 11 },
	{ "host-tos", 12 },  { "filter-prohib", 13 }, { "host-preced", 14 }, { "cutoff-preced", 15 },
	{ "no-route6", 0 },  { "adm-prohib6", 1 },    { "addr-unr6", 3 },    { "port-unr6", 4 },
	{ "hop-limex6", 0 }, { "frag-re-timex6", 1 }, { "err-head6", 0 },    { "unrec-head6", 1 },
	{ "unreq-opt6", 2 },
};

static bool
take_name(struct parser *p, const struct word *words, size_t n, uint32_t *value)
{
	for (size_t i = 0; i < n; i++) {
		if (!token_means(&p->tok, words[i].text))
			continue;
		*value = words[i].value;
		lex_next(p);
		return true;
	}
	return false;
}

static bool
take_named(struct parser *p, const struct word *words, size_t n, const char *what, uint64_t high, uint32_t *value)
{
	uint64_t v;
	if (take_name(p, words, n, value))
		return true;
	if (!take_number(p, what, 0, high, &v))
		return false;
	*value = (uint32_t)v;
	return true;
}

static struct ipsecconf_end *
end_of(struct ipsecconf_entry *c, unsigned id)
{
	bool local = id == LADDR || id == SADDR || id == SMASK || id == LPORT || id == SPORT;
	return local ? &c->local : &c->remote;
}

static bool
take_end(struct parser *p, struct ipsecconf_entry *c, unsigned id, uint32_t *said)
{
	struct ipsecconf_end *end = end_of(c, id);
	if (!take_address(p, 0, &end->addr))
		return false;
	uint64_t bits = end->addr.family == 4 ? 32 : 128;
	if (p->tok.kind != TOK_SLASH) {
		end->bits = SAID(*said, id == SADDR ? SMASK : DMASK) && id != LADDR && id != RADDR ? end->bits
												   : (uint8_t)bits;
		return true;
	}
	lex_next(p);
	*said |= 1u << (id == SADDR ? SPLEN : DPLEN);
	if (!take_number(p, "a prefix length", 0, bits, &bits))
		return false;
	end->bits = (uint8_t)bits;
	return true;
}

/* 0xffff0000 or 255.255.0.0; the manual leaves masks with holes undefined, here they are wrong. */
static bool
take_mask(struct parser *p, struct ipsecconf_entry *c, unsigned id, uint32_t *said)
{
	struct token at = p->tok;
	struct rd r = rd_of(at.text);
	struct addr mask;
	(void)said;
	uint64_t v = 0;
	if (at.kind == TOK_WORD && rd_peek(&r, 0) == '0' && (rd_peek(&r, 1) | 0x20) == 'x') {
		if (!take_number(p, "a mask", 0, UINT32_MAX, &v))
			return false;
	} else {
		if (!take_address(p, 4, &mask))
			return false;
		struct rd octets = rd_of((struct bytes){ mask.o, 4 });
		v = rd_uint(&octets, 4);
	}
	unsigned bits = 0;
	while (bits < 32 && (v >> (31 - bits) & 1) != 0)
		bits++;
	if ((v << bits & UINT32_MAX) != 0)
		return want_got(p, ERR_RANGE, &at, "a contiguous mask", "one with holes");
	end_of(c, id)->bits = (uint8_t)bits;
	return true;
}

static bool
take_end_port(struct parser *p, struct ipsecconf_entry *c, unsigned id, uint32_t *said)
{
	(void)said;
	return take_named(p, services, COUNT(services), "a port", UINT16_MAX, &end_of(c, id)->port);
}

static bool
take_ulp(struct parser *p, struct ipsecconf_entry *c, unsigned id, uint32_t *said)
{
	(void)id, (void)said;
	return take_named(p, ulps, COUNT(ulps), "a protocol: a name such as tcp, or a number", 255, &c->ulp);
}

/* NUMBER, NUMBER-NUMBER or a name. */
static bool
take_range(struct parser *p, const struct word *words, size_t n, const char *what, uint64_t high, uint32_t *first,
	   uint32_t *last)
{
	uint64_t v;
	if (take_name(p, words, n, first)) {
		*last = *first;
		return true;
	}
	bool range = lex_split(p, '-');
	if (!take_number(p, what, 0, high, &v))
		return false;
	*first = *last = (uint32_t)v;
	if (!range || !lex_drop(p, '-'))
		return true;
	if (!take_number(p, what, *first, high, &v))
		return false;
	*last = (uint32_t)v;
	return true;
}

static bool
take_type(struct parser *p, struct ipsecconf_entry *c, unsigned id, uint32_t *said)
{
	(void)id, (void)said;
	return take_range(p, types, COUNT(types), "an ICMP type", 255, &c->type, &c->type_last);
}

static bool
take_code(struct parser *p, struct ipsecconf_entry *c, unsigned id, uint32_t *said)
{
	(void)id, (void)said;
	return take_range(p, codes, COUNT(codes), "an ICMP code", 254, &c->code, &c->code_last);
}

static bool
take_direction(struct parser *p, struct ipsecconf_entry *c, unsigned id, uint32_t *said)
{
	static const struct word words[] = { { "in", DIR_IN }, { "out", DIR_OUT }, { "both", 0 } };
	uint32_t v;
	(void)id, (void)said;
	if (!take_word(p, words, COUNT(words), "a direction", &v))
		return false;
	c->dir = (uint8_t)v;
	return true;
}

static bool
take_tunnel(struct parser *p, struct ipsecconf_entry *c, unsigned id, uint32_t *said)
{
	(void)id, (void)said;
	if (p->tok.kind != TOK_WORD || p->tok.text.n >= sizeof c->tunnel ||
	    digit_of(p->tok.text.p[p->tok.text.n - 1]) > 9)
		return want(p, "a tunnel's name with a number at its end, such as ip.tun0");
	snprintf(c->tunnel, sizeof c->tunnel, "%.*s", (int)p->tok.text.n, (const char *)p->tok.text.p);
	lex_next(p);
	return true;
}

static bool
take_negotiate(struct parser *p, struct ipsecconf_entry *c, unsigned id, uint32_t *said)
{
	static const struct word words[] = { { "tunnel", IPSECCONF_TUNNEL }, { "transport", IPSECCONF_TRANSPORT } };
	uint32_t v;
	(void)id, (void)said;
	if (!take_word(p, words, COUNT(words), "a mode", &v))
		return false;
	c->mode = (uint8_t)v;
	return true;
}

/* --- the whole pattern ------------------------------------------------------------------------ */

static bool
check_ends(struct parser *p, const struct token *at, const struct ipsecconf_entry *c, uint32_t said)
{
	static const unsigned masks[][3] = { { SMASK, SADDR, SPLEN }, { DMASK, DADDR, DPLEN } };
	for (size_t i = 0; i < COUNT(masks); i++) {
		if (!SAID(said, masks[i][0]))
			continue;
		const struct ipsecconf_end *end = i == 0 ? &c->local : &c->remote;
		if (!SAID(said, masks[i][1]) || end->addr.family != 4)
			return want_got(p, ERR_SYNTAX, at, "an IPv4 address beside a mask", "none");
		if (SAID(said, masks[i][2]))
			return want_got(p, ERR_SYNTAX, at, "a prefix length or a mask", "both");
	}
	if (c->local.addr.family != 0 && c->remote.addr.family != 0 && c->local.addr.family != c->remote.addr.family)
		return want_got(p, ERR_SYNTAX, at, "addresses of one family", "two");
	if ((said & OLD_FORM) != 0 && (said & NEW_FORM) != 0)
		return want_got(p, ERR_SYNTAX, at, "source and destination, or local and remote", "both");
	return true;
}

static bool
check_icmp(struct parser *p, const struct token *at, const struct ipsecconf_entry *c, uint32_t said)
{
	bool icmp = c->ulp == 1 || c->ulp == 58;
	uint8_t family = c->local.addr.family != 0 ? c->local.addr.family : c->remote.addr.family;
	if (SAID(said, TYPE) && !icmp)
		return want_got(p, ERR_SYNTAX, at, "ulp icmp or ipv6-icmp beside a type", "another or none");
	if (SAID(said, CODE) && !SAID(said, TYPE))
		return want_got(p, ERR_SYNTAX, at, "a type beside a code", "none");
	if (icmp && (c->local.port != SELECTOR_ANY || c->remote.port != SELECTOR_ANY))
		return want_got(p, ERR_SYNTAX, at, "a type, as ICMP has no ports", "a port");
	if (icmp && family != 0 && family != (c->ulp == 1 ? 4 : 6))
		return want_got(p, ERR_SYNTAX, at, "addresses of the ICMP's family", "the other family");
	return true;
}

static bool
check_tunnel(struct parser *p, const struct token *at, const struct ipsecconf_entry *c, uint32_t said)
{
	if (SAID(said, TUNNEL) != SAID(said, NEGOTIATE))
		return want_got(p, ERR_SYNTAX, at, "tunnel and negotiate together", "one of them");
	if (c->mode == IPSECCONF_TRANSPORT && (c->local.addr.family != 0 || c->remote.addr.family != 0))
		return want_got(p, ERR_SYNTAX, at, "no address beside negotiate transport", "one");
	return true;
}

bool
ipsecconf_take_pattern(struct parser *p, struct ipsecconf_entry *c)
{
	static const struct pair pairs[] = {
		{ "laddr", LADDR, take_end },      { "local", LADDR, take_end },
		{ "raddr", RADDR, take_end },      { "remote", RADDR, take_end },
		{ "saddr", SADDR, take_end },      { "src", SADDR, take_end },
		{ "srcaddr", SADDR, take_end },    { "daddr", DADDR, take_end },
		{ "dst", DADDR, take_end },        { "dest", DADDR, take_end },
		{ "dstaddr", DADDR, take_end },    { "smask", SMASK, take_mask },
		{ "dmask", DMASK, take_mask },     { "lport", LPORT, take_end_port },
		{ "rport", RPORT, take_end_port }, { "sport", SPORT, take_end_port },
		{ "dport", DPORT, take_end_port }, { "ulp", ULP, take_ulp },
		{ "proto", ULP, take_ulp },        { "type", TYPE, take_type },
		{ "code", CODE, take_code },       { "dir", DIR, take_direction },
		{ "tunnel", TUNNEL, take_tunnel }, { "negotiate", NEGOTIATE, take_negotiate },
	};
	struct token at = p->tok;
	uint32_t said = 0;
	c->ulp = c->type = c->code = c->local.port = c->remote.port = SELECTOR_ANY;
	if (!ipsecconf_take_pairs(p, c, pairs, COUNT(pairs), &said, "a selector"))
		return false;
	if (!check_ends(p, &at, c, said) || !check_icmp(p, &at, c, said) || !check_tunnel(p, &at, c, said))
		return false;
	c->directed = (said & OLD_FORM) != 0;
	return true;
}
