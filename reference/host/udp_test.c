#include "host/test_world.h"

#include <errno.h>

Test(udp, delivers_to_the_socket_that_fits_best)
{
	static const uint8_t data[] = "hello";
	for (unsigned i = 0; i < COUNT(places); i++) {
		struct world *w = world_open(NULL);
		const struct place *p = &places[i];
		uint8_t family = i == 0 ? 4 : 6;
		struct addr target = at(p->target), second = at(p->second);
		int any = host_udp_open(w->h, family, NULL, 7);
		cr_assert(any >= 0);
		cr_assert(eq(int, host_udp_open(w->h, family, &target, 7), -EADDRINUSE), "%s", p->id);
		cr_assert(eq(int, host_udp_open(w->h, family, NULL, 7), -EADDRINUSE), "%s", p->id);
		int other = host_udp_open(w->h, family, &second, 8);
		int picked = host_udp_open(w->h, family, &target, 0);
		cr_assert(other >= 0 && picked >= 0);
		const struct {
			const char *to;
			uint16_t port;
			int sock;
		} rows[] = {
			{ p->target, 7, any },
			{ p->second, 7, any },
			{ p->second, 8, other },
			{ p->target, 49152, picked },
		};
		for (unsigned k = 0; k < COUNT(rows); k++) {
			world_forget(w);
			input(w, 0, udp(w, p->tester, rows[k].to, 5000, rows[k].port, BYTES_OF(data)));
			cr_assert(eq(u32, w->delivered, 1), "%s row %u", p->id, k);
			cr_assert(eq(int, w->udp.sock, rows[k].sock), "%s row %u", p->id, k);
			cr_assert(eq(u16, w->udp.port, 5000), "%s row %u", p->id, k);
			cr_assert(bytes_equal((struct bytes){ w->udp.octets, w->udp.n }, BYTES_OF(data)), "%s row %u",
				  p->id, k);
			struct addr tester = at(p->tester);
			cr_assert(addr_equal(&w->udp.from, &tester), "%s row %u", p->id, k);
		}
		world_forget(w);
		input(w, 0, udp(w, p->tester, p->target, 5000, 8, BYTES_OF(data)));
		cr_assert(eq(u32, w->delivered, 0), "%s: bound to the second address", p->id);
		cr_assert(eq(u32, w->frames, 1), "%s: port unreachable", p->id);
		host_udp_close(w->h, any);
		input(w, 0, udp(w, p->tester, p->target, 5000, 7, BYTES_OF(data)));
		cr_assert(eq(u32, w->delivered, 0), "%s: closed", p->id);
		world_close(w);
	}
}

Test(udp, sends_from_the_bound_address_or_that_of_the_link)
{
	for (unsigned i = 0; i < COUNT(places); i++) {
		struct world *w = world_open(NULL);
		const struct place *p = &places[i];
		uint8_t family = i == 0 ? 4 : 6;
		struct addr second = at(p->second), tester = at(p->tester), far = at(p->far);
		int any = host_udp_open(w->h, family, NULL, 7), bound = host_udp_open(w->h, family, &second, 8);
		cr_assert(zero(int, host_udp_send(w->h, any, &tester, 9, BYTES_NONE, w->now)));
		cr_assert(zero(int, host_udp_send(w->h, any, &far, 9, BYTES_NONE, w->now)));
		cr_assert(zero(int, host_udp_send(w->h, bound, &tester, 9, BYTES_NONE, w->now)));
		expect(p->id, heard(w, 0), p->target, p->tester, "17");
		expect(p->id, heard(w, 1), p->target2, p->far, "17");
		expect(p->id, heard(w, 2), p->second, p->tester, "17");
		cr_assert(eq(u32, w->frame[1].link, 1), "%s", p->id);
		world_close(w);
	}
}

Test(udp, sends_a_checksum_of_zero_as_all_ones)
{
	struct world *w = world_open(NULL);
	struct addr tester = at(places[0].tester);
	int s = host_udp_open(w->h, 4, NULL, 7);
	/* The sum of everything else, as data, makes the checksum zero. */
	uint8_t data[2] = { 0, 0 };
	struct wr d = wr_of(data, sizeof data);
	cr_assert(zero(int, host_udp_send(w->h, s, &tester, 9, BYTES_OF(data), w->now)));
	struct rd r = rd_of(bytes_slice(heard(w, 0), 26, 2));
	wr_uint(&d, rd_uint(&r, 2), 2);
	cr_assert(zero(int, host_udp_send(w->h, s, &tester, 9, BYTES_OF(data), w->now)));
	r = rd_of(bytes_slice(heard(w, 1), 26, 2));
	cr_assert(eq(u64, rd_uint(&r, 2), 0xffff));
	world_close(w);
}

Test(udp, judges_checksum_and_length)
{
	static const uint8_t data[] = "hello!";
	for (unsigned i = 0; i < COUNT(places); i++) {
		struct world *w = world_open(NULL);
		const struct place *p = &places[i];
		size_t header = i == 0 ? 20 : 40;
		cr_assert(host_udp_open(w->h, i == 0 ? 4 : 6, NULL, 7) >= 0);
		struct bytes good = udp(w, p->tester, p->target, 5000, 7, BYTES_OF(data));
		for (size_t at_ = header; at_ < good.n; at_++) {
			input(w, 0, altered(w, udp(w, p->tester, p->target, 5000, 7, BYTES_OF(data)), at_, 0x10));
			cr_assert(eq(u32, w->delivered, 0), "%s: octet %zu", p->id, at_);
		}
		/* none at all is allowed in IPv4 only */
		uint8_t bare[] = { 0x13, 0x88, 0, 7, 0, 8, 0, 0 };
		input(w, 0, datagram(w, p->tester, p->target, 17, BYTES_OF(bare)));
		cr_assert(eq(u32, w->delivered, i == 0 ? 1 : 0), "%s: no checksum", p->id);
		/* a length that promises more, without a checksum to fail */
		uint8_t promise[] = { 0x13, 0x88, 0, 7, 0, 10, 0, 0, 'x' };
		input(w, 0, datagram(w, p->tester, p->target, 17, BYTES_OF(promise)));
		cr_assert(eq(u32, w->delivered, i == 0 ? 1 : 0), "%s: shorter than its length", p->id);
		for (size_t n = 0; n < sizeof bare; n++)
			input(w, 0, datagram(w, p->tester, p->target, 17, bytes_slice(BYTES_OF(bare), 0, n)));
		cr_assert(eq(u32, w->delivered, i == 0 ? 1 : 0), "%s: shorter than a header", p->id);
		/* what is behind udp.length is not data */
		uint8_t longer[] = { 0x13, 0x88, 0, 7, 0, 9, 0, 0, 'x', 'y', 'z' };
		input(w, 0, datagram(w, p->tester, p->target, 17, BYTES_OF(longer)));
		if (i == 0)
			cr_assert(eq(sz, w->udp.n, 1));
		world_close(w);
	}
}

Test(udp, refuses_what_a_kernel_refuses)
{
	struct world *w = world_open(NULL);
	struct addr here4 = at(places[0].target), there4 = at(places[0].tester), there6 = at(places[1].tester);
	static uint8_t much[65508];
	cr_assert(eq(int, host_udp_open(w->h, 5, NULL, 7), -EAFNOSUPPORT));
	cr_assert(eq(int, host_udp_open(w->h, 6, &here4, 7), -EINVAL));
	cr_assert(eq(int, host_udp_open(w->h, 4, &there4, 7), -EADDRNOTAVAIL));
	int s = host_udp_open(w->h, 4, NULL, 7);
	cr_assert(eq(int, host_udp_send(w->h, s, &there6, 7, BYTES_NONE, 1), -EINVAL));
	cr_assert(eq(int, host_udp_send(w->h, s, &there4, 0, BYTES_NONE, 1), -EINVAL));
	cr_assert(eq(int, host_udp_send(w->h, s, &there4, 7, BYTES_OF(much), 1), -EMSGSIZE));
	cr_assert(eq(int, host_udp_send(w->h, s + 1, &there4, 7, BYTES_NONE, 1), -EBADF));
	cr_assert(eq(int, host_udp_send(w->h, -1, &there4, 7, BYTES_NONE, 1), -EBADF));
	for (int i = 1; i < UDP_SOCKETS; i++)
		cr_assert(host_udp_open(w->h, 4, NULL, 0) >= 0);
	cr_assert(eq(int, host_udp_open(w->h, 4, NULL, 0), -EMFILE));
	host_udp_close(w->h, 99);
	world_close(w);
}
