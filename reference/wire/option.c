/*
 * Options of both families, walked strictly: a length that cannot be ends the walk with r->bad.
 */
#include "wire/layouts.h"

enum { IP4_EOL = 0, IP4_NOP = 1, IP6_PAD1 = 0 };

/* One octet long: no length, no data. */
static bool
take_single(struct rd *r, struct ip_option *o)
{
	o->whole = rd_take(r, 1);
	o->data = BYTES_NONE;
	return true;
}

static bool
take_sized(struct rd *r, struct ip_option *o, size_t n)
{
	o->whole = rd_take(r, n);
	o->data = bytes_slice(o->whole, 2, n);
	return !r->bad;
}

/* RFC 791 3.1: the length counts type and length too. EOL is handed out, then nothing: what follows
 * it is padding. */
bool
ip4_option_next(struct rd *r, struct ip_option *o)
{
	if (rd_left(r) == 0)
		return false;
	o->type = rd_peek(r, 0);
	if (o->type == IP4_NOP)
		return take_single(r, o);
	if (o->type == IP4_EOL) {
		take_single(r, o);
		rd_rest(r);
		return true;
	}
	size_t n = rd_peek(r, 1);
	if (n < 2) {
		r->bad = true;
		return false;
	}
	return take_sized(r, o, n);
}

/* RFC 8200 4.2: the length counts the data only. */
bool
ip6_option_next(struct rd *r, struct ip_option *o)
{
	if (rd_left(r) == 0)
		return false;
	o->type = rd_peek(r, 0);
	if (o->type == IP6_PAD1)
		return take_single(r, o);
	return take_sized(r, o, (size_t)rd_peek(r, 1) + 2);
}
