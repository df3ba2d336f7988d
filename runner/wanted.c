/*
 * What a header may be asked for besides one value a field: one of several (errno=EINVAL|EMSGSIZE), or a name for whatever
 * arrives (seq=?first). The same for packets and PF_KEY messages.
 */
#include "runner/stage.h"

static bool
place_fail(const struct expr *x, const char *what, struct err *e)
{
	return fail(e, ERR_SYNTAX, "%u:%u: %s", x->at.line, x->at.column, what);
}

static bool
add_alternatives(struct stage *s, struct alternatives *a, const struct hdr *h, const struct expr *x, struct err *e)
{
	if (x->kind == E_ALTERNATIVES)
		return add_alternatives(s, a, h, x->left, e) && add_alternatives(s, a, h, x->right, e);
	struct hdr one = hdr_of(h->lay);
	if (a->n == ALTERNATIVES_MAX)
		return place_fail(x, "too many alternatives", e);
	if (!notation_field(s, &one, a->field, x, e))
		return false;
	a->value[a->n++] = one.v[a->field];
	return true;
}

/* Flags given with a bar are all meant. */
static bool
set_flags(struct stage *s, struct hdr *h, unsigned field, const struct expr *x, struct err *e)
{
	if (x->kind == E_ALTERNATIVES)
		return set_flags(s, h, field, x->left, e) && set_flags(s, h, field, x->right, e);
	uint64_t was = h->v[field].u;
	if (!notation_field(s, h, field, x, e))
		return false;
	hdr_set(h, field, h->v[field].u | was);
	return true;
}

bool
wanted_field(struct stage *s, struct wanted *w, enum heading heading, struct hdr *h, unsigned layer, unsigned field,
	     const struct expr *x, struct err *e)
{
	bool bars = x->kind == E_ALTERNATIVES;
	if (bars && field_kind_of(&h->lay->fields[field]) == F_FLAGS) {
		h->v[field].u = 0;
		return set_flags(s, h, field, x, e);
	}
	if (!bars && x->kind != E_BIND)
		return notation_field(s, h, field, x, e);
	if (heading == TO_TARGET)
		return place_fail(x, bars ? "alternatives are for what is expected" : "?name is for what is expected",
				  e);
	h->given &= ~(1u << field);
	if (bars) {
		if (w->either_n == WANTED_MAX)
			return place_fail(x, "too many fields with alternatives", e);
		struct alternatives *a = &w->either[w->either_n++];
		*a = (struct alternatives){ .layer = layer, .field = field };
		return add_alternatives(s, a, h, x, e);
	}
	if (w->binds == WANTED_MAX)
		return place_fail(x, "too many bindings", e);
	w->bind[w->binds++] = (struct binding){ layer, field, x->text };
	return true;
}

static bool
value_equal(const struct field *f, const struct value *a, const struct value *b)
{
	return field_is_octets(f) ? bytes_equal(a->b, b->b) : a->u == b->u;
}

bool
alternatives_hold(const struct alternatives *a, const struct hdr *got, struct field_diff *d)
{
	const struct field *f = &got->lay->fields[a->field];
	for (unsigned i = 0; i < a->n; i++)
		if (value_equal(f, &a->value[i], &got->v[a->field]))
			return true;
	*d = (struct field_diff){ .lay = got->lay, .field = f };
	for (unsigned i = 0, n = 0; i < a->n && n + 2 < sizeof d->want; i++) {
		if (i > 0)
			d->want[n++] = '|';
		n += (unsigned)field_print(f, &a->value[i], d->want + n, sizeof d->want - n);
	}
	field_print(f, &got->v[a->field], d->got, sizeof d->got);
	return false;
}

void
wanted_bind(struct stage *s, const struct binding *b, const struct hdr *got)
{
	const struct field *f = &got->lay->fields[b->field];
	const struct value *v = &got->v[b->field];
	if (!field_is_octets(f)) {
		vars_set(&s->vars, b->name, val_number(v->u));
		return;
	}
	size_t cap = field_print(f, v, NULL, 0) + 1;
	char *text = arena_alloc(s->arena, cap);
	field_print(f, v, text, cap);
	vars_set(&s->vars, b->name, val_text(text));
}
