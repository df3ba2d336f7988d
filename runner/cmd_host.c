/* espy host: the reference on real interfaces. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "runner/commands.h"
#include "runner/entropy.h"
#include "runner/live/host_agent.h"
#include "runner/target/link_raw.h"
#include "runner/live/live.h"
#include "runner/options.h"
#include "runner/suite_source.h"
#include "runner/target/target_reference.h"

enum {
	O_LINK,
	O_ADDRESS,
	O_MAC,
	O_PROFILE,
	O_CONFIG,
	O_GATEWAY,
	O_ROUTE,
	O_TUNABLE,
	O_PFKEY,
	O_BUMP,
	O_IKE,
	O_WRITE,
	O_QUIET
};
static const struct option_row rows[] = {
	[O_LINK] = { 'l', "link", "IFACE", "an interface, NETNS:IFACE, or fd:N (twice for two)" },
	[O_ADDRESS] = { 'a', "address", "A/BITS", "an address of the host on the link before it (several)" },
	[O_MAC] = { 0, "mac", "MAC", "of the link before it (another than the interface's)" },
	[O_PROFILE] = { 'p', "profile", "NAME[/OS]", "whose rules, and whose PF_KEY (rfc4301)" },
	[O_CONFIG] = { 'c', "config", "FILE", "SAs and policies: setkey, ipsecconf or ipseckey (several)" },
	[O_GATEWAY] = { 0, "gateway", NULL, "forward between the two links" },
	[O_ROUTE] = { 0, "route", "A/BITS=NEXT", "what is behind another router (several)" },
	[O_TUNABLE] = { 0, "tunable", "NAME=VALUE", "a setting, as cases have them (several)" },
	[O_PFKEY] = { 0, "pfkey", "SOCKET", "PF_KEY for others: a SOCK_SEQPACKET socket there" },
	[O_BUMP] = { 0, "bump", "IFACE",
		     "a bump in the wire: protect the system behind IFACE, on the --link in front" },
	[O_IKE] = { 0, "ike", NULL, "its IKE (UDP 500, 4500) passes without a policy that says so" },
	[O_WRITE] = { 'w', "write", "PCAP", "the frames of the link before it; in front of all links: of all" },
	[O_QUIET] = { 'q', "quiet", NULL, "no hints, no counters at the end" },
	{ 0 },
};
const struct options host_options = {
	"espy host --link IFACE --address A/BITS [--config FILE] [--gateway]",
	"Puts the reference on real interfaces (raw frames: libpcap in, libnet out) as a station of its own, until SIGINT or SIGTERM.\n"
	"It answers ARP, Neighbor Discovery, echo, and the UDP services echo (7) and discard (9); with --gateway it forwards.\n"
	"Without --config plain traffic passes; with it, what no policy names goes as the profile says.\n"
	"With --exec it speaks the agent protocol instead: see `espy host --exec --help`.\n"
	"One line \"ready: ..\" says that it answers. Exit status: 0 ended by a signal; 2 usage, or FILE is wrong; 3 environment.",
	rows,
};

#define CONFIGS 8
#define TUNABLES 32

struct wish {
	unsigned links;
	struct {
		const char *spec, *write;
		bool has_mac;
	} link[HOST_LINKS];
	const char *write; /* all links */
	const char *config[CONFIGS], *tunable[TUNABLES], *pfkey;
	unsigned configs, tunables;
	bool gateway, ike;
};

/* --- options --------------------------------------------------------------------------------- */

/* "192.0.2.1/24"; without bits all of them. */
static bool
read_prefix(const char *text, struct addr *a, uint8_t *bits, struct err *e)
{
	char address[64];
	const char *slash = strchr(text, '/');
	size_t n = slash != NULL ? (size_t)(slash - text) : strlen(text);
	snprintf(address, sizeof address, "%.*s", (int)(n < sizeof address ? n : sizeof address - 1), text);
	if (!addr_parse(a, address, e))
		return false;
	unsigned most = a->family == 4 ? 32 : 128;
	char *end = NULL;
	unsigned long v = slash != NULL ? strtoul(slash + 1, &end, 10) : most;
	*bits = (uint8_t)v;
	return (v <= most && (slash == NULL || (end != slash + 1 && *end == '\0'))) ||
	       fail(e, ERR_RANGE, "%s: want ADDRESS/BITS with at most %u bits", text, most);
}

static bool
read_mac(const char *text, uint8_t mac[6], struct err *e)
{
	unsigned o[6];
	char more;
	struct wr w = wr_of(mac, 6);
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &o[0], &o[1], &o[2], &o[3], &o[4], &o[5], &more) != 6 ||
	    (o[0] & 1) != 0)
		return fail(e, ERR_SYNTAX, "%s: want the MAC address of one station, as 02:00:00:00:00:01", text);
	for (unsigned i = 0; i < 6; i++)
		wr_uint(&w, o[i], 1);
	return true;
}

static bool
read_route(const char *text, struct host_setup *s, struct err *e)
{
	char prefix[80];
	const char *equal = strchr(text, '=');
	struct route r;
	if (s->routes == HOST_ROUTES)
		return fail(e, ERR_RANGE, "--route: at most %d", HOST_ROUTES);
	if (equal == NULL || (size_t)(equal - text) >= sizeof prefix)
		return fail(e, ERR_SYNTAX, "--route %s: want PREFIX/BITS=NEXTHOP", text);
	snprintf(prefix, sizeof prefix, "%.*s", (int)(equal - text), text);
	if (!read_prefix(prefix, &r.prefix, &r.bits, e) || !addr_parse(&r.next, equal + 1, e))
		return false;
	if (r.prefix.family != r.next.family)
		return fail(e, ERR_RANGE, "--route %s: want a next hop of the same IP version", text);
	s->route[s->routes++] = r;
	return true;
}

static bool
add_address(struct host_setup *s, unsigned links, const char *text, struct err *e)
{
	struct host_if *i = links > 0 ? &s->link[links - 1] : NULL;
	if (i == NULL)
		return fail(e, ERR_SYNTAX, "--address %s: want a --link in front of it", text);
	if (i->n >= HOST_ADDRESSES - 1) /* one is its own, of the link */
		return fail(e, ERR_RANGE, "--address %s: at most %d on a link", text, HOST_ADDRESSES - 1);
	if (!read_prefix(text, &i->addr[i->n], &i->bits[i->n], e))
		return false;
	i->n++;
	return true;
}

static bool
add_link(struct wish *w, const char *spec, struct err *e)
{
	if (w->links == HOST_LINKS)
		return fail(e, ERR_RANGE, "--link %s: at most %d", spec, HOST_LINKS);
	w->link[w->links++].spec = spec;
	return true;
}

/* The inside is a link as the outside is, and the second one. */
static bool
add_bump(struct wish *w, struct host_setup *s, const char *spec, struct err *e)
{
	if (w->links != 1)
		return fail(e, ERR_SYNTAX, "--bump %s: want one --link in front of it, and no other", spec);
	s->bump = true;
	return add_link(w, spec, e);
}

static bool
add_text(const char **list, unsigned *n, unsigned max, const char *what, const char *text, struct err *e)
{
	if (*n == max)
		return fail(e, ERR_RANGE, "--%s: at most %u", what, max);
	list[(*n)++] = text;
	return true;
}

static bool
take_option(struct wish *w, struct live *v, int o, const char *value, struct err *e)
{
	struct host_setup *s = &v->setup;
	switch (o) {
	case O_LINK: return add_link(w, value, e);
	case O_ADDRESS: return add_address(s, w->links, value, e);
	case O_MAC:
		if (w->links == 0)
			return fail(e, ERR_SYNTAX, "--mac %s: want a --link in front of it", value);
		w->link[w->links - 1].has_mac = true;
		return read_mac(value, s->link[w->links - 1].mac, e);
	case O_PROFILE: return reference_argument(value, &s->profile, &s->dialect, e);
	case O_CONFIG: return add_text(w->config, &w->configs, CONFIGS, "config", value, e);
	case O_ROUTE: return read_route(value, s, e);
	case O_TUNABLE: return add_text(w->tunable, &w->tunables, TUNABLES, "tunable", value, e);
	case O_WRITE: *(w->links > 0 ? &w->link[w->links - 1].write : &w->write) = value; return true;
	case O_GATEWAY: w->gateway = true; return true;
	case O_PFKEY: w->pfkey = value; return true;
	case O_BUMP: return add_bump(w, s, value, e);
	case O_IKE: w->ike = true; return true;
	default: v->quiet = true; return true;
	}
}

/* --- links ----------------------------------------------------------------------------------- */

/*
 * Another station than the kernel on the same interface: its address turned into a locally administered one that differs. A descriptor
 * has none, so that one is drawn.
 */
static void
derive_mac(const uint8_t of[6], uint8_t mac[6])
{
	struct rd r = rd_of((struct bytes){ of, 6 });
	struct wr w = wr_of(mac, 6);
	wr_uint(&w, (rd_uint(&r, 1) | 0x02) & 0xfe, 1);
	wr_uint(&w, rd_uint(&r, 1) ^ 0xe5, 1);
	wr_bytes(&w, rd_rest(&r));
}

static bool
open_fd(struct link *l, const char *number, uint8_t mac[6], struct err *e)
{
	char *end;
	long fd = strtol(number, &end, 10);
	if (end == number || *end != '\0' || fd < 0 || fd > 1 << 20)
		return fail(e, ERR_SYNTAX, "fd:%s: want the number of a descriptor", number);
	entropy_fill(NULL, mac, 6);
	return link_fd_open(l, (int)fd, e);
}

static bool
open_link(struct live_link *l, const char *spec, bool has_mac, uint8_t mac[6], struct err *e)
{
	uint8_t own[6];
	char netns[200];
	const char *colon = strchr(spec, ':');
	snprintf(l->name, sizeof l->name, "%s", spec);
	snprintf(netns, sizeof netns, "%.*s", colon != NULL ? (int)(colon - spec) : 0, spec);
	bool ok = strncmp(spec, "fd:", 3) == 0 ? open_fd(&l->link, spec + 3, own, e)
		  : colon != NULL              ? link_raw_open_in(&l->link, netns, colon + 1, own, e)
					       : link_raw_open(&l->link, spec, own, e);
	if (ok && !has_mac)
		derive_mac(own, mac);
	return ok;
}

/* RFC 4291 2.5.6 and appendix A: every IPv6 interface has one, which neighbours may speak to. */
static void
add_link_local(struct host_if *i)
{
	struct rd r = rd_of(BYTES_OF(i->mac));
	struct addr a = { .family = 6 };
	struct wr w = wr_of(a.o, sizeof a.o);
	wr_uint(&w, 0xfe80000000000000, 8);
	wr_uint(&w, rd_uint(&r, 3) ^ 0x020000, 3);
	wr_uint(&w, 0xfffe, 2);
	wr_bytes(&w, rd_rest(&r));
	i->bits[i->n] = 64;
	i->addr[i->n++] = a;
}

static bool
has_ip6(const struct host_if *i)
{
	for (unsigned n = 0; n < i->n; n++)
		if (i->addr[n].family == 6)
			return true;
	return false;
}

static bool
open_links(const struct wish *w, struct live *v, struct err *e)
{
	for (unsigned i = 0; i < w->links; i++) {
		if (!open_link(&v->link[i], w->link[i].spec, w->link[i].has_mac, v->setup.link[i].mac, e))
			return false;
		if (has_ip6(&v->setup.link[i]) && !v->setup.bump)
			add_link_local(&v->setup.link[i]);
	}
	v->setup.links = w->links;
	return true;
}

/* A file for each link, or one for all. */
static bool
open_traces(const struct wish *w, struct live *v, struct trace *trace[HOST_LINKS + 1], struct err *e)
{
	if (w->write != NULL && (trace[HOST_LINKS] = trace_open(w->write, e)) == NULL)
		return false;
	for (unsigned i = 0; i < w->links; i++) {
		if (w->link[i].write != NULL && (trace[i] = trace_open(w->link[i].write, e)) == NULL)
			return false;
		v->link[i].trace = trace[i] != NULL ? trace[i] : trace[HOST_LINKS];
	}
	return true;
}

/* --- configuration --------------------------------------------------------------------------- */

static bool
set_tunable(struct live *v, const char *text, struct err *e)
{
	char name[80];
	const char *equal = strchr(text, '=');
	if (equal == NULL || (size_t)(equal - text) >= sizeof name)
		return fail(e, ERR_SYNTAX, "--tunable %s: want NAME=VALUE", text);
	snprintf(name, sizeof name, "%.*s", (int)(equal - text), text);
	int error = host_tunable_set(v->host, name, equal + 1);
	return error == 0 || fail(e, ERR_UNKNOWN, "--tunable %s: %s", text,
				  error == -ENOENT ? "there is none of this name" : "it cannot have this value");
}

static bool
read_config(struct live *v, const char *path, struct err *e)
{
	char *text = NULL;
	size_t n = 0;
	bool ok = source_read(path, &text, &n, e) && live_configure(v, text, n, path, e);
	free(text);
	return ok;
}

static bool
configure(const struct wish *w, struct live *v, struct err *e)
{
	bool ok = host_tunable_set(v->host, "forward", w->gateway ? "1" : "0") == 0 &&
		  (w->configs > 0 || host_tunable_set(v->host, "spd.miss", "1") == 0);
	ok = ok && (!w->ike || host_tunable_set(v->host, "bump.ike", "1") == 0);
	for (unsigned i = 0; ok && i < w->tunables; i++)
		ok = set_tunable(v, w->tunable[i], e);
	for (unsigned i = 0; ok && i < w->configs; i++)
		ok = read_config(v, w->config[i], e);
	return ok;
}

/* --- what is said ---------------------------------------------------------------------------- */

static void
say_ready(const struct live *v)
{
	char text[48];
	printf("ready:");
	for (unsigned l = 0; l < v->setup.links; l++) {
		const struct host_if *i = &v->setup.link[l];
		struct rd r = rd_of(BYTES_OF(i->mac));
		printf("%s link %s", l > 0 ? ";" : "", v->link[l].name);
		for (unsigned n = 0; n < 6; n++)
			printf("%c%02x", n == 0 ? ' ' : ':', (unsigned)rd_uint(&r, 1));
		for (unsigned n = 0; n < i->n; n++)
			printf(" %s/%u", addr_print(&i->addr[n], text), i->bits[n]);
	}
	printf("\n");
	fflush(stdout);
}

static void
say_counters(const struct live *v)
{
	uint64_t value;
	const char *name;
	printf("counters:");
	for (unsigned i = 0; (name = host_counter(v->host, i, &value)) != NULL; i++)
		if (value > 0)
			printf(" %s %llu", name, (unsigned long long)value);
	if (v->partial > 0)
		printf(" checksums.partial %llu", (unsigned long long)v->partial);
	if (v->unsent > 0)
		printf(" frames.unsent %llu", (unsigned long long)v->unsent);
	if (v->unheard > 0)
		printf(" echoes.lost %llu", (unsigned long long)v->unheard);
	if (live_pfkey_lost(v) > 0)
		printf(" pfkey.unread %llu", (unsigned long long)live_pfkey_lost(v));
	printf("\n");
}

/* --- command --------------------------------------------------------------------------------- */

/* Readable once somebody wants the end; -1: fails. */
static int
open_signals(struct err *e)
{
	sigset_t ends;
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &ends, NULL);
	(void)signal(SIGPIPE, SIG_IGN); /* who started it may have heard enough */
	int fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		(void)fail_errno(e, "signalfd");
	return fd;
}

static bool
run(struct live *v, int signals, struct err *e)
{
	struct signalfd_siginfo who;
	while (read(signals, &who, sizeof who) < 0)
		if (!live_step(v, signals, -1, e))
			return false;
	return true;
}

static int
complain(const struct err *e, int status)
{
	fprintf(stderr, "espy host: %s\n", e->text);
	return status;
}

static int
serve(const struct wish *w, struct live *v, struct trace *trace[HOST_LINKS + 1])
{
	struct err e = { 0 };
	if (!open_links(w, v, &e) || !open_traces(w, v, trace, &e) || !live_open(v, &e))
		return complain(&e, 3);
	if (!configure(w, v, &e))
		return complain(&e, e.code == ERR_IO ? 3 : 2);
	int signals = open_signals(&e);
	if (signals < 0 || (w->pfkey != NULL && !live_pfkey_listen(v, w->pfkey, &e)))
		return complain(&e, 3);
	host_announce(v->host);
	say_ready(v);
	bool ok = run(v, signals, &e);
	close(signals);
	if (!v->quiet)
		say_counters(v);
	return ok ? 0 : complain(&e, 3);
}

int
cmd_host(int argc, char **argv)
{
	static struct live v;
	struct trace *trace[HOST_LINKS + 1] = { NULL };
	struct wish w = { 0 };
	struct err e = { 0 };
	const char *value;
	int o, first;
	if (host_agent_is_meant(argc, argv))
		return host_agent_main(argc, argv);
	v.setup.profile = profile_by_name("rfc4301");
	v.setup.dialect = dialect_by_os("reference");
	while ((o = options_next(&host_options, argc, argv, &value, &first)) >= 0)
		if (!take_option(&w, &v, o, value, &e))
			return complain(&e, 2);
	if (o < -1)
		return o == -3 ? 0 : 2;
	if (first < argc || w.links == 0) {
		fprintf(stderr, "espy host: %s%s\nTry 'espy host --help'.\n",
			first < argc ? "no operand, got " : "want a --link", first < argc ? argv[first] : "");
		return 2;
	}
	if (w.gateway && v.setup.bump) {
		fprintf(stderr, "espy host: --gateway: a bump in the wire is no router\n");
		return 2;
	}
	if (w.gateway && w.links < 2) {
		fprintf(stderr, "espy host: --gateway: want two links\n");
		return 2;
	}
	int status = serve(&w, &v, trace);
	live_close(&v);
	for (unsigned i = 0; i <= HOST_LINKS; i++)
		trace_close(trace[i]);
	return status;
}
