/* Field tables of OpenBSD's extensions, from its public <net/pfkeyv2.h>. */
#include "pfkey/pfkey_fields.h"

/* clang-format off */
static const struct name flow_types[] = {
	{ FLOW_USE, "use" },       { FLOW_ACQUIRE, "acquire" }, { FLOW_REQUIRE, "require" }, { FLOW_BYPASS, "bypass" },
	{ FLOW_DENY, "deny" },     { FLOW_DONTACQ, "dontacq" }, { 0, NULL },
};
static const struct name directions[] = { { DIR_IN, "in" }, { DIR_OUT, "out" }, { 0, NULL } };
static const struct name satypes[] = { { 1, "ah" }, { 2, "esp" }, { 7, "ipip" }, { 8, "tcpsignature" }, { 9, "ipcomp" }, { 0, NULL } };

static const struct field proposal_fields[XPROP_NF] = {
	EXT_HEAD,
	[XPROP_NUM] = { "num", 8, F_UINT, NULL, NULL },
	[XPROP_REPLAY] = { "replay", 8, F_UINT, NULL, "RFC 2367 2.3.7" },
	[XPROP_RESERVED] = { "reserved", 16, F_HEX, NULL, "RFC 2367 2.3.7" },
	[XPROP_COMBS] = { "combs", 0, F_BYTES, NULL, "RFC 2367 2.3.7" },
};

#define PROTOCOL(value_, names_)                                    \
	{                                                           \
		EXT_HEAD,                                           \
		[XPROTO_VALUE] = { value_, 8, F_ENUM, names_, NULL }, \
		[XPROTO_DIRECTION] = { "direction", 8, F_ENUM, directions, NULL }, \
		[XPROTO_FLAGS] = { "flags", 8, F_HEX, NULL, NULL },   \
		[XPROTO_RESERVED] = { "reserved", 8, F_HEX, NULL, NULL }, \
	}
static const struct name no_names[] = { { 0, NULL } };
static const struct field flow_type_fields[XPROTO_NF] = PROTOCOL("type", flow_types);
static const struct field protocol_fields[XPROTO_NF] = PROTOCOL("proto", no_names);
static const struct field satype2_fields[XPROTO_NF] = PROTOCOL("satype", satypes);

static const struct field policy_seq_fields[XPSEQ_NF] = { EXT_HEAD, [XPSEQ_SEQ] = { "seq", 32, F_UINT, NULL, NULL } };
static const struct field cred_fields[] = {
	EXT_HEAD, { "type", 16, F_UINT, NULL, NULL }, { "reserved", 16, F_HEX, NULL, NULL }, { "data", 0, F_BYTES, NULL, NULL },
};
/* The port is in network order, as in all the system's forms of ESP in UDP. */
static const struct field tag_fields[] = {
	EXT_HEAD, { "taglen", 32, F_UINT, NULL, NULL }, { "tag", 0, F_BYTES, NULL, NULL },
};
static const struct field tap_fields[] = { EXT_HEAD, { "unit", 32, F_UINT, NULL, NULL } };
static const struct field counter_fields[] = {
	EXT_HEAD,
	{ "reserved", 32, F_HEX, NULL, NULL },
	{ "ipackets", 64, F_UINT, NULL, NULL },
	{ "opackets", 64, F_UINT, NULL, NULL },
	{ "ibytes", 64, F_UINT, NULL, NULL },
	{ "obytes", 64, F_UINT, NULL, NULL },
	{ "idrops", 64, F_UINT, NULL, NULL },
	{ "odrops", 64, F_UINT, NULL, NULL },
	{ "idecompbytes", 64, F_UINT, NULL, NULL },
	{ "ouncompbytes", 64, F_UINT, NULL, NULL },
};
static const struct field rdomain_fields[] = { EXT_HEAD, { "dom1", 16, F_UINT, NULL, NULL }, { "dom2", 16, F_UINT, NULL, NULL } };
static const struct field mtu_fields[] = { EXT_HEAD, { "mtu", 32, F_UINT, NULL, NULL } };
static const struct field replay_count_fields[XRCOUNT_NF] = {
	EXT_HEAD,
	[XRCOUNT_RESERVED] = { "reserved", 32, F_HEX, NULL, NULL },
	[XRCOUNT_COUNT] = { "count", 64, F_UINT, NULL, NULL },
};
static const struct field iface_fields[] = {
	EXT_HEAD, { "unit", 32, F_UINT, NULL, NULL }, { "direction", 8, F_ENUM, directions, NULL },
	{ "reserved", 56, F_BYTES, NULL, NULL },
};

const struct layout pfkey_layouts_openbsd[EXT_N] = {
	[EXT_PROPOSAL] = { "proposal", "proposal", "RFC 2367 2.3.7", FIELDS(proposal_fields) },
	[EXT_X_PROTOCOL] = { "x_protocol", "protocol of a flow", NULL, FIELDS(protocol_fields) },
	[EXT_X_FLOW_TYPE] = { "x_flow_type", "type and direction of a flow", NULL, FIELDS(flow_type_fields) },
	[EXT_X_SECOND_SA] = { "x_second_sa", "second SA of a bundle", NULL, FIELDS(pfkey_sa_fields) },
	[EXT_X_POLICY_SEQ] = { "x_policy_seq", "policy of an acquire", NULL, FIELDS(policy_seq_fields) },
	[EXT_X_LOCAL_CREDENTIALS] = { "x_local_credentials", "own credentials", NULL, FIELDS(cred_fields) },
	[EXT_X_REMOTE_CREDENTIALS] = { "x_remote_credentials", "the peer's credentials", NULL, FIELDS(cred_fields) },
	[EXT_X_LOCAL_AUTH] = { "x_local_auth", "own authentication", NULL, FIELDS(cred_fields) },
	[EXT_X_REMOTE_AUTH] = { "x_remote_auth", "the peer's authentication", NULL, FIELDS(cred_fields) },
	[EXT_X_SUPPORTED_COMP] = { "x_supported_comp", "supported compression algorithms", NULL, FIELDS(pfkey_supported_fields) },
	[EXT_X_UDPENCAP] = { "x_udpencap", "UDP encapsulation", "RFC 3948", FIELDS(pfkey_port_fields) },
	[EXT_X_LIFETIME_LASTUSE] = { "x_lifetime_lastuse", "time of last use", NULL, FIELDS(pfkey_lifetime_fields) },
	[EXT_X_TAG] = { "x_tag", "tag of the packet filter", NULL, FIELDS(tag_fields) },
	[EXT_X_TAP] = { "x_tap", "enc interface", NULL, FIELDS(tap_fields) },
	[EXT_X_SATYPE2] = { "x_satype2", "type of the second SA", NULL, FIELDS(satype2_fields) },
	[EXT_X_COUNTER] = { "x_counter", "counters of an SA", NULL, FIELDS(counter_fields) },
	[EXT_X_RDOMAIN] = { "x_rdomain", "routing domains", NULL, FIELDS(rdomain_fields) },
	[EXT_X_MTU] = { "x_mtu", "path MTU", NULL, FIELDS(mtu_fields) },
	[EXT_X_REPLAY_COUNT] = { "x_replay_count", "sequence number of an SA", NULL, FIELDS(replay_count_fields) },
	[EXT_X_IFACE] = { "x_iface", "sec interface", NULL, FIELDS(iface_fields) },
};
/* clang-format on */
