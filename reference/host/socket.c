#include "host/parts.h"

#include <errno.h>

static bool
is_open(const struct host *h, int sock)
{
	return sock >= 0 && sock < UDP_SOCKETS && h->udp[sock].open;
}

int
host_socket_own(struct host *h, int sock, const char *user)
{
	if (!is_open(h, sock))
		return -EBADF;
	struct socket_security *s = &h->udp[sock].security;
	if (strlen(user) >= sizeof s->user)
		return -EINVAL;
	struct wr w = wr_of((uint8_t *)s->user, sizeof s->user);
	wr_bytes(&w, (struct bytes){ (const uint8_t *)user, strlen(user) + 1 });
	s->ordinary = user[0] != '\0' && strcmp(user, "root") != 0;
	return 0;
}

static bool
is_direction(uint8_t dir)
{
	return dir == DIR_IN || dir == DIR_OUT;
}

static bool
request_is_sound(const struct spd_request *r)
{
	bool ends = !addr_is_any(&r->src) && !addr_is_any(&r->dst) && r->src.family == r->dst.family;
	bool ours = r->protocol == IPPROTO_ESP_ || r->protocol == IPPROTO_AH_ || r->protocol == IPPROTO_IPCOMP_;
	return ours && r->level <= LEVEL_UNIQUE && (r->mode == MODE_TRANSPORT || (r->mode == MODE_TUNNEL && ends));
}

static bool
policy_is_sound(const struct socket_policy *p)
{
	if (p->action >= SOCKET_ACTIONS || p->n > SPD_REQUESTS || (p->n > 0) != (p->action == SOCKET_PROTECT))
		return false;
	for (unsigned i = 0; i < p->n; i++)
		if (!request_is_sound(&p->request[i]))
			return false;
	return true;
}

static struct spd_entry
entry_of(const struct socket_policy *p, uint8_t dir)
{
	static const uint8_t actions[SOCKET_ACTIONS] = { [SOCKET_ENTRUST] = SPD_BYPASS,
							 [SOCKET_BYPASS] = SPD_BYPASS,
							 [SOCKET_NONE] = SPD_BYPASS,
							 [SOCKET_DISCARD] = SPD_DISCARD,
							 [SOCKET_PROTECT] = SPD_PROTECT };
	struct spd_entry e = { .dir = dir, .action = actions[p->action], .n = p->n };
	for (unsigned i = 0; i < p->n; i++)
		e.request[i] = p->request[i];
	return e;
}

/* What nobody may say is looked at before who says it, as KAME does. */
int
host_socket_policy_set(struct host *h, int sock, uint8_t dir, const struct socket_policy *p)
{
	const struct profile_socket *rules = &h->set.rules.socket;
	if (!is_open(h, sock))
		return -EBADF;
	struct socket_security *s = &h->udp[sock].security;
	if (!is_direction(dir) || !policy_is_sound(p) || (rules->absent >> p->action & 1) != 0)
		return -EINVAL;
	if (s->ordinary && (rules->privileged >> p->action & 1) != 0)
		return -(int)rules->refusal;
	struct socket_policy numbered = *p;
	sadb_number_requests(h->sadb, numbered.request, numbered.n);
	s->policy[dir] = (struct socket_saying){ .policy = numbered, .entry = entry_of(&numbered, dir) };
	return 0;
}

int
host_socket_policy_get(const struct host *h, int sock, uint8_t dir, struct socket_policy *p)
{
	if (!is_open(h, sock))
		return -EBADF;
	if (!is_direction(dir))
		return -EINVAL;
	*p = h->udp[sock].security.policy[dir].policy;
	return 0;
}

/* The selector is what an acquire tells a key manager: just this flow. */
struct socket_security *
socket_speaks(struct socket_security *s, struct bytes datagram)
{
	struct flow f;
	if (!flow_of(datagram, &f))
		return s;
	struct selector *to = &s->policy[DIR_OUT].entry.selector;
	*to = (struct selector){ .src = f.src, .dst = f.dst, .protocol = f.protocol };
	to->src_bits = to->dst_bits = f.src.family == 4 ? 32 : 128;
	to->sport = f.has_ports ? f.sport : SELECTOR_ANY;
	to->dport = f.has_ports ? f.dport : SELECTOR_ANY;
	return s;
}

const char *
socket_user(const struct socket_security *s)
{
	return s != NULL && s->user[0] != '\0' ? s->user : NULL;
}

const struct spd_entry *
socket_entry(const struct host *h, const struct socket_security *s, uint8_t dir, const struct spd_entry *found)
{
	const struct profile_socket *rules = &h->set.rules.socket;
	if (s == NULL)
		return found;
	const struct socket_saying *p = &s->policy[dir];
	if (p->policy.action == SOCKET_ENTRUST)
		return found;
	/* The administrator's word is stronger than an ordinary user's, RFC 4301 4.4.1. */
	if (s->ordinary && rules->spd_first && found != NULL)
		return found;
	return &p->entry;
}
