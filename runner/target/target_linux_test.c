#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pfkey/pfkey.h"
#include "runner/target/test_uml.h"
#include "runner/target/target.h"

/* Boots the real kernel. Skipped where the package user-mode-linux or the initramfs is not there. */

static struct target t;
static struct err e;
static const struct target_options plain = { .worker = 0 };

static void
boot(void)
{
	name_initramfs();
	if (target_linux_open(&t, &plain, &e))
		return;
	unlink(initramfs);
	if (e.code == ERR_UNSUPPORTED)
		cr_skip_test("%s", e.text);
	cr_fatal("%s", e.text);
}

static void
shut_down(void)
{
	if (t.close != NULL)
		t.close(&t);
	unlink(initramfs);
}

static void
sleep_ms(long ms)
{
	struct timespec s = { ms / 1000, ms % 1000 * 1000000 };
	nanosleep(&s, NULL);
}

TestSuite(target_linux, .fini = shut_down, .timeout = 60);

static uint16_t
checksum(struct bytes b, uint32_t sum)
{
	struct rd r = rd_of(b);
	while (rd_left(&r) > 1)
		sum += (uint32_t)rd_uint(&r, 2);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

struct ping {
	uint8_t room[128];
	struct wr w;
};

static void
ethernet(struct ping *p, unsigned i, uint16_t type)
{
	p->w = wr_of(p->room, sizeof p->room);
	wr_bytes(&p->w, BYTES_OF(t.link[i].target_mac));
	wr_bytes(&p->w, BYTES_OF(t.link[i].tester_mac));
	wr_uint(&p->w, type, 2);
}

static void
ping4(struct ping *p, unsigned i, const uint8_t to[4])
{
	ethernet(p, i, 0x0800);
	wr_uint(&p->w, 0x4500001c00010000, 8);
	wr_uint(&p->w, 0x40010000, 4);
	wr_bytes(&p->w, BYTES_OF(t.net[i].tester4));
	wr_bytes(&p->w, (struct bytes){ to, 4 });
	wr_uint(&p->w, 0x0800000000010001, 8);
	cr_assert(wr_patch(&p->w, 24, checksum(bytes_slice(wr_done(&p->w), 14, 20), 0), 2));
	cr_assert(wr_patch(&p->w, 36, checksum(bytes_slice(wr_done(&p->w), 34, 8), 0), 2));
}

static void
ping6(struct ping *p, unsigned i, const uint8_t to[16])
{
	ethernet(p, i, 0x86dd);
	wr_uint(&p->w, 0x6000000000083a40, 8);
	wr_bytes(&p->w, BYTES_OF(t.net[i].tester6));
	wr_bytes(&p->w, (struct bytes){ to, 16 });
	wr_uint(&p->w, 0x8000000000010001, 8);
	cr_assert(wr_patch(&p->w, 56, checksum(bytes_slice(wr_done(&p->w), 22, 40), 8 + 58), 2));
}

/* The next frame on the link whose octets from `at` on are these, whatever else comes before it. */
static bool
comes(unsigned i, size_t at, struct bytes want)
{
	uint8_t room[2048];
	struct link *l = &t.link[i];
	struct pollfd p = { .fd = l->ops->fd(l), .events = POLLIN };
	while (poll(&p, 1, 2000) == 1) {
		long n = l->ops->recv(l, room, sizeof room, &e);
		cr_assert(ge(long, n, 0), "%s", e.text);
		if (bytes_equal(bytes_slice((struct bytes){ room, (size_t)n }, at, want.n), want))
			return true;
	}
	return false;
}

Test(target_linux, answers_on_both_links_and_all_addresses)
{
	static const uint8_t reply4[] = { 0, 0 }, reply6[] = { 129, 0 };
	struct ping p;
	boot();
	cr_assert(eq(str, t.os, "linux"));
	cr_assert(eq(uint, t.links, TARGET_LINKS));
	for (unsigned i = 0; i < t.links; i++) {
		const uint8_t *four[] = { t.net[i].target4, t.net[i].second4 };
		const uint8_t *six[] = { t.net[i].target6, t.net[i].second6 };
		for (int j = 0; j < 2; j++) {
			ping4(&p, i, four[j]);
			cr_assert(t.link[i].ops->send(&t.link[i], wr_done(&p.w), &e), "%s", e.text);
			cr_assert(comes(i, 34, BYTES_OF(reply4)), "IPv4, link %u, address %d", i + 1, j + 1);
			ping6(&p, i, six[j]);
			cr_assert(t.link[i].ops->send(&t.link[i], wr_done(&p.w), &e), "%s", e.text);
			cr_assert(comes(i, 54, BYTES_OF(reply6)), "IPv6, link %u, address %d", i + 1, j + 1);
		}
	}
}

Test(target_linux, forwards_from_one_link_to_the_other)
{
	struct ping p;
	boot();
	ping4(&p, 0, t.net[1].tester4);
	cr_assert(t.link[0].ops->send(&t.link[0], wr_done(&p.w), &e), "%s", e.text);
	cr_assert(comes(1, 30, BYTES_OF(t.net[1].tester4)), "IPv4");
	ping6(&p, 0, t.net[1].tester6);
	cr_assert(t.link[0].ops->send(&t.link[0], wr_done(&p.w), &e), "%s", e.text);
	cr_assert(comes(1, 38, BYTES_OF(t.net[1].tester6)), "IPv6");
}

/* SADB_REGISTER for ESP; RFC 2367 3.1.6. Its reply lists what can be used. */
static void
register_esp(int sock)
{
	uint8_t msg[16] = { 2, 7, 0, 3, 2 };
	cr_assert(not(t.channel.hello.big_endian));
	cr_assert(t.channel.ops->pfkey_send(&t.channel, sock, BYTES_OF(msg), &e), "%s", e.text);
	cr_assert(t.channel.ops->sync(&t.channel, &e), "%s", e.text);
}

static bool
lists(struct bytes msg, uint8_t extension, uint8_t algorithm)
{
	struct rd r = rd_of(msg);
	rd_skip(&r, 16);
	while (rd_left(&r) >= 8) {
		struct rd ext = rd_of(bytes_slice(msg, r.at, 8u * rd_peek(&r, 0)));
		bool is = rd_peek(&r, 2) == extension;
		rd_skip(&r, ext.in.n ? ext.in.n : 8);
		rd_skip(&ext, 8);
		for (; rd_left(&ext) >= 8; rd_skip(&ext, 8))
			if (is && rd_peek(&ext, 0) == algorithm)
				return true;
	}
	return false;
}

Test(target_linux, pfkey_registers_the_algorithms_that_the_initramfs_loads)
{
	/* SADB_EXT_SUPPORTED_AUTH 14 and _ENCRYPT 15 */
	static const struct {
		const char *id;
		uint8_t extension, algorithm;
	} rows[] = {
		{ "null integrity", 14, 251 }, { "hmac-md5", 14, 2 },      { "hmac-sha1", 14, 3 },
		{ "hmac-sha2-256", 14, 5 },    { "hmac-sha2-384", 14, 6 }, { "hmac-sha2-512", 14, 7 },
		{ "hmac-ripemd160", 14, 8 },   { "aes-xcbc", 14, 9 },      { "null", 15, 11 },
		{ "des-cbc", 15, 2 },          { "3des-cbc", 15, 3 },      { "cast5-cbc", 15, 6 },
		{ "blowfish-cbc", 15, 7 },     { "aes-cbc", 15, 12 },      { "aes-ctr", 15, 13 },
		{ "camellia-cbc", 15, 22 },
	};
	struct channel_event ev;
	int sock;
	boot();
	cr_assert(t.channel.ops->pfkey_open(&t.channel, &sock, &e), "%s", e.text);
	register_esp(sock);
	cr_assert(t.channel.ops->next_event(&t.channel, &ev, &e), "no reply when sync returned: %s", e.text);
	cr_assert(eq(int, ev.sock, sock));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		cr_assert(lists(ev.data, rows[i].extension, rows[i].algorithm), "%s", rows[i].id);
}

Test(target_linux, a_datagram_of_the_link_is_an_event_by_the_next_sync)
{
	struct channel_event ev;
	struct ping p;
	int sock;
	boot();
	cr_assert(t.channel.ops->udp_open(&t.channel, 4, BYTES_NONE, 5000, NULL, &sock, &e), "%s", e.text);
	for (unsigned i = 0; i < 200; i++) {
		ping4(&p, 0, t.net[0].target4);
		cr_assert(wr_patch(&p.w, 22, 0x4011, 2) && wr_patch(&p.w, 24, 0, 2));
		cr_assert(wr_patch(&p.w, 24, checksum(bytes_slice(wr_done(&p.w), 14, 20), 0), 2));
		cr_assert(wr_patch(&p.w, 34, 0x0009138800080000, 8)); /* port 9 to 5000, no checksum */
		cr_assert(t.link[0].ops->send(&t.link[0], wr_done(&p.w), &e), "%s", e.text);
		cr_assert(t.channel.ops->sync(&t.channel, &e), "%s", e.text);
		cr_assert(t.channel.ops->next_event(&t.channel, &ev, &e), "round %u: not there", i);
		cr_assert(bytes_equal((struct bytes){ ev.from, ev.from_len }, BYTES_OF(t.net[0].tester4)));
		cr_assert(eq(uint, ev.from_port, 9));
	}
}

/* Linux: CAP_NET_ADMIN for any policy of a socket, and no way to read one back. */
Test(target_linux, a_socket_of_an_ordinary_user_is_refused_what_its_own_is_granted)
{
	static const struct socket_policy bypass = { .action = SOCKET_BYPASS };
	boot();
	for (int family = 4; family <= 6; family += 2)
		for (unsigned ordinary = 0; ordinary < 2; ordinary++) {
			uint8_t room[64], back[64];
			struct wr w = wr_of(room, sizeof room), got = wr_of(back, sizeof back);
			int sock;
			struct channel *c = &t.channel;
			cr_assert(c->ops->udp_open(c, family, BYTES_NONE, 5001, ordinary ? "user" : "root", &sock, &e),
				  "%s", e.text);
			cr_assert(pfkey_socket_put(&dialect_linux, DIR_IN, &bypass, false, &w, &e), "%s", e.text);
			cr_assert(eq(int, c->ops->policy_set(c, sock, family, wr_done(&w), &e), !ordinary), "%s",
				  e.text);
			cr_assert(eq(int, ordinary ? e.os_errno : 1, 1), "%s", e.text);
			cr_assert(not(c->ops->policy_get(c, sock, family, wr_done(&w), &got, &e)));
			cr_assert(eq(int, e.code, ERR_REFUSED), "%s", e.text);
			cr_assert(c->ops->sock_close(c, sock, &e), "%s", e.text);
		}
}

Test(target_linux, tunables_are_as_a_conformance_run_needs_them)
{
	static const struct {
		const char *name, *want;
	} rows[] = {
		{ "net.ipv4.ip_forward", "1" },     { "net.ipv6.conf.all.forwarding", "1" },
		{ "net.ipv4.icmp_ratelimit", "0" }, { "net.ipv6.icmp.ratelimit", "0" },
		{ "kernel.modprobe", "" },          { "net.ipv6.conf.vec0.accept_ra", "0" },
	};
	char value[64];
	boot();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		cr_assert(t.channel.ops->tunable_get(&t.channel, rows[i].name, value, sizeof value, &e), "%s", e.text);
		cr_assert(eq(str, value, (char *)(uintptr_t)rows[i].want), "%s", rows[i].name);
	}
}

Test(target_linux, nothing_is_left_when_it_is_closed)
{
	boot();
	cr_assert(ge(uint, kernels(false), 2));
	t.close(&t);
	cr_assert(eq(uint, kernels(false), 0));
	t.close(&t);
}

Test(target_linux, nothing_is_left_when_espy_is_killed)
{
	int up[2];
	char octet;
	name_initramfs();
	cr_assert(eq(int, pipe(up), 0));
	pid_t espy = fork();
	if (espy == 0) {
		bool ok = target_linux_open(&t, &plain, &e);
		octet = ok ? 'y' : 'n';
		if (write(up[1], &octet, 1) == 1 && ok)
			pause();
		_exit(0);
	}
	cr_assert(eq(long, (long)read(up[0], &octet, 1), 1));
	unsigned before = kernels(false);
	kill(espy, SIGKILL);
	waitpid(espy, NULL, 0);
	if (octet == 'n')
		cr_skip_test("no kernel to boot");
	cr_assert(ge(uint, before, 2));
	for (int i = 0; kernels(false) > 0 && i < 300; i++)
		sleep_ms(10);
	cr_assert(eq(uint, kernels(false), 0));
}

Test(target_linux, a_kernel_that_ends_while_booting_says_its_last_words)
{
	const struct target_options o = { .argument = "/bin/echo" };
	name_initramfs();
	if (access(initramfs, R_OK) != 0)
		cr_skip_test("no initramfs");
	cr_assert(not(target_linux_open(&t, &o, &e)));
	cr_assert(eq(int, (int)e.code, ERR_DEAD));
	cr_assert(ne(ptr, strstr(e.text, "the kernel ended while booting; its console ends: "), NULL), "%s", e.text);
	cr_assert(ne(ptr, strstr(e.text, "espy.neighbour=vec1"), NULL), "%s", e.text);
	cr_assert(eq(uint, kernels(false), 0));
}

Test(target_linux, a_missing_kernel_is_named)
{
	const struct target_options o = { .argument = "/no/such/kernel" };
	cr_assert(not(target_linux_open(&t, &o, &e)));
	cr_assert(eq(int, (int)e.code, ERR_UNSUPPORTED));
	cr_assert(eq(str, e.text, "linux:/no/such/kernel: No such file or directory"));
}
