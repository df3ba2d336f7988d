/* Captures to measure espy check by: what the reference sends, and its SAs as each program wants them. */
#ifndef ESPY_BENCH_CAPTURE_H
#define ESPY_BENCH_CAPTURE_H

#include <stdbool.h>

#include "wire/err.h"

#define BENCH_PATH 200

struct bench_capture {
	const char *enc, *auth; /* by name; auth NULL: combined mode */
	unsigned sas, packets;
	char pcap[BENCH_PATH], setkey[BENCH_PATH];
	char esp_sa[BENCH_PATH]; /* tshark's; empty: not wanted */
};

/*
 * Writes the three files. ESP tunnels over Ethernet, the SAs in turn; UDP with 12, 548 and 1,472 octets as 7 : 4 : 1, which makes
 * datagrams of 40, 576 and 1,500.
 */
bool bench_capture_write(const struct bench_capture *c, struct err *e);

#endif
