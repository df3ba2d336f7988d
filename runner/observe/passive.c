#include "runner/observe/passive.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/setkey.h"
#include "ipsec/chain.h"
#include "ipsec/udpencap.h"
#include "runner/observe/defrag.h"
#include "wire/layouts.h"

#define ROOM 262144   /* libpcap's largest frame */
#define LAYERS_MAX 16 /* more protections than this around one datagram is no packet but an attack on us */

struct passive {
	struct sad *sad;
	const struct passive_spd *spd; /* NULL: no policies */
	unsigned flags;
	struct reassembly reassembly;
	uint8_t work[ROOM], opened[2][ROOM];
};

struct passive *
passive_new(bool strict_padding, struct err *e)
{
	struct passive *p = calloc(1, sizeof *p);
	if (p != NULL)
		p->sad = sad_new();
	if (p == NULL || p->sad == NULL) {
		free(p);
		(void)fail(e, ERR_IO, "out of memory");
		return NULL;
	}
	p->flags = DG_NO_STATE | DG_NO_REPLAY | (strict_padding ? DG_STRICT_PADDING : 0);
	return p;
}

void
passive_free(struct passive *p)
{
	if (p == NULL)
		return;
	sad_free(p->sad);
	free(p);
}

/* --- SAs --- */

/* No window: every packet is judged on its own. The counter says where extended numbers begin. */
static bool
add_sa(struct passive *p, const struct sa_spec *spec, struct err *e)
{
	struct sa_spec s = *spec;
	s.replay = 0;
	struct sa *sa = sa_open(&s, e);
	if (sa == NULL)
		return false;
	sa->replay.top = sa->spec.esn ? sa->spec.seq : 0;
	if (sad_add(p->sad, sa, e))
		return true;
	sa_close(sa);
	return false;
}

static void
delete_all(struct passive *p, const struct sa_spec *spec)
{
	for (struct sa *sa = sad_next(p->sad, NULL), *next; sa != NULL; sa = next) {
		next = sad_next(p->sad, sa);
		if (sa->spec.protocol == spec->protocol && addr_equal(&sa->spec.src, &spec->src) &&
		    addr_equal(&sa->spec.dst, &spec->dst))
			sad_delete(p->sad, sa);
	}
}

static void
delete_one(struct passive *p, const struct sa_spec *spec)
{
	struct sa *sa = sad_find_from(p->sad, spec->spi, spec->protocol, &spec->src, &spec->dst);
	if (sa != NULL)
		sad_delete(p->sad, sa);
}

static bool
apply(struct passive *p, const struct setkey_command *c, struct err *e)
{
	switch (c->verb) {
	case SETKEY_UPDATE: delete_one(p, &c->sa); return add_sa(p, &c->sa, e);
	case SETKEY_ADD: return add_sa(p, &c->sa, e);
	case SETKEY_DELETE: delete_one(p, &c->sa); return true;
	case SETKEY_DELETEALL: delete_all(p, &c->sa); return true;
	case SETKEY_FLUSH: (void)sad_flush(p->sad, c->protocol); return true;
	default: return true;
	}
}

static bool
apply_text(struct passive *p, const char *path, const char *text, size_t n, struct err *e)
{
	struct setkey_script *s = setkey_parse(text, n, path, 1, e);
	if (s == NULL)
		return false;
	bool ok = true;
	for (const struct setkey_command *c = setkey_first(s); ok && c != NULL; c = c->next)
		ok = apply(p, c, e) || err_prefix(e, "%s:%u", path, c->line);
	setkey_free(s);
	return ok;
}

/* The whole file, or NULL. */
static char *
read_all(FILE *f, size_t *n)
{
	size_t cap = 65536, got;
	char *text = malloc(cap);
	*n = 0;
	while (text != NULL && (got = fread(text + *n, 1, cap - *n, f)) > 0) {
		*n += got;
		if (*n < cap)
			continue;
		char *more = realloc(text, cap *= 2);
		if (more == NULL)
			free(text);
		text = more;
	}
	return text;
}

bool
passive_load(struct passive *p, const char *path, struct err *e)
{
	size_t n = 0;
	FILE *f = fopen(path, "r");
	if (f == NULL)
		return fail_errno(e, "%s", path);
	char *text = read_all(f, &n);
	bool ok = text != NULL && !ferror(f) ? apply_text(p, path, text, n, e) : fail_errno(e, "%s", path);
	if (text != NULL)
		explicit_bzero(text, n);
	free(text);
	fclose(f);
	return ok;
}

const struct sad *
passive_sad(const struct passive *p)
{
	return p->sad;
}

void
passive_obey(struct passive *p, const struct passive_spd *spd)
{
	p->spd = spd;
}

/* --- verdicts --- */

/* A peer that pads AH to 8 octets on IPv4 is known by its first packet; from then on its SA expects that. */
static bool
retry_align8(struct passive *p, struct bytes in, struct wr *out, struct datagram_result *r)
{
	struct sa *sa = r->sa;
	if (r->verdict != DROP_AH_LENGTH || sa->spec.dst.family != 4 || sa->spec.ah_align8)
		return false;
	sa->spec.ah_align8 = true;
	datagram_unprotect(p->sad, in, p->flags, 0, p->work, out, r);
	sa->spec.ah_align8 = r->verdict == ACCEPT;
	return sa->spec.ah_align8;
}

bool
passive_is_ordered(const struct passive *p)
{
	for (struct sa *sa = sad_next(p->sad, NULL); sa != NULL; sa = sad_next(p->sad, sa))
		if (sa->spec.esn)
			return true;
	return false;
}

/* What is being opened, and by which SAs it came so far. */
struct opening {
	struct bytes datagram;
	struct sa *path[LAYERS_MAX];
	unsigned n;
	bool closed; /* what is left cannot be read: policies say nothing of it */
};

static void
layer_note(const struct datagram_result *r, struct passive_verdict *v)
{
	struct rd icv = rd_of(r->icv);
	if (v->layers == PASSIVE_LAYERS)
		return;
	struct passive_layer *l = &v->layer[v->layers++];
	struct wr iv = wr_of(l->iv, sizeof l->iv);
	wr_bytes(&iv, r->iv);
	l->iv_n = (uint8_t)iv.n;
	l->sa = r->sa;
	l->seq = l->digest = r->seq;
	while (rd_left(&icv) >= 4)
		l->digest = l->digest * 0x100000001b3u ^ rd_uint(&icv, 4);
}

static void
take_verdict(const struct datagram_result *r, struct passive_verdict *v)
{
	v->is_protected = true;
	v->verdict = r->verdict;
	v->protocol = r->protocol;
	v->spi = r->spi;
	v->seq = r->seq;
	if (r->verdict != ACCEPT && r->verdict != DROP_DUMMY)
		return;
	replay_commit(&r->sa->replay, r->seq);
	if (r->protocol != IPPROTO_IPCOMP_)
		layer_note(r, v);
}

/* One layer. False at the end: not protected, or refused. */
static bool
open_layer(struct passive *p, struct opening *o, struct passive_verdict *v)
{
	struct datagram_result r;
	struct wr out = wr_of(p->opened[o->n % 2], ROOM);
	datagram_unprotect(p->sad, o->datagram, p->flags, 0, p->work, &out, &r);
	v->align8 |= retry_align8(p, o->datagram, &out, &r);
	if (r.protocol == 0)
		return false;
	/* IPComp within what AH or ESP protected is opened where it can be, and theirs is the verdict. */
	bool inside = r.protocol == IPPROTO_IPCOMP_ && v->is_protected;
	if (!inside || (r.verdict != ACCEPT && r.verdict != DROP_NO_SA))
		take_verdict(&r, v);
	o->closed = r.verdict != ACCEPT;
	if (o->closed)
		return false;
	o->path[o->n++] = r.sa;
	o->datagram = wr_done(&out);
	return true;
}

static void
ask_policy(const struct passive *p, const struct opening *o, struct passive_verdict *v)
{
	struct flow f;
	if (p->spd == NULL || !flow_of(o->datagram, &f))
		return;
	v->asked = true;
	v->src = f.src;
	v->dst = f.dst;
	v->policy = passive_spd_refuses(p->spd, &f, o->path, o->n);
	if (v->policy != 0)
		v->verdict = DROP_POLICY;
}

static bool
is_protection(uint8_t protocol)
{
	return protocol == IPPROTO_ESP_ || protocol == IPPROTO_AH_ || protocol == IPPROTO_IPCOMP_;
}

/* 50, 51, 108 or 0 for what a datagram seems to carry; r is left behind UDP where that is in between. */
static uint8_t
protection_of(const struct chain *c, struct rd *r)
{
	if (c->upper.protocol != 17)
		return is_protection(c->upper.protocol) ? c->upper.protocol : 0;
	uint64_t sport = rd_uint(r, 2), dport = rd_uint(r, 2);
	rd_skip(r, 4);
	struct rd marker = *r;
	bool port = sport == UDPENCAP_PORT || dport == UDPENCAP_PORT;
	return port && !c->later_fragment && rd_uint(&marker, 4) != 0 ? 50 : 0;
}

/* AH or ESP whose headers cannot be walked to the end, or that the capture cut: told, but not opened. */
static void
judge_unreadable(const struct chain *c, bool cut, struct passive_verdict *v)
{
	struct rd r = rd_of(bytes_slice(c->whole, c->upper.at, SIZE_MAX));
	v->protocol = protection_of(c, &r);
	v->is_protected = v->protocol != 0;
	v->cut = cut && c->truncated;
	v->verdict = c->fragment ? DROP_FRAGMENT : DROP_HEADER;
	if (c->later_fragment)
		return;
	bool ipcomp = v->protocol == IPPROTO_IPCOMP_;
	rd_skip(&r, ipcomp ? 2 : v->protocol == 51 ? 4 : 0);
	v->spi = (uint32_t)rd_uint(&r, ipcomp ? 2 : 4);
	v->seq = ipcomp ? 0 : rd_uint(&r, 4);
}

/* Opens layer after layer. */
static void
judge_whole(struct passive *p, struct bytes datagram, struct passive_verdict *v)
{
	struct opening o = { .datagram = datagram };
	while (o.n < LAYERS_MAX && open_layer(p, &o, v))
		;
	if (v->is_protected && v->verdict == ACCEPT)
		v->inner = o.datagram;
	if (!o.closed)
		ask_policy(p, &o, v);
}

static void
judge_fragment(struct passive *p, const struct chain *c, struct passive_verdict *v)
{
	struct bytes whole;
	switch (defrag_add(&p->reassembly, c->whole, (unsigned)v->frame, &whole)) {
	case REASSEMBLY_WHOLE: judge_whole(p, whole, v); break;
	case REASSEMBLY_WAIT: break;
	default: judge_unreadable(c, false, v);
	}
}

void
passive_judge(struct passive *p, unsigned long frame, struct bytes datagram, bool cut, struct passive_verdict *v)
{
	struct chain c;
	*v = (struct passive_verdict){ .frame = frame };
	if (!chain_of(datagram, &c))
		return;
	if (c.truncated || c.malformed)
		judge_unreadable(&c, cut, v);
	else if (c.fragment)
		judge_fragment(p, &c, v);
	else
		judge_whole(p, datagram, v);
}

bool
passive_left(struct passive *p, struct passive_verdict *v)
{
	uint8_t protocol;
	unsigned frame;
	while (defrag_left(&p->reassembly, &protocol, &frame)) {
		*v = (struct passive_verdict){ .is_protected = is_protection(protocol),
					       .frame = frame,
					       .verdict = DROP_FRAGMENT,
					       .protocol = protocol };
		if (v->is_protected)
			return true;
	}
	return false;
}
