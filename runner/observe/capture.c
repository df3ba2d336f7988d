#include "runner/observe/capture.h"
#include "wire/layouts.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#define READ_BUFFER (1 << 20) /* read() in blocks: faster than mmap and its page faults */

struct capture {
	pcap_t *pcap;
	const char *path;
	struct bytes (*strip)(struct rd *r);
	unsigned long frames;
	char buffer[READ_BUFFER];
};

/* What follows an EtherType, VLAN tags passed over. */
static struct bytes
behind_type(struct rd *r, uint64_t type)
{
	while (type == ETHER_VLAN || type == ETHER_QINQ) {
		rd_skip(r, 2);
		type = rd_uint(r, 2);
	}
	return type == ETHER_IP4 || type == ETHER_IP6 ? rd_rest(r) : BYTES_NONE;
}

static struct bytes
strip_ethernet(struct rd *r)
{
	rd_skip(r, 12);
	return behind_type(r, rd_uint(r, 2));
}

static struct bytes
strip_cooked(struct rd *r)
{
	rd_skip(r, 14);
	return behind_type(r, rd_uint(r, 2));
}

static struct bytes
strip_cooked2(struct rd *r)
{
	uint64_t type = rd_uint(r, 2);
	rd_skip(r, 18);
	return behind_type(r, type);
}

static struct bytes
strip_raw(struct rd *r)
{
	unsigned version = rd_peek(r, 0) >> 4;
	return version == 4 || version == 6 ? rd_rest(r) : BYTES_NONE;
}

/* The address family in front differs from system to system and so does its byte order; the IP version does
 * not. */
static struct bytes
strip_loopback(struct rd *r)
{
	rd_skip(r, 4);
	return strip_raw(r);
}

static const struct link_layer {
	int type;
	struct bytes (*strip)(struct rd *r);
} link_layers[] = {
	{ DLT_EN10MB, strip_ethernet },
	{ DLT_RAW, strip_raw },
	{ 14, strip_raw },
	{ 101, strip_raw },
	{ DLT_IPV4, strip_raw },
	{ DLT_IPV6, strip_raw },
	{ DLT_LINUX_SLL, strip_cooked },
	{ DLT_LINUX_SLL2, strip_cooked2 },
	{ DLT_NULL, strip_loopback },
	{ DLT_LOOP, strip_loopback },
};

static bool
find_link_layer(struct capture *c, struct err *e)
{
	int type = pcap_datalink(c->pcap);
	for (size_t i = 0; i < sizeof link_layers / sizeof link_layers[0]; i++)
		if (link_layers[i].type == type)
			c->strip = link_layers[i].strip;
	if (c->strip != NULL)
		return true;
	const char *name = pcap_datalink_val_to_name(type);
	return fail(e, ERR_UNSUPPORTED, "%s: link type: want Ethernet, raw IP, Linux cooked or loopback, got %s (%d)",
		    c->path, name != NULL ? name : "one without a name", type);
}

static bool
open_file(struct capture *c, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	FILE *f = fopen(c->path, "rb");
	if (f == NULL)
		return fail_errno(e, "%s", c->path);
	setvbuf(f, c->buffer, _IOFBF, sizeof c->buffer);
	c->pcap = pcap_fopen_offline(f, why);
	if (c->pcap != NULL)
		return true;
	fclose(f);
	return fail(e, ERR_SYNTAX, "%s: %s", c->path, why);
}

struct capture *
capture_open(const char *path, struct err *e)
{
	struct capture *c = malloc(sizeof *c);
	if (c == NULL) {
		(void)fail_errno(e, "%s", path);
		return NULL;
	}
	c->pcap = NULL;
	c->strip = NULL;
	c->frames = 0;
	c->path = path;
	if (open_file(c, e) && find_link_layer(c, e))
		return c;
	capture_close(c);
	return NULL;
}

void
capture_close(struct capture *c)
{
	if (c == NULL)
		return;
	if (c->pcap != NULL)
		pcap_close(c->pcap);
	free(c);
}

enum capture_next
capture_next(struct capture *c, struct frame *f, struct err *e)
{
	struct pcap_pkthdr *h;
	const uint8_t *octets;
	int got = pcap_next_ex(c->pcap, &h, &octets);
	if (got == PCAP_ERROR_BREAK)
		return CAPTURE_END;
	if (got != 1) {
		(void)fail(e, ERR_SHORT, "%s: frame %lu: %s", c->path, c->frames + 1, pcap_geterr(c->pcap));
		return CAPTURE_BAD;
	}
	struct rd r = rd_of((struct bytes){ octets, h->caplen });
	*f = (struct frame){ .number = ++c->frames, .captured = h->caplen, .length = h->len };
	f->ns = (uint64_t)h->ts.tv_sec * 1000000000u + (uint64_t)h->ts.tv_usec * 1000u;
	f->datagram = c->strip(&r);
	return CAPTURE_FRAME;
}
