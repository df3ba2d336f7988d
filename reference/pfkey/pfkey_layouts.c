/*
 * Field tables of the base header and of every extension. RFC 2367 2.1, 2.3.1 to 2.3.9, appendix C; the rest are KAME's
 * and Linux's. Integers are host order but for SPIs, ports and flow labels; padding is a field where kernels
 * could leak through it, elsewhere pfkey_msg_put rounds up to 8 octets.
 */
#include "pfkey/pfkey_fields.h"

/* clang-format off */
static const struct name satypes[] = {
	{ SATYPE_UNSPEC, "unspec" }, { SATYPE_AH, "ah" },       { SATYPE_ESP, "esp" },
	{ SATYPE_RSVP, "rsvp" },     { SATYPE_OSPFV2, "ospfv2" }, { SATYPE_RIPV2, "ripv2" },
	{ SATYPE_MIP, "mip" },       { SATYPE_IPCOMP, "ipcomp" }, { SATYPE_TCPSIGNATURE, "tcpsignature" },
	{ SATYPE_IPIP, "ipip" },     { 0, NULL },
};
/* clang-format on */

static const struct name states[] = {
	{ SA_LARVAL, "larval" },
	{ SA_MATURE, "mature" },
	{ SA_DYING, "dying" },
	{ SA_DEAD, "dead" },
	{ 5, "idle" },
	{ 6, "active" }, /* Solaris */
	{ 0, NULL },
};

static const struct name ident_types[] = {
	{ IDENT_PREFIX, "prefix" },
	{ IDENT_FQDN, "fqdn" },
	{ IDENT_USERFQDN, "userfqdn" },
	{ 0, NULL },
};

static const struct name policy_types[] = {
	{ POLICY_DISCARD, "discard" }, { POLICY_NONE, "none" },     { POLICY_IPSEC, "ipsec" },
	{ POLICY_ENTRUST, "entrust" }, { POLICY_BYPASS, "bypass" }, { 0, NULL },
};

static const struct name policy_dirs[] = {
	{ 0, "any" }, { DIR_IN, "in" }, { DIR_OUT, "out" }, { DIR_FWD, "fwd" }, { 0, NULL },
};

static const struct name modes[] = {
	{ MODE_ANY, "any" },
	{ MODE_TRANSPORT, "transport" },
	{ MODE_TUNNEL, "tunnel" },
	{ 0, NULL },
};

static const struct name levels[] = {
	{ LEVEL_DEFAULT, "default" }, { LEVEL_USE, "use" }, { LEVEL_REQUIRE, "require" },
	{ LEVEL_UNIQUE, "unique" },   { 0, NULL },
};

#define BASE_FIELDS(errnos)                                                                                            \
	{                                                                                                              \
		[MSG_VERSION] = { "version", 8, F_UINT, NULL, "RFC 2367 2.1" },                                        \
		[MSG_TYPE] = { "type", 8, F_ENUM, pfkey_types, "RFC 2367 3.1" },                                       \
		[MSG_ERRNO] = { "errno", 8, F_ENUM, errnos, "RFC 2367 2.1" },                                          \
		[MSG_SATYPE] = { "satype", 8, F_ENUM, satypes, "RFC 2367 3.4" },                                       \
		[MSG_LEN] = { "len", 16, F_UINT, NULL, "RFC 2367 2.1" },                                               \
		[MSG_RESERVED] = { "reserved", 16, F_HEX, NULL, "RFC 2367 2.1" },                                      \
		[MSG_SEQ] = { "seq", 32, F_UINT, NULL, "RFC 2367 2.1" },                                               \
		[MSG_PID] = { "pid", 32, F_UINT, NULL, "RFC 2367 2.1" },                                               \
	}

static const struct field base_fields[MSG_NF] = BASE_FIELDS(pfkey_errnos_linux);
static const struct field base_fields_bsd[MSG_NF] = BASE_FIELDS(pfkey_errnos_bsd);
static const struct field base_fields_solaris[MSG_NF] = BASE_FIELDS(pfkey_errnos_solaris);

#define BASE_LAYOUT(table)                                                                                             \
	{                                                                                                              \
		.name = "pfkey", .title = "PF_KEY base message header", .clause = "RFC 2367 2.1", .fields = table,     \
		.n = MSG_NF, .host_order = true                                                                        \
	}

const struct layout layout_pfkey_base = BASE_LAYOUT(base_fields);
const struct layout layout_pfkey_base_bsd = BASE_LAYOUT(base_fields_bsd);
const struct layout layout_pfkey_base_solaris = BASE_LAYOUT(base_fields_solaris);

const struct name pfkey_absent[] = { { 0, NULL } };

bool
pfkey_field_is_absent(const struct field *f)
{
	return f->names == pfkey_absent;
}

static const struct field unknown_fields[] = {
	EXT_HEAD,
	[X_BODY] = { "body", 0, F_BYTES, NULL, "RFC 2367 2.3" },
};

const struct field pfkey_sa_fields[XSA_NF] = {
	EXT_HEAD,
	[XSA_SPI] = { "spi", 32, F_HEX | F_NET, NULL, "RFC 2367 2.3.1" },
	[XSA_REPLAY] = { "replay", 8, F_UINT, NULL, "RFC 2367 2.3.1" },
	[XSA_STATE] = { "state", 8, F_ENUM, states, "RFC 2367 3.3" },
	[XSA_AUTH] = { "auth", 8, F_UINT, NULL, "RFC 2367 3.5" },
	[XSA_ENCRYPT] = { "encrypt", 8, F_UINT, NULL, "RFC 2367 3.5" },
	[XSA_FLAGS] = { "flags", 32, F_HEX, NULL, "RFC 2367 3.2" },
};

const struct field pfkey_lifetime_fields[XLT_NF] = {
	EXT_HEAD,
	[XLT_ALLOCATIONS] = { "allocations", 32, F_UINT, NULL, "RFC 2367 2.3.2" },
	[XLT_BYTES] = { "bytes", 64, F_UINT, NULL, "RFC 2367 2.3.2" },
	[XLT_ADDTIME] = { "addtime", 64, F_UINT, NULL, "RFC 2367 2.3.2" },
	[XLT_USETIME] = { "usetime", 64, F_UINT, NULL, "RFC 2367 2.3.2" },
};

static const struct field key_fields[XKEY_NF] = {
	EXT_HEAD,
	[XKEY_BITS] = { "bits", 16, F_UINT, NULL, "RFC 2367 2.3.4" },
	[XKEY_RESERVED] = { "reserved", 16, F_HEX, NULL, "RFC 2367 2.3.4" },
	[XKEY_KEY] = { "key", 0, F_BYTES, NULL, "RFC 2367 2.3.4" },
	[XKEY_PAD] = { "pad", 0, F_BYTES, NULL, "RFC 2367 2.3.4" },
};

static size_t
key_var_len(const struct hdr *h, unsigned i, size_t left)
{
	size_t octets = (h->v[XKEY_BITS].u + 7) / 8;
	return i == XKEY_KEY && octets < left ? octets : left;
}

static const struct field identity_fields[XID_NF] = {
	EXT_HEAD,
	[XID_IDTYPE] = { "idtype", 16, F_ENUM, ident_types, "RFC 2367 3.7" },
	[XID_RESERVED] = { "reserved", 16, F_HEX, NULL, "RFC 2367 2.3.5" },
	[XID_ID] = { "id", 64, F_UINT, NULL, "RFC 2367 2.3.5" },
	[XID_STRING] = { "string", 0, F_BYTES, NULL, "RFC 2367 2.3.5" },
};

const struct field pfkey_sensitivity_fields[XSENS_NF] = {
	EXT_HEAD,
	[XSENS_DPD] = { "dpd", 32, F_UINT, NULL, "RFC 2367 2.3.6" },
	[XSENS_SENS_LEVEL] = { "sens_level", 8, F_UINT, NULL, "RFC 2367 2.3.6" },
	[XSENS_SENS_LEN] = { "sens_len", 8, F_UINT, NULL, "RFC 2367 2.3.6" },
	[XSENS_INTEG_LEVEL] = { "integ_level", 8, F_UINT, NULL, "RFC 2367 2.3.6" },
	[XSENS_INTEG_LEN] = { "integ_len", 8, F_UINT, NULL, "RFC 2367 2.3.6" },
	[XSENS_RESERVED] = { "reserved", 32, F_HEX, NULL, "RFC 2367 2.3.6" },
	[XSENS_SENS] = { "sens", 0, F_BYTES, NULL, "RFC 2367 2.3.6" },
	[XSENS_INTEG] = { "integ", 0, F_BYTES, NULL, "RFC 2367 2.3.6" },
};

size_t
pfkey_sensitivity_var_len(const struct hdr *h, unsigned i, size_t left)
{
	size_t octets = (size_t)h->v[XSENS_SENS_LEN].u * 8;
	return i == XSENS_SENS && octets < left ? octets : left;
}

static const struct field proposal_fields[XPROP_NF] = {
	EXT_HEAD,
	[XPROP_NUM] = { "num", 0, F_BYTES, pfkey_absent, NULL },
	[XPROP_REPLAY] = { "replay", 8, F_UINT, NULL, "RFC 2367 2.3.7" },
	[XPROP_RESERVED] = { "reserved", 24, F_HEX, NULL, "RFC 2367 2.3.7" },
	[XPROP_COMBS] = { "combs", 0, F_BYTES, NULL, "RFC 2367 2.3.7" },
};

static size_t
proposal_var_len(const struct hdr *h, unsigned i, size_t left)
{
	(void)h;
	return i == XPROP_COMBS ? left : 0;
}

const struct field pfkey_supported_fields[XSUP_NF] = {
	EXT_HEAD,
	[XSUP_RESERVED] = { "reserved", 32, F_HEX, NULL, "RFC 2367 2.3.8" },
	[XSUP_ALGS] = { "algs", 0, F_BYTES, NULL, "RFC 2367 2.3.8" },
};

static const struct field spirange_fields[XRANGE_NF] = {
	EXT_HEAD,
	[XRANGE_MIN] = { "min", 32, F_HEX, NULL, "RFC 2367 2.3.9" },
	[XRANGE_MAX] = { "max", 32, F_HEX, NULL, "RFC 2367 2.3.9" },
	[XRANGE_RESERVED] = { "reserved", 32, F_HEX, NULL, "RFC 2367 2.3.9" },
};

const struct field pfkey_data_fields[XKM_NF] = {
	EXT_HEAD,
	[XKM_RESERVED] = { "reserved", 32, F_HEX, NULL, "RFC 2367 App. C" },
	[XKM_DATA] = { "data", 0, F_BYTES, NULL, "RFC 2367 App. C" },
};

static const struct field policy_fields[XPOL_NF] = {
	EXT_HEAD,
	[XPOL_TYPE] = { "type", 16, F_ENUM, policy_types, NULL },
	[XPOL_DIR] = { "dir", 8, F_ENUM, policy_dirs, NULL },
	[XPOL_RESERVED] = { "reserved", 8, F_HEX, NULL, NULL },
	[XPOL_ID] = { "id", 32, F_UINT, NULL, NULL },
	[XPOL_PRIORITY] = { "priority", 32, F_UINT, NULL, NULL },
	[XPOL_REQUESTS] = { "requests", 0, F_BYTES, NULL, NULL },
};

static const struct field sa2_fields[XSA2_NF] = {
	EXT_HEAD,
	[XSA2_MODE] = { "mode", 8, F_ENUM, modes, NULL },
	[XSA2_RES1] = { "res1", 8, F_HEX, NULL, NULL },
	[XSA2_RES2] = { "res2", 16, F_HEX, NULL, NULL },
	[XSA2_SEQUENCE] = { "sequence", 32, F_UINT, NULL, NULL },
	[XSA2_REQID] = { "reqid", 32, F_UINT, NULL, NULL },
};

static const struct field nat_t_type_fields[XNT_NF] = {
	EXT_HEAD,
	[XNT_VALUE] = { "type", 8, F_UINT, NULL, NULL },
	[XNT_RESERVED] = { "reserved", 24, F_BYTES, NULL, NULL },
};

const struct field pfkey_port_fields[XNT_NF] = {
	EXT_HEAD,
	[XNT_VALUE] = { "port", 16, F_UINT | F_NET, NULL, NULL },
	[XNT_RESERVED] = { "reserved", 16, F_HEX, NULL, NULL },
};

static const struct field nat_t_frag_fields[XNT_NF] = {
	EXT_HEAD,
	[XNT_VALUE] = { "fraglen", 16, F_UINT, NULL, NULL },
	[XNT_RESERVED] = { "reserved", 16, F_HEX, NULL, NULL },
};

static const struct field sec_ctx_fields[XCTX_NF] = {
	EXT_HEAD,
	[XCTX_ALG] = { "alg", 8, F_UINT, NULL, NULL },
	[XCTX_DOI] = { "doi", 8, F_UINT, NULL, NULL },
	[XCTX_LENGTH] = { "length", 16, F_UINT, NULL, NULL },
	[XCTX_CONTEXT] = { "context", 0, F_BYTES, NULL, NULL },
	[XCTX_PAD] = { "pad", 0, F_BYTES, NULL, NULL },
};

static size_t
sec_ctx_var_len(const struct hdr *h, unsigned i, size_t left)
{
	size_t octets = (size_t)h->v[XCTX_LENGTH].u;
	return i == XCTX_CONTEXT && octets < left ? octets : left;
}

static const struct field filter_fields[XFIL_NF] = {
	EXT_HEAD,
	[XFIL_SADDR] = { "saddr", 128, F_BYTES, NULL, NULL },
	[XFIL_DADDR] = { "daddr", 128, F_BYTES, NULL, NULL },
	[XFIL_FAMILY] = { "family", 16, F_UINT, NULL, NULL },
	[XFIL_SPLEN] = { "splen", 8, F_UINT, NULL, NULL },
	[XFIL_DPLEN] = { "dplen", 8, F_UINT, NULL, NULL },
};

static const struct field sa_replay_fields[XREPLAY_NF] = {
	EXT_HEAD,
	[XREPLAY_WINDOW] = { "window", 32, F_UINT, NULL, NULL },
};

static const struct field reference_fields[XREF_NF] = {
	EXT_HEAD,
	[XREF_WINDOW] = { "window", 32, F_UINT, NULL, NULL },
	[XREF_SEQUENCE] = { "sequence", 64, F_UINT, NULL, NULL },
	[XREF_TFC] = { "tfc", 32, F_UINT, NULL, NULL },
	[XREF_RESERVED] = { "reserved", 32, F_HEX, NULL, NULL },
};

/* clause is the extension's; the notation's name comes from the field it is filed under. */
static const struct layout ext_layouts[EXT_N] = {
	[EXT_RESERVED] = { "reserved", "reserved extension", "RFC 2367 2.3", FIELDS(unknown_fields) },
	[EXT_SA] = { "sa", "security association", "RFC 2367 2.3.1", FIELDS(pfkey_sa_fields) },
	[EXT_LIFETIME_CURRENT] = { "lifetime_current", "current lifetime", "RFC 2367 2.3.2",
				   FIELDS(pfkey_lifetime_fields) },
	[EXT_LIFETIME_HARD] = { "lifetime_hard", "hard lifetime", "RFC 2367 2.3.2", FIELDS(pfkey_lifetime_fields) },
	[EXT_LIFETIME_SOFT] = { "lifetime_soft", "soft lifetime", "RFC 2367 2.3.2", FIELDS(pfkey_lifetime_fields) },
	[EXT_KEY_AUTH] = { "key_auth", "authentication key", "RFC 2367 2.3.4", FIELDS(key_fields), key_var_len },
	[EXT_KEY_ENCRYPT] = { "key_encrypt", "encryption key", "RFC 2367 2.3.4", FIELDS(key_fields), key_var_len },
	[EXT_IDENTITY_SRC] = { "identity_src", "source identity", "RFC 2367 2.3.5", FIELDS(identity_fields) },
	[EXT_IDENTITY_DST] = { "identity_dst", "destination identity", "RFC 2367 2.3.5", FIELDS(identity_fields) },
	[EXT_SENSITIVITY] = { "sensitivity", "sensitivity", "RFC 2367 2.3.6", FIELDS(pfkey_sensitivity_fields),
			      pfkey_sensitivity_var_len },
	[EXT_PROPOSAL] = { "proposal", "proposal", "RFC 2367 2.3.7", FIELDS(proposal_fields), proposal_var_len },
	[EXT_SUPPORTED_AUTH] = { "supported_auth", "supported authentication algorithms", "RFC 2367 2.3.8",
				 FIELDS(pfkey_supported_fields) },
	[EXT_SUPPORTED_ENCRYPT] = { "supported_encrypt", "supported encryption algorithms", "RFC 2367 2.3.8",
				    FIELDS(pfkey_supported_fields) },
	[EXT_SPIRANGE] = { "spirange", "SPI range", "RFC 2367 2.3.9", FIELDS(spirange_fields) },
	[EXT_X_KMPRIVATE] = { "x_kmprivate", "key management private data", "RFC 2367 App. C",
			      FIELDS(pfkey_data_fields) },
	[EXT_X_POLICY] = { "x_policy", "policy", NULL, FIELDS(policy_fields) },
	[EXT_X_SA2] = { "x_sa2", "mode and request id", NULL, FIELDS(sa2_fields) },
	[EXT_X_NAT_T_TYPE] = { "x_nat_t_type", "UDP encapsulation", "RFC 3948", FIELDS(nat_t_type_fields) },
	[EXT_X_NAT_T_SPORT] = { "x_nat_t_sport", "UDP source port", "RFC 3948", FIELDS(pfkey_port_fields) },
	[EXT_X_NAT_T_DPORT] = { "x_nat_t_dport", "UDP destination port", "RFC 3948", FIELDS(pfkey_port_fields) },
	[EXT_X_NAT_T_FRAG] = { "x_nat_t_frag", "fragment length", NULL, FIELDS(nat_t_frag_fields) },
	[EXT_X_SEC_CTX] = { "x_sec_ctx", "security context", NULL, FIELDS(sec_ctx_fields), sec_ctx_var_len },
	[EXT_X_KMADDRESS] = { "x_kmaddress", "key manager addresses", NULL, FIELDS(pfkey_data_fields) },
	[EXT_X_FILTER] = { "x_filter", "dump filter", NULL, FIELDS(filter_fields) },
	[EXT_X_SA_REPLAY] = { "x_sa_replay", "replay window", NULL, FIELDS(sa_replay_fields) },
	[EXT_X_REFERENCE] = { "x_reference", "what no PF_KEY says", NULL, FIELDS(reference_fields) },
	[EXT_X_SELECTOR] = { "x_selector", "selectors", "RFC 4301 4.4.1.1", FIELDS(pfkey_selector_fields) },
	[EXT_UNKNOWN] = { "unknown", "unknown extension", "RFC 2367 2.3", FIELDS(unknown_fields) },
};

const struct layout *
pfkey_ext_layout(const struct dialect *d, enum pfkey_ext kind, uint8_t family)
{
	const struct layout *address = pfkey_address_layout(d, kind, family);
	if (address != NULL)
		return address;
	if (pfkey_layouts_solaris[kind].name != NULL)
		return &pfkey_layouts_solaris[kind];
	bool openbsd = pfkey_layouts_openbsd[kind].name != NULL && (ext_layouts[kind].name == NULL || d->prop_num);
	return openbsd ? &pfkey_layouts_openbsd[kind] : &ext_layouts[kind];
}

static const struct field alg_fields[SUP_NF] = {
	[SUP_ID] = { "id", 8, F_UINT, NULL, "RFC 2367 2.3.8" },
	[SUP_IVLEN] = { "ivlen", 8, F_UINT, NULL, "RFC 2367 2.3.8" },
	[SUP_MINBITS] = { "minbits", 16, F_UINT, NULL, "RFC 2367 2.3.8" },
	[SUP_MAXBITS] = { "maxbits", 16, F_UINT, NULL, "RFC 2367 2.3.8" },
	[SUP_RESERVED] = { "reserved", 16, F_HEX, NULL, "RFC 2367 2.3.8" },
	[SUP_INCREMENT] = { "increment", 0, F_BYTES, pfkey_absent, NULL },
	[SUP_SALTBITS] = { "saltbits", 0, F_BYTES, pfkey_absent, NULL },
};

static const struct field alg_fields_salt[SUP_NF] = {
	[SUP_ID] = { "id", 8, F_UINT, NULL, "RFC 2367 2.3.8" },
	[SUP_IVLEN] = { "ivlen", 8, F_UINT, NULL, "RFC 2367 2.3.8" },
	[SUP_MINBITS] = { "minbits", 16, F_UINT, NULL, "RFC 2367 2.3.8" },
	[SUP_MAXBITS] = { "maxbits", 16, F_UINT, NULL, "RFC 2367 2.3.8" },
	[SUP_RESERVED] = { "reserved", 0, F_BYTES, pfkey_absent, NULL },
	[SUP_INCREMENT] = { "increment", 8, F_UINT, NULL, NULL },
	[SUP_SALTBITS] = { "saltbits", 8, F_UINT, NULL, NULL },
};

static const struct field comb_fields[COMB_NF] = {
	[COMB_AUTH] = { "auth", 8, F_UINT, NULL, "RFC 2367 2.3.7" },
	[COMB_ENCRYPT] = { "encrypt", 8, F_UINT, NULL, "RFC 2367 2.3.7" },
	[COMB_FLAGS] = { "flags", 16, F_HEX, NULL, "RFC 2367 2.3.7" },
	[COMB_AUTH_MIN] = { "auth_minbits", 16, F_UINT, NULL, "RFC 2367 2.3.7" },
	[COMB_AUTH_MAX] = { "auth_maxbits", 16, F_UINT, NULL, "RFC 2367 2.3.7" },
	[COMB_ENCRYPT_MIN] = { "encrypt_minbits", 16, F_UINT, NULL, "RFC 2367 2.3.7" },
	[COMB_ENCRYPT_MAX] = { "encrypt_maxbits", 16, F_UINT, NULL, "RFC 2367 2.3.7" },
	[COMB_RESERVED] = { "reserved", 32, F_HEX, NULL, "RFC 2367 2.3.7" },
	[COMB_SOFT_ALLOCATIONS] = { "soft_allocations", 32, F_UINT, NULL, "RFC 2367 2.3.7" },
	[COMB_HARD_ALLOCATIONS] = { "hard_allocations", 32, F_UINT, NULL, "RFC 2367 2.3.7" },
	[COMB_SOFT_BYTES] = { "soft_bytes", 64, F_UINT, NULL, "RFC 2367 2.3.7" },
	[COMB_HARD_BYTES] = { "hard_bytes", 64, F_UINT, NULL, "RFC 2367 2.3.7" },
	[COMB_SOFT_ADDTIME] = { "soft_addtime", 64, F_UINT, NULL, "RFC 2367 2.3.7" },
	[COMB_HARD_ADDTIME] = { "hard_addtime", 64, F_UINT, NULL, "RFC 2367 2.3.7" },
	[COMB_SOFT_USETIME] = { "soft_usetime", 64, F_UINT, NULL, "RFC 2367 2.3.7" },
	[COMB_HARD_USETIME] = { "hard_usetime", 64, F_UINT, NULL, "RFC 2367 2.3.7" },
};

/* len is in octets in the kernels, whatever KAME's header says. */
#define REQUEST_FIELDS(res1_, reqid_bits_, res2_)                                                                      \
	{                                                                                                              \
		[REQ_LEN] = { "len", 16, F_UINT, NULL, NULL }, [REQ_PROTO] = { "proto", 16, F_UINT, NULL, NULL },      \
		[REQ_MODE] = { "mode", 8, F_ENUM, modes, NULL }, [REQ_LEVEL] = { "level", 8, F_ENUM, levels, NULL },   \
		[REQ_RESERVED1] = res1_, [REQ_REQID] = { "reqid", reqid_bits_, F_UINT, NULL, NULL },                   \
		[REQ_RESERVED2] = res2_,                                                                               \
	}
#define RESERVED(name, bits)                                                                                           \
	{                                                                                                              \
		name, bits, F_HEX, NULL, NULL                                                                          \
	}
#define NOT_THERE(name)                                                                                                \
	{                                                                                                              \
		name, 0, F_BYTES, NULL, NULL                                                                           \
	}

static const struct field request_fields[REQ_NF] =
	REQUEST_FIELDS(RESERVED("reserved1", 16), 32, RESERVED("reserved2", 32));
static const struct field request_fields_kame[REQ_NF] =
	REQUEST_FIELDS(NOT_THERE("reserved1"), 16, NOT_THERE("reserved2"));

static size_t
no_octets(const struct hdr *h, unsigned i, size_t left)
{
	(void)h;
	(void)i;
	(void)left;
	return 0;
}

static const struct layout alg_layout = { "alg", "algorithm", "RFC 2367 2.3.8", FIELDS(alg_fields), no_octets };
static const struct layout alg_layout_salt = { "alg", "algorithm", "RFC 2367 2.3.8", FIELDS(alg_fields_salt),
					       no_octets };
const struct layout layout_sadb_comb = { "comb", "combination", "RFC 2367 2.3.7", FIELDS(comb_fields) };
static const struct layout request_layout = { "request", "IPsec request", NULL, FIELDS(request_fields) };
static const struct layout request_layout_kame = { "request", "IPsec request", NULL, FIELDS(request_fields_kame),
						   no_octets };

const struct layout *
record_request_layout(const struct dialect *d)
{
	return d->request_header == 16 ? &request_layout : &request_layout_kame;
}

const struct layout *
record_alg_layout(const struct dialect *d)
{
	return d->alg_salt ? &alg_layout_salt : &alg_layout;
}
