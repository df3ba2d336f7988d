#include "host/test_world.h"

#include <errno.h>

Test(tunnel_if, a_setting_is_two_ends_and_routes)
{
	static const struct {
		const char *text, *printed; /* NULL: refused */
	} rows[] = {
		{ "192.0.2.1 192.0.2.2", "192.0.2.1 192.0.2.2" },
		{ "  192.0.2.1   192.0.2.2 10.0.0.0/8 2001:db8::/32", "192.0.2.1 192.0.2.2 10.0.0.0/8 2001:db8::/32" },
		{ "2001:db8::1 2001:db8::2 10.0.0.0/8", "2001:db8::1 2001:db8::2 10.0.0.0/8" },
		{ "", "" },
		{ "192.0.2.1", NULL },
		{ "192.0.2.1 2001:db8::2", NULL },
		{ "192.0.2.1 192.0.2.2 10.0.0.0", NULL },
		{ "192.0.2.1 192.0.2.2 10.0.0.0/33", NULL },
		{ "192.0.2.1 192.0.2.2 10.0.0.0/", NULL },
		{ "192.0.2.1 gate", NULL },
		{ "192.0.2.1 192.0.2.2 1.0.0.0/8 2.0.0.0/8 3.0.0.0/8 4.0.0.0/8 5.0.0.0/8", NULL },
	};
	struct world *w = world_open("solaris");
	for (size_t i = 0; i < COUNT(rows); i++) {
		char is[200];
		cr_assert(zero(int, host_tunable_set(w->h, "ip.tun3", "192.0.2.1 192.0.2.9")));
		int set = host_tunable_set(w->h, "ip.tun3", rows[i].text);
		cr_assert(eq(int, set, rows[i].printed != NULL ? 0 : -EINVAL), "row %zu", i);
		cr_assert(zero(int, host_tunable_get(w->h, "ip.tun3", is, sizeof is)));
		cr_assert(eq(str, is, rows[i].printed != NULL ? (char *)rows[i].printed : "192.0.2.1 192.0.2.9"),
			  "row %zu", i);
	}
	cr_assert(eq(int, host_tunable_set(w->h, "ip.tun31", ""), -ENOENT), "there are 31");
	cr_assert(eq(int, host_tunable_set(w->h, "ip.tun", ""), -ENOENT));
	world_close(w);
}
