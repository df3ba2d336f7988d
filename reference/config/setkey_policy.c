#include "config/setkey_parse.h"

#include <stdio.h>

#define COUNT(array) ((unsigned)(sizeof(array) / sizeof(array)[0]))

const struct word setkey_protocols[] = {
	{ "any", SELECTOR_ANY },
	{ "icmp", 1 },
	{ "igmp", 2 },
	{ "ip4", 4 },
	{ "tcp", 6 },
	{ "udp", 17 },
	{ "ip6", 41 },
	{ "gre", 47 },
	{ "esp", 50 },
	{ "ah", 51 },
	{ "icmp6", 58 },
	{ "ipv6-icmp", 58 },
	{ "ospf", 89 },
	{ "ipcomp", 108 },
	{ "l2tp", 115 },
	{ "sctp", 132 },
	{ "mh", 135 },
	{ "udplite", 136 },
	{ "opaque", SELECTOR_OPAQUE },
};
const unsigned setkey_protocols_n = COUNT(setkey_protocols);

/* --- policies --- */

/* low, def or high with + or - an offset, or a signed number: higher comes first, so it is taken off 2^31. */
static bool
take_priority(struct parser *p, uint32_t *priority)
{
	static const struct {
		const char *text;
		int64_t value;
	} bases[] = {
		{ "low", -0x40000000 },
		{ "def", 0 },
		{ "default", 0 },
		{ "high", 0x40000000 },
	};
	int64_t base = 0, sign = 1;
	uint64_t v = 0;
	bool named = false;
	for (unsigned i = 0; i < COUNT(bases) && !named; i++) {
		named = token_is(&p->tok, bases[i].text);
		base = named ? bases[i].value : 0;
	}
	if (named)
		lex_next(p);
	if (lex_drop(p, '-'))
		sign = -1;
	else if (!lex_drop(p, '+') && named) {
		*priority = (uint32_t)(0x80000000 - base);
		return true;
	}
	if (!take_number(p, named ? "an offset" : "a priority", 0, named ? 0x3fffffff : INT32_MAX, &v))
		return false;
	*priority = (uint32_t)(0x80000000 - base - sign * (int64_t)v);
	return true;
}

/* SRC-DST of a request, with ports for NAT-T that only a key daemon cares about. */
static bool
take_request_ends(struct parser *p, struct spd_request *r)
{
	uint32_t port;
	bool given;
	(void)lex_split(p, '-');
	if (!take_address(p, 0, &r->src) || !take_port(p, &port, &given))
		return false;
	if (!lex_drop(p, '-'))
		return want(p, "- and the other end");
	return take_address(p, r->src.family, &r->dst) && take_port(p, &port, &given);
}

/* default, use, require, unique[:N] */
static bool
take_level(struct parser *p, struct spd_request *r)
{
	static const struct word levels[] = {
		{ "default", LEVEL_DEFAULT },
		{ "use", LEVEL_USE },
		{ "require", LEVEL_REQUIRE },
		{ "unique", LEVEL_UNIQUE },
	};
	uint32_t level;
	uint64_t id;
	bool numbered = lex_split(p, ':');
	if (!take_word(p, levels, COUNT(levels), "a level", &level))
		return false;
	r->level = (uint8_t)level;
	if (!numbered)
		return true;
	if (level != LEVEL_UNIQUE)
		return want(p, "unique before :");
	(void)lex_drop(p, ':');
	if (!take_number(p, "an identifier", 1, UINT32_MAX, &id))
		return false;
	r->reqid = (uint32_t)id;
	return true;
}

/* A slash right behind the token before, with something other than blank following or not. */
static bool
drop_slash(struct parser *p)
{
	if (p->tok.kind != TOK_SLASH || !p->tok.glued)
		return false;
	lex_next(p);
	return true;
}

/* PROTOCOL/MODE[/[SRC-DST][/LEVEL]] */
static bool
take_request(struct parser *p, struct spd_request *r)
{
	static const struct word protocols[] = { { "esp", 50 }, { "ah", 51 }, { "ipcomp", 108 } };
	static const struct word modes[] = { { "transport", MODE_TRANSPORT }, { "tunnel", MODE_TUNNEL } };
	uint32_t protocol, mode;
	if (!take_word(p, protocols, COUNT(protocols), "esp, ah or ipcomp of a request", &protocol))
		return false;
	if (!drop_slash(p))
		return want(p, "/ and a mode");
	if (!take_word(p, modes, COUNT(modes), "a mode", &mode))
		return false;
	*r = (struct spd_request){ .protocol = (uint8_t)protocol, .mode = (uint8_t)mode };
	bool ends = drop_slash(p) && p->tok.kind == TOK_WORD && p->tok.glued;
	if (!ends && mode == MODE_TUNNEL)
		return want(p, "/SRC-DST of the tunnel");
	if (ends && !take_request_ends(p, r))
		return false;
	return !drop_slash(p) || take_level(p, r);
}

bool
setkey_parse_requests(struct parser *p, struct spd_entry *e)
{
	char what[60];
	for (e->n = 0; p->tok.kind == TOK_WORD && e->n < SPD_REQUESTS; e->n++)
		if (!take_request(p, &e->request[e->n]))
			return false;
	snprintf(what, sizeof what, "; after at most %d requests", SPD_REQUESTS);
	if (e->n == SPD_REQUESTS && p->tok.kind == TOK_WORD)
		return want(p, what);
	return e->n > 0 || want(p, "protocol/mode/src-dst/level");
}

/* discard | none | ipsec REQUEST.. */
static bool
take_action(struct parser *p, struct spd_entry *e)
{
	static const struct word actions[] = {
		{ "discard", SPD_DISCARD },
		{ "none", SPD_BYPASS },
		{ "ipsec", SPD_PROTECT },
	};
	uint32_t action;
	if (token_is(&p->tok, "entrust") || token_is(&p->tok, "bypass"))
		return want(p, "discard, none or ipsec (entrust and bypass are for one socket)");
	if (!take_word(p, actions, COUNT(actions), "a policy", &action))
		return false;
	e->action = (uint8_t)action;
	return action != SPD_PROTECT || setkey_parse_requests(p, e);
}

static bool
take_direction(struct parser *p, struct spd_entry *e)
{
	static const struct word directions[] = { { "in", DIR_IN }, { "out", DIR_OUT }, { "fwd", DIR_FWD } };
	uint32_t dir;
	if (!token_is(&p->tok, "-P"))
		return want(p, "-P");
	lex_next(p);
	if (!take_word(p, directions, COUNT(directions), "a direction", &dir))
		return false;
	e->dir = (uint8_t)dir;
	return true;
}

static bool
is_option(const struct parser *p)
{
	static const char *const options[] = { "prio", "priority", "pfp", "name" };
	for (unsigned i = 0; i < COUNT(options); i++)
		if (token_is(&p->tok, options[i]))
			return true;
	return false;
}

/* Between direction and policy, in any order. */
static bool
take_option(struct parser *p, struct spd_entry *e)
{
	bool pfp = token_is(&p->tok, "pfp"), name = token_is(&p->tok, "name");
	lex_next(p);
	return pfp    ? setkey_parse_pfp(p, &e->pfp)
	       : name ? setkey_parse_name(p, e->selector.name)
		      : take_priority(p, &e->priority);
}

bool
setkey_parse_spd(struct parser *p, struct setkey_command *c)
{
	struct spd_entry *e = &c->policy;
	uint8_t family = take_family(p);
	if (!setkey_parse_selector(p, family, &e->selector) || !take_direction(p, e))
		return false;
	while (is_option(p))
		if (!take_option(p, e))
			return false;
	if (c->verb == SETKEY_SPDDELETE)
		return true;
	return take_action(p, e);
}
