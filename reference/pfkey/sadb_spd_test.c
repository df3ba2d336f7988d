#include "pfkey/test_engine.h"

static void
open_reference(void)
{
	test_engine_open(&dialect_reference);
}

TestSuite(sadb_spd, .init = open_reference, .fini = test_engine_close);

static struct spd_entry
entry(uint8_t dir)
{
	return (struct spd_entry){
		.selector = { test_addr("10.1.0.0"), test_addr("10.2.0.0"), 16, 16, 17, SELECTOR_ANY, 7 },
		.dir = dir,
		.action = SPD_PROTECT,
		.n = 1,
		.priority = 100,
		.request = { { .protocol = 50,
			       .mode = MODE_TUNNEL,
			       .level = LEVEL_REQUIRE,
			       .reqid = 3,
			       .src = test_addr("192.0.2.1"),
			       .dst = test_addr("192.0.2.2") } },
	};
}

static void
build(struct pfkey_msg *m, enum pfkey_type type, const struct spd_entry *p)
{
	static struct spd_entry kept;
	struct wr w = wr_of(world.memory, sizeof world.memory);
	struct err e = { 0 };
	kept = *p;
	test_head(m, type, SATYPE_UNSPEC);
	cr_assert(pfkey_msg_from_policy(m, &kept, &w, &e), "%s", e.text);
}

static int
send(enum pfkey_type type, const struct spd_entry *p)
{
	struct pfkey_msg m;
	build(&m, type, p);
	return test_errno(0, &m);
}

/* The policy in what socket 0 got last. */
static struct spd_entry
answered(void)
{
	struct spd_entry p;
	struct err e = { 0 };
	cr_assert(pfkey_msg_to_policy(test_last(0), &p, &e), "%s", e.text);
	return p;
}

static void
same(const struct spd_entry *a, const struct spd_entry *b)
{
	cr_assert(selector_equal(&a->selector, &b->selector));
	cr_assert(a->dir == b->dir && a->action == b->action && a->n == b->n && a->priority == b->priority);
	for (unsigned i = 0; i < a->n; i++) {
		const struct spd_request *x = &a->request[i], *y = &b->request[i];
		cr_assert(x->protocol == y->protocol && x->mode == y->mode && x->level == y->level &&
			  x->reqid == y->reqid && addr_equal(&x->src, &y->src) && addr_equal(&x->dst, &y->dst));
	}
}

Test(sadb_spd, a_policy_is_told_to_all_and_shown_by_id)
{
	struct spd_entry p = entry(DIR_OUT), got;
	cr_assert(eq(int, send(PFKEY_X_SPDADD, &p), 0));
	for (unsigned i = 0; i < TEST_SOCKETS; i++)
		cr_assert(eq(uint, test_count(i), 1));
	got = answered();
	cr_assert(gt(u32, got.id, 0));
	same(&p, &got);
	uint32_t id = got.id;
	p.id = id;
	cr_assert(eq(int, send(PFKEY_X_SPDGET, &p), 0));
	cr_assert(eq(uint, test_count(1), 0));
	got = answered();
	same(&p, &got);
	cr_assert(eq(u32, got.id, id));
	cr_assert(eq(u64, got.current.addtime, world.now));
	p.id = id + 1;
	cr_assert(eq(int, send(PFKEY_X_SPDGET, &p), ENOENT));
}

Test(sadb_spd, selectors_and_direction_are_the_name)
{
	static const struct {
		enum pfkey_type type;
		uint8_t dir;
		int want;
	} rows[] = {
		{ PFKEY_X_SPDADD, DIR_OUT, 0 },         { PFKEY_X_SPDADD, DIR_OUT, EEXIST },
		{ PFKEY_X_SPDADD, DIR_IN, 0 },          { PFKEY_X_SPDADD, DIR_FWD, 0 },
		{ PFKEY_X_SPDSETIDX, DIR_OUT, EEXIST }, { PFKEY_X_SPDDELETE, DIR_OUT, 0 },
		{ PFKEY_X_SPDDELETE, DIR_OUT, ENOENT }, { PFKEY_X_SPDSETIDX, DIR_OUT, 0 },
		{ PFKEY_X_SPDDELETE, DIR_IN, 0 },       { PFKEY_X_SPDUPDATE, DIR_IN, 0 },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct spd_entry p = entry(rows[i].dir);
		p.priority += i; /* a priority does not tell entries apart */
		cr_assert(eq(int, send(rows[i].type, &p), rows[i].want), "row %u", i);
	}
}

Test(sadb_spd, update_changes_in_place)
{
	struct spd_entry p = entry(DIR_OUT), got;
	cr_assert(eq(int, send(PFKEY_X_SPDADD, &p), 0));
	uint32_t id = answered().id;
	p.action = SPD_DISCARD;
	p.n = 0;
	cr_assert(eq(int, send(PFKEY_X_SPDUPDATE, &p), 0));
	got = answered();
	cr_assert(eq(u32, got.id, id));
	same(&p, &got);
	p = entry(DIR_OUT);
	p.n = 2;
	p.request[1] = (struct spd_request){ .protocol = 51, .mode = MODE_TRANSPORT, .level = LEVEL_USE };
	p.hard.addtime = 77;
	cr_assert(eq(int, send(PFKEY_X_SPDUPDATE, &p), 0));
	got = answered();
	same(&p, &got);
	cr_assert(eq(u64, got.hard.addtime, 77));
	p.action = SPD_BYPASS;
	p.n = 0;
	p.priority = 1;
	cr_assert(eq(int, send(PFKEY_X_SPDUPDATE, &p), 0));
	got = answered();
	same(&p, &got);
	cr_assert(spd_next(world.spd, spd_next(world.spd, NULL)) == NULL);
}

Test(sadb_spd, a_reserved_index_lets_nothing_pass)
{
	struct spd_entry p = entry(DIR_OUT);
	struct pfkey_msg m;
	build(&m, PFKEY_X_SPDSETIDX, &p);
	hdr_set_bytes(test_ext(&m, EXT_X_POLICY), XPOL_REQUESTS, BYTES_NONE);
	cr_assert(eq(int, test_errno(0, &m), 0));
	cr_assert(eq(u8, spd_next(world.spd, NULL)->action, SPD_DISCARD));
	cr_assert(eq(int, send(PFKEY_X_SPDUPDATE, &p), 0));
	cr_assert(eq(u8, spd_next(world.spd, NULL)->action, SPD_PROTECT));
}

Test(sadb_spd, delete2_goes_by_id)
{
	struct spd_entry a = entry(DIR_OUT), b = entry(DIR_IN);
	cr_assert(eq(int, send(PFKEY_X_SPDADD, &a), 0));
	a.id = answered().id;
	cr_assert(eq(int, send(PFKEY_X_SPDADD, &b), 0));
	b.id = answered().id;
	cr_assert(ne(u32, a.id, b.id));
	cr_assert(eq(int, send(PFKEY_X_SPDDELETE2, &a), 0));
	cr_assert(eq(u32, answered().id, a.id));
	cr_assert(eq(int, send(PFKEY_X_SPDDELETE2, &a), ENOENT));
	cr_assert(eq(u32, spd_next(world.spd, NULL)->id, b.id));
}

Test(sadb_spd, dump_follows_lookup_order_down_to_zero)
{
	static const uint32_t priorities[] = { 30, 10, 20, 10 };
	static const uint64_t ports[] = { 1, 3, 2, 0 }; /* dport of each answer */
	struct pfkey_msg m;
	test_head(&m, PFKEY_X_SPDDUMP, SATYPE_UNSPEC);
	cr_assert(eq(int, test_errno(0, &m), ENOENT));
	cr_assert(eq(u64, test_last(0)->base.v[MSG_SEQ].u, 0));
	for (uint16_t i = 0; i < COUNT(priorities); i++) {
		struct spd_entry p = entry(DIR_OUT);
		p.priority = priorities[i];
		p.selector.dport = (uint16_t)(1000 + i);
		cr_assert(eq(int, send(PFKEY_X_SPDADD, &p), 0));
	}
	test_head(&m, PFKEY_X_SPDDUMP, SATYPE_UNSPEC);
	cr_assert(eq(int, test_send(2, &m), 0));
	cr_assert(eq(uint, world.got, COUNT(priorities)));
	for (unsigned i = 0; i < world.got; i++) {
		const struct pfkey_msg *d = &world.delivery[i].m;
		cr_assert(eq(int, world.delivery[i].sock, world.sock[2]));
		cr_assert(eq(u64, d->base.v[MSG_SEQ].u, COUNT(priorities) - 1 - i));
		cr_assert(eq(u64, pfkey_msg_get(d, EXT_ADDRESS_DST)->v[XAD_PORT].u, 1000 + ports[i]));
	}
}

Test(sadb_spd, flush_empties_the_spd_and_keeps_the_sad)
{
	struct spd_entry p = entry(DIR_OUT);
	struct pfkey_msg m;
	cr_assert(eq(int, test_add(test_spec(0x1001)), 0));
	cr_assert(eq(int, send(PFKEY_X_SPDADD, &p), 0));
	for (unsigned i = 0; i < 2; i++) {
		test_head(&m, PFKEY_X_SPDFLUSH, SATYPE_UNSPEC);
		cr_assert(eq(int, test_errno(0, &m), 0));
		cr_assert(spd_next(world.spd, NULL) == NULL);
	}
	cr_assert(eq(uint, sad_count(world.sad), 1));
}

static const struct {
	const char *id;
	int ext;
	unsigned field;
	uint64_t value;
	int want;
} wrongs[] = {
	{ "nothing wrong", EXT_X_POLICY, XPOL_RESERVED, 0, 0 },
	{ "direction 0", EXT_X_POLICY, XPOL_DIR, 0, EINVAL },
	{ "direction 4", EXT_X_POLICY, XPOL_DIR, 4, EINVAL },
	{ "entrust, of sockets only", EXT_X_POLICY, XPOL_TYPE, POLICY_ENTRUST, EINVAL },
	{ "bypass, of sockets only", EXT_X_POLICY, XPOL_TYPE, POLICY_BYPASS, EINVAL },
	{ "type 77", EXT_X_POLICY, XPOL_TYPE, 77, EINVAL },
	{ "ipsec without requests", EXT_X_POLICY, XPOL_REQUESTS, 0, EINVAL },
	{ "prefix length 33", EXT_ADDRESS_SRC, XAD_PREFIXLEN, 33, EINVAL },
	{ "protocols that differ", EXT_ADDRESS_SRC, XAD_PROTO, 6, EINVAL },
	{ "family unknown", EXT_ADDRESS_DST, XAD_FAMILY, 99, EINVAL },
};

Test(sadb_spd, one_wrong_field_has_its_errno_and_adds_nothing)
{
	for (unsigned i = 0; i < COUNT(wrongs); i++) {
		struct spd_entry p = entry(DIR_OUT);
		struct pfkey_msg m;
		p.selector.dport = (uint16_t)(1000 + i);
		build(&m, PFKEY_X_SPDADD, &p);
		struct hdr *h = test_ext(&m, wrongs[i].ext);
		if (field_is_octets(&h->lay->fields[wrongs[i].field]))
			hdr_set_bytes(h, wrongs[i].field, BYTES_NONE);
		else
			hdr_set(h, wrongs[i].field, wrongs[i].value);
		bool empty = spd_next(world.spd, NULL) == NULL;
		cr_assert(eq(int, test_errno(0, &m), wrongs[i].want), "%s: %s", wrongs[i].id, world.d->refused.text);
		cr_assert(wrongs[i].want == 0 || empty == (spd_next(world.spd, NULL) == NULL), "%s", wrongs[i].id);
	}
	cr_assert(spd_next(world.spd, spd_next(world.spd, NULL)) == NULL);
}

static const struct {
	uint8_t protocol, mode, level;
	unsigned n;
	bool ends;
	int want;
} requests[] = {
	{ 50, MODE_TRANSPORT, LEVEL_DEFAULT, 1, false, 0 },
	{ 51, MODE_TRANSPORT, LEVEL_USE, 4, false, 0 },
	{ 50, MODE_ANY, LEVEL_REQUIRE, 1, false, 0 },
	{ 50, MODE_TUNNEL, LEVEL_REQUIRE, 1, true, 0 },
	{ 108, MODE_TRANSPORT, LEVEL_USE, 1, false, 0 },
	{ 17, MODE_TRANSPORT, LEVEL_USE, 1, false, EINVAL },
	{ 0, MODE_TRANSPORT, LEVEL_USE, 1, false, 0 }, /* our own dialect's: the bundle without protection */
	{ 50, 3, LEVEL_USE, 1, false, EINVAL },
};

Test(sadb_spd, requests_are_what_the_host_can_do)
{
	for (unsigned i = 0; i < COUNT(requests); i++) {
		struct spd_entry p = entry(DIR_OUT);
		p.selector.dport = (uint16_t)(1000 + i);
		p.n = requests[i].n;
		for (unsigned r = 0; r < p.n; r++) {
			p.request[r].protocol = requests[i].protocol;
			p.request[r].mode = requests[i].mode;
			p.request[r].level = requests[i].level;
			if (!requests[i].ends)
				p.request[r].src.family = p.request[r].dst.family = 0;
		}
		cr_assert(eq(int, send(PFKEY_X_SPDADD, &p), requests[i].want), "row %u: %s", i, world.d->refused.text);
	}
}

Test(sadb_spd, more_requests_than_there_is_room_for_are_refused)
{
	struct spd_entry p = entry(DIR_OUT);
	struct pfkey_msg m;
	uint8_t octets[(SPD_REQUESTS + 1) * 16];
	struct wr w = wr_of(octets, sizeof octets);
	for (unsigned i = 0; i <= SPD_REQUESTS; i++) {
		struct hdr h = hdr_of(record_request_layout(&dialect_reference));
		hdr_set(&h, REQ_LEN, 16);
		hdr_set(&h, REQ_PROTO, 50);
		hdr_set(&h, REQ_MODE, MODE_TRANSPORT);
		hdr_put(&h, &w, false);
	}
	build(&m, PFKEY_X_SPDADD, &p);
	hdr_set_bytes(test_ext(&m, EXT_X_POLICY), XPOL_REQUESTS, wr_done(&w));
	cr_assert(eq(int, test_errno(0, &m), EINVAL));
}

Test(sadb_spd, unique_without_an_id_gets_one_of_the_kernels)
{
	struct spd_entry a = entry(DIR_OUT), b = entry(DIR_IN);
	a.request[0].level = b.request[0].level = LEVEL_UNIQUE;
	a.request[0].reqid = b.request[0].reqid = 0;
	cr_assert(eq(int, send(PFKEY_X_SPDADD, &a), 0));
	uint32_t first = answered().request[0].reqid;
	cr_assert(eq(int, send(PFKEY_X_SPDADD, &b), 0));
	cr_assert(gt(u32, first, 0x3fff));
	cr_assert(ne(u32, answered().request[0].reqid, first));
}

Test(sadb_spd, a_policy_with_a_lifetime_expires_and_all_hear_it)
{
	struct spd_entry p = entry(DIR_OUT);
	p.hard.addtime = 10;
	cr_assert(eq(int, send(PFKEY_X_SPDADD, &p), 0));
	test_forget();
	sadb_tick(world.d, world.now + 9);
	cr_assert(eq(uint, world.got, 0));
	sadb_tick(world.d, world.now + 10);
	cr_assert(eq(uint, world.got, TEST_SOCKETS));
	const struct pfkey_msg *m = test_last(1);
	cr_assert(eq(int, pfkey_msg_type(m), PFKEY_X_SPDEXPIRE));
	cr_assert(eq(u64, m->base.v[MSG_PID].u, 0));
	cr_assert(eq(u64, pfkey_msg_get(m, EXT_LIFETIME_HARD)->v[XLT_ADDTIME].u, 10));
	cr_assert(spd_next(world.spd, NULL) == NULL);
}

Test(sadb_spd, messages_of_the_kernel_alone_are_not_taken)
{
	static const enum pfkey_type types[] = {
		PFKEY_X_SPDACQUIRE,
		PFKEY_X_SPDEXPIRE,
		PFKEY_X_NAT_T_NEW_MAPPING,
	};
	for (unsigned i = 0; i < COUNT(types); i++) {
		struct pfkey_msg m;
		test_head(&m, types[i], SATYPE_ESP);
		cr_assert(eq(int, test_errno(0, &m), EOPNOTSUPP));
	}
}
