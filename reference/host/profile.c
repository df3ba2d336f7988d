/*
 * rfc4301 is the specification, rfc2401 what it replaced; solaris, kame and linux are what those systems document or do. RFC 4301 wants a
 * last SPD entry that discards (5.2); kernels let through what no policy names.
 */
#include "host/host.h"

const struct profile profiles[] = {
	{ .name = "rfc4301",
	  .spd_miss = SPD_DISCARD,
	  .strict_padding = true,
	  .layers = LAYERS_EXACT,
	  .source_checked = true,
	  .transit = { DIR_FWD, DIR_IN } },
	{ .name = "rfc2401",
	  .spd_miss = SPD_DISCARD,
	  .strict_padding = true,
	  .layers = LAYERS_EXACT,
	  .source_checked = true,
	  .transit = { DIR_IN } },
	{ .name = "solaris", .spd_miss = SPD_BYPASS, .layers = LAYERS_EXACT, .transit = { DIR_IN } },
	{ .name = "kame", .spd_miss = SPD_BYPASS, .layers = LAYERS_MORE, .transit = { DIR_IN } },
	{ .name = "linux", .spd_miss = SPD_BYPASS, .layers = LAYERS_TRANSPORT_MORE, .transit = { DIR_FWD } },
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
