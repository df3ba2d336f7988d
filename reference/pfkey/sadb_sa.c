/*
 * GETSPI, UPDATE, ADD, DELETE, GET: RFC 2367 3.1.1 to 3.1.5.
 */
#include "ipsec/ipcomp.h"
#include "pfkey/sadb_engine.h"

#include <errno.h>

enum { SPI_MIN = 0x100 }; /* 1 to 255 are reserved, 0 is local: RFC 4303 2.1 */

/* Only AH, ESP and IPComp live in the SAD; other types of RFC 2367 3.4 have their keepers in user space. */
static int
protocol_of(struct sadb_request *q, uint8_t *protocol)
{
	*protocol = pfkey_protocol_of(q->m->base.v[MSG_SATYPE].u);
	if (*protocol != 0)
		return 0;
	return pfkey_refuse(&q->err, EINVAL, "pfkey.satype: want ah, esp or ipcomp, got %u  [RFC 2367 3.4]",
			    (unsigned)q->m->base.v[MSG_SATYPE].u);
}

/* --- GETSPI ----------------------------------------------------------------------------------- */

static uint32_t
draw(struct sadb *d)
{
	uint8_t octets[4];
	d->setup.random->fill(d->setup.random, octets, sizeof octets);
	struct rd r = rd_of(BYTES_OF(octets));
	return (uint32_t)rd_uint(&r, 4);
}

/*
 * A few draws, then every value from a drawn one on: among more consecutive values than there are SAs one is free, so
 * that a full range is found full without trying it all over. 0 when none is free.
 */
static uint32_t
free_spi(struct sadb *d, uint32_t min, uint32_t max, uint8_t protocol, const struct addr *dst)
{
	enum { DRAWS = 8 };
	uint64_t range = (uint64_t)max - min + 1, tries = (uint64_t)sad_count(d->setup.sad) + 1;
	uint32_t spi = min;
	for (unsigned i = 0; i < DRAWS; i++) {
		spi = (uint32_t)(min + draw(d) % range);
		if (sad_find(d->setup.sad, spi, protocol, dst) == NULL)
			return spi;
	}
	for (uint64_t i = 0; i < tries && i < range; i++) {
		spi = spi == max ? min : spi + 1;
		if (sad_find(d->setup.sad, spi, protocol, dst) == NULL)
			return spi;
	}
	return 0;
}

static int
choose_spi(struct sadb_request *q, uint8_t protocol, const struct addr *dst, uint32_t *spi)
{
	const struct hdr *range = pfkey_msg_get(q->m, EXT_SPIRANGE);
	uint32_t min = (uint32_t)range->v[XRANGE_MIN].u, max = (uint32_t)range->v[XRANGE_MAX].u;
	if (min < SPI_MIN)
		min = SPI_MIN;
	if (protocol == IPPROTO_IPCOMP_ && max > CPI_MAX)
		max = CPI_MAX;
	*spi = min <= max ? free_spi(q->d, min, max, protocol, dst) : 0;
	if (*spi != 0)
		return 0;
	return pfkey_refuse(&q->err, EEXIST, "spirange: no SPI is free  [RFC 2367 3.1.1]");
}

int
sadb_do_getspi(struct sadb_request *q)
{
	struct addr src = pfkey_address(pfkey_msg_get(q->m, EXT_ADDRESS_SRC), NULL);
	struct addr dst = pfkey_address(pfkey_msg_get(q->m, EXT_ADDRESS_DST), NULL);
	uint8_t protocol;
	uint32_t spi = 0;
	int refused = protocol_of(q, &protocol);
	if (refused == 0)
		refused = choose_spi(q, protocol, &dst, &spi);
	if (refused != 0)
		return refused;
	struct sa *sa = sa_open_larval(spi, protocol, &src, &dst, &q->err);
	if (sa == NULL)
		return sadb_errno_of(&q->err);
	sa->current.addtime = q->now;
	if (!sad_add(q->d->setup.sad, sa, &q->err)) {
		sa_close(sa);
		return sadb_errno_of(&q->err);
	}
	refused = sadb_note_keep(q->d, sa, q->m);
	if (refused == 0)
		refused = sadb_push_sa(q->d, sadb_reply(q), sa, 0);
	if (refused != 0)
		sadb_remove(q->d, sa);
	return refused != 0 ? refused : sadb_send(q->d, TO_ALL, q->sock);
}

/* --- ADD, UPDATE ------------------------------------------------------------------------------ */

static void
set_current(struct sadb_request *q, struct sa *sa)
{
	sa->current = (struct lifetime){ .addtime = q->now };
	pfkey_get_lifetime(q->m, EXT_LIFETIME_CURRENT, &sa->current);
}

int
sadb_do_add(struct sadb_request *q)
{
	struct sa_spec spec;
	uint8_t protocol;
	int refused = protocol_of(q, &protocol);
	if (refused == 0)
		refused = sadb_spec(q, &spec);
	if (refused != 0)
		return refused;
	struct sa *sa = sa_open(&spec, &q->err);
	if (sa == NULL)
		return sadb_errno_of(&q->err);
	sa->current.addtime = q->now;
	if (!sad_add(q->d->setup.sad, sa, &q->err)) {
		sa_close(sa);
		return sadb_errno_of(&q->err);
	}
	refused = sadb_note_keep(q->d, sa, q->m);
	if (refused == 0)
		refused = sadb_push_sa(q->d, sadb_reply(q), sa, PART_LIMITS | PART_NOTES | PART_EXTRAS);
	if (refused != 0) {
		sadb_remove(q->d, sa);
		return refused;
	}
	sadb_acquire_answered(q->d, (uint32_t)q->m->base.v[MSG_SEQ].u, sa);
	return sadb_send(q->d, TO_ALL, q->sock);
}

static int
complete_larval(struct sadb_request *q, struct sa *sa)
{
	struct sa_spec spec;
	int refused = sadb_spec(q, &spec);
	if (refused != 0)
		return refused;
	if (!sa_complete(sa, &spec, &q->err))
		return sadb_errno_of(&q->err);
	if (!sad_completed(q->d->setup.sad, sa))
		return ENOMEM;
	set_current(q, sa);
	return sadb_note_keep(q->d, sa, q->m);
}

/* State, lifetimes and the ports of a NAT mapping, nothing else: the counter and the window stay, RFC 2367 3.1.2. */
static int
update_mature(struct sadb_request *q, struct sa *sa)
{
	int refused = sadb_unchanged(q, sa);
	if (refused != 0)
		return refused;
	struct sa_spec spec = sa->spec;
	pfkey_get_lifetime(q->m, EXT_LIFETIME_HARD, &spec.hard);
	pfkey_get_lifetime(q->m, EXT_LIFETIME_SOFT, &spec.soft);
	if (!sa_complete(sa, &spec, &q->err))
		return sadb_errno_of(&q->err);
	pfkey_get_lifetime(q->m, EXT_LIFETIME_CURRENT, &sa->current);
	sadb_update_ports(q->m, sa);
	sa->state = SA_MATURE;
	return 0;
}

int
sadb_do_update(struct sadb_request *q)
{
	uint8_t protocol;
	int refused = protocol_of(q, &protocol);
	if (refused != 0)
		return refused;
	struct sa *sa = sadb_named(q);
	if (sa == NULL)
		return pfkey_refuse(&q->err, ESRCH, "update: there is no such SA  [RFC 2367 3.1.2]");
	if (sa->state == SA_DEAD)
		return pfkey_refuse(&q->err, EINVAL, "update: the SA is dead  [RFC 2367 3.1.2]");
	refused = sa->state == SA_LARVAL ? complete_larval(q, sa) : update_mature(q, sa);
	if (refused == 0)
		refused = sadb_push_sa(q->d, sadb_reply(q), sa, PARTS_ALL & ~(unsigned)PART_KEYS);
	if (refused != 0)
		return refused;
	sadb_acquire_answered(q->d, (uint32_t)q->m->base.v[MSG_SEQ].u, sa);
	return sadb_send(q->d, TO_ALL, q->sock);
}

/* --- DELETE, GET ------------------------------------------------------------------------------ */

static int
named(struct sadb_request *q, struct sa **sa)
{
	uint8_t protocol;
	int refused = protocol_of(q, &protocol);
	if (refused != 0)
		return refused;
	*sa = sadb_named(q);
	return *sa != NULL ? 0
			   : pfkey_refuse(&q->err, ESRCH, "%s: there is no such SA  [RFC 2367 3.1.4, 3.1.5]",
					  pfkey_type_name(pfkey_msg_type(q->m)));
}

int
sadb_do_delete(struct sadb_request *q)
{
	struct sa *sa;
	int refused = named(q, &sa);
	if (refused != 0)
		return refused;
	struct addr src = sa->spec.src, dst = sa->spec.dst;
	/* SA(*): of the association only the SPI means something, RFC 2367 3.1.4. */
	if (!pfkey_msg_name_sa(sadb_reply(q), sa->spec.spi, &src, &dst, &q->err))
		return ENOBUFS;
	sadb_remove(q->d, sa);
	return sadb_send(q->d, TO_ALL, q->sock);
}

int
sadb_do_get(struct sadb_request *q)
{
	struct sa *sa;
	int refused = named(q, &sa);
	if (refused == 0)
		refused = sadb_push_sa(q->d, sadb_reply(q), sa, PARTS_ALL);
	return refused != 0 ? refused : sadb_send(q->d, TO_ONE, q->sock);
}
