/*
 * Selectors of a policy, and of an SA, as text and back. Prefixes, single ports and ICMP types are setkey's own; ranges, opaque, names
 * and populate-from-packet (RFC 4301 4.4.1.1, 4.4.1.2) are ours: see setkey.h.
 */
#include "config/setkey_parse.h"
#include "wire/text.h"

#include <inttypes.h>

#define COUNT(array) ((unsigned)(sizeof(array) / sizeof(array)[0]))

enum { PROTOCOL_MH = 135 };

static bool
is_icmp(uint32_t protocol)
{
	return protocol == 1 || protocol == 58;
}

/* Whether type and code, or a type, stand behind the protocol where others have ports behind the addresses. */
static bool
has_types(uint32_t protocol)
{
	return is_icmp(protocol) || protocol == PROTOCOL_MH;
}

/* --- parsing ---------------------------------------------------------------------------------- */

/* any, opaque, N or N-M, of at most `most`. */
static bool
take_numbers(struct parser *p, const char *what, uint32_t most, uint32_t *first, uint32_t *last)
{
	static const struct word words[] = { { "any", SELECTOR_ANY }, { "opaque", SELECTOR_OPAQUE } };
	uint64_t low, high;
	for (unsigned i = 0; i < COUNT(words); i++) {
		if (!token_is(&p->tok, words[i].text))
			continue;
		*first = words[i].value;
		*last = 0;
		lex_next(p);
		return true;
	}
	bool range = lex_split(p, '-');
	if (!take_number(p, what, 0, most, &low))
		return false;
	*first = (uint32_t)low;
	*last = 0;
	if (!range)
		return true;
	(void)lex_drop(p, '-');
	if (!take_number(p, "the end of the range", low, most, &high))
		return false;
	*last = (uint32_t)high;
	return true;
}

/* ADDRESS[/BITS] or ADDRESS-ADDRESS */
static bool
take_addresses(struct parser *p, uint8_t family, struct addr *first, uint8_t *bits, struct addr *last)
{
	bool range = lex_split(p, '-');
	uint64_t v;
	if (!take_address(p, family, first))
		return false;
	v = first->family == 4 ? 32 : 128;
	if (range) {
		struct token at = p->tok;
		(void)lex_drop(p, '-');
		if (!take_address(p, first->family, last))
			return false;
		if (addr_compare(first, last) > 0)
			return want_got(p, ERR_RANGE, &at, "a range upwards", "one downwards");
	} else if (p->tok.kind == TOK_SLASH) {
		lex_next(p);
		if (!take_number(p, "a prefix length", 0, v, &v))
			return false;
	}
	*bits = (uint8_t)v;
	return true;
}

static bool
take_ports(struct parser *p, uint32_t *first, uint32_t *last)
{
	*first = SELECTOR_ANY;
	*last = 0;
	if (p->tok.kind != TOK_OPEN)
		return true;
	lex_next(p);
	return take_numbers(p, "a port, a range of them, any or opaque", UINT16_MAX, first, last) &&
	       take_kind(p, TOK_CLOSE, "]");
}

/* A number or a name; the token in hand may be neither. */
static bool
take_upper_protocol(struct parser *p, uint32_t *protocol)
{
	uint64_t v;
	for (unsigned i = 0; i < setkey_protocols_n; i++) {
		if (!token_is(&p->tok, setkey_protocols[i].text))
			continue;
		*protocol = setkey_protocols[i].value;
		lex_next(p);
		return true;
	}
	if (!take_number(p, "a protocol: any, a name such as tcp, or a number", 0, 255, &v))
		return false;
	*protocol = (uint32_t)v;
	return true;
}

/* TYPE[,CODE] behind icmp and icmp6, TYPE behind mh; the selector keeps them where others have ports. */
static bool
take_types(struct parser *p, struct selector *s)
{
	struct rd r = rd_of(p->tok.text);
	if (p->tok.kind != TOK_WORD || rd_peek(&r, 0) == '-')
		return true;
	if (s->sport != SELECTOR_ANY || s->dport != SELECTOR_ANY)
		return want(p, "-P, since ports were given already");
	if (!take_numbers(p, is_icmp(s->protocol) ? "an ICMP type" : "a Mobility Header type", 255, &s->sport,
			  &s->sport_last))
		return false;
	if (p->tok.kind != TOK_COMMA || !is_icmp(s->protocol))
		return true;
	lex_next(p);
	return take_numbers(p, "an ICMP code", 255, &s->dport, &s->dport_last);
}

bool
setkey_parse_selector(struct parser *p, uint8_t family, struct selector *s)
{
	if (!take_addresses(p, family, &s->src, &s->src_bits, &s->src_last) ||
	    !take_ports(p, &s->sport, &s->sport_last) ||
	    !take_addresses(p, s->src.family, &s->dst, &s->dst_bits, &s->dst_last) ||
	    !take_ports(p, &s->dport, &s->dport_last) || !take_upper_protocol(p, &s->protocol))
		return false;
	return !has_types(s->protocol) || take_types(p, s);
}

static const struct word pfp_words[] = {
	{ "src", PFP_SRC },     { "dst", PFP_DST },     { "proto", PFP_PROTOCOL },
	{ "sport", PFP_SPORT }, { "dport", PFP_DPORT },
};

bool
setkey_parse_pfp(struct parser *p, uint8_t *pfp)
{
	for (;;) {
		uint32_t flag;
		if (!take_word(p, pfp_words, COUNT(pfp_words), "what the packet says", &flag))
			return false;
		*pfp |= (uint8_t)flag;
		if (p->tok.kind != TOK_COMMA)
			return true;
		lex_next(p);
	}
}

bool
setkey_parse_name(struct parser *p, char name[SELECTOR_NAME_MAX])
{
	bool is_name = p->tok.kind == TOK_WORD || p->tok.kind == TOK_STRING;
	if (!is_name || p->tok.text.n == 0 || p->tok.text.n >= SELECTOR_NAME_MAX)
		return want(p, "a name of at most 63 octets");
	memcpy(name, p->tok.text.p, p->tok.text.n);
	lex_next(p);
	return true;
}

/* --- printing --------------------------------------------------------------------------------- */

static void
print_numbers(struct text *t, uint32_t first, uint32_t last)
{
	if (first >= SELECTOR_ANY)
		text_add(t, first == SELECTOR_OPAQUE ? "opaque" : "any");
	else if (last > first)
		text_add(t, "%" PRIu32 "-%" PRIu32, first, last);
	else
		text_add(t, "%" PRIu32, first);
}

static void
print_addresses(struct text *t, const struct addr *first, uint8_t bits, const struct addr *last)
{
	char text[48];
	text_add(t, "%s", addr_print(first, text));
	if (last->family != 0)
		text_add(t, "-%s", addr_print(last, text));
	else
		text_add(t, "/%u", bits);
}

static void
print_ports(struct text *t, uint32_t first, uint32_t last)
{
	if (first == SELECTOR_ANY)
		return;
	text_add(t, "[");
	print_numbers(t, first, last);
	text_add(t, "]");
}

static void
print_types(struct text *t, const struct selector *s)
{
	if (s->sport == SELECTOR_ANY && s->dport == SELECTOR_ANY)
		return;
	text_add(t, " ");
	print_numbers(t, s->sport, s->sport_last);
	if (s->dport == SELECTOR_ANY)
		return;
	text_add(t, ",");
	print_numbers(t, s->dport, s->dport_last);
}

void
setkey_print_selector(struct text *t, const struct selector *s)
{
	bool types = has_types(s->protocol);
	const char *name = word_of(setkey_protocols, setkey_protocols_n, s->protocol);
	print_addresses(t, &s->src, s->src_bits, &s->src_last);
	if (!types)
		print_ports(t, s->sport, s->sport_last);
	text_add(t, " ");
	print_addresses(t, &s->dst, s->dst_bits, &s->dst_last);
	if (!types)
		print_ports(t, s->dport, s->dport_last);
	if (name != NULL)
		text_add(t, " %s", name);
	else
		text_add(t, " %" PRIu32, s->protocol);
	if (types)
		print_types(t, s);
}

void
setkey_print_pfp(struct text *t, uint8_t pfp)
{
	const char *before = " pfp ";
	for (unsigned i = 0; i < COUNT(pfp_words); i++) {
		if (!(pfp & pfp_words[i].value))
			continue;
		text_add(t, "%s%s", before, pfp_words[i].text);
		before = ",";
	}
}
