#include "host/parts.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME "ip.tun"

/* --- configuration ---------------------------------------------------------------------------- */

static bool
take_route(struct tunnel_if *t, char *text)
{
	char *slash = strchr(text, '/'), *end;
	if (t->n == TUNNEL_ROUTES || slash == NULL)
		return false;
	*slash = '\0';
	unsigned long bits = strtoul(slash + 1, &end, 10);
	if (!addr_parse(&t->route[t->n].prefix, text, NULL) || *end != '\0' || end == slash + 1 ||
	    bits > (t->route[t->n].prefix.family == 4 ? 32U : 128U))
		return false;
	t->route[t->n++].bits = (uint8_t)bits;
	return true;
}

bool
tunnel_if_configure(struct tunnel_if *t, const char *text)
{
	struct tunnel_if made = { 0 };
	char copy[256], *rest = copy, *word;
	if (strlen(text) >= sizeof copy)
		return false;
	snprintf(copy, sizeof copy, "%s", text);
	for (unsigned i = 0; (word = strsep(&rest, " ")) != NULL; i++) {
		if (*word == '\0')
			i--;
		else if (i < 2 ? !addr_parse(i == 0 ? &made.local : &made.remote, word, NULL)
			       : !take_route(&made, word))
			return false;
	}
	if (made.local.family != made.remote.family)
		return false;
	*t = made;
	return true;
}

void
tunnel_if_print(const struct tunnel_if *t, char *text, size_t cap)
{
	char local[48], remote[48];
	size_t at = 0;
	text[0] = '\0';
	if (t->local.family == 0)
		return;
	at = (size_t)snprintf(text, cap, "%s %s", addr_print(&t->local, local), addr_print(&t->remote, remote));
	for (unsigned i = 0; i < t->n && at < cap; i++)
		at += (size_t)snprintf(text + at, cap - at, " %s/%u", addr_print(&t->route[i].prefix, local),
				       t->route[i].bits);
}

struct tunnel_if *
tunnel_if_named(struct host *h, const char *name)
{
	char *end;
	if (strncmp(name, NAME, sizeof NAME - 1) != 0)
		return NULL;
	unsigned long n = strtoul(name + sizeof NAME - 1, &end, 10);
	return end != name + sizeof NAME - 1 && *end == '\0' && n < TUNNEL_IFS ? &h->tunnels[n] : NULL;
}

/* --- which tunnel ----------------------------------------------------------------------------- */

const struct tunnel_if *
tunnel_if_towards(const struct host *h, const struct addr *dst)
{
	for (unsigned i = 0; i < TUNNEL_IFS; i++)
		for (unsigned r = 0; r < h->tunnels[i].n; r++)
			if (addr_in_prefix(dst, &h->tunnels[i].route[r].prefix, h->tunnels[i].route[r].bits))
				return &h->tunnels[i];
	return NULL;
}

static const struct tunnel_if *
between(const struct host *h, const struct addr *src, const struct addr *dst)
{
	for (unsigned i = 0; i < TUNNEL_IFS; i++)
		if (h->tunnels[i].local.family != 0 && addr_equal(&h->tunnels[i].local, dst) &&
		    addr_equal(&h->tunnels[i].remote, src))
			return &h->tunnels[i];
	return NULL;
}

const struct tunnel_if *
tunnel_if_of(const struct host *h, const struct arrival *a)
{
	if (a->tunnel != NULL)
		return a->tunnel;
	const struct tunnel_if *t = NULL;
	for (unsigned i = 0; i < a->path.n && t == NULL; i++)
		if (a->path.sa[i]->spec.mode == MODE_TUNNEL)
			t = between(h, &a->path.sa[i]->spec.src, &a->path.sa[i]->spec.dst);
	return t;
}

/* --- policy ----------------------------------------------------------------------------------- */

static bool
has_entries(const struct host *h, uint8_t table)
{
	for (const struct spd_entry *p = spd_next(h->spd, NULL); p != NULL; p = spd_next(h->spd, p))
		if (p->dir >> 2 == table)
			return true;
	return false;
}

uint8_t
tunnel_if_policy(const struct host *h, const struct tunnel_if *t, uint8_t dir, const struct flow *f,
		 const struct spd_entry **found)
{
	uint8_t table = (uint8_t)(t - h->tunnels + 1);
	*found = policy_find(h, SPD_DIR(table, dir), f);
	if (*found != NULL)
		return (*found)->action;
	return has_entries(h, table) ? h->set.rules.policy.tunnel_miss : SPD_BYPASS;
}

/* --- IP in IP --------------------------------------------------------------------------------- */

struct bytes
tunnel_if_wrap(struct host *h, const struct tunnel_if *t, struct bytes datagram)
{
	struct rd r = rd_of(datagram);
	struct wr w = wr_of(h->wrapped, sizeof h->wrapped);
	uint8_t protocol = rd_peek(&r, 0) >> 4 == 4 ? IPPROTO_IP4 : IPPROTO_IP6;
	ip_begin(&w,
		 &(struct ip_head){
			 .src = &t->local, .dst = &t->remote, .protocol = protocol, .ttl = IP_TTL, .id = h->ident++ });
	wr_bytes(&w, datagram);
	return ip_finish(&w) ? wr_done(&w) : BYTES_NONE;
}

bool
tunnel_if_input(struct host *h, struct arrival *a, const struct ip *ip, uint8_t protocol, struct bytes inner)
{
	const struct tunnel_if *t = between(h, &ip->src, &ip->dst);
	if (t == NULL || a->tunnel != NULL || (protocol != IPPROTO_IP4 && protocol != IPPROTO_IP6))
		return false;
	a->tunnel = t;
	/* Out of the slot of reassembly that it may be in, which the inner datagram's own fragments may be given. */
	struct wr w = wr_of(h->in[h->in_turn], sizeof h->in[0]);
	h->in_turn ^= 1;
	wr_bytes(&w, inner);
	input_datagram(h, a, wr_done(&w));
	return true;
}
