/*
 * Numbers per system. RFC 2367 3.1, 3.4, 3.6 for the base; the rest from the public headers of Linux, NetBSD and
 * FreeBSD.
 */
#include "pfkey/pfkey.h"
#include "pfkey/record.h"

#include <strings.h>

/* Every dialect has RFC 2367's messages and KAME's under these numbers. */
#define TYPES_KAME                                                                                                     \
	[PFKEY_RESERVED] = -1, [PFKEY_GETSPI] = 1, [PFKEY_UPDATE] = 2, [PFKEY_ADD] = 3, [PFKEY_DELETE] = 4,            \
	[PFKEY_GET] = 5, [PFKEY_ACQUIRE] = 6, [PFKEY_REGISTER] = 7, [PFKEY_EXPIRE] = 8, [PFKEY_FLUSH] = 9,             \
	[PFKEY_DUMP] = 10, [PFKEY_X_PROMISC] = 11, [PFKEY_X_PCHANGE] = 12, [PFKEY_X_SPDUPDATE] = 13,                   \
	[PFKEY_X_SPDADD] = 14, [PFKEY_X_SPDDELETE] = 15, [PFKEY_X_SPDGET] = 16, [PFKEY_X_SPDACQUIRE] = 17,             \
	[PFKEY_X_SPDDUMP] = 18, [PFKEY_X_SPDFLUSH] = 19, [PFKEY_X_SPDSETIDX] = 20, [PFKEY_X_SPDEXPIRE] = 21,           \
	[PFKEY_X_SPDDELETE2] = 22

#define EXTS_KAME                                                                                                      \
	[EXT_RESERVED] = 0, [EXT_SA] = 1, [EXT_LIFETIME_CURRENT] = 2, [EXT_LIFETIME_HARD] = 3,                         \
	[EXT_LIFETIME_SOFT] = 4, [EXT_ADDRESS_SRC] = 5, [EXT_ADDRESS_DST] = 6, [EXT_ADDRESS_PROXY] = 7,                \
	[EXT_KEY_AUTH] = 8, [EXT_KEY_ENCRYPT] = 9, [EXT_IDENTITY_SRC] = 10, [EXT_IDENTITY_DST] = 11,                   \
	[EXT_SENSITIVITY] = 12, [EXT_PROPOSAL] = 13, [EXT_SUPPORTED_AUTH] = 14, [EXT_SUPPORTED_ENCRYPT] = 15,          \
	[EXT_SPIRANGE] = 16, [EXT_X_KMPRIVATE] = 17, [EXT_X_POLICY] = 18, [EXT_X_SA2] = 19, [EXT_X_NAT_T_TYPE] = 20,   \
	[EXT_X_NAT_T_SPORT] = 21, [EXT_X_NAT_T_DPORT] = 22, [EXT_X_NAT_T_OAI] = 23, [EXT_UNKNOWN] = -1

#define EXTS_LINUX                                                                                                     \
	EXTS_KAME, [EXT_X_NAT_T_OAR] = -1, [EXT_X_NAT_T_FRAG] = -1, [EXT_X_SEC_CTX] = 24, [EXT_X_KMADDRESS] = 25,      \
		   [EXT_X_FILTER] = 26, [EXT_X_SA_REPLAY] = -1

#define EXTS_BSD                                                                                                       \
	EXTS_KAME, [EXT_X_NAT_T_OAR] = 24, [EXT_X_NAT_T_FRAG] = 25, [EXT_X_SEC_CTX] = -1, [EXT_X_KMADDRESS] = -1,      \
		   [EXT_X_FILTER] = -1, [EXT_X_REFERENCE] = -1

/*
 * Linux's PF_KEY has one number for HMAC-SHA-256, so both truncations go out under it. RFC 4868 means 128 bits; what
 * the kernel means (96, to this day) is found out by asking it: runner/capability.c.
 */
static const struct dialect_alg linux_algs[] = { { NULL, 0, 0 } };

static const struct dialect_alg kame_algs[] = {
	{ "hmac-sha2-256-128", ALG_AUTH, 5 },
	{ "hmac-sha2-256-96", ALG_AUTH, -1 },
	{ NULL, 0, 0 },
};

/* Private numbers in the gap between the assigned ones and KAME's from 249 on. */
static const struct dialect_alg reference_algs[] = {
	{ "hmac-sha2-256-128", ALG_AUTH, 5 },  { "hmac-sha2-256-96", ALG_AUTH, 200 },
	{ "aes-cmac-96", ALG_AUTH, 201 },      { "aes-128-gmac", ALG_AUTH, 202 },
	{ "aes-192-gmac", ALG_AUTH, 203 },     { "aes-256-gmac", ALG_AUTH, 204 },
	{ "chacha20-poly1305", ALG_ENC, 205 }, { NULL, 0, 0 },
};

enum { FLAG_CYCSEQ = 0x40, FLAG_ESN = 0x400 }; /* KAME, FreeBSD */

const struct dialect dialect_linux = {
	.name = "linux",
	.os = PF_LINUX,
	.type_number = { TYPES_KAME, [PFKEY_X_NAT_T_NEW_MAPPING] = 23, [PFKEY_X_MIGRATE] = 24 },
	.ext_number = { EXTS_LINUX, [EXT_X_REFERENCE] = -1 },
	.af_inet = 2,
	.af_inet6 = 10,
	.null_key = true,
	.request_header = 16,
	.replay_unit = 1,
	.replay_max = 32,
	.priority = true,
	.dir_max = DIR_FWD,
	.algs = linux_algs,
	.base = &layout_pfkey_base,
};

const struct dialect dialect_reference = {
	.name = "reference",
	.os = PF_LINUX,
	.type_number = { TYPES_KAME, [PFKEY_X_NAT_T_NEW_MAPPING] = 23, [PFKEY_X_MIGRATE] = 24 },
	.ext_number = { EXTS_LINUX, [EXT_X_REFERENCE] = 120 },
	.af_inet = 2,
	.af_inet6 = 10,
	.request_header = 16,
	.replay_unit = 1,
	.replay_max = UINT32_MAX,
	.aead = true,
	.priority = true,
	.dir_max = DIR_FWD,
	.flag_esn = FLAG_ESN,
	.flag_cycle = FLAG_CYCSEQ,
	.algs = reference_algs,
	.base = &layout_pfkey_base,
};

/* NetBSD, and what derives from KAME otherwise. */
const struct dialect dialect_kame = {
	.name = "kame",
	.os = PF_NETBSD,
	.type_number = { TYPES_KAME, [PFKEY_X_NAT_T_NEW_MAPPING] = 23, [PFKEY_X_MIGRATE] = -1 },
	.ext_number = { EXTS_BSD, [EXT_X_SA_REPLAY] = -1 },
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
	.algs = kame_algs,
	.base = &layout_pfkey_base_bsd,
};

const struct dialect dialect_freebsd = {
	.name = "freebsd",
	.os = PF_FREEBSD,
	.type_number = { TYPES_KAME, [PFKEY_X_NAT_T_NEW_MAPPING] = -1, [PFKEY_X_MIGRATE] = -1 },
	.ext_number = { EXTS_BSD, [EXT_X_SA_REPLAY] = 26 },
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
	.algs = kame_algs,
	.base = &layout_pfkey_base_bsd,
};

/* clang-format off */
static const struct { const char *os; const struct dialect *dialect; } systems[] = {
	{ "linux", &dialect_linux }, { "netbsd", &dialect_kame },     { "kame", &dialect_kame },
	{ "qnx", &dialect_kame },    { "freebsd", &dialect_freebsd }, { "reference", &dialect_reference },
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
