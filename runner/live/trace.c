#include "runner/live/trace.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <time.h>

#include "runner/target/link.h"

struct trace {
	pcap_t *pcap;
	pcap_dumper_t *out;
};

struct trace *
trace_open(const char *path, struct err *e)
{
	struct trace *t = calloc(1, sizeof *t);
	if (t == NULL) {
		(void)fail_errno(e, "%s", path);
		return NULL;
	}
	t->pcap = pcap_open_dead(DLT_EN10MB, LINK_FRAME_MAX);
	if (t->pcap != NULL)
		t->out = pcap_dump_open(t->pcap, path);
	if (t->out != NULL)
		return t;
	(void)fail(e, ERR_IO, "%s", t->pcap != NULL ? pcap_geterr(t->pcap) : path);
	trace_close(t);
	return NULL;
}

void
trace_frame(struct trace *t, struct bytes frame)
{
	struct timespec now;
	if (t == NULL)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	struct pcap_pkthdr h = { .ts = { now.tv_sec, now.tv_nsec / 1000 },
				 .caplen = (uint32_t)frame.n,
				 .len = (uint32_t)frame.n };
	pcap_dump((u_char *)t->out, &h, frame.p);
}

void
trace_flush(struct trace *t)
{
	if (t != NULL)
		pcap_dump_flush(t->out);
}

void
trace_close(struct trace *t)
{
	if (t == NULL)
		return;
	if (t->out != NULL)
		pcap_dump_close(t->out);
	if (t->pcap != NULL)
		pcap_close(t->pcap);
	free(t);
}
