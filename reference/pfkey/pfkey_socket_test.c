#include "pfkey/test_message.h"

static struct socket_policy
two_requests(void)
{
	return (struct socket_policy){
		.action = SOCKET_PROTECT,
		.n = 2,
		.request = { { .protocol = 50, .mode = MODE_TRANSPORT, .level = LEVEL_USE },
			     { .protocol = 51,
			       .mode = MODE_TUNNEL,
			       .level = LEVEL_UNIQUE,
			       .reqid = 1000,
			       .src = test_addr("192.0.2.1"),
			       .dst = test_addr("192.0.2.2") } },
	};
}

static bool
same(const struct socket_policy *a, const struct socket_policy *b)
{
	bool ok = a->action == b->action && a->n == b->n;
	for (unsigned i = 0; ok && i < a->n; i++) {
		const struct spd_request *x = &a->request[i], *y = &b->request[i];
		ok = x->protocol == y->protocol && x->mode == y->mode && x->level == y->level && x->reqid == y->reqid &&
		     addr_equal(&x->src, &y->src) && addr_equal(&x->dst, &y->dst);
	}
	return ok;
}

Test(pfkey_socket, every_action_goes_there_and_back_in_every_dialect_and_byte_order)
{
	static const struct dialect *const dialects[] = { &dialect_linux, &dialect_kame, &dialect_reference };
	for (unsigned d = 0; d < 3; d++)
		for (unsigned swap = 0; swap < 2; swap++)
			for (unsigned action = 0; action < SOCKET_ACTIONS; action++) {
				uint8_t room[256], dir = 0;
				struct wr w = wr_of(room, sizeof room);
				struct err e = { 0 };
				struct socket_policy p = two_requests(), got;
				p.action = (uint8_t)action;
				p.n = action == SOCKET_PROTECT ? 2 : 0;
				cr_assert(pfkey_socket_put(dialects[d], DIR_OUT, &p, swap, &w, &e), "%s", e.text);
				cr_assert(pfkey_socket_get(dialects[d], wr_done(&w), swap, &dir, &got, &e), "%s %u: %s",
					  dialects[d]->name, action, e.text);
				cr_assert(eq(int, dir, DIR_OUT));
				cr_assert(same(&p, &got), "%s %u", dialects[d]->name, action);
			}
}

/* Linux: sadb_x_policy of 16 octets, then a request of 16 and one of 16 with two sockaddr_in; little-endian by hand. */
Test(pfkey_socket, the_octets_are_those_of_sadb_x_policy)
{
	static const uint8_t want[] = { 2, 0, 18, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	uint8_t room[64];
	struct wr w = wr_of(room, sizeof room);
	struct err e = { 0 };
	struct socket_policy p = { .action = SOCKET_BYPASS };
	bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	cr_assert(pfkey_socket_put(&dialect_linux, DIR_IN, &p, big, &w, &e), "%s", e.text);
	cr_assert(bytes_equal(wr_done(&w), (struct bytes){ want, sizeof want }));
}

static const struct {
	const char *id;
	size_t at;
	uint8_t value;
	size_t n; /* octets handed in; 0: all */
} broken[] = {
	{ "nothing at all", 0, 2, 8 },
	{ "length 0", 0, 0, 0 },
	{ "longer than it is", 0, 200, 0 },
	{ "shorter than it is", 0, 2, 0 },
	{ "not a policy", 2, 5, 0 },
	{ "type 9", 4, 9, 0 },
	{ "direction 0", 6, 0, 0 },
	{ "direction 3", 6, 3, 0 },
	{ "a request of length 0", 16, 0, 0 },
	{ "a request that ends behind the policy", 16, 200, 0 },
	{ "mode 7", 20, 7, 0 },
	{ "level 4", 21, 4, 0 },
	{ "a protocol that is none of IPsec's", 18, 6, 0 },
	{ "cut in the last sockaddr", 0, 8, 64 },
};

Test(pfkey_socket, what_is_malformed_is_refused)
{
	struct socket_policy p = two_requests(), got;
	for (unsigned i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		uint8_t room[256], dir;
		struct wr w = wr_of(room, sizeof room);
		struct err e = { 0 };
		bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
		cr_assert(pfkey_socket_put(&dialect_linux, DIR_OUT, &p, big, &w, &e), "%s", e.text);
		cr_assert(pfkey_socket_get(&dialect_linux, wr_done(&w), big, &dir, &got, &e), "%s", e.text);
		cr_assert(wr_patch(&w, broken[i].at, broken[i].value, 1));
		struct bytes b = bytes_slice(wr_done(&w), 0, broken[i].n != 0 ? broken[i].n : SIZE_MAX);
		cr_assert(not(pfkey_socket_get(&dialect_linux, b, big, &dir, &got, &e)), "%s", broken[i].id);
	}
}
