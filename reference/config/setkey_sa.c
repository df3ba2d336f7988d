#include "ipsec/tunnel.h"
#include "config/setkey_parse.h"

#include <stdio.h>

#define ESP_UDP 0x10000u /* beside a protocol number: UDP encapsulation, RFC 3948 */
#define OLD 0x20000u     /* RFC 1826, 1827: no sequence number */
#define NATT_PORT 4500

#define COUNT(array) ((unsigned)(sizeof(array) / sizeof(array)[0]))

static const struct word protocols[] = {
	{ "esp", 50 }, { "esp-udp", 50 | ESP_UDP }, { "esp-old", 50 | OLD },
	{ "ah", 51 },  { "ah-old", 51 | OLD },      { "ipcomp", 108 },
};

static bool
take_protocol(struct parser *p, struct sa_spec *sa, bool ports)
{
	uint32_t v;
	struct token at = p->tok;
	if (token_is(&at, "tcp"))
		return want_got(p, ERR_UNSUPPORTED, &at, "esp, ah or ipcomp",
				"\"tcp\": TCP-MD5 (RFC 2385) is no IPsec protocol");
	if (!take_word(p, protocols, COUNT(protocols), "an IPsec protocol", &v))
		return false;
	sa->protocol = (uint8_t)v;
	sa->old = (v & OLD) != 0;
	sa->encap.udp = (v & ESP_UDP) != 0;
	if (ports && !sa->encap.udp)
		return want_got(p, ERR_SYNTAX, &at, "esp-udp", "another protocol with ports behind the addresses");
	return true;
}

/* SRC[port] DST[port] PROTOCOL */
static bool
take_ends(struct parser *p, struct sa_spec *sa)
{
	bool sport_given, dport_given;
	uint32_t sport = NATT_PORT, dport = NATT_PORT;
	uint8_t family = take_family(p);
	sa->encap = (struct encap){ .udp = false };
	if (!take_address(p, family, &sa->src) || !take_port(p, &sport, &sport_given) ||
	    !take_address(p, sa->src.family, &sa->dst) || !take_port(p, &dport, &dport_given) ||
	    !take_protocol(p, sa, sport_given || dport_given))
		return false;
	if (sa->encap.udp)
		sa->encap = (struct encap){ .sport = (uint16_t)sport, .dport = (uint16_t)dport, .udp = true };
	return true;
}

static bool
take_spi(struct parser *p, struct sa_spec *sa)
{
	uint64_t v;
	bool cpi = sa->protocol == 108;
	if (!take_number(p, cpi ? "a CPI" : "an SPI", 0, cpi ? UINT16_MAX : UINT32_MAX, &v))
		return false;
	sa->spi = (uint32_t)v;
	return true;
}

/* --- extensions: each reads what follows its option --- */

static bool
ext_mode(struct parser *p, struct sa_spec *sa)
{
	static const struct word modes[] = {
		{ "any", MODE_ANY },
		{ "transport", MODE_TRANSPORT },
		{ "tunnel", MODE_TUNNEL },
	};
	uint32_t v;
	if (!take_word(p, modes, COUNT(modes), "a mode", &v))
		return false;
	sa->mode = (uint8_t)v;
	return true;
}

static bool
take_uint32(struct parser *p, const char *what, uint32_t *field)
{
	uint64_t v;
	if (!take_number(p, what, 0, UINT32_MAX, &v))
		return false;
	*field = (uint32_t)v;
	return true;
}

static bool
ext_replay(struct parser *p, struct sa_spec *sa)
{
	return take_uint32(p, "a window in packets", &sa->replay);
}

static bool
ext_reqid(struct parser *p, struct sa_spec *sa)
{
	return take_uint32(p, "an identifier", &sa->reqid);
}

/* seq_cycle is settled at the end; here a word about it raises a mark that no system's flags use. */
#define MARK_CYCLE 0x40000000u
#define MARK_NO_CYCLE 0x80000000u
/* The same for what one SA says of its tunnel header. */
#define MARK_NO_ECN 0x00100000u
#define MARK_DECAP_DSCP 0x00200000u
#define MARK_DF(df) (0x00400000u << (df))
#define MARK_DF_ANY (MARK_DF(DF_CLEAR) | MARK_DF(DF_SET) | MARK_DF(DF_COPY))
#define MARK_TUNNEL (MARK_NO_ECN | MARK_DECAP_DSCP | MARK_DF_ANY)

static bool
ext_flag(struct parser *p, struct sa_spec *sa)
{
	static const struct word flags[] = {
		{ "seq-pad", 0 },
		{ "random-pad", SETKEY_PAD_RANDOM },
		{ "zero-pad", SETKEY_PAD_ZERO },
		{ "cyclic-seq", MARK_CYCLE },
		{ "nocyclic-seq", MARK_NO_CYCLE },
		{ "noecn", MARK_NO_ECN },
		{ "decap-dscp", MARK_DECAP_DSCP },
		{ "df-clear", MARK_DF(DF_CLEAR) },
		{ "df-set", MARK_DF(DF_SET) },
		{ "df-copy", MARK_DF(DF_COPY) },
	};
	uint32_t v;
	if (!take_word(p, flags, COUNT(flags), "a flag", &v))
		return false;
	sa->flags |= v;
	return true;
}

static bool
ext_soft_seconds(struct parser *p, struct sa_spec *sa)
{
	return take_number(p, "seconds", 0, UINT64_MAX, &sa->soft.addtime);
}

static bool
ext_hard_seconds(struct parser *p, struct sa_spec *sa)
{
	return take_number(p, "seconds", 0, UINT64_MAX, &sa->hard.addtime);
}

static bool
ext_soft_octets(struct parser *p, struct sa_spec *sa)
{
	return take_number(p, "octets", 0, UINT64_MAX, &sa->soft.bytes);
}

static bool
ext_hard_octets(struct parser *p, struct sa_spec *sa)
{
	return take_number(p, "octets", 0, UINT64_MAX, &sa->hard.bytes);
}

static bool
ext_esn(struct parser *p, struct sa_spec *sa)
{
	(void)p;
	sa->esn = true;
	return true;
}

static bool
ext_seq(struct parser *p, struct sa_spec *sa)
{
	uint64_t first;
	if (!take_number(p, "the first packet's sequence number", 1, UINT64_MAX, &first))
		return false;
	sa->seq = first - 1;
	return true;
}

static bool
ext_compression(struct parser *p, struct sa_spec *sa)
{
	static const struct word calgos[] = { { "oui", 1 }, { "deflate", 2 }, { "lzs", 3 } };
	uint32_t v;
	if (!take_word(p, calgos, COUNT(calgos), "a compression algorithm", &v))
		return false;
	sa->comp = (uint8_t)v;
	return true;
}

/* As FreeBSD has it: -natt OAI [port] OAR [port]; the addresses before translation, and that there is UDP. */
static bool
ext_natt(struct parser *p, struct sa_spec *sa)
{
	bool given;
	uint32_t sport = sa->encap.udp ? sa->encap.sport : NATT_PORT,
		 dport = sa->encap.udp ? sa->encap.dport : NATT_PORT;
	struct encap *e = &sa->encap;
	if (!take_address(p, sa->src.family, &e->oai) || !take_port(p, &sport, &given) ||
	    !take_address(p, sa->src.family, &e->oar) || !take_port(p, &dport, &given))
		return false;
	e->udp = true;
	e->sport = (uint16_t)sport;
	e->dport = (uint16_t)dport;
	return true;
}

static bool
ext_natt_mtu(struct parser *p, struct sa_spec *sa)
{
	uint64_t v;
	if (!take_number(p, "octets", 0, UINT16_MAX, &v))
		return false;
	sa->encap.frag = (uint16_t)v;
	return true;
}

/* The traffic that the SA is for, RFC 4301 4.4.2.1. */
static bool
ext_selector(struct parser *p, struct sa_spec *sa)
{
	sa->selects = true;
	return setkey_parse_selector(p, 0, &sa->selector);
}

static const struct extension {
	const char *option;
	bool (*parse)(struct parser *p, struct sa_spec *sa);
} extensions[] = {
	{ "-m", ext_mode },
	{ "-r", ext_replay },
	{ "-u", ext_reqid },
	{ "-f", ext_flag },
	{ "-ls", ext_soft_seconds },
	{ "-lh", ext_hard_seconds },
	{ "-bs", ext_soft_octets },
	{ "-bh", ext_hard_octets },
	{ "-esn", ext_esn },
	{ "-seq", ext_seq },
	{ "-E", setkey_parse_cipher },
	{ "-A", setkey_parse_integrity },
	{ "-C", ext_compression },
	{ "-natt", ext_natt },
	{ "-natt_mtu", ext_natt_mtu },
	{ "-selector", ext_selector },
};

static bool
take_extension(struct parser *p, struct sa_spec *sa)
{
	for (unsigned i = 0; i < COUNT(extensions); i++) {
		if (!token_is(&p->tok, extensions[i].option))
			continue;
		lex_next(p);
		return extensions[i].parse(p, sa);
	}
	return want(p, "an extension (-m -r -u -f -ls -lh -bs -bh -esn -seq -selector), an algorithm (-E -A -C) or ;");
}

/* What one statement must say as a whole; the token in hand is its semicolon. */
static bool
check_services(struct parser *p, struct sa_spec *sa)
{
	const struct alg *enc = sa->enc, *auth = sa->auth;
	if (sa->protocol == 108)
		return sa->comp != 0 && enc == NULL && auth == NULL ? true : want(p, "-C alone for ipcomp");
	if (sa->comp != 0)
		return want_got(p, ERR_SYNTAX, &p->tok, "ipcomp for -C", "another protocol");
	if (sa->protocol == 51)
		return auth != NULL && enc == NULL ? true : want(p, "-A alone for ah");
	if (enc == NULL && auth == NULL)
		return want(p, "-E or -A for esp");
	if (enc != NULL && alg_is_combined(enc) && auth != NULL && auth->kind != ALG_NULL) {
		char got[80];
		snprintf(got, sizeof got, "-A beside %s, which brings its own integrity", enc->setkey[0]);
		return want_got(p, ERR_SYNTAX, &p->tok, "no -A", got);
	}
	if (enc == NULL)
		sa->enc = alg_by_name("null", ALG_ENC);
	return true;
}

/* Of several words about DF the last in the list of them counts. */
static void
settle_tunnel(struct sa_spec *sa)
{
	sa->tunnel = (struct sa_tunnel){ .no_ecn = (sa->flags & MARK_NO_ECN) != 0,
					 .decap_dscp = (sa->flags & MARK_DECAP_DSCP) != 0,
					 .df_given = (sa->flags & MARK_DF_ANY) != 0 };
	for (uint8_t df = DF_CLEAR; df <= DF_COPY; df++)
		if (sa->flags & MARK_DF(df))
			sa->tunnel.df = df;
	sa->flags &= ~MARK_TUNNEL;
}

static bool
check_numbers(struct parser *p, struct sa_spec *sa)
{
	bool said = (sa->flags & (MARK_CYCLE | MARK_NO_CYCLE)) != 0;
	sa->seq_cycle = said ? (sa->flags & MARK_CYCLE) != 0 : sa->replay == 0;
	sa->flags &= ~(MARK_CYCLE | MARK_NO_CYCLE);
	settle_tunnel(sa);
	if (!sa->esn && sa->seq > UINT32_MAX)
		return want_got(p, ERR_RANGE, &p->tok, "-esn for a -seq beyond 32 bits", "none");
	return true;
}

bool
setkey_parse_sa(struct parser *p, struct setkey_command *c)
{
	struct sa_spec *sa = &c->sa;
	if (!take_ends(p, sa))
		return false;
	if (c->verb == SETKEY_DELETEALL)
		return true;
	if (!take_spi(p, sa))
		return false;
	if (c->verb == SETKEY_GET || c->verb == SETKEY_DELETE)
		return true;
	while (p->tok.kind != TOK_SEMI)
		if (!take_extension(p, sa))
			return false;
	return check_services(p, sa) && check_numbers(p, sa);
}
