/*
 * A stack that lives in a process of its own: a rump kernel, lwIP, the simulator of an RTOS. It inherits its network cards as
 * SOCK_SEQPACKET sockets, one Ethernet frame a packet, and speaks the agent protocol on its standard input and output.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runner/target/console.h"
#include "runner/target/target_child.h"

#define STATION_MS 3000
#define SECOND_MS 300 /* a second link is welcome, and nobody waits long for it */
#define BITS4 24
#define BITS6 64

/* The tester's own; the target has what addresses it likes and is asked for them. */
static const uint8_t tester_macs[TARGET_LINKS][6] = { { 2, 0, 0, 0, 1, 2 }, { 2, 0, 0, 0, 2, 2 } };

static size_t
print_address(char *text, size_t cap, const char *before, int family, const uint8_t *address)
{
	char one[INET6_ADDRSTRLEN];
	inet_ntop(family, address, one, sizeof one);
	int n = snprintf(text, cap, "%s%s/%d", before, one, family == AF_INET6 ? BITS6 : BITS4);
	return n > 0 ? (size_t)n : 0;
}

/* "192.0.2.1/24,192.0.2.11/24,2001:db8:1::1/64,2001:db8:1::11/64;..": links between semicolons. */
static void
print_addresses(const struct target_options *o, char *text, size_t cap)
{
	size_t n = 0;
	for (unsigned i = 0; i < TARGET_LINKS; i++) {
		const struct target_net *net = target_net_of(o, i);
		n += print_address(text + n, cap - n, i > 0 ? ";" : "", AF_INET, net->target4);
		n += print_address(text + n, cap - n, ",", AF_INET, net->second4);
		n += print_address(text + n, cap - n, ",", AF_INET6, net->target6);
		n += print_address(text + n, cap - n, ",", AF_INET6, net->second6);
	}
}

/* Both ends of the cards: ours become links, theirs are lent. */
static bool
cards_open(struct target *t, int theirs[PROCESS_LENT], struct err *e)
{
	for (unsigned i = 0; i < TARGET_LINKS; i++) {
		struct wr mac = wr_of(t->link[i].tester_mac, 6);
		if (!link_fd_pair(&t->link[i], SOCK_SEQPACKET, &theirs[i], e))
			return false;
		t->links++;
		wr_bytes(&mac, BYTES_OF(tester_macs[i]));
	}
	return true;
}

static bool
start(struct target *t, const struct target_options *o, struct err *e)
{
	struct child *c = t->impl;
	char addresses[600];
	struct process_setup s = { .command = o->argument, .console = c->console, .lent = { -1, -1 } };
	s.variable[0].name = "ESPY_LINKS";
	s.variable[0].value = "3,4";
	s.variable[1].name = "ESPY_ADDRESSES";
	s.variable[1].value = addresses;
	print_addresses(o, addresses, sizeof addresses);
	bool ok = cards_open(t, s.lent, e) && child_say_hello(t, &s, o->timeout_ms, e);
	/* Without our copies the end of theirs shows. */
	for (unsigned i = 0; i < PROCESS_LENT; i++)
		if (s.lent[i] >= 0)
			close(s.lent[i]);
	return ok;
}

static bool
find_stations(struct target *t, const struct target_options *o, struct err *e)
{
	if (!child_find_station(t, o, 0, "link 1", STATION_MS, e))
		return false;
	if (child_find_station(t, o, 1, "link 2", SECOND_MS, e))
		return true;
	t->link[1].ops->close(&t->link[1]);
	t->links = 1;
	return true;
}

bool
target_exec_open(struct target *t, const struct target_options *o, struct err *e)
{
	if (!child_target_new(t, "exec", "the target", e))
		return false;
	struct child *c = t->impl;
	c->console = console_open(o, e);
	if (c->console >= 0 && start(t, o, e) && find_stations(t, o, e))
		return true;
	t->close(t);
	return false;
}
