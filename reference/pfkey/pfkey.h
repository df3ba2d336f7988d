/*
 * PF_KEY v2 messages (RFC 2367 and the policy extensions of KAME) as data: one layout per extension, one grammar
 * row per message, one table per dialect. A message is built, parsed, printed and compared by the same field
 * tables as packet headers; kinds are the same on every OS, numbers come from the dialect. Never switch on a
 * number without the dialect: 17 to 25 mean other things on OpenBSD and Solaris.
 */
#ifndef ESPY_PFKEY_PFKEY_H
#define ESPY_PFKEY_PFKEY_H

#include "ipsec/sa.h"
#include "ipsec/socket_policy.h"
#include "ipsec/spd.h"
#include "wire/field.h"

enum pfkey_type { /* OS-independent; base numbers agree with RFC 2367 */
		  PFKEY_RESERVED,
		  PFKEY_GETSPI,
		  PFKEY_UPDATE,
		  PFKEY_ADD,
		  PFKEY_DELETE,
		  PFKEY_GET,
		  PFKEY_ACQUIRE,
		  PFKEY_REGISTER,
		  PFKEY_EXPIRE,
		  PFKEY_FLUSH,
		  PFKEY_DUMP,
		  PFKEY_X_PROMISC,
		  PFKEY_X_PCHANGE,
		  PFKEY_X_SPDUPDATE,
		  PFKEY_X_SPDADD,
		  PFKEY_X_SPDDELETE,
		  PFKEY_X_SPDGET,
		  PFKEY_X_SPDACQUIRE,
		  PFKEY_X_SPDDUMP,
		  PFKEY_X_SPDFLUSH,
		  PFKEY_X_SPDSETIDX,
		  PFKEY_X_SPDEXPIRE,
		  PFKEY_X_SPDDELETE2,
		  PFKEY_X_NAT_T_NEW_MAPPING,
		  PFKEY_X_MIGRATE,
		  PFKEY_X_ADDFLOW, /* OpenBSD */
		  PFKEY_X_DELFLOW,
		  PFKEY_X_GRPSPIS,
		  PFKEY_X_ASKPOLICY,
		  PFKEY_X_FLOWDUMP,        /* OpenBSD's SADB_X_SPDDUMP: same name as KAME's, other extensions */
		  PFKEY_X_INVERSE_ACQUIRE, /* Solaris */
		  PFKEY_X_UPDATEPAIR,
		  PFKEY_X_DELPAIR,
		  PFKEY_X_DELPAIR_STATE,
		  PFKEY_TYPE_N
};

enum pfkey_ext { /* OS-independent */
		 EXT_RESERVED,
		 EXT_SA,
		 EXT_LIFETIME_CURRENT,
		 EXT_LIFETIME_HARD,
		 EXT_LIFETIME_SOFT,
		 EXT_ADDRESS_SRC,
		 EXT_ADDRESS_DST,
		 EXT_ADDRESS_PROXY,
		 EXT_KEY_AUTH,
		 EXT_KEY_ENCRYPT,
		 EXT_IDENTITY_SRC,
		 EXT_IDENTITY_DST,
		 EXT_SENSITIVITY,
		 EXT_PROPOSAL,
		 EXT_SUPPORTED_AUTH,
		 EXT_SUPPORTED_ENCRYPT,
		 EXT_SPIRANGE,
		 EXT_X_KMPRIVATE,
		 EXT_X_POLICY,
		 EXT_X_SA2,
		 EXT_X_NAT_T_TYPE,
		 EXT_X_NAT_T_SPORT,
		 EXT_X_NAT_T_DPORT,
		 EXT_X_NAT_T_OAI,
		 EXT_X_NAT_T_OAR,
		 EXT_X_NAT_T_FRAG,
		 EXT_X_SEC_CTX,
		 EXT_X_KMADDRESS,
		 EXT_X_FILTER,
		 EXT_X_SA_REPLAY,
		 EXT_X_NEW_ADDRESS_SRC, /* FreeBSD */
		 EXT_X_NEW_ADDRESS_DST,
		 EXT_X_SRC_MASK, /* OpenBSD */
		 EXT_X_DST_MASK,
		 EXT_X_PROTOCOL,
		 EXT_X_FLOW_TYPE,
		 EXT_X_SRC_FLOW,
		 EXT_X_DST_FLOW,
		 EXT_X_SECOND_SA, /* SADB_X_EXT_SA2 there: an SA, unlike KAME's */
		 EXT_X_DST2,
		 EXT_X_POLICY_SEQ, /* SADB_X_EXT_POLICY there */
		 EXT_X_LOCAL_CREDENTIALS,
		 EXT_X_REMOTE_CREDENTIALS,
		 EXT_X_LOCAL_AUTH,
		 EXT_X_REMOTE_AUTH,
		 EXT_X_SUPPORTED_COMP,
		 EXT_X_UDPENCAP,
		 EXT_X_LIFETIME_LASTUSE,
		 EXT_X_TAG,
		 EXT_X_TAP,
		 EXT_X_SATYPE2,
		 EXT_X_COUNTER,
		 EXT_X_RDOMAIN,
		 EXT_X_MTU,
		 EXT_X_REPLAY_COUNT, /* SADB_X_EXT_REPLAY there */
		 EXT_X_IFACE,
		 EXT_X_EREG, /* Solaris; its INNER_SRC is ADDRESS_PROXY */
		 EXT_X_EPROP,
		 EXT_X_KM_COOKIE,
		 EXT_X_NATT_LOC,
		 EXT_X_NATT_REM,
		 EXT_X_INNER_DST,
		 EXT_X_PAIR,
		 EXT_X_REPLAY_VALUE,
		 EXT_X_EDUMP,
		 EXT_X_LIFETIME_IDLE,
		 EXT_X_OUTER_SENS,
		 EXT_X_REFERENCE, /* of our own engine: what no PF_KEY says (dialect_reference) */
		 EXT_X_SELECTOR,  /* and selectors beyond prefixes and single ports */
		 EXT_UNKNOWN,     /* any other number: `type` field says which */
		 EXT_N
};

/*
 * OS-independent; where RFC 2367 3.4 has a number it is that. sadb_msg_satype in a struct pfkey_msg is one of these, on the wire it is
 * the dialect's (OpenBSD's AH is 1); what nobody assigned is another unassigned number there.
 */
enum {
	SATYPE_UNSPEC = 0,
	SATYPE_AH = 2,
	SATYPE_ESP = 3,
	SATYPE_RSVP = 5,
	SATYPE_OSPFV2 = 6,
	SATYPE_RIPV2 = 7,
	SATYPE_MIP = 8,
	SATYPE_IPCOMP = 9, /* KAME's */
	SATYPE_TCPSIGNATURE = 11,
	SATYPE_IPIP = 13, /* OpenBSD's */
	SATYPE_N
};
enum { IDENT_PREFIX = 1, IDENT_FQDN, IDENT_USERFQDN };                                   /* RFC 2367 3.7 */
enum { FLOW_USE = 1, FLOW_ACQUIRE, FLOW_REQUIRE, FLOW_BYPASS, FLOW_DENY, FLOW_DONTACQ }; /* OpenBSD */
enum { POLICY_DISCARD, POLICY_NONE, POLICY_IPSEC, POLICY_ENTRUST, POLICY_BYPASS };
#define PFKEY_VERSION 2
#define PFKEY_ULPROTO_ANY 255

/* Field indices. Every extension starts with len (8-octet units) and exttype. */
enum { MSG_VERSION, MSG_TYPE, MSG_ERRNO, MSG_SATYPE, MSG_LEN, MSG_RESERVED, MSG_SEQ, MSG_PID, MSG_NF };
enum { X_LEN, X_TYPE, X_BODY }; /* X_BODY: octets of an unknown or opaque extension */
enum { XSA_SPI = 2, XSA_REPLAY, XSA_STATE, XSA_AUTH, XSA_ENCRYPT, XSA_FLAGS, XSA_NF };
enum { XLT_ALLOCATIONS = 2, XLT_BYTES, XLT_ADDTIME, XLT_USETIME, XLT_NF };
/* sockaddr inside: sa_len exists in BSD dialects only; scope and flow are 0 bits wide in IPv4. */
enum {
	XAD_PROTO = 2,
	XAD_PREFIXLEN,
	XAD_RESERVED,
	XAD_SA_LEN,
	XAD_FAMILY,
	XAD_PORT,
	XAD_FLOWINFO,
	XAD_ADDR,
	XAD_SCOPE,
	XAD_PAD,
	XAD_NF
};
enum { XKEY_BITS = 2, XKEY_RESERVED, XKEY_KEY, XKEY_PAD, XKEY_NF }; /* key: ceil(bits / 8) octets */
enum { XID_IDTYPE = 2, XID_RESERVED, XID_ID, XID_STRING, XID_NF };  /* string: with its NUL and padding */
enum {
	XSENS_DPD = 2,
	XSENS_SENS_LEVEL,
	XSENS_SENS_LEN,
	XSENS_INTEG_LEVEL,
	XSENS_INTEG_LEN,
	XSENS_RESERVED,
	XSENS_SENS,
	XSENS_INTEG,
	XSENS_NF
};
enum { XRANGE_MIN = 2, XRANGE_MAX, XRANGE_RESERVED, XRANGE_NF };
/* num exists on OpenBSD only; x_eprop is Solaris's, and has combinations of another form. */
enum { XPROP_NUM = 2, XPROP_REPLAY, XPROP_RESERVED, XPROP_COMBS, XPROP_NF };
enum { XEPROP_REPLAY = 2, XEPROP_RESERVED, XEPROP_NUMECOMBS, XEPROP_ECOMBS, XEPROP_NF };
enum { XSUP_RESERVED = 2, XSUP_ALGS, XSUP_NF };
enum { XPOL_TYPE = 2, XPOL_DIR, XPOL_RESERVED, XPOL_ID, XPOL_PRIORITY, XPOL_REQUESTS, XPOL_NF };
enum { XSA2_MODE = 2, XSA2_RES1, XSA2_RES2, XSA2_SEQUENCE, XSA2_REQID, XSA2_NF };
/* x_nat_t_type: value is 8 bits; sport, dport: 16, network order. */
enum { XNT_VALUE = 2, XNT_RESERVED, XNT_NF };
enum { XKM_RESERVED = 2, XKM_DATA, XKM_NF }; /* x_kmprivate; x_kmaddress: data is two sockaddrs */
enum { XCTX_ALG = 2, XCTX_DOI, XCTX_LENGTH, XCTX_CONTEXT, XCTX_PAD, XCTX_NF };
enum { XFIL_SADDR = 2, XFIL_DADDR, XFIL_FAMILY, XFIL_SPLEN, XFIL_DPLEN, XFIL_NF };
enum { XREPLAY_WINDOW = 2, XREPLAY_NF }; /* x_sa_replay: packets */
/* sadb_protocol: x_flow_type, x_protocol, x_satype2. */
enum { XPROTO_VALUE = 2, XPROTO_DIRECTION, XPROTO_FLAGS, XPROTO_RESERVED, XPROTO_NF };
enum { XPSEQ_SEQ = 2, XPSEQ_NF };                         /* x_policy_seq */
enum { XRCOUNT_RESERVED = 2, XRCOUNT_COUNT, XRCOUNT_NF }; /* x_replay_count */
enum { XEREG_SATYPES = 2, XEREG_NF };                     /* x_ereg: 4 octets, or more in words of 8 */
enum { XKMC_PROTO = 2, XKMC_COOKIE, XKMC_NF };
enum { XPAIR_SPI = 2, XPAIR_NF };
enum { XRVAL_REPLAY32 = 2, XRVAL_REPLAY64, XRVAL_NF };
enum { XEDUMP_RESERVED = 2, XEDUMP_TIMEOUT, XEDUMP_NF };
/* x_selector: struct selector field by field; ranges: 1 the source is one, 2 the destination. */
enum {
	XSEL_PFP = 2,
	XSEL_SRC_FAMILY,
	XSEL_DST_FAMILY,
	XSEL_RANGES,
	XSEL_SRC_BITS,
	XSEL_DST_BITS,
	XSEL_RESERVED,
	XSEL_PROTOCOL,
	XSEL_SPORT,
	XSEL_SPORT_LAST,
	XSEL_DPORT,
	XSEL_DPORT_LAST,
	XSEL_SRC,
	XSEL_SRC_LAST,
	XSEL_DST,
	XSEL_DST_LAST,
	XSEL_NAME,
	XSEL_NF
};
enum { XREF_WINDOW = 2, XREF_SEQUENCE, XREF_TFC, XREF_RESERVED, XREF_NF };

/* A number that differs from the algorithm table's for this system; -1: it cannot say the algorithm. */
struct dialect_alg {
	const char *name;
	uint8_t use;
	int16_t number;
};

/* One OS's encoding. */
struct dialect {
	const char *name; /* "linux", "kame", "freebsd", "openbsd", "solaris", "reference" */
	enum pf_os os;
	int8_t type_number[PFKEY_TYPE_N]; /* -1: not there */
	int8_t ext_number[EXT_N];         /* -1: not there */
	const int8_t *satype_number;      /* by SATYPE_*: -1: not there */
	bool sa_len;                      /* sockaddr starts with a length octet */
	bool bare_address;                /* no proto and prefixlen in sadb_address */
	bool prop_num;                    /* sadb_prop counts its combinations */
	bool alg_salt;                    /* sadb_alg says increment and salt apart; ivlen is in bits */
	bool diagnostics;                 /* sadb_msg_reserved of a refusal says more than its errno */
	uint8_t ident_max;                /* last type of identity */
	uint16_t af_inet, af_inet6;
	uint8_t request_header; /* octets of sadb_x_ipsecrequest: 16 on Linux, 8 on KAME */
	uint8_t replay_unit;    /* packets per unit of sadb_sa_replay: 1, or 8 where it counts octets */
	uint32_t replay_max;    /* widest window in packets that an ADD can ask for */
	bool aead;              /* ADD takes combined algorithms */
	bool null_key;          /* NULL encryption wants a key of 0 bits, which RFC 2367 2.3.4 calls an error */
	bool priority;          /* sadb_x_policy has one */
	uint8_t dir_max;        /* DIR_OUT, or DIR_FWD on Linux */
	bool own_policies; /* requests ask for algorithms and alternatives, and the reserved octet names an SPD table */
	uint32_t flag_esn, flag_cycle; /* bits of sadb_sa_flags, 0 where there is none */
	uint32_t flag_old, flag_iv32;  /* RFC 1826 and 1827; an IV of 32 bits, of RFC 1829 */
	/* The same for struct sa_tunnel; of the DF bit Linux only has "clear" (NOPMTUDISC). */
	uint32_t flag_no_ecn, flag_decap_dscp, flag_df_clear, flag_df_set, flag_df_copy;
	uint32_t flag_tunnel;           /* the mode, where no x_sa2 says it */
	uint32_t flag_udpencap;         /* ESP in UDP, where no x_nat_t_type says it */
	const struct dialect_alg *algs; /* ends with name == NULL; looked at before crypto/alg.h */
	const struct layout *base;      /* layout of the base header, with this system's errno names */
};
extern const struct dialect dialect_linux, dialect_kame, dialect_freebsd, dialect_openbsd, dialect_solaris;

/*
 * What our own engine speaks: Linux's numbers, and forms for what Linux's PF_KEY cannot say, so that every suite runs
 * on the reference through PF_KEY. Combined algorithms go under Linux's numbers; algorithms without one have private
 * ones (dialect.c); ESN is flag 0x400 as on FreeBSD; windows over 255 packets, a 64-bit counter to start from and TFC
 * padding ride in an extension of private number, x_reference (24 octets): 4:4 window, 8:8 sequence, 16:4 tfc, 20:4
 * reserved.
 */
extern const struct dialect dialect_reference;
const struct dialect *dialect_by_os(const char *os); /* hello.os, any case; "reference"; NULL if unknown */
/* The algorithm behind a SADB number, NULL if the dialect has none; use is ALG_ENC or ALG_AUTH. */
const struct alg *dialect_alg(const struct dialect *d, uint8_t use, int number);
int dialect_alg_number(const struct dialect *d, const struct alg *a);   /* -1: cannot be said */
enum pfkey_type dialect_type(const struct dialect *d, unsigned number); /* PFKEY_RESERVED if unknown */
enum pfkey_ext dialect_ext(const struct dialect *d, unsigned number);   /* EXT_UNKNOWN if unknown */
/* The SA type behind a number, and back: one to one, numbers that nobody assigned too. */
uint8_t dialect_satype(const struct dialect *d, uint8_t number);
uint8_t dialect_satype_number(const struct dialect *d, uint8_t satype);
bool dialect_has_satype(const struct dialect *d, uint64_t satype);
/* The errno of this system for one of Linux's numbers. */
int dialect_errno(const struct dialect *d, int number);
const struct name *dialect_errnos(const struct dialect *d);
/* The message of this system that does what a policy message of KAME does; itself where the system has it. */
enum pfkey_type dialect_policy_type(const struct dialect *d, enum pfkey_type t);
/* A field that this system's form of an extension does not have: it is there with no octets, so that indices hold for all. */
bool pfkey_field_is_absent(const struct field *f);

#define PFKEY_EXTS 40
#define PFKEY_MSG_MAX 65536

/* A message: base header and extensions in wire order. Fields borrow from the octets parsed or the caller's store. */
struct pfkey_msg {
	const struct dialect *dialect;
	struct hdr base;
	unsigned n;
	uint8_t kind[PFKEY_EXTS]; /* enum pfkey_ext */
	struct hdr ext[PFKEY_EXTS];
	bool swapped;       /* records (combs, algorithms, requests) lie in the other byte order */
	struct bytes inner; /* X_PROMISC, data form: the message inside, as it is */
};

/* The layout of an extension; address and sockaddr widths depend on dialect and family. */
const struct layout *pfkey_ext_layout(const struct dialect *d, enum pfkey_ext kind, uint8_t family);
extern const struct layout layout_pfkey_base, layout_pfkey_base_bsd, layout_pfkey_base_solaris;
/* Names of the notation: "add", "x_spdadd" or "spdadd"; "sa", "x_policy" or "policy", ..; -1 if unknown. */
int pfkey_type_by_name(const char *name);
int pfkey_ext_by_name(const char *name);
const char *pfkey_type_name(enum pfkey_type t);
const char *pfkey_ext_name(enum pfkey_ext x);
/* "linux EXISTS"-free errno names: "EINVAL", "EEXIST", ..; numbers are the target OS's. */
extern const struct name pfkey_errnos_linux[], pfkey_errnos_bsd[], pfkey_errnos_solaris[];

/* An empty message of a type; without a number for it where the dialect has none. */
void pfkey_msg_init(struct pfkey_msg *m, const struct dialect *d, enum pfkey_type type, uint8_t satype);
enum pfkey_type pfkey_msg_type(const struct pfkey_msg *m); /* PFKEY_RESERVED if the number is unknown */
/* Appends an extension with nothing given; NULL when full. */
struct hdr *pfkey_msg_push(struct pfkey_msg *m, enum pfkey_ext kind, uint8_t family);
/* The first extension of a kind, or NULL. */
const struct hdr *pfkey_msg_get(const struct pfkey_msg *m, enum pfkey_ext kind);

/* Lengths (message and extensions) and everything else that has one right value, where not given. */
void pfkey_msg_compute(struct pfkey_msg *m);
/* compute, then octets. swap: the target has the other byte order. False when out is too small. */
bool pfkey_msg_put(struct pfkey_msg *m, bool swap, struct wr *out, struct err *e) MUST_USE;

/*
 * Parses what it can represent: a message that a kernel sent, or one that a manager sent. ERR_SHORT or ERR_RANGE for
 * octets that break the framing (lengths 0 or past the end, sockaddr too short). Semantics are pfkey_msg_validate's.
 */
bool pfkey_msg_parse(struct pfkey_msg *m, const struct dialect *d, struct bytes octets, bool swap,
		     struct err *e) MUST_USE;

/* The grammar: allowed and required extensions per message and direction; duplicates; lengths against kinds; key bits.
 * Returns 0 or the errno (Linux number) that RFC 2367 asks for, with the reason in e. */
enum pfkey_dir { PFKEY_IN /* manager to kernel */, PFKEY_OUT };
int pfkey_msg_validate(const struct pfkey_msg *m, enum pfkey_dir dir, struct err *e);

/*
 * One line of the suite's notation: add(seq=1, satype=esp)/sa(spi=0x1001, ..)/..; lengths, numbers and paddings that
 * are as they should be are left out, keys too unless asked for. snprintf convention.
 */
size_t pfkey_msg_print(const struct pfkey_msg *m, bool show_keys, char *text, size_t cap);

/* --- between messages and what they say ------------------------------------------------------ */

/*
 * Fills SA, addresses, keys, lifetimes, SA2, NAT-T of ADD or UPDATE from a spec. ERR_UNSUPPORTED when the dialect
 * cannot say it (AEAD or ESN on Linux): the text names what. store holds octets the message borrows; keys and
 * addresses are borrowed from spec.
 */
bool pfkey_msg_from_sa(struct pfkey_msg *m, const struct sa_spec *spec, struct wr *store, struct err *e) MUST_USE;
/* The reverse, keys borrowed from the message. */
bool pfkey_msg_to_sa(const struct pfkey_msg *m, struct sa_spec *spec, struct err *e) MUST_USE;
/* SPD messages, by type: addresses, lifetime and requests for SPDADD, SPDUPDATE, SPDSETIDX; addresses and direction for
 * SPDDELETE; the id for SPDGET and SPDDELETE2. Addresses are borrowed from p. */
bool pfkey_msg_from_policy(struct pfkey_msg *m, const struct spd_entry *p, struct wr *store, struct err *e) MUST_USE;
bool pfkey_msg_to_policy(const struct pfkey_msg *m, struct spd_entry *p, struct err *e) MUST_USE;
/*
 * The policy of a single socket as its option's value: one sadb_x_policy with requests, no base header, in the byte order of the target
 * (swap as for pfkey_msg_put). dir is DIR_IN or DIR_OUT.
 */
bool pfkey_socket_put(const struct dialect *d, uint8_t dir, const struct socket_policy *p, bool swap, struct wr *out,
		      struct err *e) MUST_USE;
bool pfkey_socket_get(const struct dialect *d, struct bytes value, bool swap, uint8_t *dir, struct socket_policy *p,
		      struct err *e) MUST_USE;
/* SA + address pair only: GET, DELETE. Addresses are borrowed. */
bool pfkey_msg_name_sa(struct pfkey_msg *m, uint32_t spi, const struct addr *src, const struct addr *dst,
		       struct err *e) MUST_USE;
bool pfkey_msg_push_address(struct pfkey_msg *m, enum pfkey_ext kind, const struct addr *a, uint8_t prefixlen,
			    uint8_t proto, uint16_t port, struct err *e) MUST_USE;

/* The address of an address extension, and its port where asked for; family 0 where it is of no family we know. */
struct addr pfkey_address(const struct hdr *x, uint16_t *port);

struct pfkey_alg {
	uint8_t id, ivlen;
	uint16_t minbits, maxbits;
}; /* sadb_alg; bits with those of the salt */
/* Rows of a SUPPORTED extension; returns how many there are, at most max stored. */
unsigned pfkey_supported(const struct pfkey_msg *m, enum pfkey_ext kind, struct pfkey_alg *rows, unsigned max);

#endif
