/* Counters and settings by name. Every name stands here once. */
#include "host/parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/text.h"

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
	[EV_POLICY_LOGGED] = "policy.logged",
	[EV_LOOPBACK] = "loopback",
	[EV_BUMP_OUT] = "bump.out",
	[EV_BUMP_IN] = "bump.in",
	[EV_BUMP_BRIDGED] = "bump.bridged",
	[EV_PFKEY_LOST] = "pfkey.lost",
	[EV_NO_ROUTE] = "drop.no-route",
	[EV_NEIGHBOUR_LOST] = "drop.no-neighbour",
	[EV_KEEPALIVE] = "natt.keepalives",
	[EV_KEEPALIVE_SENT] = "natt.keepalives-sent",
	[EV_ICMP_TO_SOCKET] = "icmp.to-socket",
	[EV_ICMP_REFUSED] = "icmp.refused",
	[EV_ICMP_FORGED] = "icmp.forged",
	[EV_ICMP_NO_SA] = "icmp.no-sa",
	[EV_ICMP_NOT_IN_CLEAR] = "icmp.not-in-clear",
	[EV_PMTU_PATH] = "pmtu.path",
	[EV_PMTU_SA] = "pmtu.sa",
	[EV_ECN_UNUSED] = "ecn.unused",
	[EV_ECN_DANGEROUS] = "ecn.dangerous",
	[EV_FRAGMENT_UNDECIDED] = "fragments.undecided",
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

const char *
host_counter(const struct host *h, unsigned at, uint64_t *value)
{
	if (at < HOST_EVENT_N) {
		*value = h->events[at];
		return event_names[at];
	}
	at -= HOST_EVENT_N - (ACCEPT + 1);
	*value = at < VERDICT_N ? h->drops[at] : 0;
	return at < VERDICT_N ? verdict_name((enum verdict)at) : NULL;
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
SETTING(miss4, rules.spd_miss[0])
SETTING(miss6, rules.spd_miss[1])
SETTING(esp_transport, rules.levels[0].esp_transport)
SETTING(esp_tunnel, rules.levels[0].esp_tunnel)
SETTING(ah_transport, rules.levels[0].ah_transport)
SETTING(ah_tunnel, rules.levels[0].ah_tunnel)
SETTING(esp_transport6, rules.levels[1].esp_transport)
SETTING(esp_tunnel6, rules.levels[1].esp_tunnel)
SETTING(ah_transport6, rules.levels[1].ah_transport)
SETTING(ah_tunnel6, rules.levels[1].ah_tunnel)
SETTING(ah_tos, rules.ah.tos)
SETTING(ah_offset, rules.ah.offset_mask)
SETTING(debug, debug)

/* One name for both families: the answer is IPv4's. */
static uint32_t
get_miss(const struct host_settings *s)
{
	return s->rules.spd_miss[0];
}

static void
set_miss(struct host_settings *s, uint32_t v)
{
	s->rules.spd_miss[0] = s->rules.spd_miss[1] = (uint8_t)v;
}

/* KAME's says what is cleared, ours what is covered. */
static uint32_t
get_ah_clear_tos(const struct host_settings *s)
{
	return !s->rules.ah.tos;
}

static void
set_ah_clear_tos(struct host_settings *s, uint32_t v)
{
	s->rules.ah.tos = v == 0;
}

SETTING(padding, rules.strict_padding)
SETTING(layers, rules.layers)
SETTING(source, rules.source_checked)
SETTING(prohibited, prohibited)
SETTING(rate, icmp_rate)
SETTING(audit, audit)
SETTING(rcvbuf, pfkey.rcvbuf)
SETTING(larval, pfkey.larval)
SETTING(acquire, pfkey.acquire)

/* One setting of Linux's for both. */
static void
set_larval_and_acquire(struct host_settings *s, uint32_t v)
{
	s->pfkey.larval = s->pfkey.acquire = v;
}

SETTING(move, rules.natt_move)
SETTING(keepalive, keepalive)
SETTING(bump_ike, bump_ike)
SETTING(tunnel_df, rules.tunnel.df)
SETTING(tunnel_ecn, rules.tunnel.ecn4)
SETTING(tunnel_ecn6, rules.tunnel.ecn6)
SETTING(tunnel_egress, rules.tunnel.egress_allowed)
SETTING(tunnel_egress_forbidden, rules.tunnel.egress_forbidden)
SETTING(tunnel_dscp, rules.tunnel.dscp)
SETTING(tunnel_dscp_in, rules.tunnel.dscp_in)
SETTING(tunnel_flow, rules.tunnel.flow)
SETTING(tunnel_ttl, rules.tunnel.ttl)
SETTING(pmtu_least, rules.pmtu.least)
SETTING(pmtu_age, rules.pmtu.age)
SETTING(pmtu_told, rules.pmtu.told)
SETTING(pmtu_before, rules.pmtu.before)
SETTING(icmp_clear, rules.icmp_clear)
SETTING(icmp_tells, rules.icmp_tells_in_clear)
SETTING(fragments, rules.fragments)
SETTING(options, rules.options_encapsulated)

SETTING(ranked, rules.policy.ranked)
SETTING(loop, rules.policy.loopback)
SETTING(latched, rules.policy.echo_latched)
SETTING(clear_icmp, rules.policy.clear_icmp)
SETTING(clear_igmp, rules.policy.clear_igmp)
SETTING(clear_pim, rules.policy.clear_pim)
SETTING(log_interval, rules.policy.log_interval)
SETTING(override, rules.socket.spd_first)

static const struct setting settings[] = {
	{ "policy.ranked", 0, 1, get_ranked, set_ranked },
	{ "policy.loopback", LOOPBACK_APPLIED, LOOPBACK_NONE, get_loop, set_loop },
	{ "icmp.echo-latched", 0, 1, get_latched, set_latched },
	/* by their names on Solaris: ipsec(4P), ndd(8) */
	{ "icmp_accept_clear_messages", 0, 1, get_clear_icmp, set_clear_icmp },
	{ "igmp_accept_clear_messages", 0, 1, get_clear_igmp, set_clear_igmp },
	{ "pim_accept_clear_messages", 0, 1, get_clear_pim, set_clear_pim },
	{ "ipsec_policy_log_interval", 0, 999999, get_log_interval, set_log_interval },
	{ "ipsec_override_persocket_policy", 0, 1, get_override, set_override },
	{ "tunnel.df", DF_CLEAR, DF_COPY, get_tunnel_df, set_tunnel_df },
	{ "tunnel.ecn", INGRESS_NOT_ECT, INGRESS_RFC3168, get_tunnel_ecn, set_tunnel_ecn },
	{ "tunnel6.ecn", INGRESS_NOT_ECT, INGRESS_RFC3168, get_tunnel_ecn6, set_tunnel_ecn6 },
	{ "tunnel.egress", EGRESS_RFC6040, EGRESS_IGNORED, get_tunnel_egress, set_tunnel_egress },
	{ "tunnel.egress-forbidden", EGRESS_RFC6040, EGRESS_IGNORED, get_tunnel_egress_forbidden,
	  set_tunnel_egress_forbidden },
	{ "tunnel.dscp", 0, TUNNEL_DSCP_COPIED, get_tunnel_dscp, set_tunnel_dscp },
	{ "tunnel.dscp-in", 0, 1, get_tunnel_dscp_in, set_tunnel_dscp_in },
	{ "tunnel6.flow", 0, TUNNEL_FLOW_COPIED, get_tunnel_flow, set_tunnel_flow },
	{ "tunnel.ttl", 0, UINT8_MAX, get_tunnel_ttl, set_tunnel_ttl },
	{ "pmtu.least", HOST_MTU_LEAST, UINT16_MAX, get_pmtu_least, set_pmtu_least },
	{ "pmtu.age", 0, UINT32_MAX, get_pmtu_age, set_pmtu_age },
	{ "pmtu.told", 0, 1, get_pmtu_told, set_pmtu_told },
	{ "pmtu.before", 0, 1, get_pmtu_before, set_pmtu_before },
	{ "icmp.clear", ICMP_IGNORED, ICMP_PMTU_ONLY, get_icmp_clear, set_icmp_clear },
	{ "icmp.tells-in-clear", 0, 1, get_icmp_tells, set_icmp_tells },
	{ "fragments", FRAGMENTS_BLIND, FRAGMENTS_STATEFUL, get_fragments, set_fragments },
	{ "options.encapsulated", 0, 1, get_options, set_options },
	{ "mtu", HOST_MTU_LEAST, UINT16_MAX, get_mtu, set_mtu },
	{ "forward", 0, 1, get_forward, set_forward },
	{ "spd.miss", SPD_DISCARD, SPD_BYPASS, get_miss, set_miss },
	{ "spd.miss.ipv4", SPD_DISCARD, SPD_BYPASS, get_miss4, set_miss4 },
	{ "spd.miss.ipv6", SPD_DISCARD, SPD_BYPASS, get_miss6, set_miss6 },
	{ "level.esp.transport", LEVEL_USE, LEVEL_REQUIRE, get_esp_transport, set_esp_transport },
	{ "level.esp.tunnel", LEVEL_USE, LEVEL_REQUIRE, get_esp_tunnel, set_esp_tunnel },
	{ "level.ah.transport", LEVEL_USE, LEVEL_REQUIRE, get_ah_transport, set_ah_transport },
	{ "level.ah.tunnel", LEVEL_USE, LEVEL_REQUIRE, get_ah_tunnel, set_ah_tunnel },
	{ "level6.esp.transport", LEVEL_USE, LEVEL_REQUIRE, get_esp_transport6, set_esp_transport6 },
	{ "level6.esp.tunnel", LEVEL_USE, LEVEL_REQUIRE, get_esp_tunnel6, set_esp_tunnel6 },
	{ "level6.ah.transport", LEVEL_USE, LEVEL_REQUIRE, get_ah_transport6, set_ah_transport6 },
	{ "level6.ah.tunnel", LEVEL_USE, LEVEL_REQUIRE, get_ah_tunnel6, set_ah_tunnel6 },
	{ "ah.tos", 0, 1, get_ah_tos, set_ah_tos },
	{ "ah.clear-tos", 0, INT32_MAX, get_ah_clear_tos, set_ah_clear_tos },
	{ "ah.offset-mask", 0, UINT16_MAX, get_ah_offset, set_ah_offset },
	{ "debug", 0, INT32_MAX, get_debug, set_debug },
	{ "padding.strict", 0, 1, get_padding, set_padding },
	{ "policy.layers", LAYERS_EXACT, LAYERS_MORE, get_layers, set_layers },
	{ "policy.source", 0, 1, get_source, set_source },
	{ "icmp.prohibited", 0, 1, get_prohibited, set_prohibited },
	{ "icmp.rate", 0, UINT32_MAX, get_rate, set_rate },
	{ "audit", 0, 1, get_audit, set_audit },
	{ "pfkey.rcvbuf", 0, UINT32_MAX, get_rcvbuf, set_rcvbuf },
	{ "pfkey.larval", 0, UINT32_MAX, get_larval, set_larval },
	{ "pfkey.acquire", 0, UINT32_MAX, get_acquire, set_acquire },
	{ "net.key.larval_lifetime", 0, UINT32_MAX, get_larval, set_larval },
	{ "net.core.xfrm_acq_expires", 0, UINT32_MAX, get_larval, set_larval_and_acquire },
	{ "natt.move", NATT_STAYS, NATT_FOLLOWS, get_move, set_move },
	{ "natt.keepalive", 0, UINT16_MAX, get_keepalive, set_keepalive },
	{ "bump.ike", 0, 1, get_bump_ike, set_bump_ike },
};

/* What administrators of such a system call it. The dot sysctl names of KAME are those of ipsec(4). */
static const struct {
	const char *theirs, *ours;
} aliases[] = {
	{ "net.inet.ipsec.def_policy", "spd.miss.ipv4" },
	{ "net.inet.ipsec.esp_trans_deflev", "level.esp.transport" },
	{ "net.inet.ipsec.esp_net_deflev", "level.esp.tunnel" },
	{ "net.inet.ipsec.ah_trans_deflev", "level.ah.transport" },
	{ "net.inet.ipsec.ah_net_deflev", "level.ah.tunnel" },
	{ "net.inet.ipsec.ah_cleartos", "ah.clear-tos" },
	{ "net.inet.ipsec.ah_offsetmask", "ah.offset-mask" },
	{ "net.inet.ipsec.dfbit", "tunnel.df" },
	{ "net.inet.ipsec.ecn", "tunnel.ecn" },
	{ "net.inet.ipsec.debug", "debug" },
	{ "net.inet6.ipsec6.def_policy", "spd.miss.ipv6" },
	{ "net.inet6.ipsec6.esp_trans_deflev", "level6.esp.transport" },
	{ "net.inet6.ipsec6.esp_net_deflev", "level6.esp.tunnel" },
	{ "net.inet6.ipsec6.ah_trans_deflev", "level6.ah.transport" },
	{ "net.inet6.ipsec6.ah_net_deflev", "level6.ah.tunnel" },
	{ "net.inet6.ipsec6.ecn", "tunnel6.ecn" },
	{ "net.inet6.ipsec6.debug", "debug" },
};

static const char *
our_name(const char *name)
{
	for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
		if (strcmp(aliases[i].theirs, name) == 0)
			return aliases[i].ours;
	return name;
}

static const struct setting *
setting(const char *name)
{
	name = our_name(name);
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	return NULL;
}

/* Settings with a number at the end: one octet each. */
struct list {
	const char *prefix;
	uint8_t *first;
	unsigned n, most;
	bool same_is_zero; /* kept as one more than it says, 0 for the number itself */
};

static uint8_t *
list_item(struct host *h, const char *name, struct list *l, unsigned long *at)
{
	const struct list lists[] = {
		{ "icmp.refused.", h->set.icmp_refused4, 256, 1, false },
		{ "icmp6.refused.", h->set.icmp_refused6, 256, 1, false },
		{ "tunnel.dscp.", h->set.rules.tunnel.dscp_map, TUNNEL_DSCP_COPIED, 63, true },
	};
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		size_t n = strlen(lists[i].prefix);
		char *end;
		if (strncmp(name, lists[i].prefix, n) != 0 || name[n] < '0' || name[n] > '9')
			continue;
		*at = strtoul(name + n, &end, 10);
		*l = lists[i];
		return *end == '\0' && *at < l->n ? l->first + *at : NULL;
	}
	return NULL;
}

/* False: no such item, or (set) a value that it cannot have. */
static bool
list_get(struct host *h, const char *name, uint64_t *v)
{
	struct list l;
	unsigned long at;
	const uint8_t *o = list_item(h, name, &l, &at);
	if (o != NULL)
		*v = !l.same_is_zero ? *o : *o == 0 ? at : *o - 1u;
	return o != NULL;
}

static bool
list_set(struct host *h, const char *name, unsigned long long v)
{
	struct list l;
	unsigned long at;
	uint8_t *o = list_item(h, name, &l, &at);
	if (o != NULL && v <= l.most)
		*o = (uint8_t)(l.same_is_zero ? v + 1 : v);
	return o != NULL && v <= l.most;
}

/* All counters of refusals that have counted, one a line, so that who asks before and after need not know their names. */
static int
drops_print(struct host *h, char *value, size_t cap)
{
	struct text t = text_of(value, cap);
	for (unsigned v = ACCEPT + 1; v < VERDICT_N; v++)
		if (h->drops[v] > 0)
			text_add(&t, DROP_PREFIX "%s %" PRIu64 "\n", verdict_name((enum verdict)v), h->drops[v]);
	for (unsigned i = 0; i < HOST_EVENT_N; i++)
		if (h->events[i] > 0 && strncmp(event_names[i], DROP_PREFIX, strlen(DROP_PREFIX)) == 0)
			text_add(&t, "%s %" PRIu64 "\n", event_names[i], h->events[i]);
	return t.n >= t.cap ? -ENOSPC : 0;
}

int
host_tunable_get(struct host *h, const char *name, char *value, size_t cap)
{
	const uint64_t *c = counter(h, name);
	const struct setting *s = setting(name);
	const struct tunnel_if *t = tunnel_if_named(h, name);
	uint64_t v = 0;
	if (strcmp(name, "audit.log") == 0)
		return audit_print(&h->audit, value, cap) ? 0 : -ENOSPC;
	if (strcmp(name, "drops") == 0)
		return drops_print(h, value, cap);
	if (t != NULL) {
		tunnel_if_print(t, value, cap);
		return 0;
	}
	if (c == NULL && s == NULL && !list_get(h, name, &v))
		return -ENOENT;
	if (c != NULL || s != NULL)
		v = c != NULL ? *c : s->get(&h->set);
	int n = snprintf(value, cap, "%" PRIu64, v);
	return n < 0 || (size_t)n >= cap ? -ENOSPC : 0;
}

int
host_tunable_set(struct host *h, const char *name, const char *value)
{
	char *end;
	uint64_t *c = counter(h, name);
	const struct setting *s = setting(name);
	struct tunnel_if *t = tunnel_if_named(h, name);
	uint64_t was;
	if (strcmp(name, "audit.log") == 0) { /* whatever is written, the log begins anew */
		h->audit.n = 0;
		return 0;
	}
	if (t != NULL)
		return tunnel_if_configure(t, value) ? 0 : -EINVAL;
	if (c == NULL && s == NULL && !list_get(h, name, &was))
		return -ENOENT;
	errno = 0;
	unsigned long long v = strtoull(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || *value == '-')
		return -EINVAL;
	if (c != NULL) {
		*c = v;
		return 0;
	}
	if (s == NULL)
		return list_set(h, name, v) ? 0 : -EINVAL;
	if (v < s->least || v > s->most)
		return -EINVAL;
	s->set(&h->set, (uint32_t)v);
	return 0;
}
