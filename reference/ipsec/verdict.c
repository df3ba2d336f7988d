#include "ipsec/verdict.h"

#include <assert.h>
#include <stddef.h>

static const char *const names[VERDICT_N] = {
	[ACCEPT] = "ok",
	[DROP_SHORT] = "short",
	[DROP_NO_SA] = "no-sa",
	[DROP_SA_STATE] = "sa-state",
	[DROP_SEQ_ZERO] = "seq-zero",
	[DROP_OLD] = "old",
	[DROP_REPLAYED] = "replayed",
	[DROP_ICV] = "icv",
	[DROP_BLOCK] = "block",
	[DROP_PAD_LENGTH] = "pad-length",
	[DROP_PADDING] = "padding",
	[DROP_DUMMY] = "dummy",
	[DROP_AH_LENGTH] = "ah-length",
	[DROP_MODE] = "mode",
	[DROP_INNER] = "inner",
	[DROP_FRAGMENT] = "fragment",
	[DROP_HEADER] = "header",
	[DROP_POLICY] = "policy",
	[DROP_EXPIRED] = "expired",
	[DROP_SEQ_OVERFLOW] = "seq-overflow",
	[DROP_TOO_BIG] = "too-big",
	[DROP_ENCAP] = "encap",
	[DROP_COMPRESSION] = "compression",
	[DROP_INTERNAL] = "internal",
};

const char *
verdict_name(enum verdict v)
{
	assert((unsigned)v < VERDICT_N && names[v] != NULL);
	return names[v];
}
