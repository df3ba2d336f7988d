/*
 * Numbers per system. RFC 2367 3.1, 3.4, 3.6 for the base; the rest from the public headers of Linux, NetBSD and
 * FreeBSD.
 */
#include "pfkey/dialect_table.h"
#include "pfkey/record.h"

#include <strings.h>

/* clang-format off */
#define TYPES_KAME \
	TYPES_RFC, NO_TYPES_OPENBSD, NO_TYPES_SOLARIS, [PFKEY_X_PCHANGE] = 12, [PFKEY_X_SPDUPDATE] = 13, [PFKEY_X_SPDADD] = 14, \
	[PFKEY_X_SPDDELETE] = 15, [PFKEY_X_SPDGET] = 16, [PFKEY_X_SPDACQUIRE] = 17, [PFKEY_X_SPDDUMP] = 18, \
	[PFKEY_X_SPDFLUSH] = 19, [PFKEY_X_SPDSETIDX] = 20, [PFKEY_X_SPDEXPIRE] = 21, [PFKEY_X_SPDDELETE2] = 22

#define EXTS_KAME \
	EXTS_RFC, NO_EXTS_OPENBSD, NO_EXTS_SOLARIS, [EXT_X_KMPRIVATE] = 17, [EXT_X_POLICY] = 18, [EXT_X_SA2] = 19, \
	[EXT_X_NAT_T_TYPE] = 20, [EXT_X_NAT_T_SPORT] = 21, [EXT_X_NAT_T_DPORT] = 22, [EXT_X_NAT_T_OAI] = 23

#define EXTS_LINUX \
	EXTS_KAME, [EXT_X_SEC_CTX] = 24, [EXT_X_KMADDRESS] = 25, [EXT_X_FILTER] = 26, [EXT_X_SA_REPLAY] = -1, \
	[EXT_X_NEW_ADDRESS_SRC] = -1, [EXT_X_NEW_ADDRESS_DST] = -1

#define EXTS_BSD \
	EXTS_KAME, [EXT_X_NAT_T_OAR] = 24, [EXT_X_NAT_T_FRAG] = 25, [EXT_X_SEC_CTX] = -1, [EXT_X_KMADDRESS] = -1, \
	[EXT_X_FILTER] = -1, [EXT_X_REFERENCE] = -1, [EXT_X_SELECTOR] = -1

#define SATYPES_RFC \
	[SATYPE_UNSPEC] = 0, [1] = -1, [SATYPE_AH] = 2, [SATYPE_ESP] = 3, [4] = -1, [SATYPE_RSVP] = 5, [SATYPE_OSPFV2] = 6, \
	[SATYPE_RIPV2] = 7, [SATYPE_MIP] = 8, [10] = -1, [12] = -1, [SATYPE_IPIP] = -1
/* clang-format on */

const int8_t satypes_rfc[SATYPE_N] = { SATYPES_RFC, [SATYPE_IPCOMP] = -1, [SATYPE_TCPSIGNATURE] = -1 };
static const int8_t satypes_linux[SATYPE_N] = { SATYPES_RFC, [SATYPE_IPCOMP] = 9, [SATYPE_TCPSIGNATURE] = -1 };
static const int8_t satypes_kame[SATYPE_N] = { SATYPES_RFC, [SATYPE_IPCOMP] = 9, [SATYPE_TCPSIGNATURE] = 11 };

/*
 * Linux's PF_KEY has one number for HMAC-SHA-256, so both truncations go out under it. RFC 4868 means 128 bits; what
 * the kernel means (96, to this day) is found out by asking it: runner/capability.c.
 */
static const struct dialect_alg linux_algs[] = { { NULL, 0, 0 } };

const struct dialect_alg algs_rfc4868[] = {
	{ "hmac-sha2-256-128", ALG_AUTH, 5 },
	{ "hmac-sha2-256-96", ALG_AUTH, -1 },
	{ NULL, 0, 0 },
};

/* Private numbers in the gap between the assigned ones and KAME's from 249 on. */
static const struct dialect_alg reference_algs[] = {
	{ "hmac-sha2-256-128", ALG_AUTH, 5 },
	{ "hmac-sha2-256-96", ALG_AUTH, 200 },
	{ "aes-cmac-96", ALG_AUTH, 201 },
	{ "aes-128-gmac", ALG_AUTH, 202 },
	{ "aes-192-gmac", ALG_AUTH, 203 },
	{ "aes-256-gmac", ALG_AUTH, 204 },
	{ "chacha20-poly1305", ALG_ENC, 205 },
	{ "aes-ccm-8-iiv", ALG_ENC, 206 },
	{ "aes-gcm-16-iiv", ALG_ENC, 207 },
	{ "chacha20-poly1305-iiv", ALG_ENC, 208 },
	{ "keyed-md5", ALG_AUTH, 209 },
	{ "des-cbc-iv32", ALG_ENC, 210 },
	{ NULL, 0, 0 },
};

/* Linux: SADB_SAFLAGS_NOPMTUDISC, _DECAP_DSCP, _NOECN; the first leaves the outer DF clear. Behind them two of our own. */
#define FLAGS_TUNNEL_LINUX .flag_df_clear = 0x20000000, .flag_decap_dscp = 0x40000000, .flag_no_ecn = 0x80000000
enum { FLAG_DF_SET = 0x10000000, FLAG_DF_COPY = 0x08000000 };

/* KAME: SADB_X_EXT_OLD and _IV4B. On the reference the first is ours, since 1 is RFC 2367's own, for PFS. */
enum { FLAG_OLD = 0x1, FLAG_IV4B = 0x10, FLAG_OLD_PRIVATE = 0x00800000 };

const struct dialect dialect_linux = {
	.name = "linux",
	.os = PF_LINUX,
	.type_number = { TYPES_KAME, [PFKEY_X_NAT_T_NEW_MAPPING] = 23, [PFKEY_X_MIGRATE] = 24 },
	.ext_number = { EXTS_LINUX, [EXT_X_NAT_T_OAR] = -1, [EXT_X_NAT_T_FRAG] = -1, [EXT_X_REFERENCE] = -1,
			[EXT_X_SELECTOR] = -1 },
	.satype_number = satypes_linux,
	.ident_max = 3,
	.af_inet = 2,
	.af_inet6 = 10,
	.null_key = true,
	.request_header = 16,
	.replay_unit = 1,
	.replay_max = 32,
	.priority = true,
	.dir_max = DIR_FWD,
	.algs = linux_algs,
	FLAGS_TUNNEL_LINUX,
	.base = &layout_pfkey_base,
};

const struct dialect dialect_reference = {
	.name = "reference",
	.os = PF_LINUX,
	.type_number = { TYPES_KAME, [PFKEY_X_NAT_T_NEW_MAPPING] = 23, [PFKEY_X_MIGRATE] = 24 },
	.ext_number = { EXTS_LINUX, [EXT_X_NAT_T_OAR] = 121, [EXT_X_NAT_T_FRAG] = 122, [EXT_X_REFERENCE] = 120,
			[EXT_X_SELECTOR] = 123 },
	.satype_number = satypes_linux,
	.ident_max = 3,
	.af_inet = 2,
	.af_inet6 = 10,
	.request_header = 16,
	.replay_unit = 1,
	.replay_max = UINT32_MAX,
	.aead = true,
	.priority = true,
	.dir_max = DIR_FWD,
	.own_policies = true,
	FLAGS_TUNNEL_LINUX,
	.flag_df_set = FLAG_DF_SET,
	.flag_df_copy = FLAG_DF_COPY,
	.flag_esn = FLAG_ESN,
	.flag_cycle = FLAG_CYCSEQ,
	.flag_old = FLAG_OLD_PRIVATE,
	.algs = reference_algs,
	.base = &layout_pfkey_base,
};

/* NetBSD, and what derives from KAME otherwise. */
const struct dialect dialect_kame = {
	.name = "kame",
	.os = PF_NETBSD,
	.type_number = { TYPES_KAME, [PFKEY_X_NAT_T_NEW_MAPPING] = 23, [PFKEY_X_MIGRATE] = -1 },
	.ext_number = { EXTS_BSD, [EXT_X_SA_REPLAY] = -1, [EXT_X_NEW_ADDRESS_SRC] = -1, [EXT_X_NEW_ADDRESS_DST] = -1 },
	.satype_number = satypes_kame,
	.ident_max = 4,
	.sa_len = true,
	.af_inet = 2,
	.af_inet6 = 24,
	.null_key = true,
	.request_header = 8,
	.replay_unit = 8,
	.replay_max = 255 * 8,
	.aead = true,
	.dir_max = DIR_OUT,
	.flag_cycle = FLAG_CYCSEQ,
	.flag_old = FLAG_OLD,
	.flag_iv32 = FLAG_IV4B,
	.algs = algs_rfc4868,
	.base = &layout_pfkey_base_bsd,
};

const struct dialect dialect_freebsd = {
	.name = "freebsd",
	.os = PF_FREEBSD,
	.type_number = { TYPES_KAME, [PFKEY_X_NAT_T_NEW_MAPPING] = -1, [PFKEY_X_MIGRATE] = -1 },
	.ext_number = { EXTS_BSD, [EXT_X_SA_REPLAY] = 26, [EXT_X_NEW_ADDRESS_SRC] = 27, [EXT_X_NEW_ADDRESS_DST] = 28 },
	.satype_number = satypes_kame,
	.ident_max = 4,
	.sa_len = true,
	.af_inet = 2,
	.af_inet6 = 28,
	.null_key = true,
	.request_header = 8,
	.replay_unit = 8,
	.replay_max = UINT32_MAX,
	.aead = true,
	.priority = true,
	.dir_max = DIR_OUT,
	.flag_esn = FLAG_ESN,
	.flag_cycle = FLAG_CYCSEQ,
	.algs = algs_rfc4868,
	.base = &layout_pfkey_base_bsd,
};

/* clang-format off */
static const struct { const char *os; const struct dialect *dialect; } systems[] = {
	{ "linux", &dialect_linux }, { "netbsd", &dialect_kame },     { "kame", &dialect_kame },
	{ "qnx", &dialect_kame },    { "freebsd", &dialect_freebsd }, { "reference", &dialect_reference },
	{ "openbsd", &dialect_openbsd }, { "solaris", &dialect_solaris }, { "sunos", &dialect_solaris },
	{ "illumos", &dialect_solaris },
};
/* clang-format on */

const struct dialect *
dialect_by_os(const char *os)
{
	for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++)
		if (strcasecmp(systems[i].os, os) == 0)
			return systems[i].dialect;
	return NULL;
}

int
dialect_alg_number(const struct dialect *d, const struct alg *a)
{
	for (const struct dialect_alg *own = d->algs; own->name != NULL; own++)
		if (own->use == a->use && strcmp(own->name, a->name) == 0)
			return own->number;
	return alg_is_combined(a) && !d->aead ? -1 : a->pfkey[d->os];
}

const struct alg *
dialect_alg(const struct dialect *d, uint8_t use, int number)
{
	for (const struct alg *a = algs; number > 0 && a < algs + algs_n; a++)
		if ((a->use & use) != 0 && dialect_alg_number(d, a) == number)
			return a;
	return NULL;
}

enum pfkey_type
dialect_type(const struct dialect *d, unsigned number)
{
	for (int t = PFKEY_GETSPI; t < PFKEY_TYPE_N; t++)
		if (d->type_number[t] >= 0 && (unsigned)d->type_number[t] == number)
			return (enum pfkey_type)t;
	return PFKEY_RESERVED;
}

enum pfkey_ext
dialect_ext(const struct dialect *d, unsigned number)
{
	for (int x = EXT_RESERVED; x < EXT_N; x++)
		if (d->ext_number[x] >= 0 && (unsigned)d->ext_number[x] == number)
			return (enum pfkey_ext)x;
	return EXT_UNKNOWN;
}

/* --- SA types --------------------------------------------------------------------------------- */

static bool
is_number_taken(const struct dialect *d, unsigned number)
{
	for (unsigned t = 0; t < SATYPE_N; t++)
		if (d->satype_number[t] >= 0 && (unsigned)d->satype_number[t] == number)
			return true;
	return false;
}

bool
dialect_has_satype(const struct dialect *d, uint64_t satype)
{
	return satype < SATYPE_N && d->satype_number[satype] >= 0;
}

/* Types that the system does not have stand for the numbers that it does not have, in order. */
uint8_t
dialect_satype_number(const struct dialect *d, uint8_t satype)
{
	unsigned before = 0, number = 0;
	if (dialect_has_satype(d, satype))
		return (uint8_t)d->satype_number[satype];
	for (unsigned t = 0; t < satype; t++)
		before += !dialect_has_satype(d, t);
	for (;; number++) {
		if (is_number_taken(d, number))
			continue;
		if (before-- == 0)
			return (uint8_t)number;
	}
}

uint8_t
dialect_satype(const struct dialect *d, uint8_t number)
{
	unsigned t = 0;
	while (dialect_satype_number(d, (uint8_t)t) != number)
		t++;
	return (uint8_t)t;
}

/* --- errnos, policies ------------------------------------------------------------------------- */

const struct name *
dialect_errnos(const struct dialect *d)
{
	return d->base->fields[MSG_ERRNO].names;
}

int
dialect_errno(const struct dialect *d, int number)
{
	const char *name = names_name(pfkey_errnos_linux, (uint64_t)number);
	uint64_t own;
	return name != NULL && names_value(dialect_errnos(d), name, &own) ? (int)own : number;
}

enum pfkey_type
dialect_policy_type(const struct dialect *d, enum pfkey_type t)
{
	if (d->type_number[t] >= 0 || d->type_number[PFKEY_X_ADDFLOW] < 0)
		return t;
	switch (t) {
	case PFKEY_X_SPDADD:
	case PFKEY_X_SPDUPDATE: return PFKEY_X_ADDFLOW; /* one that is there already is replaced */
	case PFKEY_X_SPDDELETE: return PFKEY_X_DELFLOW;
	case PFKEY_X_SPDDUMP: return PFKEY_X_FLOWDUMP;
	default: return t;
	}
}

uint8_t
dialect_family(const struct dialect *d, uint64_t af)
{
	return af == d->af_inet ? 4 : af == d->af_inet6 ? 6 : 0;
}

uint16_t
dialect_af(const struct dialect *d, uint8_t family)
{
	return family == 4 ? d->af_inet : family == 6 ? d->af_inet6 : 0;
}
