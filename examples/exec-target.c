/*
 * The smallest stack that espy can test as a process of its own: it answers ARP and IPv4 echo requests, and says at hello that it has
 * nothing else. Start here to put a rump kernel, lwIP or the simulator of an RTOS behind espy; the protocol is in espy-agent(8).
 *
 *     cc -o exec-target examples/exec-target.c
 *     espy run -t exec:./exec-target --params family=ipv4 plain
 *
 * With --fragile it falls over an ESP header that ends early, to show what espy makes of a target that dies.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HELLO = 1, SYNC = 12, SHUTDOWN = 13, REPLY = 0x80 }; /* operations of the protocol, espy-agent(8) */
enum { NOT_IMPLEMENTED = 38 };                              /* an errno of this system */
enum { ETHER = 14, IP = ETHER + 20, FRAME_MAX = 2048 };

static const uint8_t our_mac[6] = { 2, 0, 0, 0, 1, 1 };
static uint8_t our_address[4];
static bool fragile;

/* --- the network card: one frame, one packet -------------------------------------------------- */

/* RFC 1071. */
static uint16_t
checksum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static unsigned
get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* Back to where it came from. */
static void
send_back(int card, uint8_t *frame, size_t n)
{
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, our_mac, 6);
	if (send(card, frame, n, 0) < 0)
		perror("exec-target: sending a frame");
}

/* RFC 826: who has our address? */
static void
arp(int card, uint8_t *frame, size_t n)
{
	uint8_t *a = frame + ETHER;
	if (n < ETHER + 28 || get16(a + 6) != 1 || memcmp(a + 24, our_address, 4) != 0)
		return;
	put16(a + 6, 2);
	memcpy(a + 18, a + 8, 10); /* the asker becomes the target */
	memcpy(a + 8, our_mac, 6);
	memcpy(a + 14, our_address, 4);
	send_back(card, frame, ETHER + 28);
}

/* RFC 792: an echo request becomes a reply with the same data. */
static void
echo(int card, uint8_t *frame, size_t total)
{
	uint8_t *ip = frame + ETHER, *icmp = frame + IP;
	size_t n = total - 20;
	if (n < 8 || icmp[0] != 8 || checksum(icmp, n) != 0)
		return;
	memcpy(ip + 16, ip + 12, 4);
	memcpy(ip + 12, our_address, 4);
	ip[8] = 64;
	put16(ip + 10, 0);
	put16(ip + 10, checksum(ip, 20));
	icmp[0] = 0;
	put16(icmp + 2, 0);
	put16(icmp + 2, checksum(icmp, n));
	send_back(card, frame, ETHER + total);
}

/* No options, no fragments: what is more than that is dropped. */
static void
ipv4(int card, uint8_t *frame, size_t n)
{
	const uint8_t *ip = frame + ETHER;
	if (n < IP || ip[0] != 0x45 || memcmp(ip + 16, our_address, 4) != 0 || checksum(ip, 20) != 0)
		return;
	size_t total = get16(ip + 2);
	if (total < 20 || ETHER + total > n || (get16(ip + 6) & 0x3fff) != 0)
		return;
	if (fragile && ip[9] == 50 && total < 20 + 8) {
		fputs("exec-target: an ESP header that ends early, what now?\n", stderr);
		abort();
	}
	if (ip[9] == 1)
		echo(card, frame, total);
}

static void
take_frame(int card)
{
	uint8_t frame[FRAME_MAX];
	ssize_t n = recv(card, frame, sizeof frame, 0);
	if (n == 0)
		exit(0); /* espy has gone */
	if (n < ETHER)
		return;
	if (get16(frame + 12) == 0x0806)
		arp(card, frame, (size_t)n);
	else if (get16(frame + 12) == 0x0800)
		ipv4(card, frame, (size_t)n);
}

/* --- the protocol on standard input and output ------------------------------------------------- */

/* u32 length of what follows, u8 op, u8 tag, u16 handle, and then the body: u32 status, and what else there is. */
static void
reply(uint8_t op, uint8_t tag, unsigned handle, unsigned status, const void *body, size_t n)
{
	uint8_t head[12] = { 0 };
	put16(head + 2, (unsigned)(8 + n));
	head[4] = op | REPLY;
	head[5] = tag;
	put16(head + 6, handle);
	put16(head + 10, status);
	if (fwrite(head, sizeof head, 1, stdout) != 1 || (n > 0 && fwrite(body, n, 1, stdout) != 1) ||
	    fflush(stdout) != 0)
		exit(1);
}

/* "espy", version 1, little endian, 64 bits, features 0: nothing can be lent. Then what we are, and which. */
static void
hello(uint8_t tag)
{
	static const uint8_t body[] = "espy\0\1\1\100\0\0\0\0\7example\0031.0";
	reply(HELLO, tag, 0, 0, body, sizeof body - 1);
}

/* One request. False at the end. */
static bool
serve(void)
{
	static uint8_t body[66560];
	uint8_t head[8];
	if (fread(head, sizeof head, 1, stdin) != 1)
		return false;
	size_t n = (size_t)get16(head) << 16 | get16(head + 2);
	if (n < 4 || n - 4 > sizeof body || (n > 4 && fread(body, n - 4, 1, stdin) != 1))
		return false;
	if (head[4] == HELLO)
		hello(head[5]);
	else
		reply(head[4], head[5], get16(head + 6), head[4] == SYNC || head[4] == SHUTDOWN ? 0 : NOT_IMPLEMENTED,
		      "", 0);
	return head[4] != SHUTDOWN;
}

/* ------------------------------------------------------------------------------------------------ */

/* ESPY_LINKS=3,4 are descriptors; ESPY_ADDRESSES=192.0.2.1/24,.. begins with the IPv4 address of the first one. */
static bool
read_environment(int *card)
{
	const char *links = getenv("ESPY_LINKS"), *addresses = getenv("ESPY_ADDRESSES");
	char address[32];
	if (links == NULL || addresses == NULL)
		return false;
	*card = atoi(links);
	snprintf(address, sizeof address, "%.*s", (int)strcspn(addresses, "/,;"), addresses);
	return inet_pton(AF_INET, address, our_address) == 1;
}

int
main(int argc, char **argv)
{
	int card;
	fragile = argc == 2 && strcmp(argv[1], "--fragile") == 0;
	if (!read_environment(&card)) {
		fputs("exec-target: started by espy: espy run -t exec:exec-target\n", stderr);
		return 2;
	}
	setvbuf(stdin, NULL, _IONBF, 0); /* poll() must see what we have not read */
	hello(0);                        /* unasked: we are ready */
	struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = card, .events = POLLIN } };
	while (poll(p, 2, -1) > 0) {
		/* Frames first: what was sent before a request is dealt with when the reply goes. */
		if (p[1].revents != 0)
			take_frame(card);
		else if (p[0].revents != 0 && !serve())
			break;
	}
	return 0;
}
