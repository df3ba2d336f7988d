/* What the level of a request means, and whether the SAs of a path are what an entry asks for. */
#include "host/test_world.h"

static const char *const level_names[] = { "esp.transport", "ah.transport", "esp.tunnel", "ah.tunnel" };

Test(level, default_is_what_the_setting_of_protocol_mode_and_family_says)
{
	for (unsigned f = 0; f < 2; f++)
		for (unsigned k = 0; k < 4; k++) {
			struct world *w = world_open("kame");
			struct spd_request r = { .protocol = k % 2 == 0 ? 50 : 51,
						 .mode = k < 2 ? MODE_TRANSPORT : MODE_TUNNEL };
			char name[40];
			snprintf(name, sizeof name, "level%s.%s", f == 0 ? "" : "6", level_names[k]);
			uint8_t family = f == 0 ? 4 : 6;
			cr_assert(eq(int, level_of(w->h, &r, family), LEVEL_USE), "%s", name);
			cr_assert(zero(int, host_tunable_set(w->h, name, "2")), "%s", name);
			cr_assert(eq(int, level_of(w->h, &r, family), LEVEL_REQUIRE), "%s", name);
			cr_assert(eq(int, level_of(w->h, &r, (uint8_t)(10 - family)), LEVEL_USE),
				  "%s: the other family", name);
			r.level = LEVEL_UNIQUE;
			cr_assert(eq(int, level_of(w->h, &r, family), LEVEL_UNIQUE), "%s", name);
			world_close(w);
		}
}

/* An entry that asks for the path's SAs, each by its protocol and mode; the path is outermost first, requests are innermost first. */
static struct spd_entry
entry_for(const struct secpath *path)
{
	struct spd_entry p = { .action = SPD_PROTECT };
	for (unsigned i = path->n; i > 0; i--) {
		const struct sa_spec *s = &path->sa[i - 1]->spec;
		(void)request(&p, s->protocol, s->mode, LEVEL_REQUIRE);
	}
	return p;
}

Test(level, ah_around_a_tunnel_vouches_for_nothing_inside_where_the_profile_says_so)
{
	static const struct {
		const char *id;
		uint8_t protocol[2], mode[2];
		unsigned n;
		bool kame;
	} rows[] = {
		{ "AH transport", { 51 }, { MODE_TRANSPORT }, 1, true },
		{ "AH tunnel", { 51 }, { MODE_TUNNEL }, 1, false },
		{ "AH around an ESP tunnel", { 51, 50 }, { MODE_TRANSPORT, MODE_TUNNEL }, 2, false },
		{ "AH inside an ESP tunnel", { 50, 51 }, { MODE_TUNNEL, MODE_TRANSPORT }, 2, true },
	};
	struct world *kame = world_open("kame"), *rfc = world_open("rfc4301");
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct sa sa[2] = { 0 };
		struct secpath path = { .n = rows[i].n };
		for (unsigned k = 0; k < rows[i].n; k++) {
			sa[k].spec.protocol = rows[i].protocol[k];
			sa[k].spec.mode = rows[i].mode[k];
			path.sa[k] = &sa[k];
		}
		struct spd_entry p = entry_for(&path);
		cr_assert(eq(int, level_met(kame->h, &path, &p, 4), rows[i].kame), "%s", rows[i].id);
		cr_assert(level_met(rfc->h, &path, &p, 4), "%s", rows[i].id);
	}
	world_close(kame);
	world_close(rfc);
}

Test(level, the_number_of_unique_binds_inbound_only_where_the_profile_says_so)
{
	struct world *kame = world_open("kame"), *rfc = world_open("rfc4301");
	struct sa sa = { .spec = { .protocol = 50, .mode = MODE_TRANSPORT, .reqid = 8 } };
	struct secpath path = { .n = 1, .sa = { &sa } };
	struct spd_entry p = { .action = SPD_PROTECT };
	request(&p, 50, MODE_TRANSPORT, LEVEL_UNIQUE)->reqid = 7;
	cr_assert(level_met(kame->h, &path, &p, 4));
	cr_assert(not(level_met(rfc->h, &path, &p, 4)));
	world_close(kame);
	world_close(rfc);
}
