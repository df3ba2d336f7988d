/* What inetd(8) does with its "#@" lines: each service's socket is opened by inetd, who is privileged, and told the policies in order. */
#include "config/inetd.h"
#include "host/test_world.h"

static const uint8_t hello[] = "hello";

#define SERVICE(port) port " dgram udp wait nobody internal\n"

static const char conf[] = SERVICE("4000") "#@ in ipsec ah/transport//require; out ipsec ah/transport//use\n" SERVICE(
	"4001") "#@ in bypass; in ipsec esp/transport//require\n" SERVICE("4002") "#@\n" SERVICE("4003");

static int
serve(struct world *w, const struct inetd_service *s)
{
	int sock = host_udp_open(w->h, 4, NULL, (uint16_t)strtoul(s->service, NULL, 10));
	cr_assert(sock >= 0, "%s", s->service);
	cr_assert(zero(int, host_socket_own(w->h, sock, "root")));
	for (unsigned i = 0; i < s->policies; i++)
		cr_assert(zero(int, host_socket_policy_set(w->h, sock, s->policy[i].dir, &s->policy[i].policy)), "%s",
			  s->service);
	return sock;
}

/* Protocols of the layers that what it sends has, outermost first; 0: in clear. */
static int
protocol_sent(struct world *w, int sock)
{
	struct addr tester = at(places[0].tester);
	struct ip ip;
	world_forget(w);
	cr_assert(zero(int, host_udp_send(w->h, sock, &tester, 9, BYTES_OF(hello), w->now)));
	cr_assert(eq(u32, w->frames, 1));
	cr_assert(ip_parse(heard(w, 0), &ip));
	return ip.protocol == 17 ? 0 : ip.protocol;
}

static bool
takes(struct world *w, uint16_t port, struct sa *by)
{
	struct bytes d = udp(w, places[0].tester, places[0].target, 9, port, BYTES_OF(hello));
	world_forget(w);
	input(w, 0, by != NULL ? protect(w, by, d) : d);
	return w->delivered == 1;
}

Test(inetd, services_are_served_by_sockets_with_the_policies_above_them)
{
	static const struct {
		bool clear, esp, ah;
		int sent;
	} want[] = {
		{ true, true, true, 0 },
		{ false, false, true, 51 },
		{ false, true, false, 0 },
		{ true, true, true, 0 },
	};
	const struct place *p = &places[0];
	struct world *w = world_open("kame");
	struct inetd_service service[4];
	struct err e = { 0 };
	unsigned n;
	struct sa_row esp = { 0x1000, 50, MODE_TRANSPORT, "aes-cbc", "hmac-sha1-96", p->tester, p->target, 0, 0 };
	struct sa_row ah = { 0x1001, 51, MODE_TRANSPORT, NULL, "hmac-sha1-96", p->tester, p->target, 0, 0 };
	struct sa_row out = { 0x2001, 51, MODE_TRANSPORT, NULL, "hmac-sha1-96", p->target, p->tester, 0, 0 };
	struct sa *by_esp = add_sa(w, &esp), *by_ah = add_sa(w, &ah);
	(void)add_sa(w, &out);
	cr_assert(
		inetd_parse(service, 4, &n, (struct bytes){ (const uint8_t *)conf, sizeof conf - 1 }, "inetd.conf", &e),
		"%s", e.text);
	cr_assert(eq(u32, n, 4));
	for (unsigned i = 0; i < n; i++) {
		int sock = serve(w, &service[i]);
		uint16_t port = (uint16_t)(4000 + i);
		cr_assert(eq(int, takes(w, port, NULL), want[i].clear), "%u in clear", port);
		cr_assert(eq(int, takes(w, port, by_esp), want[i].esp), "%u by ESP", port);
		cr_assert(eq(int, takes(w, port, by_ah), want[i].ah), "%u by AH", port);
		cr_assert(eq(int, protocol_sent(w, sock), want[i].sent), "%u", port);
	}
	world_close(w);
}
