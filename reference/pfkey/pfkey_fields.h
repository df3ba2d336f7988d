/* What the files with field tables of extensions share. */
#ifndef ESPY_PFKEY_PFKEY_FIELDS_H
#define ESPY_PFKEY_PFKEY_FIELDS_H

#include "pfkey/record.h"

/* clang-format off */

/* sadb_ext: two 16-bit fields in front of every extension, RFC 2367 2.3. */
#define EXT_HEAD [X_LEN] = { "len", 16, F_UINT, NULL, "RFC 2367 2.3" }, [X_TYPE] = { "exttype", 16, F_UINT, NULL, "RFC 2367 2.3" }
#define FIELDS(table) .fields = table, .n = sizeof(table) / sizeof((table)[0]), .host_order = true

/* clang-format on */

extern const struct field pfkey_sa_fields[XSA_NF], pfkey_lifetime_fields[XLT_NF], pfkey_sensitivity_fields[XSENS_NF],
	pfkey_supported_fields[XSUP_NF], pfkey_port_fields[XNT_NF], pfkey_data_fields[XKM_NF],
	pfkey_selector_fields[XSEL_NF];
size_t pfkey_sensitivity_var_len(const struct hdr *h, unsigned i, size_t left);

#endif
