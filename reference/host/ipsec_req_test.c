#include "host/ipsec_req.h"
#include "host/test_world.h"

#include <errno.h>

Test(ipsec_req, what_is_put_is_got_in_both_byte_orders)
{
	static const struct ipsec_req q = {
		IPSEC_PREF_REQUIRED | IPSEC_PREF_UNIQUE, IPSEC_PREF_REQUIRED, 0, 3, 12, 255
	};
	for (int swap = 0; swap <= 1; swap++) {
		uint8_t room[IPSEC_REQ_OCTETS];
		struct wr w = wr_of(room, sizeof room);
		struct ipsec_req got;
		struct err e = { 0 };
		ipsec_req_put(&q, swap != 0, &w);
		cr_assert(eq(sz, w.n, IPSEC_REQ_OCTETS));
		cr_assert(ipsec_req_get(&got, wr_done(&w), swap != 0, &e), "%s", e.text);
		cr_assert(got.ah == q.ah && got.esp == q.esp && got.self_encap == 0);
		cr_assert(got.auth_alg == 3 && got.esp_alg == 12 && got.esp_auth_alg == 255);
		cr_assert(false == ipsec_req_get(&got, wr_done(&w), swap == 0, &e), "the other order means nothing");
		cr_assert(false == ipsec_req_get(&got, bytes_slice(wr_done(&w), 0, 15), swap != 0, &e));
	}
}

Test(ipsec_req, requests_that_contradict_themselves_are_not_sound)
{
	static const struct {
		struct ipsec_req q;
		bool sound;
	} rows[] = {
		{ { 0, 0, 0, 0, 0, 0 }, true },  { { 1, 1, 1, 0, 0, 0 }, true },   { { 2, 6, 2, 2, 3, 255 }, true },
		{ { 4, 0, 0, 0, 0, 0 }, false }, { { 3, 0, 0, 0, 0, 0 }, false },  { { 1, 2, 0, 0, 0, 0 }, false },
		{ { 8, 0, 0, 0, 0, 0 }, false }, { { 2, 0, 0, 99, 0, 0 }, false }, { { 0, 2, 0, 0, 255, 0 }, false },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		cr_assert(eq(int, ipsec_req_is_sound(&rows[i].q), rows[i].sound), "row %zu", i);
}

Test(ipsec_req, the_option_is_solariss)
{
	static const struct ipsec_req q = { 0, IPSEC_PREF_REQUIRED, 0, 0, 0, 0 };
	struct ipsec_req got;
	struct world *s = world_open("solaris"), *k = world_open("kame");
	int a = host_udp_open(s->h, 4, NULL, 7), b = host_udp_open(k->h, 4, NULL, 7);
	cr_assert(zero(int, host_sec_opt_set(s->h, a, &q)));
	cr_assert(zero(int, host_sec_opt_get(s->h, a, &got)));
	cr_assert(got.esp == IPSEC_PREF_REQUIRED);
	cr_assert(eq(int, host_sec_opt_set(k->h, b, &q), -ENOPROTOOPT));
	cr_assert(eq(int, host_sec_opt_get(k->h, b, &got), -ENOPROTOOPT));
	cr_assert(eq(int, host_sec_opt_set(s->h, 60, &q), -EBADF));
	world_close(s);
	world_close(k);
}
