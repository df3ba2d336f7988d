/*
 * The numbers of Solaris and illumos, from the public <net/pfkeyv2.h>. There are no policies here: they have a socket of their own
 * (PF_POLICY).
 */
#include "pfkey/dialect_table.h"

/* clang-format off */
const struct dialect dialect_solaris = {
	.name = "solaris",
	.os = PF_SOLARIS,
	.type_number = {
		TYPES_RFC, NO_TYPES_KAME, NO_TYPES_OPENBSD, [PFKEY_X_INVERSE_ACQUIRE] = 12, [PFKEY_X_UPDATEPAIR] = 13,
		[PFKEY_X_DELPAIR] = 14, [PFKEY_X_DELPAIR_STATE] = 15,
	},
	.ext_number = {
		EXTS_RFC, NO_EXTS_KAME, NO_EXTS_OPENBSD, [EXT_X_EREG] = 17, [EXT_X_EPROP] = 18, [EXT_X_KM_COOKIE] = 19,
		[EXT_X_NATT_LOC] = 20, [EXT_X_NATT_REM] = 21, [EXT_X_INNER_DST] = 22, [EXT_X_PAIR] = 23, [EXT_X_REPLAY_VALUE] = 24,
		[EXT_X_EDUMP] = 25, [EXT_X_LIFETIME_IDLE] = 26, [EXT_X_OUTER_SENS] = 27,
	},
	/* clang-format on */
	.satype_number = satypes_rfc,
	.alg_salt = true,
	.diagnostics = true,
	.ident_max = 7,
	.af_inet = 2,
	.af_inet6 = 26,
	.replay_unit = 1,
	.replay_max = 255,
	.aead = true,
	.dir_max = DIR_OUT,
	.flag_tunnel = 0x20000,
	.algs = algs_rfc4868,
	.base = &layout_pfkey_base_solaris,
};
