#include "host/test_world.h"

/* What stands between the IPv6 header and an echo request, and what becomes of it. */
struct row {
	const char *id;
	uint8_t first;   /* next header of the IPv6 header */
	const char *hex; /* ends by naming ICMPv6, 3a */
	int code;        /* -1: an echo reply, -2: silence; else a Parameter Problem */
	uint32_t pointer;
	bool multicast;
};

static const struct row rows[] = {
	{ "destination options, PadN", 60, "3a00010400000000", -1, 0, false },
	{ "hop-by-hop, router alert", 0, "3a000502000001 00", -1, 0, false },
	{ "hop-by-hop, then destination options", 0, "3c00010400000000 3a00010400000000", -1, 0, false },
	{ "hop-by-hop in second place", 60, "0000010400000000 3a00010400000000", 1, 40, false },
	{ "unknown option, skip", 60, "3a001e0400000000", -1, 0, false },
	{ "unknown option, discard", 60, "3a005e0400000000", -2, 0, false },
	{ "unknown option, report", 60, "3a009e0400000000", 2, 42, false },
	{ "unknown option, report to unicast", 60, "3a00de0400000000", 2, 42, false },
	{ "unknown option behind two Pad1", 60, "3a000000de020000", 2, 44, false },
	{ "unknown option to a multicast, report", 60, "3a009e0400000000", 2, 42, true },
	{ "unknown option to a multicast, report to unicast", 60, "3a00de0400000000", -2, 0, true },
	{ "option longer than the header", 60, "3a00010900000000", 0, 42, false },
	{ "header longer than the datagram", 60, "3aff010400000000", 0, 41, false },
	{ "routing type 0, none left", 43, "3a00000000000000", -1, 0, false },
	{ "routing type 0, one left", 43, "3a02000100000000 20010db8000000000000000000000001", 0, 42, false },
	{ "routing of unknown type, one left", 43, "3a00fe0100000000", 0, 42, false },
	{ "fragment header of a whole datagram", 44, "3a00000000000001", -1, 0, false },
};

static struct bytes
build(struct world *w, const struct row *row)
{
	struct wr d = room(w);
	const char *dst = row->multicast ? "ff02::1" : places[1].target;
	struct bytes whole = echo(w, places[1].tester, dst, 1, 8);
	struct addr src = at(places[1].tester), to = at(dst);
	ip_begin(&d, &(struct ip_head){ .src = &src, .dst = &to, .protocol = row->first, .ttl = 64 });
	for (const char *c = row->hex; *c != '\0'; c++) {
		char two[3] = { c[0], c[1], '\0' };
		if (*c == ' ')
			continue;
		/* one octet may be written apart from its line */
		wr_uint(&d, strtoul(two, NULL, 16), 1);
		c++;
	}
	wr_bytes(&d, bytes_slice(whole, IP6_HEADER, SIZE_MAX));
	cr_assert(ip_finish(&d));
	return wr_done(&d);
}

Test(ext, does_with_each_header_what_rfc_8200_says)
{
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct world *w = world_open(NULL);
		input(w, 0, build(w, &rows[i]));
		cr_assert(eq(u32, w->frames, rows[i].code == -2 ? 0 : 1), "%s", rows[i].id);
		if (rows[i].code == -1)
			expect_echo(rows[i].id, heard(w, 0), places[1].tester, places[1].target);
		if (rows[i].code >= 0) {
			char want[16];
			struct rd r = rd_of(bytes_slice(heard(w, 0), 44, 4));
			snprintf(want, sizeof want, "58 4/%d", rows[i].code);
			expect(rows[i].id, heard(w, 0), places[1].target, places[1].tester, want);
			cr_assert(eq(u64, rd_uint(&r, 4), rows[i].pointer), "%s", rows[i].id);
		}
		world_close(w);
	}
}

Test(ext, survives_every_prefix_and_every_changed_octet)
{
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct world *w = world_open(NULL);
		size_t n = build(w, &rows[i]).n;
		for (size_t k = 0; k < n; k++) {
			struct wr d = room(w);
			wr_bytes(&d, bytes_slice(build(w, &rows[i]), 0, k));
			if (k > IP6_HEADER)
				cr_assert(ip_finish(&d));
			input(w, 0, wr_done(&d));
			for (unsigned bit = 0; bit < 8; bit++)
				input(w, 0, altered(w, build(w, &rows[i]), k, (uint8_t)(1u << bit)));
			world_forget(w);
		}
		world_close(w);
	}
}

Test(ext, is_passed_over_for_esp_and_ah)
{
	struct world *w = world_open(NULL);
	struct secpath path;
	const struct place *p = &places[1];
	struct sa_row row = { 0x2001, 50, MODE_TRANSPORT, "aes-gcm-16", NULL, p->tester, p->target, 0, 0 };
	struct sa *esp = add_sa(w, &row);
	row = (struct sa_row){ 0x2002, 51, MODE_TRANSPORT, NULL, "hmac-sha1-96", p->tester, p->target, 0, 0 };
	struct sa *ah = add_sa(w, &row);
	static const unsigned fine[] = { 0, 1, 2, 4, 13 };
	for (unsigned i = 0; i < COUNT(fine); i++) {
		world_forget(w);
		input(w, 0, protect(w, esp, build(w, &rows[fine[i]])));
		input(w, 0, protect(w, ah, protect(w, esp, build(w, &rows[fine[i]]))));
		cr_assert(eq(u32, w->frames, 2), "%s", rows[fine[i]].id);
		expect_echo(rows[fine[i]].id, opened(w, 1, &path), p->tester, p->target);
	}
	world_close(w);
}
