#include "runner/target/machine_words.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

const uint8_t machine_target_macs[TARGET_LINKS][6] = { { 2, 0, 0, 0, 1, 1 }, { 2, 0, 0, 0, 2, 1 } };
const uint8_t machine_tester_macs[TARGET_LINKS][6] = { { 2, 0, 0, 0, 1, 2 }, { 2, 0, 0, 0, 2, 2 } };

void
machine_mac_text(const uint8_t mac[6], char text[18])
{
	struct rd r = rd_of((struct bytes){ mac, 6 });
	for (size_t i = 0; i < 6; i++)
		snprintf(text + 3 * i, 4, i < 5 ? "%02x:" : "%02x", (unsigned)rd_uint(&r, 1));
}

static size_t
add_address(char *words, size_t cap, const char *nic, int family, const uint8_t *address)
{
	char text[INET6_ADDRSTRLEN];
	inet_ntop(family, address, text, sizeof text);
	int n = snprintf(words, cap, " espy.address=%s,%s,%d", nic, text, family == AF_INET6 ? 64 : 24);
	return n > 0 ? (size_t)n : 0;
}

static size_t
add_neighbour(char *words, size_t cap, const char *nic, int family, const uint8_t *address, const uint8_t mac[6])
{
	char text[INET6_ADDRSTRLEN], ether[18];
	inet_ntop(family, address, text, sizeof text);
	machine_mac_text(mac, ether);
	int n = snprintf(words, cap, " espy.neighbour=%s,%s,%s", nic, text, ether);
	return n > 0 ? (size_t)n : 0;
}

size_t
machine_words(char *words, size_t cap, const char *prefix, const struct target_options *o)
{
	size_t n = 0;
	for (unsigned i = 0; i < TARGET_LINKS; i++) {
		const struct target_net *net = target_net_of(o, i);
		const uint8_t *tester = machine_tester_macs[i];
		char nic[16];
		snprintf(nic, sizeof nic, "%s%u", prefix, i);
		n += add_address(words + n, cap - n, nic, AF_INET, net->target4);
		n += add_address(words + n, cap - n, nic, AF_INET, net->second4);
		n += add_address(words + n, cap - n, nic, AF_INET6, net->target6);
		n += add_address(words + n, cap - n, nic, AF_INET6, net->second6);
		n += add_neighbour(words + n, cap - n, nic, AF_INET, net->tester4, tester);
		n += add_neighbour(words + n, cap - n, nic, AF_INET6, net->tester6, tester);
	}
	return n;
}
