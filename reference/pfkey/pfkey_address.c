/*
 * The address extensions and the socket addresses in them, RFC 2367 2.3.3: their width depends on the family, their
 * head on the dialect. A field that a form does not have is there with no octets, so that indices hold for all.
 */
#include "pfkey/record.h"

/* Without bits a field has no octets; ABSENT ones never have. */
#define WIDTH(bits, kind) bits, (bits) == 0 ? F_BYTES : (kind), NULL, "RFC 2367 2.3.3"
#define ABSENT(bits, kind) bits, (bits) == 0 ? F_BYTES : (kind), (bits) == 0 ? pfkey_absent : NULL, "RFC 2367 2.3.3"

#define ADDRESS_FIELDS(bare_, sa_len_, family_, port_, flowinfo_, addr_, addr_kind_, scope_)                           \
	{                                                                                                              \
		[X_LEN] = { "len", WIDTH(16, F_UINT) }, [X_TYPE] = { "exttype", WIDTH(16, F_UINT) },                   \
		[XAD_PROTO] = { "proto", ABSENT((bare_) ? 0 : 8, F_UINT) },                                            \
		[XAD_PREFIXLEN] = { "prefixlen", ABSENT((bare_) ? 0 : 8, F_UINT) },                                    \
		[XAD_RESERVED] = { "reserved", WIDTH((bare_) ? 32 : 16, F_HEX) },                                      \
		[XAD_SA_LEN] = { "sa_len", ABSENT(sa_len_, F_UINT) },                                                  \
		[XAD_FAMILY] = { "family", WIDTH(family_, F_UINT) },                                                   \
		[XAD_PORT] = { "port", ABSENT(port_, F_UINT | F_NET) },                                                \
		[XAD_FLOWINFO] = { "flowinfo", ABSENT(flowinfo_, F_HEX | F_NET) },                                     \
		[XAD_ADDR] = { "addr", WIDTH(addr_, addr_kind_) }, [XAD_SCOPE] = { "scope", ABSENT(scope_, F_UINT) },  \
		[XAD_PAD] = { "pad", WIDTH(0, F_BYTES) },                                                              \
	}

#define FAMILIES(bare_, sa_len_, family_)                                                                              \
	{                                                                                                              \
		ADDRESS_FIELDS(bare_, sa_len_, family_, 0, 0, 0, F_BYTES, 0),                                          \
			ADDRESS_FIELDS(bare_, sa_len_, family_, 16, 0, 32, F_IP4, 0),                                  \
			ADDRESS_FIELDS(bare_, sa_len_, family_, 16, 32, 128, F_IP6, 32),                               \
	}

/* Linux and Solaris; KAME and FreeBSD, whose sockaddrs have a length octet; OpenBSD, whose sadb_address is bare as well. */
enum { FORM_PLAIN, FORM_SA_LEN, FORM_BARE, FORM_N };

/* By form, and by family: none we know, IPv4, IPv6. */
static const struct field address_fields[FORM_N][3][XAD_NF] = { FAMILIES(0, 0, 16), FAMILIES(0, 8, 8),
								FAMILIES(1, 8, 8) };

static unsigned
form_of(const struct dialect *d)
{
	return d->bare_address ? FORM_BARE : d->sa_len ? FORM_SA_LEN : FORM_PLAIN;
}

/* An address of unknown family is opaque; what follows a known one (sin_zero, padding to 8) is padding. */
static size_t
address_var_len(const struct hdr *h, unsigned i, size_t left)
{
	(void)h;
	return i == XAD_ADDR || i == XAD_PAD ? left : 0;
}

enum { SIN_ZERO = 8 };

static size_t
sockaddr_var_len(const struct hdr *h, unsigned i, size_t left)
{
	bool in4 = field_kind_of(&h->lay->fields[SOCK_ADDR]) == F_IP4;
	if (h->lay->fields[SOCK_ADDR].bits == 0)
		return i == SOCK_ADDR ? left : 0;
	return i == SOCK_PAD && in4 ? SIN_ZERO : 0;
}

#define SOCKADDR(sa_len_, family_)                                                                                     \
	{                                                                                                              \
		.name = "sockaddr", .title = "socket address", .clause = "RFC 2367 2.3.3",                             \
		.fields = &address_fields[sa_len_][family_][XAD_SA_LEN], .n = SOCK_NF, .host_order = true,             \
		.var_len = sockaddr_var_len                                                                            \
	}

static const struct layout sockaddr_layouts[FORM_N][3] = {
	{ SOCKADDR(0, 0), SOCKADDR(0, 1), SOCKADDR(0, 2) },
	{ SOCKADDR(1, 0), SOCKADDR(1, 1), SOCKADDR(1, 2) },
	{ SOCKADDR(2, 0), SOCKADDR(2, 1), SOCKADDR(2, 2) },
};

static unsigned
family_index(uint8_t family)
{
	return family == 4 ? 1 : family == 6 ? 2 : 0;
}

const struct layout *
record_sockaddr_layout(const struct dialect *d, uint8_t family)
{
	return &sockaddr_layouts[form_of(d)][family_index(family)];
}

#define ADDRESS(name_, title_, sa_len_, family_)                                                                       \
	{                                                                                                              \
		.name = name_, .title = title_, .clause = "RFC 2367 2.3.3",                                            \
		.fields = address_fields[sa_len_][family_], .n = XAD_NF, .host_order = true,                           \
		.var_len = address_var_len                                                                             \
	}

#define ADDRESSES(name_, title_)                                                                                       \
	{                                                                                                              \
		{ ADDRESS(name_, title_, 0, 0), ADDRESS(name_, title_, 0, 1), ADDRESS(name_, title_, 0, 2) },          \
			{ ADDRESS(name_, title_, 1, 0), ADDRESS(name_, title_, 1, 1), ADDRESS(name_, title_, 1, 2) },  \
			{ ADDRESS(name_, title_, 2, 0), ADDRESS(name_, title_, 2, 1), ADDRESS(name_, title_, 2, 2) },  \
	}

static const struct layout address_layouts[EXT_N][FORM_N][3] = {
	[EXT_ADDRESS_SRC] = ADDRESSES("address_src", "source address"),
	[EXT_ADDRESS_DST] = ADDRESSES("address_dst", "destination address"),
	[EXT_ADDRESS_PROXY] = ADDRESSES("address_proxy", "proxy address"),
	[EXT_X_NAT_T_OAI] = ADDRESSES("x_nat_t_oai", "original initiator address"),
	[EXT_X_NAT_T_OAR] = ADDRESSES("x_nat_t_oar", "original responder address"),
	[EXT_X_NEW_ADDRESS_SRC] = ADDRESSES("x_new_address_src", "source address to move to"),
	[EXT_X_NEW_ADDRESS_DST] = ADDRESSES("x_new_address_dst", "destination address to move to"),
	[EXT_X_SRC_MASK] = ADDRESSES("x_src_mask", "mask of a flow's source"),
	[EXT_X_DST_MASK] = ADDRESSES("x_dst_mask", "mask of a flow's destination"),
	[EXT_X_SRC_FLOW] = ADDRESSES("x_src_flow", "source of a flow"),
	[EXT_X_DST_FLOW] = ADDRESSES("x_dst_flow", "destination of a flow"),
	[EXT_X_DST2] = ADDRESSES("x_dst2", "destination of the second SA"),
	[EXT_X_NATT_LOC] = ADDRESSES("x_natt_loc", "local address behind a NAT, with its port"),
	[EXT_X_NATT_REM] = ADDRESSES("x_natt_rem", "remote address behind a NAT, with its port"),
	[EXT_X_INNER_DST] = ADDRESSES("x_inner_dst", "inner destination of a tunnel"),
};

bool
pfkey_ext_is_address(enum pfkey_ext kind)
{
	return address_layouts[kind][0][0].name != NULL;
}

const struct layout *
pfkey_address_layout(const struct dialect *d, enum pfkey_ext kind, uint8_t family)
{
	return pfkey_ext_is_address(kind) ? &address_layouts[kind][form_of(d)][family_index(family)] : NULL;
}
