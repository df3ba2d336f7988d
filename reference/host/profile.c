/*
 * RFC 4301 wants a last SPD entry that discards (5.2); kernels let through what no policy names.
 * Suites start on every target from an empty SPD that must pass plain traffic, so the target
 * `reference` takes the RFC's rules with that one habit of kernels; `rfc4301` has the RFC's default
 * as well.
 */
#include "host/host.h"

const struct profile profiles[] = {
	{ .name = "reference",
	  .spd_miss = SPD_BYPASS,
	  .strict_padding = true,
	  .layers = LAYERS_EXACT,
	  .source_checked = true,
	  .transit = { DIR_FWD, DIR_IN } },
	{ .name = "rfc4301",
	  .spd_miss = SPD_DISCARD,
	  .strict_padding = true,
	  .layers = LAYERS_EXACT,
	  .source_checked = true,
	  .transit = { DIR_FWD, DIR_IN } },
	{ .name = "linux", .spd_miss = SPD_BYPASS, .layers = LAYERS_TRANSPORT_MORE, .transit = { DIR_FWD } },
	{ .name = "kame", .spd_miss = SPD_BYPASS, .layers = LAYERS_MORE, .transit = { DIR_IN } },
	{ .name = NULL },
};

const struct profile *
profile_by_name(const char *name)
{
	for (const struct profile *p = profiles; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}
