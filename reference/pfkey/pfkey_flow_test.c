/* Flows of OpenBSD: policies into messages and back, and what is no flow. */
#include "pfkey/parts.h"
#include "pfkey/test_message.h"

static struct spd_entry
entry(uint8_t action, uint8_t level, bool passive)
{
	return (struct spd_entry){
		.selector = { .src = test_addr("2001:db8:1::"),
			      .dst = test_addr("2001:db8:2::7"),
			      .src_bits = 48,
			      .dst_bits = 128,
			      .protocol = 17,
			      .sport = SELECTOR_ANY,
			      .dport = 53 },
		.dir = DIR_OUT,
		.action = action,
		.passive = passive,
		.n = action == SPD_PROTECT,
		.request = { { .protocol = 51, .mode = MODE_TRANSPORT, .level = level } },
	};
}

static bool
through(const struct spd_entry *p, bool swap, struct pfkey_msg *got, struct spd_entry *back, struct err *e)
{
	static uint8_t octets[4096], memory[4096];
	static struct pfkey_msg m;
	struct wr store = wr_of(memory, sizeof memory), w = wr_of(octets, sizeof octets);
	pfkey_msg_init(&m, &dialect_openbsd, PFKEY_X_ADDFLOW, SATYPE_UNSPEC);
	return pfkey_msg_from_policy(&m, p, &store, e) && pfkey_msg_put(&m, swap, &w, e) &&
	       pfkey_msg_parse(got, &dialect_openbsd, wr_done(&w), swap, e) && pfkey_msg_to_policy(got, back, e);
}

Test(pfkey_flow, each_type_is_a_policy_and_comes_back)
{
	static const struct {
		uint8_t action, level;
		bool passive;
		uint8_t type;
	} rows[] = {
		{ SPD_PROTECT, LEVEL_REQUIRE, false, FLOW_REQUIRE },
		{ SPD_PROTECT, LEVEL_REQUIRE, true, FLOW_DONTACQ },
		{ SPD_PROTECT, LEVEL_USE, false, FLOW_ACQUIRE },
		{ SPD_PROTECT, LEVEL_USE, true, FLOW_USE },
		{ SPD_BYPASS, 0, false, FLOW_BYPASS },
		{ SPD_DISCARD, 0, false, FLOW_DENY },
	};
	for (unsigned i = 0; i < COUNT(rows) * 2; i++) {
		struct spd_entry p = entry(rows[i / 2].action, rows[i / 2].level, rows[i / 2].passive), back;
		static struct pfkey_msg got;
		struct err e = { 0 };
		cr_assert(through(&p, i & 1, &got, &back, &e), "row %u: %s", i / 2, e.text);
		cr_assert(eq(u64, pfkey_msg_get(&got, EXT_X_FLOW_TYPE)->v[XPROTO_VALUE].u, (uint64_t)rows[i / 2].type),
			  "row %u", i / 2);
		cr_assert(selector_equal(&back.selector, &p.selector), "row %u", i / 2);
		cr_assert(back.action == p.action && back.passive == p.passive && back.dir == DIR_OUT, "row %u", i / 2);
		cr_assert(eq(uint, back.n, p.n), "row %u", i / 2);
		if (p.n > 0)
			cr_assert(back.request[0].protocol == 51 && back.request[0].level == p.request[0].level,
				  "row %u", i / 2);
	}
}

Test(pfkey_flow, what_a_flow_cannot_say_is_refused_by_name)
{
	struct spd_entry rows[5];
	static const char *const why[COUNT(rows)] = { "direction", "priorities", "one layer", "unique", "unique" };
	for (unsigned i = 0; i < COUNT(rows); i++)
		rows[i] = entry(SPD_PROTECT, LEVEL_REQUIRE, false);
	rows[0].dir = DIR_FWD;
	rows[1].priority = 7;
	rows[2].n = 2;
	rows[3].request[0].reqid = 9;
	rows[4].request[0].level = LEVEL_UNIQUE;
	for (unsigned i = 0; i < COUNT(rows); i++) {
		static struct pfkey_msg got;
		struct spd_entry back;
		struct err e = { 0 };
		cr_assert(not(through(&rows[i], false, &got, &back, &e)), "row %u", i);
		cr_assert(eq(int, (int)e.code, ERR_UNSUPPORTED), "row %u: %s", i, e.text);
		cr_assert(strstr(e.text, why[i]) != NULL, "row %u: %s", i, e.text);
	}
}

Test(pfkey_flow, satypes_are_one_to_one_in_every_dialect)
{
	for (unsigned d = 0; d < COUNT(test_dialects); d++) {
		bool seen[256] = { false };
		for (unsigned t = 0; t < 256; t++) {
			uint8_t number = dialect_satype_number(test_dialects[d], (uint8_t)t);
			cr_assert(not(seen[number]), "%s: %u", test_dialects[d]->name, t);
			seen[number] = true;
			cr_assert(eq(u8, dialect_satype(test_dialects[d], number), (uint8_t)t), "%s",
				  test_dialects[d]->name);
		}
	}
	cr_assert(eq(u8, dialect_satype_number(&dialect_openbsd, SATYPE_AH), 1));
	cr_assert(eq(u8, dialect_satype_number(&dialect_openbsd, SATYPE_ESP), 2));
	cr_assert(eq(u8, dialect_satype_number(&dialect_linux, 1), 1));
}
