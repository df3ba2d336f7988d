#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "ipsec/replay.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct replay
window_of(uint32_t w, bool esn)
{
	struct replay r;
	struct err e = { 0 };
	cr_assert(replay_init(&r, w, esn, &e), "%s", e.text);
	return r;
}

/* What a receiver does with a packet whose ICV holds. */
static enum verdict
offer(struct replay *r, uint64_t seq)
{
	enum verdict v = replay_check(r, seq);
	if (v == ACCEPT)
		replay_commit(r, seq);
	return v;
}

struct row {
	uint64_t seq;
	enum verdict want;
};

static void
run(const char *id, struct replay *r, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum verdict got = offer(r, rows[i].seq);
		cr_expect(got == rows[i].want, "%s row %zu: %llu: want %s, got %s", id, i,
			  (unsigned long long)rows[i].seq, verdict_name(rows[i].want), verdict_name(got));
	}
}

Test(replay, edges_of_a_window_of_64)
{
	static const struct row rows[] = {
		{ 0, DROP_SEQ_ZERO },
		{ 1, ACCEPT },
		{ 1, DROP_REPLAYED },
		{ 65, ACCEPT },
		{ 2, ACCEPT }, /* 65 - 63: last one inside */
		{ 2, DROP_REPLAYED },
		{ 1, DROP_OLD },
		{ 64, ACCEPT },
		{ 64, DROP_REPLAYED },
		{ 63, ACCEPT },
		{ 128, ACCEPT }, /* 65 becomes the left edge */
		{ 65, DROP_REPLAYED },
		{ 64, DROP_OLD },
		{ 66, ACCEPT },
		{ 128 + 64, ACCEPT }, /* a jump of W: nothing of the old window is left inside */
		{ 128, DROP_OLD },
		{ 129, ACCEPT },
		{ 191, ACCEPT },
		{ 192, DROP_REPLAYED },
		{ 100000, ACCEPT },
		{ 100000 - 63, ACCEPT },
		{ 100000 - 64, DROP_OLD },
		{ 99999, ACCEPT },
		{ UINT32_MAX, ACCEPT },
		{ UINT32_MAX, DROP_REPLAYED },
		{ UINT32_MAX - 63, ACCEPT },
		{ UINT32_MAX - 64, DROP_OLD },
		{ 0, DROP_SEQ_ZERO },
		{ 1, DROP_OLD },
	};
	struct replay r = window_of(64, false);
	run("64", &r, rows, COUNT(rows));
	replay_free(&r);
}

Test(replay, edges_of_odd_windows)
{
	for (uint32_t w = 1; w <= 260; w++) {
		struct replay r = window_of(w, false);
		const struct row rows[] = {
			{ 1000, ACCEPT },           { 1000 - w + 1, w == 1 ? DROP_REPLAYED : ACCEPT },
			{ 1000 - w, DROP_OLD },     { 1001, ACCEPT },
			{ 1000 - w + 1, DROP_OLD }, { 1001 + w, ACCEPT },
			{ 1001, DROP_OLD },         { 1002, w == 1 ? DROP_OLD : ACCEPT },
		};
		char id[16];
		snprintf(id, sizeof id, "%u", w);
		run(id, &r, rows, COUNT(rows) - (w == 1));
		replay_free(&r);
	}
}

Test(replay, without_a_window_everything_is_accepted)
{
	static const struct row rows[] = { { 0, ACCEPT }, { 7, ACCEPT }, { 7, ACCEPT }, { 1, ACCEPT }, { 0, ACCEPT } };
	struct replay r = window_of(0, false);
	run("off", &r, rows, COUNT(rows));
	cr_expect(r.bits == NULL && r.top == 7);
	replay_free(&r);
}

Test(replay, a_check_moves_nothing)
{
	struct replay r = window_of(32, false);
	for (unsigned i = 0; i < 3; i++)
		cr_expect(replay_check(&r, 5) == ACCEPT && r.top == 0);
	replay_commit(&r, 5);
	cr_expect(replay_check(&r, 500) == ACCEPT && r.top == 5);
	cr_expect(replay_check(&r, 5) == DROP_REPLAYED);
	replay_free(&r);
	replay_free(&r); /* safe twice */
}

Test(replay, a_late_commit_left_of_the_window_marks_nothing)
{
	struct replay r = window_of(64, false);
	replay_commit(&r, 1000);
	replay_commit(&r, 950 - 128); /* two words hold 128 numbers: its bit would be 950's */
	for (uint64_t s = 1000 - 63; s < 1000; s++)
		cr_expect(replay_check(&r, s) == ACCEPT, "%llu", (unsigned long long)s);
	replay_free(&r);
}

Test(replay, windows_beyond_2_31_are_refused)
{
	struct replay r;
	struct err e = { 0 };
	cr_assert(not(replay_init(&r, ((uint32_t)1 << 31) + 1, true, &e)));
	cr_expect(e.code == ERR_RANGE);
	replay_free(&r);
	r = window_of((uint32_t)1 << 31, true);
	const struct row rows[] = {
		{ 1, ACCEPT },
		{ (uint64_t)1 << 31, ACCEPT },
		{ 1, DROP_REPLAYED },
		{ 2, ACCEPT },
		{ ((uint64_t)1 << 31) + 1, ACCEPT },
		{ 1, DROP_OLD },
		{ 2, DROP_REPLAYED },
		{ 3, ACCEPT },
	};
	run("2^31", &r, rows, COUNT(rows));
	replay_free(&r);
}

/* ESN: edges around 2^32 as the wire sees them, by the low half alone. */
Test(replay, esn_edges_around_a_subspace)
{
	static const struct {
		uint64_t top;
		uint32_t w, low;
		uint64_t want;
	} rows[] = {
		{ 0, 64, 1, 1 },
		{ 0, 64, UINT32_MAX, UINT32_MAX }, /* no subspace before the first */
		{ 0, 64, 0, 0 },
		{ 100, 64, 37, 37 },          /* case A: Bl */
		{ 100, 64, 36, 0x100000024 }, /* one below: the next subspace */
		{ 0xfffffff0, 64, 0, 0x100000000 },
		{ 0x100000000, 64, 0, 0x100000000 }, /* case B */
		{ 0x100000000, 64, UINT32_MAX, 0xffffffff },
		{ 0x100000000, 64, UINT32_MAX - 62, 0xffffffc1 }, /* Bl = 0 - 64 + 1 */
		{ 0x100000000, 64, UINT32_MAX - 63, 0x1ffffffc0 },
		{ 0x10000003e, 64, UINT32_MAX, 0xffffffff },  /* Tl = W - 2: last of case B */
		{ 0x10000003f, 64, UINT32_MAX, 0x1ffffffff }, /* Tl = W - 1: case A */
		{ 0x10000003f, 64, 0, 0x100000000 },
		{ 0x500000000, 1, 0, 0x500000000 },
		{ 0x500000000, 1, UINT32_MAX, 0x5ffffffff },
		{ 0x500000001, 1, 0, 0x600000000 },
		{ 0x500000000, (uint32_t)1 << 31, 0x80000001, 0x480000001 },
		{ 0x500000000, (uint32_t)1 << 31, 0x80000000, 0x580000000 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay r = { .window = rows[i].w, .esn = true, .top = rows[i].top };
		uint64_t got = replay_infer(&r, rows[i].low);
		cr_expect(got == rows[i].want, "row %zu: want %llx, got %llx", i, (unsigned long long)rows[i].want,
			  (unsigned long long)got);
		r.esn = false;
		cr_expect(replay_infer(&r, rows[i].low) == rows[i].low, "row %zu without ESN", i);
	}
}

static uint64_t
next_random(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* RFC 4303 A2.3 line by line, 32-bit arithmetic. */
static uint64_t
rfc_infer(uint64_t t, uint32_t w, uint32_t seql)
{
	uint32_t tl = (uint32_t)t, th = (uint32_t)(t >> 32), seqh;
	if (tl >= w - 1)
		seqh = seql >= tl - w + 1 ? th : th + 1;
	else
		seqh = seql >= tl - w + 1 ? th - 1 : th;
	return (uint64_t)seqh << 32 | seql;
}

Test(replay, inference_agrees_with_the_rfcs_pseudo_code)
{
	static const uint32_t windows[] = { 1, 2, 32, 33, 64, 100, 4096, 65537, 1u << 30, 1u << 31 };
	uint64_t s = 42;
	for (unsigned i = 0; i < 400000; i++) {
		uint32_t w = windows[next_random(&s) % COUNT(windows)], near = (uint32_t)(next_random(&s) % 7);
		uint64_t t = next_random(&s) >> (1 + next_random(&s) % 32);
		if (i % 2 != 0)
			t = (t & ~(uint64_t)UINT32_MAX) | (w - 3 + near); /* around the line between A and B */
		if (t >> 32 == 0 || t >> 32 >= UINT32_MAX)
			continue; /* no subspace before the first, none after the last */
		uint32_t low = i % 3 != 0 ? (uint32_t)(t - w + 1 + near - 3) : (uint32_t)next_random(&s);
		struct replay r = { .window = w, .esn = true, .top = t };
		uint64_t want = rfc_infer(t, w, low), got = replay_infer(&r, low);
		cr_assert(got == want, "T %llx W %u low %x: want %llx, got %llx", (unsigned long long)t, w, low,
			  (unsigned long long)want, (unsigned long long)got);
	}
}

/* The slow twin remembers everything that it ever saw. */
enum { SPAN = 1 << 17 };
struct twin {
	uint64_t base, top;
	uint32_t w;
	bool seen[SPAN];
};

static enum verdict
twin_offer(struct twin *t, uint64_t seq)
{
	if (seq == 0)
		return DROP_SEQ_ZERO;
	if (t->top >= t->w && seq <= t->top - t->w)
		return DROP_OLD;
	if (t->seen[seq - t->base])
		return DROP_REPLAYED;
	t->seen[seq - t->base] = true;
	if (seq > t->top)
		t->top = seq;
	return ACCEPT;
}

static void
compare(uint32_t w, bool esn, uint64_t base, uint64_t seed)
{
	static struct twin t;
	memset(&t, 0, sizeof t);
	t = (struct twin){ .base = base, .w = w };
	struct replay r = window_of(w, esn);
	if (base > 0) {
		cr_assert(twin_offer(&t, base + SPAN / 4) == ACCEPT);
		replay_commit(&r, base + SPAN / 4);
	}
	unsigned seen[VERDICT_N] = { 0 };
	for (unsigned i = 0; i < 60000; i++) {
		uint64_t x = next_random(&seed), step = x % (2 * (uint64_t)w + 3);
		uint64_t seq = t.top + (x >> 32) % 3;
		if ((x >> 40) % 4 != 0)
			seq = t.top > step + base ? t.top - step : base + step;
		if ((x >> 48) % 2000 == 0)
			seq = t.top + w + x % 3;
		if (seq >= base + SPAN)
			break;
		if (esn)
			seq = replay_infer(&r, (uint32_t)seq);
		if (seq < base || seq >= base + SPAN)
			continue; /* the wire cannot say numbers that far left of the window */
		enum verdict want = twin_offer(&t, seq), got = offer(&r, seq);
		seen[want]++;
		cr_assert(got == want && r.top == t.top, "W %u base %llx seq %llx top %llx: want %s, got %s", w,
			  (unsigned long long)base, (unsigned long long)seq, (unsigned long long)t.top,
			  verdict_name(want), verdict_name(got));
	}
	cr_assert(seen[ACCEPT] > 100 && seen[DROP_REPLAYED] > 100, "W %u: the input bites", w);
	cr_assert(esn || seen[DROP_OLD] > 100, "W %u: the input leaves the window", w);
	replay_free(&r);
}

Test(replay, agrees_with_a_set_of_all_seen_numbers)
{
	static const uint32_t windows[] = { 1,   2,   31,  32,  33,  63,  64,   65,   96,  100,
					    127, 128, 129, 191, 192, 193, 1000, 4096, 5000 };
	for (size_t i = 0; i < COUNT(windows); i++) {
		compare(windows[i], false, 0, 7 + i);
		compare(windows[i], false, UINT32_MAX - SPAN, 70 + i);
		compare(windows[i], true, 0, 700 + i);
		compare(windows[i], true, ((uint64_t)1 << 32) - SPAN / 2, 7000 + i);
		compare(windows[i], true, ((uint64_t)9 << 32) - SPAN / 4 - 10, 70000 + i);
	}
}
