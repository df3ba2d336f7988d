/*
 * The engine's front: sockets, the path of one write, and who gets what. RFC 2367 1.4 to 1.6, 2.1, appendix A.
 */
#include "pfkey/sadb_engine.h"

#include <errno.h>
#include <stdlib.h>

typedef int sadb_handler(struct sadb_request *q);

static sadb_handler *const handlers[PFKEY_TYPE_N] = {
	[PFKEY_GETSPI] = sadb_do_getspi,
	[PFKEY_UPDATE] = sadb_do_update,
	[PFKEY_ADD] = sadb_do_add,
	[PFKEY_DELETE] = sadb_do_delete,
	[PFKEY_GET] = sadb_do_get,
	[PFKEY_ACQUIRE] = sadb_do_acquire,
	[PFKEY_REGISTER] = sadb_do_register,
	[PFKEY_EXPIRE] = sadb_do_expire,
	[PFKEY_FLUSH] = sadb_do_flush,
	[PFKEY_DUMP] = sadb_do_dump,
	[PFKEY_X_PROMISC] = sadb_do_promisc,
	[PFKEY_X_PCHANGE] = sadb_do_pchange,
	[PFKEY_X_SPDUPDATE] = sadb_do_spdupdate,
	[PFKEY_X_SPDADD] = sadb_do_spdadd,
	[PFKEY_X_SPDDELETE] = sadb_do_spddelete,
	[PFKEY_X_SPDGET] = sadb_do_spdget,
	[PFKEY_X_SPDDUMP] = sadb_do_spddump,
	[PFKEY_X_SPDFLUSH] = sadb_do_spdflush,
	[PFKEY_X_SPDSETIDX] = sadb_do_spdsetidx,
	[PFKEY_X_SPDDELETE2] = sadb_do_spddelete2,
	[PFKEY_X_ADDFLOW] = sadb_do_addflow,
	[PFKEY_X_DELFLOW] = sadb_do_delflow,
	[PFKEY_X_FLOWDUMP] = sadb_do_flowdump,
	[PFKEY_X_ASKPOLICY] = sadb_do_askpolicy,
	[PFKEY_X_GRPSPIS] = sadb_do_grpspis,
	[PFKEY_X_INVERSE_ACQUIRE] = sadb_do_inverse_acquire,
	[PFKEY_X_UPDATEPAIR] = sadb_do_updatepair,
	[PFKEY_X_DELPAIR] = sadb_do_delpair,
	[PFKEY_X_DELPAIR_STATE] = sadb_do_delpair,
};

struct sadb *
sadb_new(const struct sadb_setup *s, struct err *e)
{
	struct sadb *d = calloc(1, sizeof *d);
	if (d == NULL) {
		(void)fail(e, ERR_IO, "sadb: out of memory");
		return NULL;
	}
	static const struct sadb_settings defaults = { .rcvbuf = 0 };
	d->setup = *s;
	if (s->settings == NULL)
		d->setup.settings = &defaults;
	/* IPSEC_MANUAL_REQID_MAX: ids above it are the kernel's */
	d->reqid = s->unique_max != 0 ? s->unique_max : 0x3fff;
	return d;
}

void
sadb_free(struct sadb *d)
{
	if (d == NULL)
		return;
	sadb_note_drop_all(d);
	sadb_acquire_drop_all(d);
	explicit_bzero(d, sizeof *d); /* messages with keys went through it */
	free(d);
}

int
sadb_open(struct sadb *d, uint32_t pid)
{
	for (int i = 0; i < SADB_SOCKETS; i++) {
		if (d->sockets[i].open)
			continue;
		d->sockets[i] = (struct sadb_socket){ .open = true, .pid = pid };
		return i;
	}
	return -1;
}

/* What it registered for goes with it, RFC 2367 3.1.7. */
void
sadb_close(struct sadb *d, int sock)
{
	if (sock >= 0 && sock < SADB_SOCKETS)
		d->sockets[sock] = (struct sadb_socket){ .open = false };
}

/* --- delivery --------------------------------------------------------------------------------- */

/* A message that finds a full buffer is lost, as a socket of KAME loses it; whoever dumps can tell by the seq of 0 that does not come. */
void
sadb_deliver(struct sadb *d, int sock, struct bytes msg)
{
	struct sadb_socket *s = &d->sockets[sock];
	size_t room = d->setup.settings->rcvbuf;
	if (room != 0 && s->unread + msg.n > room) {
		s->lost++;
		if (d->setup.lost != NULL)
			(*d->setup.lost)++;
		return;
	}
	s->unread += msg.n;
	d->setup.deliver(d->setup.ctx, sock, msg);
}

void
sadb_taken(struct sadb *d, int sock, size_t n)
{
	if (sock < 0 || sock >= SADB_SOCKETS)
		return;
	size_t *unread = &d->sockets[sock].unread;
	*unread -= n < *unread ? n : *unread;
}

/* A copy of what passes, wrapped, to those who look at everything; not to the one who sent it. RFC 2367 appendix A. */
static void
send_wrapped(struct sadb *d, int sender, struct bytes msg)
{
	struct wr w = wr_of(d->wrapped, sizeof d->wrapped);
	struct hdr head = hdr_of(d->setup.dialect->base);
	size_t units = (msg.n + 7) / 8;
	hdr_set(&head, MSG_VERSION, PFKEY_VERSION);
	hdr_set(&head, MSG_TYPE, (uint64_t)d->setup.dialect->type_number[PFKEY_X_PROMISC]);
	hdr_set(&head, MSG_LEN, 2 + units);
	hdr_put(&head, &w, false);
	wr_bytes(&w, msg);
	wr_fill(&w, 0, units * 8 - msg.n);
	for (int i = 0; i < SADB_SOCKETS && !w.full; i++)
		if (d->sockets[i].open && d->sockets[i].promiscuous && i != sender)
			sadb_deliver(d, i, wr_done(&w));
	explicit_bzero(d->wrapped, w.n);
}

static bool
anyone_looks(const struct sadb *d)
{
	for (int i = 0; i < SADB_SOCKETS; i++)
		if (d->sockets[i].open && d->sockets[i].promiscuous)
			return true;
	return false;
}

static uint32_t
satype_bit(uint64_t satype)
{
	return satype < 32 ? UINT32_C(1) << satype : 0;
}

static bool
is_addressed(const struct sadb_socket *s, enum sadb_audience to, bool is_sender, uint64_t satype)
{
	switch (to) {
	case TO_ONE: return is_sender;
	case TO_REGISTERED: return ((s->registered | s->extended) & satype_bit(satype)) != 0;
	case TO_PLAIN: return (s->registered & satype_bit(satype)) != 0;
	case TO_EXTENDED: return s->extended != 0;
	case TO_ANY_REGISTERED: return (s->registered | s->extended) != 0;
	case TO_ALL: return true;
	}
	return false;
}

bool
sadb_is_registered(const struct sadb *d, uint8_t satype)
{
	for (int i = 0; i < SADB_SOCKETS; i++)
		if (d->sockets[i].open && is_addressed(&d->sockets[i], TO_REGISTERED, false, satype))
			return true;
	return false;
}

bool
sadb_has_extended(const struct sadb *d, uint8_t satype)
{
	for (int i = 0; i < SADB_SOCKETS; i++)
		if (d->sockets[i].open && (d->sockets[i].extended & satype_bit(satype)))
			return true;
	return false;
}

int
sadb_send(struct sadb *d, enum sadb_audience to, int sock)
{
	struct wr w = wr_of(d->out, sizeof d->out);
	if (!pfkey_msg_put(&d->reply, false, &w, NULL))
		return ENOBUFS;
	for (int i = 0; i < SADB_SOCKETS; i++)
		if (d->sockets[i].open && is_addressed(&d->sockets[i], to, i == sock, d->reply.base.v[MSG_SATYPE].u))
			sadb_deliver(d, i, wr_done(&w));
	if (anyone_looks(d))
		send_wrapped(d, -1, wr_done(&w));
	explicit_bzero(d->out, w.n);
	return 0;
}

struct pfkey_msg *
sadb_reply(const struct sadb_request *q)
{
	const struct value *v = q->m->base.v;
	struct pfkey_msg *r = &q->d->reply;
	pfkey_msg_init(r, q->d->setup.dialect, PFKEY_RESERVED, (uint8_t)v[MSG_SATYPE].u);
	hdr_set(&r->base, MSG_TYPE, v[MSG_TYPE].u);
	hdr_set(&r->base, MSG_SEQ, v[MSG_SEQ].u);
	hdr_set(&r->base, MSG_PID, v[MSG_PID].u);
	return r;
}

bool
sadb_send_part(const struct sadb_request *q)
{
	const uint64_t *lost = &q->d->sockets[q->sock].lost, before = *lost;
	return sadb_send(q->d, TO_ONE, q->sock) == 0 && *lost == before;
}

uint32_t
sadb_next_seq(struct sadb *d)
{
	if (++d->seq == 0)
		d->seq = 1;
	return d->seq;
}

struct pfkey_msg *
sadb_begin(struct sadb *d, enum pfkey_type type, uint8_t satype, uint32_t seq)
{
	pfkey_msg_init(&d->reply, d->setup.dialect, type, satype);
	hdr_set(&d->reply.base, MSG_SEQ, seq);
	hdr_set(&d->reply.base, MSG_PID, 0);
	return &d->reply;
}

struct pfkey_msg *
sadb_start(struct sadb *d, enum pfkey_type type, uint8_t satype)
{
	return sadb_begin(d, type, satype, sadb_next_seq(d));
}

/* --- one write -------------------------------------------------------------------------------- */

static void
send_error(struct sadb_request *q, int number)
{
	struct pfkey_msg *r = sadb_reply(q);
	unsigned diagnostic = pfkey_diagnostic(q->m, number);
	hdr_set(&r->base, MSG_ERRNO, (uint64_t)dialect_errno(q->d->setup.dialect, number));
	if (diagnostic != 0)
		hdr_set(&r->base, MSG_RESERVED, diagnostic);
	(void)sadb_send(q->d, TO_ONE, q->sock); /* 16 octets always fit */
}

/* sadb_msg_len is the one thing that the write itself answers, RFC 2367 2.1. */
static bool
length_agrees(const struct dialect *d, struct bytes msg)
{
	struct rd r = rd_of(msg);
	struct hdr base;
	return hdr_get(&base, d->base, &r, false, NULL) && msg.n <= PFKEY_MSG_MAX && base.v[MSG_LEN].u * 8 == msg.n;
}

static int
obey(struct sadb_request *q)
{
	int refused = pfkey_msg_validate(q->m, PFKEY_IN, &q->err);
	if (refused != 0)
		return refused;
	sadb_handler *handler = handlers[pfkey_msg_type(q->m)];
	return handler != NULL ? handler(q) : EOPNOTSUPP;
}

int
sadb_write(struct sadb *d, int sock, struct bytes msg, uint64_t now)
{
	struct sadb_request q = { .d = d, .sock = sock, .m = &d->asked, .now = now };
	const struct dialect *dialect = d->setup.dialect;
	if (sock < 0 || sock >= SADB_SOCKETS || !d->sockets[sock].open)
		return dialect_errno(dialect, EBADF);
	if (msg.n > 0 && anyone_looks(d))
		send_wrapped(d, sock, msg);
	if (!length_agrees(dialect, msg))
		return dialect_errno(dialect, EMSGSIZE);
	/* The base header is whole, so that even octets that cannot be parsed get their answer. */
	int refused = pfkey_msg_parse(&d->asked, dialect, msg, false, &q.err) ? obey(&q) : EINVAL;
	d->refused = q.err;
	if (refused != 0)
		send_error(&q, refused);
	return 0;
}

/* --- timers ----------------------------------------------------------------------------------- */

void
sadb_remove(struct sadb *d, struct sa *sa)
{
	sadb_note_drop(d, sa);
	sad_delete(d->setup.sad, sa);
}

/* A limit in seconds; a clock that went back makes nothing older. */
static bool
is_aged(uint64_t now, uint64_t since, uint64_t limit)
{
	return limit != 0 && now >= since && now - since >= limit;
}

/* Whichever comes first, RFC 2367 2.3.2; times count from creation and from first use. */
bool
sadb_is_over(const struct lifetime *used, const struct lifetime *limit, uint64_t now)
{
	return is_aged(now, used->addtime, limit->addtime) ||
	       (used->usetime != 0 && is_aged(now, used->usetime, limit->usetime)) ||
	       (limit->bytes != 0 && used->bytes >= limit->bytes) ||
	       (limit->allocations != 0 && used->allocations >= limit->allocations);
}

/* HARD before SOFT: with equal limits HARD is the one announced, RFC 2367 3.1.8. */
static void
tick_sa(struct sadb *d, struct sa *sa, uint64_t now)
{
	if (sa->state == SA_LARVAL) {
		uint32_t larval = d->setup.settings->larval;
		if (is_aged(now, sa->current.addtime, larval != 0 ? larval : SADB_LARVAL_SECONDS))
			sadb_remove(d, sa); /* RFC 2367 3.1.1 */
		return;
	}
	if (sadb_is_over(&sa->current, &sa->spec.hard, now))
		sadb_expire(d, sa, true);
	else if (sa->state == SA_MATURE && sadb_is_over(&sa->current, &sa->spec.soft, now))
		sadb_expire(d, sa, false);
}

void
sadb_tick(struct sadb *d, uint64_t now)
{
	struct sa *next;
	for (struct sa *sa = sad_next(d->setup.sad, NULL); sa != NULL; sa = next) {
		next = sad_next(d->setup.sad, sa);
		tick_sa(d, sa, now);
	}
	sadb_acquire_tick(d, now);
	sadb_spd_tick(d, now);
}
