#include "host/test_world.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static struct bytes
segment(struct world *w, const struct place *p, const char *dst, uint8_t flags, uint32_t ack, size_t data)
{
	struct wr d = room(w);
	struct addr s = at(p->tester), t = at(dst);
	ip_begin(&d, &(struct ip_head){ .src = &s, .dst = &t, .protocol = 6, .ttl = 64, .id = 3 });
	size_t header = d.n;
	wr_uint(&d, 1000, 2);
	wr_uint(&d, 80, 2);
	wr_uint(&d, 0xffffffff, 4);
	wr_uint(&d, ack, 4);
	wr_uint(&d, 0x50, 1);
	wr_uint(&d, flags, 1);
	wr_fill(&d, 0, 6);
	wr_fill(&d, 'x', data);
	cr_assert(ip_finish(&d));
	ip_put_checksum(&d, &s, &t, 6, header, header + 16, false);
	return wr_done(&d);
}

/* RFC 9293 3.10.7.1 */
Test(tcp, resets_what_no_port_is_open_for)
{
	static const struct {
		const char *id;
		uint8_t flags;
		uint32_t ack;
		size_t data;
		uint32_t seq_out, ack_out;
		uint8_t out;
	} rows[] = {
		{ "syn", SYN, 0, 0, 0, 0, RST | ACK },
		{ "syn and fin", SYN | FIN, 0, 0, 0, 1, RST | ACK },
		{ "data", 0, 0, 5, 0, 4, RST | ACK },
		{ "ack", ACK, 77, 0, 77, 0, RST },
		{ "ack with data", ACK, 0xfffffffe, 9, 0xfffffffe, 0, RST },
	};
	struct world *w = world_open(NULL);
	for (unsigned i = 0; i < COUNT(places); i++) {
		const struct place *p = &places[i];
		for (unsigned k = 0; k < COUNT(rows); k++) {
			world_forget(w);
			input(w, 0, segment(w, p, p->target, rows[k].flags, rows[k].ack, rows[k].data));
			expect(rows[k].id, heard(w, 0), p->target, p->tester, "6");
			struct rd r = rd_of(bytes_slice(heard(w, 0), i == 0 ? 20 : 40, SIZE_MAX));
			cr_assert(eq(u64, rd_uint(&r, 4), 80 << 16 | 1000), "%s", rows[k].id);
			cr_assert(eq(u64, rd_uint(&r, 4), rows[k].seq_out), "%s", rows[k].id);
			cr_assert(eq(u64, rd_uint(&r, 4), rows[k].ack_out), "%s", rows[k].id);
			cr_assert(eq(u64, rd_uint(&r, 2), 0x5000u | rows[k].out), "%s", rows[k].id);
			cr_assert(eq(sz, r.in.n, 20), "%s", rows[k].id);
		}
	}
	world_close(w);
}

Test(tcp, is_silent_where_a_reset_would_do_harm)
{
	struct world *w = world_open(NULL);
	for (unsigned i = 0; i < COUNT(places); i++) {
		const struct place *p = &places[i];
		struct bytes good = segment(w, p, p->target, SYN, 0, 4);
		input(w, 0, segment(w, p, p->target, RST, 0, 0));
		input(w, 0, segment(w, p, p->target, RST | ACK, 5, 0));
		input(w, 0, altered(w, good, good.n - 1, 1));
		input(w, 0, segment(w, p, i == 0 ? "192.0.2.255" : "ff02::1", SYN, 0, 0));
		/* every shorter one: header cut off, or a checksum that no longer fits */
		for (size_t n = i == 0 ? 20 : 40; n < good.n; n++) {
			struct wr d = room(w);
			wr_bytes(&d, bytes_slice(good, 0, n));
			cr_assert(ip_finish(&d));
			input(w, 0, wr_done(&d));
		}
		cr_assert(eq(u32, w->frames, 0), "%s", p->id);
	}
	world_close(w);
}
