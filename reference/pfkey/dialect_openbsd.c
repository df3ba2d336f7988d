/* OpenBSD's numbers, from its public <net/pfkeyv2.h>. Policies are flows; the mode of an SA is a flag. */
#include "pfkey/dialect_table.h"

/* clang-format off */
static const int8_t satypes[SATYPE_N] = {
	[SATYPE_UNSPEC] = 0, [1] = -1, [SATYPE_AH] = 1, [SATYPE_ESP] = 2, [4] = -1, [SATYPE_RSVP] = 3, [SATYPE_OSPFV2] = 4,
	[SATYPE_RIPV2] = 5, [SATYPE_MIP] = 6, [SATYPE_IPCOMP] = 9, [10] = -1, [SATYPE_TCPSIGNATURE] = 8, [12] = -1, [SATYPE_IPIP] = 7,
};

const struct dialect dialect_openbsd = {
	.name = "openbsd",
	.os = PF_OPENBSD,
	.type_number = {
		TYPES_RFC, NO_TYPES_KAME, NO_TYPES_SOLARIS, [PFKEY_X_ADDFLOW] = 12, [PFKEY_X_DELFLOW] = 13, [PFKEY_X_GRPSPIS] = 14,
		[PFKEY_X_ASKPOLICY] = 15, [PFKEY_X_FLOWDUMP] = 16,
	},
	.ext_number = {
		EXTS_RFC, NO_EXTS_KAME, NO_EXTS_SOLARIS, [EXT_X_SRC_MASK] = 17, [EXT_X_DST_MASK] = 18, [EXT_X_PROTOCOL] = 19,
		[EXT_X_FLOW_TYPE] = 20, [EXT_X_SRC_FLOW] = 21, [EXT_X_DST_FLOW] = 22, [EXT_X_SECOND_SA] = 23, [EXT_X_DST2] = 24,
		[EXT_X_POLICY_SEQ] = 25, [EXT_X_LOCAL_CREDENTIALS] = 26, [EXT_X_REMOTE_CREDENTIALS] = 27, [EXT_X_LOCAL_AUTH] = 28,
		[EXT_X_REMOTE_AUTH] = 29, [EXT_X_SUPPORTED_COMP] = 30, [EXT_X_UDPENCAP] = 31, [EXT_X_LIFETIME_LASTUSE] = 32,
		[EXT_X_TAG] = 33, [EXT_X_TAP] = 34, [EXT_X_SATYPE2] = 35, [EXT_X_COUNTER] = 36, [EXT_X_RDOMAIN] = 37,
		[EXT_X_MTU] = 38, [EXT_X_REPLAY_COUNT] = 39, [EXT_X_IFACE] = 40,
	},
	/* clang-format on */
	.satype_number = satypes,
	.sa_len = true,
	.bare_address = true,
	.prop_num = true,
	.ident_max = 4,
	.af_inet = 2,
	.af_inet6 = 24,
	.replay_unit = 1,
	.replay_max = 255,
	.aead = true,
	.dir_max = DIR_OUT,
	.flag_esn = FLAG_ESN,
	.flag_tunnel = 0x4,
	.flag_udpencap = 0x200,
	.algs = algs_rfc4868,
	.base = &layout_pfkey_base_bsd,
};
