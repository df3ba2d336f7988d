/* SAs whose limits datagrams reached: none is touched twice, none is forgotten. */
#include "host/test_world.h"

static struct sa *
limited(struct world *w, uint32_t spi)
{
	struct sa_row row = { spi, 50, MODE_TRANSPORT, "aes-cbc", "hmac-sha1-96", places[0].target, places[0].tester,
			      0,   0 };
	(void)add_sa(w, &row);
	struct addr dst = at(places[0].tester);
	struct sa *sa = sad_find(w->h->sad, spi, 50, &dst);
	cr_assert(sa != NULL);
	sa->spec.hard.allocations = 1;
	sa->current.allocations = 1;
	return sa;
}

Test(limits, more_than_one_datagram_could_reach_are_left_to_the_next_tick)
{
	struct world *w = world_open(NULL);
	for (uint32_t i = 0; i < LIMITS_MAX + 5; i++)
		host_limit(w->h, limited(w, 0x2001 + i), true);
	host_settle(w->h, w->now);
	cr_assert(eq(uint, sad_count(w->h->sad), 5));
	host_tick(w->h, w->now);
	cr_assert(eq(uint, sad_count(w->h->sad), 0));
	world_close(w);
}

Test(limits, an_sa_that_reached_both_expires_once_and_for_good)
{
	struct world *w = world_open(NULL);
	struct sa *sa = limited(w, 0x2001);
	host_limit(w->h, sa, false);
	host_limit(w->h, sa, true);
	host_limit(w->h, sa, false);
	host_settle(w->h, w->now);
	cr_assert(eq(uint, sad_count(w->h->sad), 0));
	host_settle(w->h, w->now);
	world_close(w);
}
