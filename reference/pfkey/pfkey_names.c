/*
 * The notation's words for messages, extensions and errno values. The KAME extensions are found with and
 * without their x_.
 */
#include "pfkey/pfkey.h"
#include "pfkey/record.h"

#include <string.h>

const struct name pfkey_types[] = {
	{ PFKEY_RESERVED, "reserved" },
	{ PFKEY_GETSPI, "getspi" },
	{ PFKEY_UPDATE, "update" },
	{ PFKEY_ADD, "add" },
	{ PFKEY_DELETE, "delete" },
	{ PFKEY_GET, "get" },
	{ PFKEY_ACQUIRE, "acquire" },
	{ PFKEY_REGISTER, "register" },
	{ PFKEY_EXPIRE, "expire" },
	{ PFKEY_FLUSH, "flush" },
	{ PFKEY_DUMP, "dump" },
	{ PFKEY_X_PROMISC, "x_promisc" },
	{ PFKEY_X_PCHANGE, "x_pchange" },
	{ PFKEY_X_SPDUPDATE, "x_spdupdate" },
	{ PFKEY_X_SPDADD, "x_spdadd" },
	{ PFKEY_X_SPDDELETE, "x_spddelete" },
	{ PFKEY_X_SPDGET, "x_spdget" },
	{ PFKEY_X_SPDACQUIRE, "x_spdacquire" },
	{ PFKEY_X_SPDDUMP, "x_spddump" },
	{ PFKEY_X_SPDFLUSH, "x_spdflush" },
	{ PFKEY_X_SPDSETIDX, "x_spdsetidx" },
	{ PFKEY_X_SPDEXPIRE, "x_spdexpire" },
	{ PFKEY_X_SPDDELETE2, "x_spddelete2" },
	{ PFKEY_X_NAT_T_NEW_MAPPING, "x_nat_t_new_mapping" },
	{ PFKEY_X_MIGRATE, "x_migrate" },
	{ PFKEY_X_ADDFLOW, "x_addflow" },
	{ PFKEY_X_DELFLOW, "x_delflow" },
	{ PFKEY_X_GRPSPIS, "x_grpspis" },
	{ PFKEY_X_ASKPOLICY, "x_askpolicy" },
	{ PFKEY_X_FLOWDUMP, "x_flowdump" },
	{ PFKEY_X_INVERSE_ACQUIRE, "x_inverse_acquire" },
	{ PFKEY_X_UPDATEPAIR, "x_updatepair" },
	{ PFKEY_X_DELPAIR, "x_delpair" },
	{ PFKEY_X_DELPAIR_STATE, "x_delpair_state" },
	{ 0, NULL },
};

/* <errno.h> of the two families, as far as RFC 2367 and the kernels use it. */
/* clang-format off */
const struct name pfkey_errnos_linux[] = {
	{ 1, "EPERM" },       { 2, "ENOENT" },      { 3, "ESRCH" },       { 4, "EINTR" },
	{ 5, "EIO" },         { 11, "EAGAIN" },     { 12, "ENOMEM" },     { 13, "EACCES" },
	{ 14, "EFAULT" },     { 16, "EBUSY" },      { 17, "EEXIST" },     { 19, "ENODEV" },
	{ 22, "EINVAL" },     { 28, "ENOSPC" },     { 34, "ERANGE" },     { 38, "ENOSYS" },
	{ 90, "EMSGSIZE" },   { 92, "ENOPROTOOPT" }, { 93, "EPROTONOSUPPORT" }, { 94, "ESOCKTNOSUPPORT" },
	{ 95, "EOPNOTSUPP" }, { 97, "EAFNOSUPPORT" }, { 99, "EADDRNOTAVAIL" }, { 105, "ENOBUFS" },
	{ 110, "ETIMEDOUT" }, { 113, "EHOSTUNREACH" }, { 0, NULL },
};
/* clang-format on */

/* clang-format off */
const struct name pfkey_errnos_bsd[] = {
	{ 1, "EPERM" },       { 2, "ENOENT" },      { 3, "ESRCH" },       { 4, "EINTR" },
	{ 5, "EIO" },         { 12, "ENOMEM" },     { 13, "EACCES" },     { 14, "EFAULT" },
	{ 16, "EBUSY" },      { 17, "EEXIST" },     { 19, "ENODEV" },     { 22, "EINVAL" },
	{ 28, "ENOSPC" },     { 34, "ERANGE" },     { 35, "EAGAIN" },     { 40, "EMSGSIZE" },
	{ 42, "ENOPROTOOPT" }, { 43, "EPROTONOSUPPORT" }, { 44, "ESOCKTNOSUPPORT" }, { 45, "EOPNOTSUPP" },
	{ 47, "EAFNOSUPPORT" }, { 49, "EADDRNOTAVAIL" }, { 55, "ENOBUFS" }, { 60, "ETIMEDOUT" },
	{ 65, "EHOSTUNREACH" }, { 78, "ENOSYS" },   { 0, NULL },
};
/* clang-format on */

/* clang-format off */
const struct name pfkey_errnos_solaris[] = {
	{ 1, "EPERM" },       { 2, "ENOENT" },      { 3, "ESRCH" },       { 4, "EINTR" },
	{ 5, "EIO" },         { 11, "EAGAIN" },     { 12, "ENOMEM" },     { 13, "EACCES" },
	{ 14, "EFAULT" },     { 16, "EBUSY" },      { 17, "EEXIST" },     { 19, "ENODEV" },
	{ 22, "EINVAL" },     { 28, "ENOSPC" },     { 34, "ERANGE" },     { 89, "ENOSYS" },
	{ 97, "EMSGSIZE" },   { 99, "ENOPROTOOPT" }, { 120, "EPROTONOSUPPORT" }, { 121, "ESOCKTNOSUPPORT" },
	{ 122, "EOPNOTSUPP" }, { 124, "EAFNOSUPPORT" }, { 126, "EADDRNOTAVAIL" }, { 132, "ENOBUFS" },
	{ 145, "ETIMEDOUT" }, { 148, "EHOSTUNREACH" }, { 0, NULL },
};
/* clang-format on */

static bool
is_called(const char *have, const char *name)
{
	bool extension = strncmp(have, "x_", 2) == 0;
	return strcmp(have, name) == 0 || (extension && strcmp(have + 2, name) == 0);
}

int
pfkey_type_by_name(const char *name)
{
	for (int t = PFKEY_GETSPI; t < PFKEY_TYPE_N; t++)
		if (is_called(pfkey_types[t].name, name))
			return t;
	return -1;
}

const char *
pfkey_type_name(enum pfkey_type t)
{
	return pfkey_types[t].name;
}

/* The layouts of all dialects agree on names. */
const char *
pfkey_ext_name(enum pfkey_ext x)
{
	return pfkey_ext_layout(&dialect_linux, x, 0)->name;
}

int
pfkey_ext_by_name(const char *name)
{
	if (strcmp(name, "inner_src") == 0) /* Solaris's word for the same number */
		return EXT_ADDRESS_PROXY;
	for (int x = EXT_SA; x < EXT_N; x++)
		if (is_called(pfkey_ext_name((enum pfkey_ext)x), name))
			return x;
	return -1;
}
