/*
 * RFC 2367 3.1.1 to 3.1.10, appendices A to C, and KAME's policy messages. What a kernel may say more than the RFC
 * does (SA2, NAT-T, current lifetimes) is optional on the way out; keys never are but in GET and DUMP.
 */
#include "pfkey/grammar.h"

#define SA EXT_BIT(EXT_SA)
#define CURRENT EXT_BIT(EXT_LIFETIME_CURRENT)
#define HS (EXT_BIT(EXT_LIFETIME_HARD) | EXT_BIT(EXT_LIFETIME_SOFT))
#define SD (EXT_BIT(EXT_ADDRESS_SRC) | EXT_BIT(EXT_ADDRESS_DST))
#define PROXY EXT_BIT(EXT_ADDRESS_PROXY)
#define KEYS (EXT_BIT(EXT_KEY_AUTH) | EXT_BIT(EXT_KEY_ENCRYPT))
#define IDENTITIES (EXT_BIT(EXT_IDENTITY_SRC) | EXT_BIT(EXT_IDENTITY_DST))
#define SENSITIVITY EXT_BIT(EXT_SENSITIVITY)
#define PROPOSAL EXT_BIT(EXT_PROPOSAL)
#define SUPPORTED (EXT_BIT(EXT_SUPPORTED_AUTH) | EXT_BIT(EXT_SUPPORTED_ENCRYPT))
#define SPIRANGE EXT_BIT(EXT_SPIRANGE)
#define POLICY EXT_BIT(EXT_X_POLICY)
#define SEC_CTX EXT_BIT(EXT_X_SEC_CTX)
#define SELECTOR EXT_BIT(EXT_X_SELECTOR)
#define PORTS (EXT_BIT(EXT_X_NAT_T_SPORT) | EXT_BIT(EXT_X_NAT_T_DPORT))
#define NAT_T                                                                                                          \
	(PORTS | EXT_BIT(EXT_X_NAT_T_TYPE) | EXT_BIT(EXT_X_NAT_T_OAI) | EXT_BIT(EXT_X_NAT_T_OAR) |                     \
	 EXT_BIT(EXT_X_NAT_T_FRAG))
#define FLOW                                                                                                           \
	(EXT_BIT(EXT_X_SRC_FLOW) | EXT_BIT(EXT_X_SRC_MASK) | EXT_BIT(EXT_X_DST_FLOW) | EXT_BIT(EXT_X_DST_MASK) |       \
	 EXT_BIT(EXT_X_PROTOCOL) | EXT_BIT(EXT_X_FLOW_TYPE))
#define OPENBSD                                                                                                        \
	(FLOW | EXT_BIT(EXT_X_UDPENCAP) | EXT_BIT(EXT_X_LIFETIME_LASTUSE) | EXT_BIT(EXT_X_TAG) | EXT_BIT(EXT_X_TAP) |  \
	 EXT_BIT(EXT_X_COUNTER) | EXT_BIT(EXT_X_RDOMAIN) | EXT_BIT(EXT_X_MTU) | EXT_BIT(EXT_X_REPLAY_COUNT) |          \
	 EXT_BIT(EXT_X_IFACE) | EXT_BIT(EXT_X_LOCAL_CREDENTIALS) | EXT_BIT(EXT_X_REMOTE_CREDENTIALS) |                 \
	 EXT_BIT(EXT_X_LOCAL_AUTH) | EXT_BIT(EXT_X_REMOTE_AUTH))
#define NATT (EXT_BIT(EXT_X_NATT_LOC) | EXT_BIT(EXT_X_NATT_REM))
#define SOLARIS                                                                                                        \
	(NATT | EXT_BIT(EXT_X_KM_COOKIE) | EXT_BIT(EXT_X_INNER_DST) | EXT_BIT(EXT_X_PAIR) |                            \
	 EXT_BIT(EXT_X_REPLAY_VALUE) | EXT_BIT(EXT_X_LIFETIME_IDLE) | EXT_BIT(EXT_X_OUTER_SENS))
/* What systems hang on an SA beyond RFC 2367. */
#define EXTRA                                                                                                          \
	(NAT_T | SEC_CTX | EXT_BIT(EXT_X_SA2) | EXT_BIT(EXT_X_KMPRIVATE) | EXT_BIT(EXT_X_SA_REPLAY) |                  \
	 EXT_BIT(EXT_X_NEW_ADDRESS_SRC) | EXT_BIT(EXT_X_NEW_ADDRESS_DST) | EXT_BIT(EXT_X_REFERENCE) | SELECTOR |       \
	 OPENBSD | SOLARIS)
#define WHOLE_SA (CURRENT | HS | PROXY | IDENTITIES | SENSITIVITY | EXTRA)
#define FILTER EXT_BIT(EXT_X_FILTER)
/* One of the two proposals is there: pfkey_validate.c. */
#define SITUATION (PROXY | EXT_BIT(EXT_X_INNER_DST) | IDENTITIES | SENSITIVITY | PROPOSAL | EXT_BIT(EXT_X_EPROP))
#define POLICY_SEQ EXT_BIT(EXT_X_POLICY_SEQ)
#define SECOND (EXT_BIT(EXT_X_SECOND_SA) | EXT_BIT(EXT_X_DST2) | EXT_BIT(EXT_X_SATYPE2))
#define KMADDRESS EXT_BIT(EXT_X_KMADDRESS)

#define NOT_SENT                                                                                                       \
	{                                                                                                              \
		.none = true                                                                                           \
	}
#define BASE_ONLY                                                                                                      \
	{                                                                                                              \
		.none = false                                                                                          \
	}

const struct grammar_row pfkey_grammar[PFKEY_TYPE_N] = {
	[PFKEY_GETSPI] = { { { .required = SD | SPIRANGE, .optional = PROXY | EXTRA },
			     { .required = SA | SD, .optional = WHOLE_SA } },
			   SATYPE_NEEDED,
			   "RFC 2367 3.1.1" },
	[PFKEY_UPDATE] = { { { .required = SA | SD, .optional = WHOLE_SA | KEYS },
			     { .required = SA | SD, .optional = WHOLE_SA } },
			   SATYPE_NEEDED,
			   "RFC 2367 3.1.2" },
	[PFKEY_ADD] = { { { .required = SA | SD, .optional = WHOLE_SA | KEYS },
			  { .required = SA | SD, .optional = WHOLE_SA } },
			SATYPE_NEEDED,
			"RFC 2367 3.1.3" },
	[PFKEY_DELETE] = { { { .required = SA | SD, .optional = 0 }, { .required = SA | SD, .optional = WHOLE_SA } },
			   SATYPE_NEEDED,
			   "RFC 2367 3.1.4" },
	[PFKEY_GET] = { { { .required = SA | SD, .optional = 0 },
			  { .required = SA | SD, .optional = WHOLE_SA | KEYS } },
			SATYPE_NEEDED,
			"RFC 2367 3.1.5" },
	[PFKEY_ACQUIRE] = { { { .required = SD, .optional = SITUATION | POLICY },
			      { .required = SD, .optional = SITUATION | POLICY | EXTRA | KMADDRESS | POLICY_SEQ } },
			    SATYPE_NEEDED,
			    "RFC 2367 3.1.6" },
	[PFKEY_REGISTER] = { { { .required = 0, .optional = EXT_BIT(EXT_X_EREG) },
			       { .required = 0, .optional = SUPPORTED | EXT_BIT(EXT_X_SUPPORTED_COMP) } },
			     SATYPE_NEEDED,
			     "RFC 2367 3.1.7" },
	[PFKEY_EXPIRE] = { { { .required = SA | SD | CURRENT, .optional = WHOLE_SA },
			     { .required = SA | SD | CURRENT, .optional = WHOLE_SA } },
			   SATYPE_NEEDED,
			   "RFC 2367 3.1.8" },
	[PFKEY_FLUSH] = { { BASE_ONLY, BASE_ONLY }, SATYPE_ANY_KNOWN, "RFC 2367 3.1.9" },
	[PFKEY_DUMP] = { { { .required = 0, .optional = FILTER | EXT_BIT(EXT_X_EDUMP) },
			   { .required = SA | SD, .optional = WHOLE_SA | KEYS } },
			 SATYPE_ANY_KNOWN,
			 "RFC 2367 3.1.10" },
	[PFKEY_X_PROMISC] = { { BASE_ONLY, BASE_ONLY }, SATYPE_IGNORED, "RFC 2367 App. A" },
	[PFKEY_X_PCHANGE] = { { { .required = SD, .optional = IDENTITIES | SENSITIVITY | PROPOSAL },
				{ .required = SD, .optional = IDENTITIES | SENSITIVITY | PROPOSAL } },
			      SATYPE_NEEDED,
			      "RFC 2367 App. B" },
	[PFKEY_X_SPDUPDATE] = { { { .required = SD | POLICY, .optional = CURRENT | HS | SEC_CTX | SELECTOR },
				  { .required = SD | POLICY, .optional = CURRENT | HS | SEC_CTX | SELECTOR } },
				SATYPE_IGNORED,
				NULL },
	[PFKEY_X_SPDADD] = { { { .required = SD | POLICY, .optional = CURRENT | HS | SEC_CTX | SELECTOR },
			       { .required = SD | POLICY, .optional = CURRENT | HS | SEC_CTX | SELECTOR } },
			     SATYPE_IGNORED,
			     NULL },
	[PFKEY_X_SPDDELETE] = { { { .required = SD | POLICY, .optional = SEC_CTX | SELECTOR },
				  { .required = SD | POLICY, .optional = CURRENT | HS | SEC_CTX | SELECTOR } },
				SATYPE_IGNORED,
				NULL },
	[PFKEY_X_SPDGET] = { { { .required = POLICY, .optional = 0 },
			       { .required = SD | POLICY, .optional = CURRENT | HS | SEC_CTX | SELECTOR } },
			     SATYPE_IGNORED,
			     NULL },
	[PFKEY_X_SPDACQUIRE] = { { NOT_SENT, { .required = POLICY, .optional = SD | SEC_CTX } }, SATYPE_IGNORED, NULL },
	[PFKEY_X_SPDDUMP] = { { BASE_ONLY, { .required = SD | POLICY, .optional = CURRENT | HS | SEC_CTX | SELECTOR } },
			      SATYPE_IGNORED,
			      NULL },
	[PFKEY_X_SPDFLUSH] = { { BASE_ONLY, BASE_ONLY }, SATYPE_IGNORED, NULL },
	[PFKEY_X_SPDSETIDX] = { { { .required = SD | POLICY, .optional = CURRENT | HS | SEC_CTX | SELECTOR },
				  { .required = SD | POLICY, .optional = CURRENT | HS | SEC_CTX | SELECTOR } },
				SATYPE_IGNORED,
				NULL },
	[PFKEY_X_SPDEXPIRE] = { { NOT_SENT,
				  { .required = SD | POLICY | CURRENT, .optional = HS | SEC_CTX | SELECTOR } },
				SATYPE_IGNORED,
				NULL },
	[PFKEY_X_SPDDELETE2] = { { { .required = POLICY, .optional = 0 },
				   { .required = POLICY, .optional = SD | CURRENT | HS | SEC_CTX | SELECTOR } },
				 SATYPE_IGNORED,
				 NULL },
	[PFKEY_X_NAT_T_NEW_MAPPING] = { { NOT_SENT, { .required = SA | SD, .optional = EXTRA } }, SATYPE_NEEDED, NULL },
	[PFKEY_X_MIGRATE] = { { { .required = SD | POLICY, .optional = KMADDRESS },
				{ .required = SD | POLICY, .optional = KMADDRESS } },
			      SATYPE_IGNORED,
			      NULL },
	[PFKEY_X_ADDFLOW] = { { { .required = FLOW, .optional = SD | IDENTITIES },
				{ .required = FLOW, .optional = SD | IDENTITIES } },
			      SATYPE_ANY_KNOWN,
			      NULL },
	[PFKEY_X_DELFLOW] = { { { .required = FLOW, .optional = SD | IDENTITIES },
				{ .required = FLOW, .optional = SD | IDENTITIES } },
			      SATYPE_ANY_KNOWN,
			      NULL },
	[PFKEY_X_GRPSPIS] = { { { .required = SA | EXT_BIT(EXT_ADDRESS_DST) | SECOND, .optional = 0 },
				{ .required = SA | EXT_BIT(EXT_ADDRESS_DST) | SECOND, .optional = 0 } },
			      SATYPE_NEEDED,
			      NULL },
	[PFKEY_X_ASKPOLICY] = { { { .required = POLICY_SEQ, .optional = 0 },
				  { .required = FLOW, .optional = SD | IDENTITIES | POLICY_SEQ } },
				SATYPE_ANY_KNOWN,
				NULL },
	[PFKEY_X_FLOWDUMP] = { { BASE_ONLY, { .required = FLOW, .optional = SD | IDENTITIES } },
			       SATYPE_ANY_KNOWN,
			       NULL },
	[PFKEY_X_INVERSE_ACQUIRE] = { { { .required = SD, .optional = PROXY | EXT_BIT(EXT_X_INNER_DST) | IDENTITIES },
					{ .required = SD | EXT_BIT(EXT_X_EPROP), .optional = SITUATION } },
				      SATYPE_IGNORED,
				      NULL },
	[PFKEY_X_UPDATEPAIR] = { { { .required = SA | SD, .optional = WHOLE_SA },
				   { .required = SA | SD, .optional = WHOLE_SA } },
				 SATYPE_NEEDED,
				 NULL },
	[PFKEY_X_DELPAIR] = { { { .required = SA | SD, .optional = EXT_BIT(EXT_X_PAIR) },
				{ .required = SA | SD, .optional = WHOLE_SA } },
			      SATYPE_NEEDED,
			      NULL },
	[PFKEY_X_DELPAIR_STATE] = { { { .required = SA | SD, .optional = 0 },
				      { .required = SA | SD, .optional = WHOLE_SA } },
				    SATYPE_NEEDED,
				    NULL },
};

bool
pfkey_type_is_policy(enum pfkey_type t)
{
	return (t >= PFKEY_X_SPDUPDATE && t <= PFKEY_X_SPDDELETE2) || t == PFKEY_X_MIGRATE;
}
