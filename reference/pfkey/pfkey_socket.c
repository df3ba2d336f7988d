/*
 * Policies of single sockets: KAME's IP_IPSEC_POLICY takes what SPD messages carry as x_policy, with two actions more. The value is
 * made and read as the only extension of a message, so that numbers, byte order and requests are those of pfkey_policy.c.
 */
#include "pfkey/parts.h"
#include "wire/layouts.h"

enum { BASE_OCTETS = 16, WORD = 8 };

static const uint16_t types[SOCKET_ACTIONS] = {
	[SOCKET_ENTRUST] = POLICY_ENTRUST, [SOCKET_BYPASS] = POLICY_BYPASS, [SOCKET_NONE] = POLICY_NONE,
	[SOCKET_DISCARD] = POLICY_DISCARD, [SOCKET_PROTECT] = POLICY_IPSEC,
};

bool
pfkey_socket_put(const struct dialect *d, uint8_t dir, const struct socket_policy *p, bool swap, struct wr *out,
		 struct err *e)
{
	uint8_t room[BASE_OCTETS + 1024], records[1024];
	struct wr w = wr_of(room, sizeof room), store = wr_of(records, sizeof records);
	struct spd_entry entry = { .dir = dir, .action = SPD_PROTECT, .n = p->n };
	struct pfkey_msg m;
	for (unsigned i = 0; i < p->n; i++)
		entry.request[i] = p->request[i];
	pfkey_msg_init(&m, d, PFKEY_X_SPDGET, SATYPE_UNSPEC);
	if (!pfkey_push_policy(&m, &entry, &store, e))
		return false;
	hdr_set(&m.ext[0], XPOL_TYPE, types[p->action]); /* the only one */
	if (!pfkey_msg_put(&m, swap, &w, e))
		return false;
	wr_bytes(out, bytes_slice(wr_done(&w), BASE_OCTETS, SIZE_MAX));
	return !out->full || fail(e, ERR_RANGE, "x_policy: no room for %zu octets", w.n - BASE_OCTETS);
}

/* The value as a message: its length says how much of it there must be. */
static bool
as_message(struct pfkey_msg *m, const struct dialect *d, struct bytes value, bool swap, struct wr *w, struct err *e)
{
	struct pfkey_msg head;
	if (value.n < 2 * WORD || value.n % WORD != 0)
		return fail(e, ERR_SHORT, "x_policy: want whole words and at least %d octets, got %zu", 2 * WORD,
			    value.n);
	pfkey_msg_init(&head, d, PFKEY_X_SPDGET, SATYPE_UNSPEC);
	hdr_set(&head.base, MSG_LEN, (BASE_OCTETS + value.n) / WORD);
	if (!pfkey_msg_put(&head, swap, w, e))
		return false;
	wr_bytes(w, value);
	if (w->full)
		return fail(e, ERR_RANGE, "x_policy: %zu octets are too many", value.n);
	return pfkey_msg_parse(m, d, wr_done(w), swap, e);
}

bool
pfkey_socket_get(const struct dialect *d, struct bytes value, bool swap, uint8_t *dir, struct socket_policy *p,
		 struct err *e)
{
	uint8_t room[BASE_OCTETS + 1024];
	struct wr w = wr_of(room, sizeof room);
	struct pfkey_msg m;
	struct spd_entry entry = { .n = 0 };
	if (!as_message(&m, d, value, swap, &w, e))
		return false;
	const struct hdr *h = pfkey_msg_get(&m, EXT_X_POLICY);
	if (h == NULL || m.n != 1)
		return fail(e, ERR_SYNTAX, "x_policy: want one, and nothing else");
	*p = (struct socket_policy){ .action = SOCKET_ACTIONS };
	for (uint8_t i = 0; i < SOCKET_ACTIONS; i++)
		if (types[i] == h->v[XPOL_TYPE].u)
			p->action = i;
	*dir = (uint8_t)h->v[XPOL_DIR].u;
	if (p->action == SOCKET_ACTIONS || (h->v[XPOL_DIR].u != DIR_IN && h->v[XPOL_DIR].u != DIR_OUT))
		return fail(e, ERR_RANGE, "x_policy: type %u, direction %u: no such value", (unsigned)h->v[XPOL_TYPE].u,
			    (unsigned)h->v[XPOL_DIR].u);
	if (p->action == SOCKET_PROTECT && !pfkey_get_requests(&m, h, &entry, e))
		return false;
	for (p->n = 0; p->n < entry.n; p->n++)
		p->request[p->n] = entry.request[p->n];
	return true;
}
