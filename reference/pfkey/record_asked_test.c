#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "pfkey/pfkey.h"

static struct spd_entry
entry_with(struct spd_request r)
{
	struct spd_entry p = { .action = SPD_PROTECT, .dir = SPD_DIR(3, DIR_OUT), .n = 1 };
	p.selector = (struct selector){
		.src.family = 4, .dst.family = 4, .protocol = SELECTOR_ANY, .sport = SELECTOR_ANY, .dport = SELECTOR_ANY
	};
	p.request[0] = r;
	return p;
}

static bool
travel(const struct dialect *d, const struct spd_entry *in, struct spd_entry *out, bool swap, struct err *e)
{
	uint8_t store[1024], octets[2048];
	struct wr s = wr_of(store, sizeof store), w = wr_of(octets, sizeof octets);
	struct pfkey_msg m, back;
	pfkey_msg_init(&m, d, PFKEY_X_SPDADD, SATYPE_UNSPEC);
	return pfkey_msg_from_policy(&m, in, &s, e) && pfkey_msg_put(&m, swap, &w, e) &&
	       pfkey_msg_parse(&back, d, wr_done(&w), swap, e) && pfkey_msg_to_policy(&back, out, e);
}

Test(record_asked, what_is_asked_of_an_sa_travels_in_both_byte_orders)
{
	static const struct spd_alg none = { .wanted = false };
	const struct spd_alg aes = { true, alg_by_name("aes-cbc", ALG_ENC), 128, 256 }, any = { .wanted = true },
			     md5 = { true, alg_by_name("hmac-md5-96", ALG_AUTH), 0, 0 };
	const struct spd_request rows[] = {
		{ .protocol = 50, .mode = MODE_TRANSPORT, .level = LEVEL_REQUIRE, .enc = aes, .auth = none },
		{ .protocol = 50,
		  .mode = MODE_TRANSPORT,
		  .level = LEVEL_USE,
		  .enc = any,
		  .auth = md5,
		  .per_flow = true },
		{ .protocol = 51,
		  .mode = MODE_TUNNEL,
		  .alternative = 2,
		  .auth = any,
		  .src.family = 4,
		  .dst.family = 4 },
		{ .protocol = 0, .alternative = 1 },
		{ .protocol = 50, .mode = MODE_TRANSPORT, .level = LEVEL_UNIQUE, .reqid = 7 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (int swap = 0; swap <= 1; swap++) {
			struct spd_entry in = entry_with(rows[i]), out;
			struct err e = { 0 };
			cr_assert(travel(&dialect_reference, &in, &out, swap != 0, &e), "row %zu: %s", i, e.text);
			const struct spd_request *r = &out.request[0], *q = &rows[i];
			cr_assert(eq(int, out.dir, in.dir), "row %zu: the table", i);
			cr_assert(r->protocol == q->protocol && r->mode == q->mode && r->level == q->level, "row %zu",
				  i);
			cr_assert(r->alternative == q->alternative && r->per_flow == q->per_flow, "row %zu", i);
			cr_assert(r->enc.wanted == q->enc.wanted && r->enc.alg == q->enc.alg, "row %zu", i);
			cr_assert(r->enc.min_bits == q->enc.min_bits && r->enc.max_bits == q->enc.max_bits, "row %zu",
				  i);
			cr_assert(r->auth.wanted == q->auth.wanted && r->auth.alg == q->auth.alg, "row %zu", i);
		}
	}
}

Test(record_asked, other_systems_cannot_say_it)
{
	const struct spd_request r = { .protocol = 50, .mode = MODE_TRANSPORT, .enc.wanted = true };
	struct spd_entry in = entry_with(r), out;
	struct err e = { 0 };
	in.dir = DIR_OUT;
	cr_assert(false == travel(&dialect_linux, &in, &out, false, &e));
	cr_assert(eq(int, e.code, ERR_UNSUPPORTED));
	in = entry_with((struct spd_request){ .protocol = 50, .mode = MODE_TRANSPORT });
	cr_assert(false == travel(&dialect_linux, &in, &out, false, &e), "nor name a table");
	cr_assert(eq(int, e.code, ERR_UNSUPPORTED));
}
