/*
 * Field values as text, and what differs between two headers. Everything printed can be read back
 * by hdr_set_text.
 */
#include "wire/field.h"
#include "wire/text.h"

#include <arpa/inet.h>
#include <inttypes.h>

static void
print_flags(struct text *t, const struct field *f, uint64_t u)
{
	const char *sep = "";
	for (const struct name *n = f->names; n != NULL && n->name != NULL; n++) {
		if (n->value == 0 || (u & n->value) != n->value)
			continue;
		text_add(t, "%s%s", sep, n->name);
		u &= ~n->value;
		sep = "|";
	}
	if (u != 0)
		text_add(t, "%s0x%" PRIx64, sep, u);
	else if (*sep == '\0')
		text_add(t, "0");
}

/* Octets that are no whole addresses are shown as they are. */
static void
print_addresses(struct text *t, const struct field *f, struct bytes b)
{
	size_t each = field_kind_of(f) == F_IP4 ? 4 : 16;
	if (b.n == 0 || b.n % each != 0) {
		text_add_hex(t, b);
		return;
	}
	for (size_t at = 0; at < b.n; at += each) {
		char one[INET6_ADDRSTRLEN];
		inet_ntop(field_kind_of(f) == F_IP4 ? AF_INET : AF_INET6, b.p + at, one, sizeof one);
		text_add(t, "%s%s", at > 0 ? "|" : "", one);
	}
}

static void
print_mac(struct text *t, struct bytes b)
{
	if (b.n != 6)
		text_add_hex(t, b);
	for (size_t i = 0; b.n == 6 && i < b.n; i++)
		text_add(t, "%s%02x", i > 0 ? ":" : "", b.p[i]);
}

static void
print_value(struct text *t, const struct field *f, const struct value *v)
{
	const char *name = field_kind_of(f) == F_ENUM ? names_name(f->names, v->u) : NULL;
	switch (field_kind_of(f)) {
	case F_UINT:
	case F_SEQ:
	case F_ENUM:
		if (name != NULL)
			text_add(t, "%s", name);
		else
			text_add(t, "%" PRIu64, v->u);
		break;
	case F_HEX: text_add(t, "0x%" PRIx64, v->u); break;
	case F_FLAGS: print_flags(t, f, v->u); break;
	case F_IP4:
	case F_IP6: print_addresses(t, f, v->b); break;
	case F_MAC: print_mac(t, v->b); break;
	case F_BYTES: text_add_hex(t, v->b); break;
	case F_NET: break; /* a flag, not a kind */
	}
}

size_t
field_print(const struct field *f, const struct value *v, char *text, size_t cap)
{
	struct text t = text_of(text, cap);
	print_value(&t, f, v);
	return t.n;
}

/* An empty variable part (no options) says nothing and is left out. */
static bool
is_shown(const struct hdr *h, unsigned i)
{
	const struct field *f = &h->lay->fields[i];
	return hdr_given(h, i) && (f->bits != 0 || h->v[i].b.n > 0);
}

size_t
hdr_print(const struct hdr *h, char *text, size_t cap)
{
	struct text t = text_of(text, cap);
	const char *sep = "(";
	text_add(&t, "%s", h->lay->name);
	for (unsigned i = 0; i < h->lay->n; i++) {
		if (!is_shown(h, i))
			continue;
		text_add(&t, "%s%s=", sep, h->lay->fields[i].name);
		print_value(&t, &h->lay->fields[i], &h->v[i]);
		sep = ", ";
	}
	if (*sep == ',')
		text_add(&t, ")");
	return t.n;
}

static bool
is_equal(const struct field *f, const struct value *a, const struct value *b)
{
	return field_is_octets(f) ? bytes_equal(a->b, b->b) : a->u == b->u;
}

/* Long octets are shown from a little before their first difference: "..[96]0x0102.. (1400
 * octets)". */
static void
print_octets_from(struct text *t, struct bytes b, size_t from)
{
	enum { SHOWN = 28 };
	if (from > 0)
		text_add(t, "..[%zu]", from);
	text_add_hex(t, bytes_slice(b, from, SHOWN));
	text_add(t, "%s (%zu octets)", b.n > from + SHOWN ? ".." : "", b.n);
}

static void
print_side(char *text, size_t cap, const struct field *f, const struct value *v, const struct value *other)
{
	enum { WHOLE = 40 };
	struct text t = text_of(text, cap);
	if (field_kind_of(f) != F_BYTES || (v->b.n <= WHOLE && other->b.n <= WHOLE)) {
		print_value(&t, f, v);
		text_mark_cut(&t);
		return;
	}
	size_t from = 0;
	while (from < v->b.n && from < other->b.n && v->b.p[from] == other->b.p[from])
		from++;
	print_octets_from(&t, v->b, from > 8 ? from - 8 : 0);
}

unsigned
hdr_diff(const struct hdr *want, const struct hdr *got, struct field_diff *d, unsigned max)
{
	unsigned n = 0;
	for (unsigned i = 0; i < want->lay->n; i++) {
		const struct field *f = &want->lay->fields[i];
		if (!hdr_given(want, i) || (hdr_given(got, i) && is_equal(f, &want->v[i], &got->v[i])))
			continue;
		if (n < max) {
			d[n].lay = want->lay;
			d[n].field = f;
			d[n].layer = 0;
			print_side(d[n].want, sizeof d[n].want, f, &want->v[i], &got->v[i]);
			if (hdr_given(got, i))
				print_side(d[n].got, sizeof d[n].got, f, &got->v[i], &want->v[i]);
			else
				memcpy(d[n].got, "none", sizeof "none");
		}
		n++;
	}
	return n;
}

size_t
field_diff_print(const struct field_diff *d, char *text, size_t cap)
{
	struct text t = text_of(text, cap);
	text_add(&t, "%s.%s: want %s, got %s", d->lay->name, d->field->name, d->want, d->got);
	if (d->field->clause != NULL)
		text_add(&t, "  [%s]", d->field->clause);
	return t.n;
}
