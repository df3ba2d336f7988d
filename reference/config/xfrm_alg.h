/* What Linux calls the algorithms of crypto/alg.c: names of its crypto API, which XFRM netlink takes as text. */
#ifndef ESPY_CONFIG_XFRM_ALG_H
#define ESPY_CONFIG_XFRM_ALG_H

#include "crypto/alg.h"

/* NULL: Linux has none. */
const char *xfrm_alg_name(const struct alg *a);

#endif
