/* Field tables of the extensions of Solaris and illumos, from the public <net/pfkeyv2.h>. */
#include "pfkey/pfkey_fields.h"

/* clang-format off */
static const struct name km_protocols[] = { { 0, "manual" }, { 1, "ike" }, { 2, "kink" }, { 0, NULL } };

static const struct field ereg_fields[XEREG_NF] = { EXT_HEAD, [XEREG_SATYPES] = { "satypes", 0, F_BYTES, NULL, NULL } };
static const struct field eprop_fields[XEPROP_NF] = {
	EXT_HEAD,
	[XEPROP_REPLAY] = { "replay", 8, F_UINT, NULL, NULL },
	[XEPROP_RESERVED] = { "reserved", 8, F_HEX, NULL, NULL },
	[XEPROP_NUMECOMBS] = { "numecombs", 16, F_UINT, NULL, NULL },
	[XEPROP_ECOMBS] = { "ecombs", 0, F_BYTES, NULL, NULL },
};
static const struct field km_cookie_fields[XKMC_NF] = {
	EXT_HEAD,
	[XKMC_PROTO] = { "proto", 32, F_ENUM, km_protocols, NULL },
	[XKMC_COOKIE] = { "cookie", 64, F_UINT, NULL, NULL },
};
static const struct field pair_fields[XPAIR_NF] = { EXT_HEAD, [XPAIR_SPI] = { "spi", 32, F_HEX | F_NET, NULL, NULL } };
static const struct field replay_value_fields[XRVAL_NF] = {
	EXT_HEAD,
	[XRVAL_REPLAY32] = { "replay32", 32, F_UINT, NULL, NULL },
	[XRVAL_REPLAY64] = { "replay64", 64, F_UINT, NULL, NULL },
};
static const struct field edump_fields[XEDUMP_NF] = {
	EXT_HEAD,
	[XEDUMP_RESERVED] = { "reserved", 32, F_HEX, NULL, NULL },
	[XEDUMP_TIMEOUT] = { "timeout", 64, F_UINT, NULL, NULL },
};

const struct layout pfkey_layouts_solaris[EXT_N] = {
	[EXT_X_EREG] = { "x_ereg", "extended register", NULL, FIELDS(ereg_fields) },
	[EXT_X_EPROP] = { "x_eprop", "extended proposal", NULL, FIELDS(eprop_fields) },
	[EXT_X_KM_COOKIE] = { "x_km_cookie", "key management cookie", NULL, FIELDS(km_cookie_fields) },
	[EXT_X_PAIR] = { "x_pair", "SPI of the paired SA", NULL, FIELDS(pair_fields) },
	[EXT_X_REPLAY_VALUE] = { "x_replay_value", "sequence number of an SA", NULL, FIELDS(replay_value_fields) },
	[EXT_X_EDUMP] = { "x_edump", "dump of what is idle", NULL, FIELDS(edump_fields) },
	[EXT_X_LIFETIME_IDLE] = { "x_lifetime_idle", "idle lifetime", NULL, FIELDS(pfkey_lifetime_fields) },
	[EXT_X_OUTER_SENS] = { "x_outer_sens", "sensitivity of the outer header", NULL, FIELDS(pfkey_sensitivity_fields),
			       pfkey_sensitivity_var_len },
};

/* --- records of x_eprop ----------------------------------------------------------------------- */

static const struct field ecomb_fields[ECOMB_NF] = {
	[ECOMB_NUMALGS] = { "numalgs", 8, F_UINT, NULL, NULL },
	[ECOMB_RESERVED] = { "reserved", 8, F_HEX, NULL, NULL },
	[ECOMB_FLAGS] = { "flags", 16, F_HEX, NULL, NULL },
	[ECOMB_RESERVED2] = { "reserved2", 32, F_HEX, NULL, NULL },
	[ECOMB_SOFT_ALLOCATIONS] = { "soft_allocations", 32, F_UINT, NULL, NULL },
	[ECOMB_HARD_ALLOCATIONS] = { "hard_allocations", 32, F_UINT, NULL, NULL },
	[ECOMB_SOFT_BYTES] = { "soft_bytes", 64, F_UINT, NULL, NULL },
	[ECOMB_HARD_BYTES] = { "hard_bytes", 64, F_UINT, NULL, NULL },
	[ECOMB_SOFT_ADDTIME] = { "soft_addtime", 64, F_UINT, NULL, NULL },
	[ECOMB_HARD_ADDTIME] = { "hard_addtime", 64, F_UINT, NULL, NULL },
	[ECOMB_SOFT_USETIME] = { "soft_usetime", 64, F_UINT, NULL, NULL },
	[ECOMB_HARD_USETIME] = { "hard_usetime", 64, F_UINT, NULL, NULL },
};

static const struct field algdesc_fields[DESC_NF] = {
	[DESC_SATYPE] = { "satype", 8, F_UINT, NULL, NULL },
	[DESC_ALGTYPE] = { "algtype", 8, F_UINT, NULL, NULL },
	[DESC_ALG] = { "alg", 8, F_UINT, NULL, NULL },
	[DESC_RESERVED] = { "reserved", 8, F_HEX, NULL, NULL },
	[DESC_MINBITS] = { "minbits", 16, F_UINT, NULL, NULL },
	[DESC_MAXBITS] = { "maxbits", 16, F_UINT, NULL, NULL },
};
/* clang-format on */

const struct layout layout_sadb_ecomb = { "ecomb", "extended combination", NULL, FIELDS(ecomb_fields) };
const struct layout layout_sadb_algdesc = { "algdesc", "algorithm of an extended combination", NULL,
					    FIELDS(algdesc_fields) };
