/*
 * NAT mappings in PF_KEY: X_NAT_T_NEW_MAPPING, as KAME's successors and Linux have it, and UPDATE of an SA's ports, which is how a key
 * manager answers one.
 */
#include "pfkey/sadb_engine.h"
#include "pfkey/record.h"

/* An address and its port, in that order, as Linux puts them: where the peer was is "source", where it is now "destination". */
static bool
push_place(struct pfkey_msg *m, enum pfkey_ext address, enum pfkey_ext port, const struct addr *a, uint16_t number)
{
	if (!pfkey_msg_push_address(m, address, a, a->family == 4 ? 32 : 128, 0, 0, NULL))
		return false;
	struct hdr *h = pfkey_msg_push(m, port, 0);
	if (h == NULL)
		return false;
	hdr_set(h, XNT_VALUE, number);
	return true;
}

void
sadb_new_mapping(struct sadb *d, const struct sa *sa, const struct addr *addr, uint16_t port)
{
	if (d->setup.dialect->type_number[PFKEY_X_NAT_T_NEW_MAPPING] < 0)
		return;
	struct pfkey_msg *m = sadb_start(d, PFKEY_X_NAT_T_NEW_MAPPING, pfkey_satype_of(sa->spec.protocol));
	if (pfkey_push_sa(m, &sa->spec, sa->state) &&
	    push_place(m, EXT_ADDRESS_SRC, EXT_X_NAT_T_SPORT, &sa->spec.src, sa->spec.encap.sport) &&
	    push_place(m, EXT_ADDRESS_DST, EXT_X_NAT_T_DPORT, addr, port))
		(void)sadb_send(d, TO_REGISTERED, -1);
}

void
sadb_update_ports(const struct pfkey_msg *m, struct sa *sa)
{
	const struct hdr *sport = pfkey_msg_get(m, EXT_X_NAT_T_SPORT), *dport = pfkey_msg_get(m, EXT_X_NAT_T_DPORT);
	if (!sa->spec.encap.udp)
		return;
	if (sport != NULL)
		sa->spec.encap.sport = (uint16_t)sport->v[XNT_VALUE].u;
	if (dport != NULL)
		sa->spec.encap.dport = (uint16_t)dport->v[XNT_VALUE].u;
	sa->moved.addr.family = 0;
}
