/*
 * What ADD and UPDATE are judged by before anything changes: RFC 2367 2.3.1, 2.3.4, 3.1.2, 3.1.3, 3.5.
 */
#include "ipsec/ipcomp.h"
#include "pfkey/sadb_engine.h"

#include <errno.h>

enum { SPI_MIN = 0x100, UNSAID = 0 };

const struct sa_rules *
sadb_rules(const struct sadb *d)
{
	static const struct sa_rules rfc4301;
	return d->setup.rules != NULL ? d->setup.rules : &rfc4301;
}

/* A libcrypto or a database that runs out of memory is not the manager's fault. */
int
sadb_errno_of(const struct err *e)
{
	return e->code == ERR_IO ? ENOMEM : e->code == ERR_REFUSED ? e->os_errno : EINVAL;
}

struct sa *
sadb_named(const struct sadb_request *q)
{
	const struct hdr *sa = pfkey_msg_get(q->m, EXT_SA);
	struct addr src = pfkey_address(pfkey_msg_get(q->m, EXT_ADDRESS_SRC), NULL);
	struct addr dst = pfkey_address(pfkey_msg_get(q->m, EXT_ADDRESS_DST), NULL);
	uint8_t protocol = pfkey_protocol_of(q->m->base.v[MSG_SATYPE].u);
	struct sa *found = sad_find_from(q->d->setup.sad, (uint32_t)sa->v[XSA_SPI].u, protocol, &src, &dst);
	return found != NULL && addr_equal(&found->spec.src, &src) ? found : NULL;
}

static int
check_state(struct sadb_request *q)
{
	uint64_t state = pfkey_msg_get(q->m, EXT_SA)->v[XSA_STATE].u;
	if (state == SA_MATURE)
		return 0;
	return pfkey_refuse(&q->err, EINVAL, "sa.state: want mature, got %u  [RFC 2367 3.1.2, 3.1.3]", (unsigned)state);
}

/* Keys without an algorithm, keys of odd bits, and an algorithm without its key. */
static int
check_key(struct sadb_request *q, enum pfkey_ext kind, const struct alg *a)
{
	const struct hdr *key = pfkey_msg_get(q->m, kind);
	bool keyed = a != NULL && a->kind != ALG_NULL;
	if (key == NULL && keyed)
		return pfkey_refuse(&q->err, EINVAL, "%s: %s needs one  [RFC 2367 3.1.3]", pfkey_ext_name(kind),
				    a->name);
	if (key != NULL && !keyed && (a == NULL || key->v[XKEY_BITS].u != 0))
		return pfkey_refuse(&q->err, EINVAL, "%s: there is no algorithm for it  [RFC 2367 3.1.3]",
				    pfkey_ext_name(kind));
	if (key != NULL && key->v[XKEY_BITS].u % 8 != 0)
		return pfkey_refuse(&q->err, EINVAL, "%s.bits: no algorithm has keys of %u bits  [RFC 2367 2.3.4]",
				    pfkey_ext_name(kind), (unsigned)key->v[XKEY_BITS].u);
	return 0;
}

/* What 0 stands for in UPDATE, ADD must say: an algorithm. That it is one we have, and one that the CPI may mean, is sa_open's to judge. */
static int
check_compression(struct sadb_request *q, const struct sa_spec *s)
{
	if (s->auth != NULL)
		return pfkey_refuse(&q->err, EINVAL, "sa.auth: IPComp has none");
	if (s->comp == 0)
		return pfkey_refuse(&q->err, EINVAL, "sa.encrypt: IPComp needs an algorithm  [RFC 3173 4]");
	return 0;
}

static int
check_services(struct sadb_request *q, const struct sa_spec *s)
{
	if (s->protocol == IPPROTO_IPCOMP_)
		return check_compression(q, s);
	bool ah = q->m->base.v[MSG_SATYPE].u == SATYPE_AH;
	if (ah && s->enc != NULL)
		return pfkey_refuse(&q->err, EINVAL, "sa.encrypt: AH has none  [RFC 2367 3.5]");
	if (ah && (s->auth == NULL || s->auth->kind == ALG_NULL))
		return pfkey_refuse(&q->err, EINVAL, "sa.auth: AH needs one  [RFC 2367 2.3.1]");
	if (!ah && s->enc == NULL)
		return pfkey_refuse(&q->err, EINVAL, "sa.encrypt: 0 is not for ESP, NULL is 11  [RFC 2367 3.5]");
	if (!q->d->setup.dialect->aead && s->enc != NULL && alg_is_combined(s->enc))
		return pfkey_refuse(&q->err, EINVAL, "sa.encrypt: %s: not by PF_KEY", s->enc->name);
	return 0;
}

/* 1 to 255 are reserved, but CPIs of well-known algorithms may be used as they are (RFC 3173 3.3). */
static int
check_spi(struct sadb_request *q, const struct sa_spec *s)
{
	bool well_known = s->protocol == IPPROTO_IPCOMP_ && s->spi > 0 && s->spi < CPI_WELL_KNOWN_END;
	if (s->spi >= SPI_MIN || well_known)
		return 0;
	return pfkey_refuse(&q->err, EINVAL, "sa.spi: want 0x100 or more, got 0x%x  [%s]", s->spi,
			    s->protocol == IPPROTO_IPCOMP_ ? "RFC 3173 3.3" : "RFC 4303 2.1");
}

int
sadb_spec(struct sadb_request *q, struct sa_spec *spec)
{
	struct err *e = &q->err;
	if (!pfkey_msg_to_sa(q->m, spec, e))
		return pfkey_refuse(e, EINVAL, "%s", e->text);
	if (!sa_rules_allow(sadb_rules(q->d), spec, e))
		return pfkey_refuse(e, EINVAL, "%s", e->text);
	int refused = check_spi(q, spec);
	if (refused == 0)
		refused = check_state(q);
	if (refused == 0)
		refused = check_services(q, spec);
	if (refused == 0)
		refused = check_key(q, EXT_KEY_AUTH, spec->auth);
	if (refused == 0)
		refused = check_key(q, EXT_KEY_ENCRYPT, spec->enc);
	return refused;
}

/* --- a mature SA ------------------------------------------------------------------------------ */

static int
refuse_change(struct sadb_request *q, const char *what)
{
	return pfkey_refuse(&q->err, EINVAL, "%s: a mature SA keeps what it has  [RFC 2367 3.1.2]", what);
}

static bool
is_changed(uint64_t said, uint64_t had)
{
	return said != UNSAID && said != had;
}

static bool
is_key_changed(const struct pfkey_msg *m, enum pfkey_ext kind, struct bytes had)
{
	const struct hdr *key = pfkey_msg_get(m, kind);
	return key != NULL && !bytes_equal(key->v[XKEY_KEY].b, had);
}

/* A NAT may give the peer another port at any time, so ports may change (RFC 3947 7); whether there is UDP may not. */
static bool
is_encap_changed(const struct sadb_request *q, const struct encap *said, const struct encap *had)
{
	bool type = pfkey_msg_get(q->m, EXT_X_NAT_T_TYPE) != NULL;
	bool ports = pfkey_msg_get(q->m, EXT_X_NAT_T_SPORT) != NULL || pfkey_msg_get(q->m, EXT_X_NAT_T_DPORT) != NULL;
	bool original = (said->oai.family != 0 && !addr_equal(&said->oai, &had->oai)) ||
			(said->oar.family != 0 && !addr_equal(&said->oar, &had->oar));
	return (type && said->udp != had->udp) || (ports && !had->udp) || original;
}

/*
 * Zero is read as saying nothing: an UPDATE of lifetimes alone need not repeat algorithms, window, flags and mode, but
 * where it does they must be what they were.
 */
int
sadb_unchanged(struct sadb_request *q, const struct sa *sa)
{
	struct sa_spec said;
	const struct sa_spec *had = &sa->spec;
	if (!pfkey_msg_to_sa(q->m, &said, &q->err))
		return pfkey_refuse(&q->err, EINVAL, "%s", q->err.text);
	int refused = check_state(q);
	if (refused != 0)
		return refused;
	if ((said.enc != NULL && said.enc != had->enc) || is_changed(said.comp, had->comp) ||
	    (said.auth != NULL && said.auth != had->auth))
		return refuse_change(q, "algorithm");
	if (is_key_changed(q->m, EXT_KEY_AUTH, had->auth_key) || is_key_changed(q->m, EXT_KEY_ENCRYPT, had->enc_key))
		return refuse_change(q, "key");
	if (is_changed(said.replay, had->replay) || is_changed(said.flags, had->flags))
		return refuse_change(q, "replay window or flags");
	if (is_changed(said.mode, had->mode) || is_changed(said.reqid, had->reqid) ||
	    is_encap_changed(q, &said.encap, &had->encap))
		return refuse_change(q, "mode, reqid or encapsulation");
	if (!sadb_note_agrees(q->d, sa, q->m))
		return refuse_change(q, "identity, sensitivity or proxy address");
	return 0;
}
