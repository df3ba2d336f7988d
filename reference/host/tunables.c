/* Counters and settings by name. Every name stands here once. */
#include "host/parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const event_names[HOST_EVENT_N] = {
	[EV_FRAMES_IN] = "frames.in",
	[EV_FRAMES_OUT] = "frames.out",
	[EV_FRAME_FOREIGN] = "frames.foreign",
	[EV_FORWARDED] = "forwarded",
	[EV_ECHO] = "icmp.echo",
	[EV_ICMP_SENT] = "icmp.errors-sent",
	[EV_ICMP_SUPPRESSED] = "icmp.errors-suppressed",
	[EV_ICMP_ERROR_IN] = "icmp.errors-received",
	[EV_CHECKSUM] = "drop.checksum",
	[EV_UDP_NO_PORT] = "udp.no-port",
	[EV_UDP_DELIVERED] = "udp.delivered",
	[EV_REASSEMBLED] = "reassembly.whole",
	[EV_REASSEMBLY_FAILED] = "reassembly.failed",
	[EV_ACQUIRE] = "acquire",
	[EV_NO_NEXT_HEADER] = "drop.no-next-header",
};

#define DROP_PREFIX "drop."

static uint64_t *
counter(struct host *h, const char *name)
{
	for (unsigned i = 0; i < HOST_EVENT_N; i++)
		if (strcmp(event_names[i], name) == 0)
			return &h->events[i];
	if (strncmp(name, DROP_PREFIX, strlen(DROP_PREFIX)) != 0)
		return NULL;
	for (unsigned v = ACCEPT + 1; v < VERDICT_N; v++)
		if (strcmp(verdict_name((enum verdict)v), name + strlen(DROP_PREFIX)) == 0)
			return &h->drops[v];
	return NULL;
}

struct setting {
	const char *name;
	uint32_t least, most;
	uint32_t (*get)(const struct host_settings *);
	void (*set)(struct host_settings *, uint32_t);
};

#define SETTING(field, member)                                                                                         \
	static uint32_t get_##field(const struct host_settings *s)                                                     \
	{                                                                                                              \
		return (uint32_t)s->member;                                                                            \
	}                                                                                                              \
	static void set_##field(struct host_settings *s, uint32_t v)                                                   \
	{                                                                                                              \
		s->member = (__typeof__(s->member))v;                                                                  \
	}

SETTING(mtu, mtu)
SETTING(forward, forward)
SETTING(miss, rules.spd_miss)
SETTING(padding, rules.strict_padding)
SETTING(layers, rules.layers)
SETTING(source, rules.source_checked)
SETTING(prohibited, prohibited)
SETTING(rate, icmp_rate)

static const struct setting settings[] = {
	{ "mtu", HOST_MTU_LEAST, UINT16_MAX, get_mtu, set_mtu },
	{ "forward", 0, 1, get_forward, set_forward },
	{ "spd.miss", SPD_DISCARD, SPD_BYPASS, get_miss, set_miss },
	{ "padding.strict", 0, 1, get_padding, set_padding },
	{ "policy.layers", LAYERS_EXACT, LAYERS_MORE, get_layers, set_layers },
	{ "policy.source", 0, 1, get_source, set_source },
	{ "icmp.prohibited", 0, 1, get_prohibited, set_prohibited },
	{ "icmp.rate", 0, UINT32_MAX, get_rate, set_rate },
};

static const struct setting *
setting(const char *name)
{
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	return NULL;
}

int
host_tunable_get(struct host *h, const char *name, char *value, size_t cap)
{
	const uint64_t *c = counter(h, name);
	const struct setting *s = setting(name);
	if (c == NULL && s == NULL)
		return -ENOENT;
	uint64_t v = c != NULL ? *c : s->get(&h->set);
	int n = snprintf(value, cap, "%" PRIu64, v);
	return n < 0 || (size_t)n >= cap ? -ENOSPC : 0;
}

int
host_tunable_set(struct host *h, const char *name, const char *value)
{
	char *end;
	uint64_t *c = counter(h, name);
	const struct setting *s = setting(name);
	if (c == NULL && s == NULL)
		return -ENOENT;
	errno = 0;
	unsigned long long v = strtoull(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || *value == '-')
		return -EINVAL;
	if (c != NULL) {
		*c = v;
		return 0;
	}
	if (v < s->least || v > s->most)
		return -EINVAL;
	s->set(&h->set, (uint32_t)v);
	return 0;
}
