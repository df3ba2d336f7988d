/* SAs of groups, RFC 4301 4.1: who is found for which sender, in any order of arrival. */
#include "ipsec/sad.h"
#include "ipsec/test_packet.h"
#include "ipsec/test_sa.h"

#include <errno.h>

static struct sa *
add(struct sad *d, uint32_t spi, uint8_t protocol, const char *src, const char *dst)
{
	struct addr s = test_addr(src), t = test_addr(dst);
	struct err e = { 0 };
	struct sa *sa = sa_open_larval(spi, protocol, &s, &t, &e);
	cr_assert(sa != NULL, "%s", e.text);
	sa->state = SA_MATURE;
	sa->spec.mode = MODE_TRANSPORT;
	cr_assert(sad_add(d, sa, &e), "%s", e.text);
	return sa;
}

static struct sa *
inbound(const struct sad *d, uint32_t spi, uint8_t protocol, const char *src, const char *dst)
{
	struct addr s = test_addr(src), t = test_addr(dst);
	return sad_inbound(d, spi, protocol, &s, &t);
}

#define GROUP "239.1.2.3"

Test(sad_group, the_longest_match_is_found_in_any_order_and_after_deletion)
{
	for (unsigned order = 0; order < 6; order++) {
		struct sad *d = sad_new();
		struct sa *one = NULL, *other = NULL, *all = NULL;
		for (unsigned i = 0; i < 3; i++)
			switch ((order / 2 + (order % 2 ? 3 - i : i)) % 3) {
			case 0: one = add(d, 7, 50, "10.0.0.1", GROUP); break;
			case 1: other = add(d, 7, 50, "10.0.0.2", GROUP); break;
			default: all = add(d, 7, 50, "0.0.0.0", GROUP); break;
			}
		struct sa *host = add(d, 7, 50, "10.0.0.1", "10.0.0.9");
		cr_assert(inbound(d, 7, 50, "10.0.0.1", GROUP) == one, "order %u", order);
		cr_assert(inbound(d, 7, 50, "10.0.0.2", GROUP) == other, "order %u", order);
		cr_assert(inbound(d, 7, 50, "10.0.0.3", GROUP) == all, "order %u", order);
		cr_assert(inbound(d, 7, 50, "10.0.0.3", "10.0.0.9") == host, "order %u", order);
		cr_assert(inbound(d, 8, 50, "10.0.0.1", GROUP) == NULL, "order %u", order);
		sad_delete(d, one);
		cr_assert(inbound(d, 7, 50, "10.0.0.1", GROUP) == all, "order %u", order);
		sad_delete(d, all);
		cr_assert(inbound(d, 7, 50, "10.0.0.1", GROUP) == NULL, "order %u", order);
		cr_assert(inbound(d, 7, 50, "10.0.0.2", GROUP) == other, "order %u", order);
		sad_delete(d, other);
		cr_assert(inbound(d, 7, 50, "10.0.0.2", GROUP) == NULL, "order %u", order);
		sad_free(d);
	}
}

Test(sad_group, the_protocol_tells_no_sas_of_a_group_apart)
{
	struct sad *d = sad_new();
	struct addr src = test_addr("10.0.0.1"), group = test_addr(GROUP);
	struct err e = { 0 };
	struct sa *esp = add(d, 7, 50, "10.0.0.1", GROUP), *ah = sa_open_larval(7, 51, &src, &group, &e);
	cr_assert(not(sad_add(d, ah, &e)));
	cr_assert(eq(int, e.os_errno, EEXIST));
	sa_close(ah);
	cr_assert(inbound(d, 7, 51, "10.0.0.1", GROUP) == NULL, "it is no AH");
	cr_assert(sad_find_from(d, 7, 50, &src, &group) == esp);
	sad_free(d);
}

Test(sad_group, an_sa_of_all_senders_is_for_this_host_too_behind_its_own)
{
	struct sad *d = sad_new();
	struct addr src = test_addr("10.0.0.1"), group = test_addr(GROUP), host = test_addr("10.0.0.9");
	struct sa *all = add(d, 7, 50, "0.0.0.0", GROUP);
	cr_assert(sad_outbound(d, 50, MODE_TRANSPORT, &src, &group, 0) == all);
	struct sa *own = add(d, 8, 50, "10.0.0.1", GROUP);
	cr_assert(sad_outbound(d, 50, MODE_TRANSPORT, &src, &group, 0) == own);
	add(d, 9, 50, "0.0.0.0", "10.0.0.9");
	cr_assert(sad_outbound(d, 50, MODE_TRANSPORT, &src, &host, 0) == NULL, "a host is no group");
	sad_free(d);
}

/* RFC 4303 2.2: no window for several senders; one sender may have one. */
Test(sad_group, a_window_needs_one_sender)
{
	struct test_keys k;
	struct sa_spec s = test_spec(50, "aes-cbc", "hmac-sha1-96", &k);
	struct err e = { 0 };
	s.src = test_addr("0.0.0.0");
	s.dst = test_addr(GROUP);
	s.replay = 32;
	cr_assert(sa_open(&s, &e) == NULL);
	cr_assert(eq(int, e.code, ERR_RANGE));
	s.replay = 0;
	struct sa *sa = sa_open(&s, &e);
	cr_assert(sa != NULL, "%s", e.text);
	sa_close(sa);
	s.src = test_addr("10.0.0.1");
	s.replay = 32;
	sa = sa_open(&s, &e);
	cr_assert(sa != NULL, "%s", e.text);
	sa_close(sa);
}

/* Lines that overflow into the next ones, and fill again: SPIs of few bits, many destinations and deletions. */
Test(sad_group, a_table_under_churn_finds_what_is_there)
{
	enum { SPIS = 40, ENDS = 60, TURNS = 60000 };
	static struct sa *there[SPIS][ENDS];
	struct sad *d = sad_new();
	uint64_t x = 4301;
	unsigned n = 0;
	for (unsigned turn = 0; turn < TURNS; turn++) {
		x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		unsigned i = (unsigned)(x >> 33) % SPIS, k = (unsigned)(x >> 45) % ENDS;
		char dst[48];
		snprintf(dst, sizeof dst, k % 2 ? "10.0.0.%u" : "2001:db8::%u", k);
		cr_assert(inbound(d, i + 1, 50, "10.0.0.1", dst) == there[i][k], "turn %u", turn);
		bool grow = turn / 10000 % 2 == 0;
		if (there[i][k] != NULL && (!grow || x >> 63)) {
			sad_delete(d, there[i][k]);
			there[i][k] = NULL;
			n--;
		} else if (there[i][k] == NULL && (grow || x >> 63)) {
			there[i][k] = add(d, i + 1, 50, k % 2 ? "10.0.0.1" : "::1", dst);
			n++;
		}
		cr_assert(eq(uint, sad_count(d), n));
	}
	sad_free(d);
}
