#include "config/inetd.h"

enum { FIELDS_LEAST = 6 }; /* service, socket type, protocol, wait, user, program */

struct reading {
	const char *name;
	unsigned line;
	unsigned policies; /* in force for the services that follow */
	struct socket_text policy[INETD_POLICIES];
	char address[INETD_WORD]; /* in force too: a line of "ADDRESS:" alone */
	struct err *e;
};

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct bytes
take_line(struct rd *r)
{
	size_t n = 0;
	while (n < rd_left(r) && rd_peek(r, n) != '\n')
		n++;
	struct bytes line = rd_take(r, n);
	rd_skip(r, rd_left(r) > 0 ? 1 : 0);
	return line;
}

static struct bytes
take_field(struct rd *r)
{
	size_t n = 0;
	while (rd_left(r) > 0 && is_blank(rd_peek(r, 0)))
		rd_skip(r, 1);
	while (n < rd_left(r) && !is_blank(rd_peek(r, n)))
		n++;
	return rd_take(r, n);
}

static bool
put_word(struct reading *in, size_t column, struct bytes b, char word[INETD_WORD])
{
	struct wr w = wr_of((uint8_t *)word, INETD_WORD);
	wr_bytes(&w, b);
	wr_uint(&w, 0, 1);
	return !w.full || fail(in->e, ERR_RANGE, "%s:%u:%zu: want at most %d octets, got %zu", in->name, in->line,
			       column, INETD_WORD - 1, b.n);
}

/* Where the last ':' stands, which an IPv6 address in brackets or not leaves alone; n: nowhere. */
static size_t
last_colon(struct bytes b)
{
	struct rd r = rd_of(b);
	for (size_t i = b.n; i > 0; i--)
		if (rd_peek(&r, i - 1) == ':')
			return i - 1;
	return b.n;
}

static struct bytes
unbracketed(struct bytes b)
{
	struct rd r = rd_of(b);
	return b.n >= 2 && rd_peek(&r, 0) == '[' && rd_peek(&r, b.n - 1) == ']' ? bytes_slice(b, 1, b.n - 2) : b;
}

/* [ADDRESS:]SERVICE. An address holds for the lines below as well; "*" is any. */
static bool
put_service(struct reading *in, struct bytes field, struct inetd_service *s)
{
	size_t colon = last_colon(field);
	if (colon < field.n) {
		struct bytes a = unbracketed(bytes_slice(field, 0, colon));
		struct rd r = rd_of(a);
		if (!put_word(in, 1, a.n == 1 && rd_peek(&r, 0) == '*' ? BYTES_NONE : a, in->address))
			return false;
		field = bytes_slice(field, colon + 1, SIZE_MAX);
	}
	struct bytes address = { (const uint8_t *)in->address, strlen(in->address) };
	return put_word(in, 1, field, s->service) && put_word(in, 1, address, s->address);
}

/* Behind the protocol there may be ,sndbuf=N; behind the user :group. */
static struct bytes
before(struct bytes b, char c)
{
	struct rd r = rd_of(b);
	size_t n = 0;
	while (n < b.n && rd_peek(&r, n) != (uint8_t)c)
		n++;
	return bytes_slice(b, 0, n);
}

/* A line that only names an address makes no service: s->service stays empty. */
static bool
parse_service(struct reading *in, struct bytes line, struct inetd_service *s)
{
	struct bytes field[FIELDS_LEAST];
	struct rd r = rd_of(line);
	unsigned n = 0;
	for (; n < FIELDS_LEAST; n++) {
		field[n] = take_field(&r);
		if (field[n].n == 0)
			break;
	}
	*s = (struct inetd_service){ .line = in->line, .policies = in->policies };
	for (unsigned i = 0; i < in->policies; i++)
		s->policy[i] = in->policy[i];
	if (!put_service(in, field[0], s))
		return false;
	if (n == 1 && s->service[0] == '\0')
		return true;
	if (n < FIELDS_LEAST)
		return fail(in->e, ERR_SHORT,
			    "%s:%u:%zu: want service, type, protocol, wait, user and program, got %u fields", in->name,
			    in->line, line.n + 1, n);
	return put_word(in, 1, before(field[2], ','), s->protocol) && put_word(in, 1, before(field[4], ':'), s->user);
}

/* "#@": what follows replaces every policy so far. */
static bool
parse_policies(struct reading *in, struct bytes line)
{
	return socket_text_parse_list(in->policy, INETD_POLICIES, &in->policies, bytes_slice(line, 2, SIZE_MAX),
				      in->name, in->line, 3, in->e);
}

bool
inetd_parse(struct inetd_service *list, unsigned cap, unsigned *n, struct bytes text, const char *name, struct err *e)
{
	struct reading in = { .name = name, .e = e };
	struct rd r = rd_of(text);
	for (*n = 0; rd_left(&r) > 0;) {
		struct bytes line = take_line(&r);
		struct rd look = rd_of(line), first = rd_of(line);
		in.line++;
		if (rd_peek(&look, 0) == '#' && rd_peek(&look, 1) == '@') {
			if (!parse_policies(&in, line))
				return false;
			continue;
		}
		if (rd_peek(&look, 0) == '#' || take_field(&first).n == 0)
			continue;
		if (*n == cap)
			return fail(e, ERR_RANGE, "%s:%u:1: want at most %u services", name, in.line, cap);
		if (!parse_service(&in, line, &list[*n]))
			return false;
		*n += list[*n].service[0] != '\0';
	}
	return true;
}

const struct socket_policy *
inetd_policy(const struct inetd_service *s, uint8_t dir)
{
	for (unsigned i = s->policies; i > 0; i--)
		if (s->policy[i - 1].dir == dir)
			return &s->policy[i - 1].policy;
	return NULL;
}
