/*
 * Echo (RFC 862) and discard (RFC 863) over UDP on every address of the host: an answer comes from the address that was asked. Two echo
 * services are never set onto each other.
 */
#include "runner/live/live.h"

#include "host/host.h"

enum { ECHO_PORT = 7, DISCARD_PORT = 9, ASKED_MAX = 256 };

struct asked {
	int sock;
	uint16_t port;
	struct addr from;
};

static bool
open_on(struct live *v, const struct addr *a, struct err *e)
{
	int echo = host_udp_open(v->host, a->family, a, ECHO_PORT);
	int discard = host_udp_open(v->host, a->family, a, DISCARD_PORT);
	char text[48];
	if (echo < 0 || discard < 0)
		return fail(e, ERR_REFUSED, "%s: no socket for echo and discard (errno %d)", addr_print(a, text),
			    echo < 0 ? -echo : -discard);
	v->echo[v->echoes++] = echo;
	return true;
}

bool
live_services_open(struct live *v, struct err *e)
{
	for (unsigned l = 0; l < v->setup.links; l++)
		for (unsigned i = 0; i < v->setup.link[l].n; i++)
			if (!open_on(v, &v->setup.link[l].addr[i], e))
				return false;
	return true;
}

void
live_services_udp(struct live *v, int sock, const struct addr *from, uint16_t port, struct bytes data)
{
	bool echo = false;
	for (unsigned i = 0; i < v->echoes; i++)
		echo |= v->echo[i] == sock;
	if (!echo || port == ECHO_PORT)
		return;
	struct asked q = { sock, port, *from };
	if (v->asked_n == ASKED_MAX || !spool_push(&v->asked, (struct bytes){ (const uint8_t *)&q, sizeof q }, data))
		v->unheard++;
	else
		v->asked_n++;
}

/* The host copies the data before anything can be pushed again. */
void
live_services_run(struct live *v)
{
	struct bytes record;
	while (spool_pop(&v->asked, &record)) {
		struct asked q;
		struct rd r = rd_of(record);
		struct wr w = wr_of((uint8_t *)&q, sizeof q);
		wr_bytes(&w, rd_take(&r, sizeof q));
		v->asked_n--;
		(void)host_udp_send(v->host, q.sock, &q.from, q.port, rd_rest(&r), live_now(v));
	}
}
