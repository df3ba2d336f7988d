/* espy check as a program, for its tests: captures and other files made of hexadecimal text, and what was said of them. */
#ifndef ESPY_RUNNER_OBSERVE_TEST_CHECK_H
#define ESPY_RUNNER_OBSERVE_TEST_CHECK_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/test_hex.h"
#include "runner/commands.h"
#include "wire/cursor.h"

#define ROOM 70000

/* RFC 3602 4 case 5 before protection, and the like in IPv6. */
#define ECHO4                                                                                                          \
	"4500005408f200004001f9fec0a87b03c0a87b6408000ebda70a00008e9c083db95b070008090a0b0c0d0e0f1011121314"           \
	"151617"                                                                                                       \
	"18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637"
#define UDP6                                                                                                           \
	"600000000010114020010db800000000000000000000000120010db8000000000000000000000002"                             \
	"13880007001000007365637265742121"

#define SA4                                                                                                            \
	"add 192.168.123.3 192.168.123.100 esp 0x4321 -m transport -E aes-cbc "                                        \
	"0x90d382b410eeba7ad938c46cec1a82bf ;\n"
#define ESP4                                                                                                           \
	"4500007c08f200004032f9a5c0a87b03c0a87b640000432100000001e96e8c08ab465763fd098d45dd3ff893f663c25d32"           \
	"5c18c6"                                                                                                       \
	"a9453e194e120849a4870b66cc6b9965330013b4898dc856a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c53"           \
	"8ab50c"                                                                                                       \
	"551b874aa269add047ad2d5913ac19b7cfbad4a6"
#define OK4                                                                                                            \
	"{\"frame\": 1, \"protocol\": \"esp\", \"spi\": 17185, \"seq\": 1, \"verdict\": \"ok\", \"inner\": "           \
	"\"" ECHO4 "\"}\n"

/* --- a capture and its SAs on disk --- */

struct files {
	char pcap[40], sa[40], policies[40];
};

static inline void
write_file(char path[40], struct bytes b)
{
	snprintf(path, 40, "/tmp/espy-check-XXXXXX");
	int fd = mkstemp(path);
	cr_assert(fd >= 0 && write(fd, b.p, b.n) == (ssize_t)b.n);
	close(fd);
}

static inline void
put_pcap_header(struct wr *w, uint32_t link_type)
{
	wr_uint(w, 0xa1b2c3d4, 4);
	wr_uint(w, 0x00020004, 4);
	wr_uint(w, 0, 8);
	wr_uint(w, 262144, 4);
	wr_uint(w, link_type, 4);
}

static inline void
put_pcap_frame(struct wr *w, struct bytes link, struct bytes datagram, size_t missing)
{
	size_t n = link.n + datagram.n;
	wr_uint(w, 0, 8);
	wr_uint(w, n - missing, 4);
	wr_uint(w, n, 4);
	wr_bytes(w, link);
	wr_bytes(w, bytes_slice(datagram, 0, datagram.n - missing));
}

/* --- the command --- */

struct said {
	int status;
	char out[8192], err[2048], policies[40];
};

static inline void
redirect(int fd, char path[40])
{
	write_file(path, BYTES_NONE);
	int to = open(path, O_RDWR);
	cr_assert(to >= 0 && dup2(to, fd) >= 0);
	close(to);
}

static inline void
read_back(char path[40], char *text, size_t cap)
{
	FILE *f = fopen(path, "r");
	cr_assert(f != NULL);
	text[fread(text, 1, cap - 1, f)] = '\0';
	fclose(f);
	unlink(path);
}

/* Criterion gives each test a process, so its standard streams are ours. */
static inline void
check_with(struct said *s, struct bytes pcap, const char *setkey, const char *policies, const char *option)
{
	struct files f;
	char out[40], err[40];
	write_file(f.pcap, pcap);
	write_file(f.sa, (struct bytes){ (const uint8_t *)setkey, strlen(setkey) });
	write_file(f.policies, (struct bytes){ (const uint8_t *)policies, strlen(policies) });
	char *argv[] = { "check", f.pcap, "--sa", f.sa, NULL, NULL, NULL, NULL };
	int argc = 4;
	if (policies[0] != '\0') {
		argv[argc++] = "--policy";
		argv[argc++] = f.policies;
	}
	if (option != NULL)
		argv[argc++] = (char *)(uintptr_t)option;
	fflush(stdout);
	redirect(1, out);
	redirect(2, err);
	optind = 0;
	s->status = cmd_check(argc, argv);
	fflush(stdout);
	read_back(out, s->out, sizeof s->out);
	read_back(err, s->err, sizeof s->err);
	unlink(f.pcap);
	unlink(f.sa);
	unlink(f.policies);
	snprintf(s->policies, sizeof s->policies, "%s", f.policies);
}

static inline void
check(struct said *s, struct bytes pcap, const char *setkey, const char *option)
{
	check_with(s, pcap, setkey, "", option);
}

static inline struct bytes
capture_of(uint32_t link_type, const char *link, const char *datagram, unsigned times, size_t missing)
{
	static uint8_t room[ROOM], link_room[64], room2[400];
	struct wr w = wr_of(room, sizeof room);
	put_pcap_header(&w, link_type);
	for (unsigned i = 0; i < times; i++)
		put_pcap_frame(&w, hex_octets(link, link_room, sizeof link_room),
			       hex_octets(datagram, room2, sizeof room2), missing);
	return wr_done(&w);
}

#endif
