#include "runner/live/host_agent_ops.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL_UDP 17 /* the option that makes a socket take ESP (RFC 3948) */
#define LEVEL_IP6 41 /* policies of IPv6 */
#define PASS_MAX 1000000

static struct served *
find(struct service *s, uint16_t handle)
{
	for (size_t i = 0; i < AGENT_SOCKETS_MAX; i++)
		if (s->sock[i].open && s->sock[i].handle == handle)
			return &s->sock[i];
	return NULL;
}

/* What an operation of the channel said, as the number that its caller on a system would have got. */
static int
number(bool ok, const struct err *e)
{
	if (ok)
		return 0;
	return e->os_errno != 0 ? e->os_errno : e->code == ERR_UNSUPPORTED ? EOPNOTSUPP : EINVAL;
}

static bool
text_of(struct bytes b, char *text, size_t cap)
{
	struct wr w = wr_of((uint8_t *)text, cap);
	wr_bytes(&w, b);
	wr_uint(&w, 0, 1);
	return !w.full && strlen(text) == b.n;
}

/* --- sockets --------------------------------------------------------------------------------- */

/* An ordinary user by name, where the other side says one. */
static bool
read_user(struct rd *r, struct served *to)
{
	if (rd_left(r) == 0 || rd_uint(r, 4) == 0)
		return !r->bad;
	struct bytes name = rd_rest(r);
	if (name.n == 0)
		snprintf(to->user, sizeof to->user, "nobody");
	return name.n == 0 || text_of(name, to->user, sizeof to->user);
}

static int
do_open(struct service *s, const struct frame *f, struct rd *r)
{
	struct channel *c = &s->target->channel;
	struct served *to = NULL;
	struct err e = { 0 };
	uint16_t kind = (uint16_t)rd_uint(r, 2);
	(void)rd_uint(r, 2);
	if (r->bad || kind == 0 || kind >= AGENT_KINDS)
		return EPROTONOSUPPORT;
	if (find(s, f->handle) != NULL)
		return EEXIST;
	for (size_t i = 0; i < AGENT_SOCKETS_MAX && to == NULL; i++)
		to = s->sock[i].open ? NULL : &s->sock[i];
	if (to == NULL)
		return EMFILE;
	*to = (struct served){ .handle = f->handle, .kind = kind, .sock = -1 };
	if (!read_user(r, to))
		return EINVAL;
	if (kind == AGENT_KEY && !c->ops->pfkey_open(c, &to->sock, &e))
		return number(false, &e);
	to->bound = kind == AGENT_KEY;
	to->open = kind == AGENT_KEY || kind == AGENT_UDP4 || kind == AGENT_UDP6;
	return to->open ? 0 : EPROTONOSUPPORT;
}

/* The host opens and binds in one go. */
static int
bind_to(struct service *s, struct served *to, struct bytes address, uint16_t port)
{
	struct channel *c = &s->target->channel;
	struct err e = { 0 };
	if (to->bound)
		return EINVAL;
	to->bound = c->ops->udp_open(c, to->kind == AGENT_UDP6 ? 6 : 4, address, port,
				     to->user[0] != '\0' ? to->user : NULL, &to->sock, &e);
	return number(to->bound, &e);
}

static int
do_addressed(struct service *s, const struct frame *f, struct rd *r)
{
	struct channel *c = &s->target->channel;
	struct served *to = find(s, f->handle);
	struct err e = { 0 };
	struct bytes address = rd_take(r, (size_t)rd_uint(r, 1));
	uint16_t port = (uint16_t)rd_uint(r, 2);
	if (r->bad || to == NULL || to->kind == AGENT_KEY)
		return r->bad ? EINVAL : EBADF;
	if (f->op == AGENT_BIND)
		return bind_to(s, to, address, port);
	int error = to->bound ? 0 : bind_to(s, to, BYTES_NONE, 0);
	return error != 0 ? error : number(c->ops->udp_send(c, to->sock, address, port, rd_rest(r), &e), &e);
}

static int
do_send(struct service *s, const struct frame *f)
{
	struct channel *c = &s->target->channel;
	struct served *to = find(s, f->handle);
	struct err e = { 0 };
	if (to == NULL || to->kind != AGENT_KEY)
		return EBADF;
	return number(c->ops->pfkey_send(c, to->sock, f->body, &e), &e);
}

static int
do_close(struct service *s, const struct frame *f)
{
	struct channel *c = &s->target->channel;
	struct served *to = find(s, f->handle);
	struct err e = { 0 };
	if (to == NULL)
		return EBADF;
	to->open = false;
	return to->bound ? number(c->ops->sock_close(c, to->sock, &e), &e) : 0;
}

static int
do_option(struct service *s, const struct frame *f, struct rd *r, struct wr *body)
{
	struct channel *c = &s->target->channel;
	struct served *to = find(s, f->handle);
	struct err e = { 0 };
	uint64_t level = rd_uint(r, 4);
	(void)rd_uint(r, 4);
	int family = level == LEVEL_IP6 ? 6 : 4, error;
	if (to == NULL || to->kind == AGENT_KEY)
		return EBADF;
	error = to->bound ? 0 : bind_to(s, to, BYTES_NONE, 0);
	if (error != 0 || r->bad)
		return error != 0 ? error : EINVAL;
	if (f->op == AGENT_SETSOCKOPT && level == LEVEL_UDP)
		return number(c->ops->udp_encap(c, to->sock, &e), &e);
	if (f->op == AGENT_SETSOCKOPT)
		return number(c->ops->policy_set(c, to->sock, family, rd_rest(r), &e), &e);
	size_t room = (size_t)rd_uint(r, 2);
	struct wr value = wr_of(body->p, room < body->cap ? room : body->cap);
	error = r->bad ? EINVAL : number(c->ops->policy_get(c, to->sock, family, rd_rest(r), &value, &e), &e);
	(void)wr_room(body, error == 0 ? value.n : 0);
	return error;
}

/* --- tunables -------------------------------------------------------------------------------- */

static int
pass(struct service *s, const char *value)
{
	char *end;
	unsigned long seconds = strtoul(value, &end, 10);
	if (end == value || *end != '\0' || seconds > PASS_MAX || s->target->pass == NULL)
		return EINVAL;
	s->target->pass(s->target, (unsigned)seconds);
	s->passed += seconds;
	return 0;
}

static int
do_read(struct service *s, const struct frame *f, struct wr *body)
{
	struct channel *c = &s->target->channel;
	static char value[AGENT_READ_MAX];
	struct err e = { 0 };
	char name[256];
	if (!text_of(f->body, name, sizeof name))
		return EINVAL;
	if (strcmp(name, CHANNEL_CLOCK) == 0)
		snprintf(value, sizeof value, "%llu", (unsigned long long)s->passed);
	else if (!c->ops->tunable_get(c, name, value, sizeof value, &e))
		return number(false, &e);
	wr_bytes(body, (struct bytes){ (const uint8_t *)value, strlen(value) });
	return 0;
}

static int
do_write(struct service *s, struct rd *r)
{
	struct channel *c = &s->target->channel;
	struct err e = { 0 };
	char name[256], value[1024];
	struct bytes n = rd_take(r, (size_t)rd_uint(r, 2));
	if (r->bad || !text_of(n, name, sizeof name) || !text_of(rd_rest(r), value, sizeof value))
		return EINVAL;
	if (strcmp(name, CHANNEL_CLOCK) == 0)
		return pass(s, value);
	return number(c->ops->tunable_set(c, name, value, &e), &e);
}

/* --- all ------------------------------------------------------------------------------------- */

int
service_perform(struct service *s, const struct frame *f, struct wr *body)
{
	struct rd r = rd_of(f->body);
	switch (f->op) {
	case AGENT_HELLO: service_hello(s, body); return 0;
	case AGENT_OPEN: return do_open(s, f, &r);
	case AGENT_CLOSE: return do_close(s, f);
	case AGENT_BIND:
	case AGENT_SENDTO: return do_addressed(s, f, &r);
	case AGENT_SEND: return do_send(s, f);
	case AGENT_SETSOCKOPT:
	case AGENT_GETSOCKOPT: return do_option(s, f, &r, body);
	case AGENT_READ: return do_read(s, f, body);
	case AGENT_WRITE: return do_write(s, &r);
	case AGENT_SYNC: return 0;
	case AGENT_SHUTDOWN: s->shutdown = true; return 0;
	default: return ENOSYS;
	}
}

static void
put_name(struct wr *w, const char *name)
{
	wr_uint(w, strlen(name), 1);
	wr_bytes(w, (struct bytes){ (const uint8_t *)name, strlen(name) });
}

void
service_hello(const struct service *s, struct wr *body)
{
	const struct channel_hello *hello = &s->target->channel.hello;
	char release[64];
	snprintf(release, sizeof release, "reference/%s", s->target->profile);
	wr_bytes(body, (struct bytes){ (const uint8_t *)AGENT_MAGIC, 4 });
	wr_uint(body, AGENT_VERSION, 2);
	wr_uint(body, hello->big_endian ? AGENT_BIG : AGENT_LITTLE, 1);
	wr_uint(body, hello->word_bits, 1);
	wr_uint(body, AGENT_HAS_PFKEY | AGENT_HAS_SOCKETS | AGENT_HAS_FILES | AGENT_HAS_USERS | AGENT_HAS_NAMES, 4);
	put_name(body, hello->os);
	put_name(body, release);
}

static uint16_t
handle_of(const struct service *s, const struct channel_event *ev, bool *known)
{
	*known = false;
	for (size_t i = 0; i < AGENT_SOCKETS_MAX && !*known; i++) {
		const struct served *at = &s->sock[i];
		*known = at->open && at->bound && at->sock == ev->sock;
		if (*known)
			return at->handle;
	}
	return 0;
}

bool
service_events(struct service *s, struct buffer *to)
{
	struct channel *c = &s->target->channel;
	struct channel_event ev;
	struct err e = { 0 };
	while (c->ops->next_event(c, &ev, &e)) {
		uint8_t head[19];
		struct wr w = wr_of(head, sizeof head);
		bool known;
		struct frame f = { AGENT_EVENT, 0, handle_of(s, &ev, &known), BYTES_NONE };
		wr_uint(&w, ev.from_len, 1);
		wr_bytes(&w, (struct bytes){ ev.from, ev.from_len });
		wr_uint(&w, ev.from_port, 2);
		if (known && !frame_put(to, f, wr_done(&w), ev.data))
			return false;
	}
	return e.code == ERR_NONE;
}
