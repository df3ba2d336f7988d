#include "host/pmtu.h"

#define FOREVER UINT64_MAX
#define IP6_LEAST_MTU 1280 /* RFC 8200 5 */

uint32_t
pmtu_guess(uint32_t total)
{
	/* RFC 1191 7.1, table 7-1 */
	static const uint16_t plateaus[] = { 65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68 };
	for (size_t i = 0; i < sizeof plateaus / sizeof plateaus[0]; i++)
		if (plateaus[i] < total)
			return plateaus[i];
	return 68;
}

static uint64_t
until(const struct pmtu_rules *r, uint64_t now)
{
	return r->age == 0 ? FOREVER : now + r->age;
}

/* 0: not to be believed. */
static uint32_t
believable(const struct pmtu_rules *r, uint8_t family, uint32_t mtu)
{
	if (family == 6)
		return mtu < IP6_LEAST_MTU ? 0 : mtu;
	return mtu < r->least ? r->least : mtu;
}

/* A report that says the same once more keeps what it says alive (RFC 8201 4: no attempt to increase right after one). */
static bool
report(uint32_t *known, uint64_t *known_until, const struct pmtu_rules *r, uint8_t family, uint32_t mtu, uint64_t now)
{
	uint32_t m = believable(r, family, mtu), had = *known_until > now && *known != 0 ? *known : PMTU_NONE;
	if (m == 0 || m > had)
		return false;
	*known = m;
	*known_until = until(r, now);
	return m < had;
}

static struct pmtu_path *
find(const struct pmtu_cache *c, const struct addr *dst)
{
	for (unsigned i = 0; i < PMTU_PATHS; i++)
		if (c->path[i].dst.family != 0 && addr_equal(&c->path[i].dst, dst))
			return (struct pmtu_path *)&c->path[i];
	return NULL;
}

uint32_t
pmtu_of_path(const struct pmtu_cache *c, const struct addr *dst, uint64_t now)
{
	const struct pmtu_path *p = find(c, dst);
	return p != NULL && p->until > now ? p->mtu : PMTU_NONE;
}

uint32_t
pmtu_of_sa(const struct sa *sa, uint64_t now)
{
	return sa->pmtu != 0 && sa->pmtu_until > now ? sa->pmtu : PMTU_NONE;
}

bool
pmtu_report_path(struct pmtu_cache *c, const struct pmtu_rules *r, const struct addr *dst, uint32_t mtu, uint64_t now)
{
	struct pmtu_path *p = find(c, dst);
	if (believable(r, dst->family, mtu) == 0)
		return false;
	if (p == NULL) {
		p = &c->path[c->next++ % PMTU_PATHS];
		*p = (struct pmtu_path){ .dst = *dst };
	}
	return report(&p->mtu, &p->until, r, dst->family, mtu, now);
}

bool
pmtu_report_sa(struct sa *sa, const struct pmtu_rules *r, uint32_t mtu, uint64_t now)
{
	return report(&sa->pmtu, &sa->pmtu_until, r, sa->spec.dst.family, mtu, now);
}
