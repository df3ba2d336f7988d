/*
 * What follows '|': things that happen to the finished octets, after the ICV. The IPv4 header checksum is made right again
 * afterwards, as the next router would have done; `| raw` leaves it as it is.
 */
#include "runner/stage.h"

#include <string.h>

#include "ipsec/chain.h"
#include "runner/help/offers.h"
#include "wire/checksum.h"
#include "wire/layouts.h"

struct alteration {
	struct stage *s;
	const struct mod *m;
	const struct resolved *r;
	struct wr out; /* the datagram being altered */
	struct altered *all;
	bool raw, fragmented;
	struct err *e;
};

static bool
number(struct alteration *a, unsigned i, uint64_t *n)
{
	if (i >= a->m->n)
		return fail(a->e, ERR_SYNTAX, "%u:%u: | %s: want a number", a->m->at.line, a->m->at.column, a->m->name);
	return expr_number_of(a->m->args[i], &a->s->vars, n, a->e);
}

static const char *
word(struct alteration *a, unsigned i)
{
	struct val v;
	if (i >= a->m->n || !expr_eval(a->m->args[i], &a->s->vars, &v, NULL))
		return "";
	return val_print(a->s->arena, &v);
}

/* Places are those of the packet as it was composed: what an earlier alteration cut away is gone. */
static bool
left_of(struct alteration *a, const char *what, struct span *span)
{
	if (span->at >= a->out.n && span->n > 0)
		return fail(a->e, ERR_RANGE, "%u:%u: | %s: the '%s' was cut away", a->m->at.line, a->m->at.column,
			    a->m->name, what);
	if (span->n > a->out.n - span->at)
		span->n = a->out.n - span->at;
	return true;
}

/* The octets a word names: packet, icv, iv, body, payload, or a layer. */
static bool
target_span(struct alteration *a, const char *what, struct span *span)
{
	const struct composed *c = &a->s->composed;
	*span = (struct span){ 0, a->out.n };
	if (strcmp(what, "packet") == 0)
		return true;
	for (unsigned i = 0; i < a->r->packet.n; i++) {
		const struct span *one = strcmp(what, "icv") == 0    ? &c->icv[i]
					 : strcmp(what, "iv") == 0   ? &c->iv[i]
					 : strcmp(what, "body") == 0 ? &c->body[i]
								     : NULL;
		const char *name = a->r->packet.layer[i].lay->name;
		bool ip = strcmp(what, "ip") == 0 && (strcmp(name, "ip4") == 0 || strcmp(name, "ip6") == 0);
		if (one != NULL ? one->n > 0 : ip || strcmp(what, name) == 0) {
			*span = one != NULL ? *one : c->layer[i];
			return left_of(a, what, span);
		}
	}
	if (strcmp(what, "payload") == 0 && c->payload.n > 0) {
		*span = c->payload;
		return left_of(a, what, span);
	}
	return fail(a->e, ERR_UNKNOWN, "%u:%u: | %s: this packet has no '%s' outside its ciphertext", a->m->at.line,
		    a->m->at.column, a->m->name, what);
}

/* flip TARGET [octet] N|last|middle [bit B] */
static bool
mod_flip(struct alteration *a)
{
	struct span span;
	uint64_t at = 0, bit = 0;
	unsigned i = 1;
	if (!target_span(a, word(a, 0), &span))
		return false;
	if (strcmp(word(a, i), "octet") == 0)
		i++;
	if (strcmp(word(a, i), "last") == 0)
		at = span.n - 1;
	else if (strcmp(word(a, i), "middle") == 0)
		at = span.n / 2;
	else if (i < a->m->n && strcmp(word(a, i), "bit") != 0 && !number(a, i, &at))
		return false;
	for (; i + 1 < a->m->n; i++)
		if (strcmp(word(a, i), "bit") == 0 && !number(a, i + 1, &bit))
			return false;
	if (at >= span.n)
		return fail(a->e, ERR_RANGE, "%u:%u: | flip %s: want an octet below %zu, got %llu", a->m->at.line,
			    a->m->at.column, word(a, 0), span.n, (unsigned long long)at);
	struct rd r = rd_of(wr_done(&a->out));
	rd_skip(&r, span.at + at);
	(void)wr_patch(&a->out, span.at + at, rd_uint(&r, 1) ^ 1u << (bit & 7), 1);
	return true;
}

/* fill TARGET VALUE: every octet of it */
static bool
mod_fill(struct alteration *a)
{
	struct span span;
	uint64_t v;
	if (!target_span(a, word(a, 0), &span) || !number(a, 1, &v))
		return false;
	for (size_t i = 0; i < span.n; i++)
		(void)wr_patch(&a->out, span.at + i, v, 1);
	return true;
}

/* set LAYER FIELD VALUE: a field on the way, as a router or an attacker would change it */
static bool
mod_set(struct alteration *a)
{
	struct span span;
	if (a->m->n != 3)
		return fail(a->e, ERR_SYNTAX, "%u:%u: | set: want layer, field and value", a->m->at.line,
			    a->m->at.column);
	if (!target_span(a, word(a, 0), &span))
		return false;
	const struct layout *lay = NULL;
	for (unsigned i = 0; i < a->r->packet.n; i++)
		if (a->s->composed.layer[i].at == span.at)
			lay = a->r->packet.layer[i].lay;
	int field = lay != NULL ? layout_field(lay, word(a, 1)) : -1;
	if (field < 0)
		return fail(a->e, ERR_UNKNOWN, "%u:%u: | set: %s has no field '%s'", a->m->at.line, a->m->at.column,
			    word(a, 0), word(a, 1));
	struct hdr h;
	struct rd r = rd_of(bytes_slice(wr_done(&a->out), span.at, span.n));
	if (!hdr_get(&h, lay, &r, false, a->e) || !notation_field(a->s, &h, (unsigned)field, a->m->args[2], a->e))
		return false;
	uint8_t octets[512];
	struct wr w = wr_of(octets, sizeof octets);
	hdr_put(&h, &w, false);
	struct rd back = rd_of(wr_done(&w));
	for (size_t i = 0; rd_left(&back) > 0 && i < span.n; i++)
		(void)wr_patch(&a->out, span.at + i, rd_uint(&back, 1), 1);
	return true;
}

static bool
outer_is_6(const struct alteration *a)
{
	struct rd r = rd_of(wr_done(&a->out));
	return rd_peek(&r, 0) >> 4 == 6;
}

static void
fix_length(struct alteration *a)
{
	if (outer_is_6(a))
		(void)wr_patch(&a->out, 4, a->out.n - 40, 2);
	else
		(void)wr_patch(&a->out, 2, a->out.n, 2);
}

static void
fix_checksum(struct alteration *a)
{
	struct rd r = rd_of(wr_done(&a->out));
	size_t ihl = (rd_peek(&r, 0) & 15u) * 4;
	if (a->raw || outer_is_6(a) || ihl < 20 || ihl > a->out.n)
		return;
	(void)wr_patch(&a->out, 10, 0, 2);
	(void)wr_patch(&a->out, 10, checksum_finish(checksum_add(0, bytes_slice(wr_done(&a->out), 0, ihl))), 2);
}

/* cut N: the last N octets go and the IP length says so; truncate N: it does not */
static bool
mod_cut(struct alteration *a)
{
	uint64_t n;
	if (!number(a, 0, &n))
		return false;
	if (n > a->out.n)
		return fail(a->e, ERR_RANGE, "%u:%u: | %s: the packet has only %zu octets", a->m->at.line,
			    a->m->at.column, a->m->name, a->out.n);
	a->out.n -= n;
	if (strcmp(a->m->name, "cut") == 0)
		fix_length(a);
	return true;
}

/* keep N: only the first N octets, IP length adjusted */
static bool
mod_keep(struct alteration *a)
{
	uint64_t n;
	if (!number(a, 0, &n))
		return false;
	if (n < a->out.n)
		a->out.n = n;
	fix_length(a);
	return true;
}

/* extend N: N zero octets inside the IP length; trail N: behind it, as a link pads short frames */
static bool
mod_extend(struct alteration *a)
{
	uint64_t n;
	if (!number(a, 0, &n))
		return false;
	if (strcmp(a->m->name, "trail") == 0) {
		a->all->trail += n;
		return true;
	}
	wr_fill(&a->out, 0, n);
	fix_length(a);
	return !a->out.full || fail(a->e, ERR_RANGE, "| extend: packet too long");
}

/* headers N: destination options behind the fixed IPv6 header, N times 8 octets */
static bool
mod_headers(struct alteration *a)
{
	enum { FIXED = 40, DSTOPT = 60 };
	uint64_t n;
	if (!number(a, 0, &n))
		return false;
	if (!outer_is_6(a) || a->out.n < FIXED)
		return fail(a->e, ERR_SYNTAX, "%u:%u: | headers: this is no IPv6 datagram", a->m->at.line,
			    a->m->at.column);
	struct rd r = rd_of(wr_done(&a->out));
	size_t cap = a->out.cap + n * 8;
	struct wr w = wr_of(arena_alloc(a->s->scratch, cap), cap);
	uint8_t next = rd_peek(&r, 6);
	wr_bytes(&w, rd_take(&r, FIXED));
	for (uint64_t i = 0; i < n; i++) {
		(void)wr_patch(&w, i == 0 ? 6 : w.n - 8, DSTOPT, 1);
		wr_uint(&w, next, 1);
		wr_uint(&w, 0, 1);
		wr_uint(&w, 0x0104, 2); /* PadN of 6 octets */
		wr_uint(&w, 0, 4);
	}
	wr_bytes(&w, rd_rest(&r));
	a->out = w;
	fix_length(a);
	return !w.full || fail(a->e, ERR_RANGE, "| headers: packet too long");
}

static bool
mod_times(struct alteration *a)
{
	uint64_t n;
	if (!number(a, 0, &n))
		return false;
	a->all->times = (unsigned)(n < 10000 ? n : 10000);
	return true;
}

/* checksum: that of the outermost UDP header is made right, as a NAT leaves it */
static bool
mod_checksum(struct alteration *a)
{
	struct chain c;
	if (!chain_of(wr_done(&a->out), &c) || c.fragment || c.upper.protocol != IPPROTO_UDP_)
		return fail(a->e, ERR_SYNTAX, "%u:%u: | checksum: there is no UDP header in clear", a->m->at.line,
			    a->m->at.column);
	size_t at = c.upper.at + 6;
	(void)wr_patch(&a->out, at, 0, 2);
	uint16_t sum = checksum_upper(addr_bytes(&c.src), addr_bytes(&c.final), IPPROTO_UDP_,
				      bytes_slice(wr_done(&a->out), c.upper.at, SIZE_MAX));
	(void)wr_patch(&a->out, at, sum != 0 ? sum : 0xffff, 2);
	return true;
}

static bool
mod_raw(struct alteration *a)
{
	a->raw = true;
	return true;
}

/* --- fragments ------------------------------------------------------------------------------- */

static bool
push_fragment(struct alteration *a, struct bytes front, struct bytes part, size_t offset, bool more, uint32_t id)
{
	if (a->all->n == ALTERED_MAX)
		return fail(a->e, ERR_RANGE, "| fragment: more than %d fragments", ALTERED_MAX);
	bool v6 = outer_is_6(a);
	size_t size = front.n + (v6 ? 8 : 0) + part.n;
	struct alteration one = *a;
	one.out = wr_of(arena_alloc(a->s->scratch, size), size);
	wr_bytes(&one.out, front);
	if (v6) {
		struct rd r = rd_of(front);
		(void)wr_patch(&one.out, 6, 44, 1);
		wr_uint(&one.out, rd_peek(&r, 6), 1);
		wr_uint(&one.out, 0, 1);
		wr_uint(&one.out, offset | more, 2);
		wr_uint(&one.out, id, 4);
	} else {
		struct rd r = rd_of(front);
		rd_skip(&r, 6);
		(void)wr_patch(&one.out, 6, (rd_uint(&r, 2) & 0x8000) | (more ? 0x2000u : 0) | offset / 8, 2);
	}
	wr_bytes(&one.out, part);
	fix_length(&one);
	one.raw = false;
	fix_checksum(&one);
	a->all->datagram[a->all->n++] = wr_done(&one.out);
	return true;
}

/* fragment SIZE [id N]: parts of SIZE octets (a multiple of 8), in order; `reverse` and `only K`, `skip K` come after it. IPv6: behind the
 * fixed header, which is where this tester's packets may be cut, with an identification of their own or N; IPv4 has its own in the header. */
static bool
mod_fragment(struct alteration *a)
{
	uint64_t size, id = 0;
	if (!number(a, 0, &size) || (strcmp(word(a, 1), "id") == 0 && !number(a, 2, &id)))
		return false;
	if (size == 0 || size % 8 != 0)
		return fail(a->e, ERR_RANGE, "%u:%u: | fragment: want a multiple of 8, got %llu", a->m->at.line,
			    a->m->at.column, (unsigned long long)size);
	fix_checksum(a);
	struct rd r = rd_of(wr_done(&a->out));
	bool v6 = outer_is_6(a);
	size_t head = v6 ? 40 : (rd_peek(&r, 0) & 15u) * 4;
	if (id == 0)
		id = v6 ? ++a->s->g->fragment_id : 0;
	struct bytes front = rd_take(&r, head);
	if (front.n < 20)
		return fail(a->e, ERR_RANGE, "%u:%u: | fragment: this is no IP datagram any more", a->m->at.line,
			    a->m->at.column);
	a->fragmented = true;
	for (size_t at = 0; rd_left(&r) > 0; at += size) {
		size_t n = rd_left(&r) < size ? rd_left(&r) : size;
		struct bytes part = rd_take(&r, n);
		if (!push_fragment(a, front, part, at, rd_left(&r) > 0, (uint32_t)id))
			return false;
	}
	return true;
}

static bool
mod_reverse(struct alteration *a)
{
	struct altered *all = a->all;
	for (unsigned i = 0; i < all->n / 2; i++) {
		struct bytes swap = all->datagram[i];
		all->datagram[i] = all->datagram[all->n - 1 - i];
		all->datagram[all->n - 1 - i] = swap;
	}
	return true;
}

/* only K / skip K: of the fragments, counted from 0 */
static bool
mod_pick(struct alteration *a)
{
	uint64_t k;
	struct altered *all = a->all;
	if (!number(a, 0, &k))
		return false;
	if (k >= all->n)
		return fail(a->e, ERR_RANGE, "%u:%u: | %s: there are %u fragments", a->m->at.line, a->m->at.column,
			    a->m->name, all->n);
	if (strcmp(a->m->name, "only") == 0) {
		all->datagram[0] = all->datagram[k];
		all->n = 1;
		return true;
	}
	for (unsigned i = (unsigned)k; i + 1 < all->n; i++)
		all->datagram[i] = all->datagram[i + 1];
	all->n--;
	return true;
}

static const struct {
	const char *name;
	bool (*apply)(struct alteration *);
	bool of_fragments; /* makes sense behind `| fragment`, which leaves no one datagram to change */
} mods[] = {
	{ "flip", mod_flip, false },       { "fill", mod_fill, false },         { "set", mod_set, false },
	{ "cut", mod_cut, false },         { "truncate", mod_cut, false },      { "keep", mod_keep, false },
	{ "extend", mod_extend, false },   { "fragment", mod_fragment, false }, { "raw", mod_raw, false },
	{ "trail", mod_extend, true },     { "times", mod_times, true },        { "reverse", mod_reverse, true },
	{ "only", mod_pick, true },        { "skip", mod_pick, true },          { "checksum", mod_checksum, false },
	{ "headers", mod_headers, false },
};
#define MODS (sizeof mods / sizeof mods[0])

bool
alter_knows(const char *mod)
{
	for (size_t i = 0; i < MODS; i++)
		if (strcmp(mods[i].name, mod) == 0)
			return true;
	return false;
}

void
offer_alterations(struct suggest *s)
{
	for (size_t i = 0; i < MODS; i++)
		suggest_offer(s, mods[i].name);
}

static const char *const message_mods[] = { "truncate", "keep", "extend", "times", "octet" };
#define MESSAGE_MODS (sizeof message_mods / sizeof message_mods[0])

bool
alter_knows_message(const char *mod)
{
	for (size_t i = 0; i < MESSAGE_MODS; i++)
		if (strcmp(message_mods[i], mod) == 0)
			return true;
	return false;
}

void
offer_message_alterations(struct suggest *s)
{
	for (size_t i = 0; i < MESSAGE_MODS; i++)
		suggest_offer(s, message_mods[i]);
}

static bool
apply_one(struct alteration *a)
{
	for (size_t i = 0; i < MODS; i++) {
		if (strcmp(mods[i].name, a->m->name) != 0)
			continue;
		if (!a->fragmented || mods[i].of_fragments)
			return mods[i].apply(a);
		return fail(a->e, ERR_SYNTAX,
			    "%u:%u: | %s: after `| fragment` only reverse, only, skip, times and trail", a->m->at.line,
			    a->m->at.column, a->m->name);
	}
	return fail(a->e, ERR_UNKNOWN, "%u:%u: | %s does not apply here", a->m->at.line, a->m->at.column, a->m->name);
}

bool
alter_apply(struct stage *s, const struct mod *list, struct bytes datagram, const struct resolved *r,
	    struct altered *out, struct err *e)
{
	*out = (struct altered){ .times = 1 };
	struct alteration a = { .s = s, .r = r, .all = out, .e = e };
	size_t cap = datagram.n + 4096;
	a.out = wr_of(arena_alloc(s->scratch, cap), cap);
	wr_bytes(&a.out, datagram);
	for (a.m = list; a.m != NULL; a.m = a.m->next)
		if (!apply_one(&a))
			return false;
	if (a.fragmented)
		return true;
	if (list != NULL)
		fix_checksum(&a);
	out->datagram[out->n++] = wr_done(&a.out);
	return true;
}

/* truncate N, keep N, extend N, times N, octet N VALUE on a PF_KEY message. */
bool
alter_message(struct stage *s, const struct mod *list, struct bytes msg, struct bytes *out, struct err *e)
{
	if (list == NULL) {
		*out = msg;
		return true;
	}
	struct altered ignored = { .times = 1 };
	struct alteration a = { .s = s, .all = &ignored, .e = e };
	a.out = wr_of(arena_alloc(s->scratch, msg.n + 65536), msg.n + 65536);
	wr_bytes(&a.out, msg);
	for (a.m = list; a.m != NULL; a.m = a.m->next) {
		uint64_t n, v = 0;
		if (!number(&a, 0, &n))
			return false;
		if (strcmp(a.m->name, "truncate") == 0 && n <= a.out.n)
			a.out.n -= n;
		else if (strcmp(a.m->name, "keep") == 0)
			a.out.n = n < a.out.n ? n : a.out.n;
		else if (strcmp(a.m->name, "extend") == 0)
			wr_fill(&a.out, 0, n);
		else if (strcmp(a.m->name, "times") == 0 && n > 0 && n <= 65536)
			for (size_t one = a.out.n; n > 1 && !a.out.full; n--)
				wr_bytes(&a.out, bytes_slice(wr_done(&a.out), 0, one));
		else if (strcmp(a.m->name, "octet") == 0 && n < a.out.n && number(&a, 1, &v))
			(void)wr_patch(&a.out, n, v, 1);
		else
			return fail(e, ERR_SYNTAX, "%u:%u: | %s does not apply to a message of %zu octets",
				    a.m->at.line, a.m->at.column, a.m->name, a.out.n);
		if (a.out.full)
			return fail(e, ERR_RANGE, "%u:%u: | %s: message too long", a.m->at.line, a.m->at.column,
				    a.m->name);
	}
	*out = wr_done(&a.out);
	return true;
}
