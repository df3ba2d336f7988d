#include "reports/case/sa.h"

#include <stdlib.h>
#include <string.h>

#include "config/setkey.h"
#include "ipsec/compose.h"
#include "reports/event.h"

/* A hostile journal could ask for a SAD for each of its lines. */
#define AGES_MAX 64

struct holder {
	struct case_sa sa; /* first: a holder and its SA have one address */
	uint8_t enc_key[SA_KEY_MAX], auth_key[SA_KEY_MAX];
};

/* From one exhibit on these SAs were in force, as far as they had been told of. */
struct age {
	size_t from;
	struct sad *sad;
};

struct case_sas {
	struct case_sa *first, **end;
	struct age age[AGES_MAX];
	unsigned ages; /* 0: none was asked for yet */
};

const struct dialect *
case_dialect(const json_t *start, bool *swapped)
{
	const json_t *target = json_object_get(start, "target");
	bool we_are_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	const char *order = event_text(target, "byte_order"), *name = event_text(target, "dialect");
	*swapped = order[0] != '\0' && strcmp(order, we_are_big ? "big" : "little") != 0;
	return dialect_by_os(name[0] != '\0' ? name : event_text(target, "os"));
}

/* --- reading --------------------------------------------------------------------------------- */

static bool
same_place(const struct sa_spec *a, const struct sa_spec *b)
{
	return a->spi == b->spi && a->protocol == b->protocol && addr_equal(&a->dst, &b->dst);
}

static bool
same_keys(const struct sa_spec *a, const struct sa_spec *b)
{
	return bytes_equal(a->enc_key, b->enc_key) && bytes_equal(a->auth_key, b->auth_key);
}

static bool
same_sa(const struct sa_spec *a, const struct sa_spec *b)
{
	return same_keys(a, b) && a->enc == b->enc && a->auth == b->auth && a->mode == b->mode && a->esn == b->esn &&
	       a->seq == b->seq && a->old == b->old && a->encap.udp == b->encap.udp &&
	       a->encap.sport == b->encap.sport && a->encap.dport == b->encap.dport && addr_equal(&a->src, &b->src);
}

/* The last that was told of this SPI, protocol and destination. */
static const struct case_sa *
newest(const struct case_sas *l, const struct sa_spec *spec)
{
	const struct case_sa *found = NULL;
	for (const struct case_sa *x = l->first; x != NULL; x = x->next)
		if (same_place(&x->spec, spec))
			found = x;
	return found;
}

/* What a message says of an SA that a block told of is the same SA in other words, and words lose: PF_KEY has one number for two
 * truncations, and an UPDATE of a mature SA brings neither keys nor algorithms. */
static bool
is_known(const struct case_sas *l, const struct sa_spec *spec, bool by_message)
{
	const struct case_sa *old = newest(l, spec);
	if (old == NULL)
		return false;
	bool bare = spec->enc_key.n == 0 && spec->auth_key.n == 0;
	return same_sa(&old->spec, spec) || (by_message && (bare || same_keys(&old->spec, spec)));
}

/* For reading frames alone: no window, no limits. NULL: it is no SA at all, which a case may well have asked for. */
static struct sa *
open_sa(const struct sa_spec *asked)
{
	struct sa_spec spec = *asked;
	spec.replay = 0;
	spec.seq_cycle = true;
	spec.hard = spec.soft = (struct lifetime){ 0 };
	struct sa *sa = sa_open(&spec, NULL);
	if (sa != NULL)
		replay_commit(&sa->replay, spec.seq); /* from where ESN's high half is inferred, RFC 4303 A2.2 */
	return sa;
}

static bool
can_be(const struct sa_spec *spec)
{
	struct sa *sa = open_sa(spec);
	sa_close(sa);
	return sa != NULL;
}

static struct bytes
keep_key(uint8_t room[SA_KEY_MAX], struct bytes key)
{
	struct wr w = wr_of(room, SA_KEY_MAX);
	wr_bytes(&w, key);
	return wr_done(&w);
}

static bool
add(struct case_sas *l, const struct case_sa *told)
{
	const struct sa_spec *spec = &told->spec;
	if (spec->enc_key.n > SA_KEY_MAX || spec->auth_key.n > SA_KEY_MAX || is_known(l, spec, told->by_message) ||
	    !can_be(spec))
		return true;
	struct holder *h = calloc(1, sizeof *h);
	if (h == NULL)
		return false;
	h->sa = *told;
	h->sa.spec.enc_key = keep_key(h->enc_key, spec->enc_key);
	h->sa.spec.auth_key = keep_key(h->auth_key, spec->auth_key);
	*l->end = &h->sa;
	l->end = &h->sa.next;
	return true;
}

static bool
read_block(struct case_sas *l, const json_t *x, size_t at)
{
	const char *text = event_text(x, "text");
	double line = event_number(x, "line");
	unsigned first = line > 0 && line < 1e9 ? (unsigned)line : 1;
	struct setkey_script *script = setkey_parse(text, strlen(text), "block", first, NULL);
	bool ok = true;
	const struct setkey_command *c = script != NULL ? setkey_first(script) : NULL;
	for (; ok && c != NULL; c = c->next)
		if (c->verb == SETKEY_ADD || c->verb == SETKEY_UPDATE)
			ok = add(l, &(struct case_sa){ .spec = c->sa, .at = at, .line = c->line });
	setkey_free(script);
	return ok;
}

static bool
read_message(struct case_sas *l, const json_t *x, size_t at, const struct dialect *d, bool swapped)
{
	struct bytes octets;
	uint8_t *room;
	struct case_sa told = { .at = at, .by_message = true };
	struct pfkey_msg *m = calloc(1, sizeof *m);
	bool ok = m != NULL;
	double line = event_number(x, "line");
	told.line = line > 0 && line < 1e9 ? (unsigned)line : 0;
	if (ok && exhibit_octets(x, &room, &octets)) {
		bool parsed = pfkey_msg_parse(m, d, octets, swapped, NULL);
		enum pfkey_type type = parsed ? pfkey_msg_type(m) : PFKEY_RESERVED;
		if ((type == PFKEY_ADD || type == PFKEY_UPDATE) && pfkey_msg_to_sa(m, &told.spec, NULL))
			ok = add(l, &told);
		explicit_bzero(room, octets.n);
		free(room);
	}
	free(m);
	return ok;
}

struct case_sas *
case_sas_read(const json_t *start, const json_t *event)
{
	struct case_sas *l = calloc(1, sizeof *l);
	bool swapped, ok = true;
	const struct dialect *d = case_dialect(start, &swapped);
	const json_t *x;
	size_t at;
	if (l == NULL)
		return NULL;
	l->end = &l->first;
	json_array_foreach(json_object_get(event, "exhibits"), at, x) {
		if (ok && exhibit_is(x, "setkey"))
			ok = read_block(l, x, at);
		else if (ok && d != NULL && exhibit_is(x, "pfkey-out"))
			ok = read_message(l, x, at, d, swapped);
	}
	if (ok)
		return l;
	case_sas_free(l);
	return NULL;
}

void
case_sas_free(struct case_sas *l)
{
	if (l == NULL)
		return;
	for (unsigned i = 0; i < l->ages; i++)
		sad_free(l->age[i].sad);
	for (struct case_sa *x = l->first, *next; x != NULL; x = next) {
		next = x->next;
		explicit_bzero(x, sizeof(struct holder));
		free(x);
	}
	free(l);
}

const struct case_sa *
case_sas_first(const struct case_sas *l)
{
	return l->first;
}

/* --- ages ------------------------------------------------------------------------------------ */

/* Those before `stop` (NULL: all), of each SPI the newest. */
static struct sad *
sad_until(const struct case_sas *l, const struct case_sa *stop)
{
	struct sad *sad = sad_new();
	for (const struct case_sa *x = l->first; sad != NULL && x != stop; x = x->next) {
		struct sa *old = sad_find_from(sad, x->spec.spi, x->spec.protocol, &x->spec.src, &x->spec.dst);
		if (old != NULL)
			sad_delete(sad, old);
		struct sa *sa = open_sa(&x->spec);
		if (sa != NULL && !sad_add(sad, sa, NULL))
			sa_close(sa);
	}
	return sad;
}

/* Whether one of [from, x) has x's place. */
static bool
is_repeated(const struct case_sa *from, const struct case_sa *x)
{
	for (; from != x; from = from->next)
		if (same_place(&from->spec, &x->spec))
			return true;
	return false;
}

/* An age begins with an SA whose place is taken; others of the same exhibit that only replace older ones belong to it. */
static bool
find_ages(struct case_sas *l)
{
	const struct case_sa *begin = l->first;
	size_t from = 0;
	for (const struct case_sa *x = l->first; x != NULL; x = x->next) {
		bool ends = is_repeated(begin, x) || (x->at != begin->at && is_repeated(l->first, x));
		if (!ends || l->ages + 1 == AGES_MAX)
			continue;
		l->age[l->ages] = (struct age){ from, sad_until(l, x) };
		if (l->age[l->ages].sad == NULL)
			return false;
		l->ages++;
		begin = x;
		from = x->at;
	}
	l->age[l->ages] = (struct age){ from, sad_until(l, NULL) };
	return l->age[l->ages++].sad != NULL;
}

/* --- choosing -------------------------------------------------------------------------------- */

/* The peer may pad AH to 8 octets on IPv4 (RFC 4302 3.3.3.2.1 says 4): that is judged by a case of its own, and followed here. */
static void
turn_align(struct sad *sad)
{
	for (struct sa *sa = sad_next(sad, NULL); sa != NULL; sa = sad_next(sad, sa))
		if (sa->spec.protocol == 51 && sa->spec.dst.family == 4)
			sa->spec.ah_align8 = !sa->spec.ah_align8;
}

static void
follow(const struct dissected *d)
{
	for (unsigned i = 0; i < d->packet.n; i++) {
		const struct hdr *h = &d->packet.layer[i];
		if (d->sa[i] != NULL && h->lay == &layout_esp)
			replay_commit(&d->sa[i]->replay, h->v[ESP_SEQ].u);
		else if (d->sa[i] != NULL && h->lay == &layout_ah)
			replay_commit(&d->sa[i]->replay, h->v[AH_SEQ].u);
	}
}

static bool
opens(struct dissected *d, struct sad *sad, struct bytes datagram, uint8_t *work, size_t work_n)
{
	if (!packet_dissect(d, sad, datagram, work, work_n, NULL))
		return false;
	if (d->verdict == DROP_AH_LENGTH) {
		turn_align(sad);
		if (!packet_dissect(d, sad, datagram, work, work_n, NULL) || d->verdict != ACCEPT)
			turn_align(sad);
	}
	if (d->verdict != ACCEPT)
		return false;
	follow(d);
	return true;
}

/* The age of this time, then those before it, the newest first, then those behind it. */
static struct sad *
choose(struct case_sas *l, unsigned now, struct bytes datagram, struct dissected *d, uint8_t *work, size_t work_n)
{
	for (unsigned i = now + 1; i > 0; i--)
		if (opens(d, l->age[i - 1].sad, datagram, work, work_n))
			return l->age[i - 1].sad;
	for (unsigned i = now + 1; i < l->ages; i++)
		if (opens(d, l->age[i].sad, datagram, work, work_n))
			return l->age[i].sad;
	return l->age[now].sad;
}

struct sad *
case_sas_for(struct case_sas *l, size_t at, struct bytes datagram)
{
	size_t work_n = 2 * datagram.n + DATAGRAM_WORK;
	unsigned now = 0;
	if (l->ages == 0 && !find_ages(l))
		return NULL;
	struct dissected *d = malloc(sizeof *d);
	uint8_t *work = malloc(work_n);
	while (now + 1 < l->ages && l->age[now + 1].from <= at)
		now++;
	struct sad *sad = d != NULL && work != NULL ? choose(l, now, datagram, d, work, work_n) : NULL;
	free(d);
	free(work);
	return sad;
}
