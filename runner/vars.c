#include "runner/vars.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct val
val_number(uint64_t n)
{
	return (struct val){ .kind = VAL_NUMBER, .number = n };
}

struct val
val_text(const char *text)
{
	return (struct val){ .kind = VAL_TEXT, .text = text };
}

void
vars_set(struct vars *v, const char *name, struct val value)
{
	for (struct var *x = v->first; x != NULL; x = x->next) {
		if (strcmp(x->name, name) == 0) {
			x->value = value;
			return;
		}
	}
	struct var *x = arena_alloc(v->arena, sizeof *x);
	x->name = name;
	x->value = value;
	x->next = v->first;
	v->first = x;
}

const struct val *
vars_get(const struct vars *v, const char *name)
{
	for (const struct var *x = v->first; x != NULL; x = x->next)
		if (strcmp(x->name, name) == 0)
			return &x->value;
	return NULL;
}

bool
val_to_number(const struct val *value, uint64_t *out)
{
	if (value->kind == VAL_NUMBER) {
		*out = value->number;
		return true;
	}
	if (value->kind != VAL_TEXT || value->text[0] < '0' || value->text[0] > '9')
		return false;
	char *end;
	*out = strtoull(value->text, &end, 0);
	return *end == '\0';
}

static bool
eval_op(const struct expr *x, const struct vars *v, struct val *out, struct err *e)
{
	uint64_t l, r;
	if (!expr_number_of(x->left, v, &l, e) || !expr_number_of(x->right, v, &r, e))
		return false;
	*out = val_number(x->op == '+' ? l + r : x->op == '-' ? l - r : l * r);
	return true;
}

bool
expr_eval(const struct expr *x, const struct vars *v, struct val *out, struct err *e)
{
	switch (x->kind) {
	case E_NUMBER:
		*out = (struct val){ .kind = VAL_NUMBER, .number = x->number, .text = x->text };
		return true;
	case E_WORD:
		*out = val_text(x->text);
		return true;
	case E_STRING:
		*out = (struct val){ .kind = VAL_OCTETS, .text = x->text,
				     .octets = { (const uint8_t *)x->text, x->text_n } };
		return true;
	case E_VAR: {
		const struct val *value = vars_get(v, x->text);
		if (value == NULL)
			return fail(e, ERR_UNKNOWN, "%u:%u: no variable $%s", x->at.line, x->at.column, x->text);
		*out = *value;
		return true;
	}
	case E_OP:
		return eval_op(x, v, out, e);
	default:
		return fail(e, ERR_SYNTAX, "%u:%u: want a value here", x->at.line, x->at.column);
	}
}

bool
expr_number_of(const struct expr *x, const struct vars *v, uint64_t *out, struct err *e)
{
	struct val value;
	if (!expr_eval(x, v, &value, e))
		return false;
	if (val_to_number(&value, out))
		return true;
	return fail(e, ERR_SYNTAX, "%u:%u: want a number, got '%s'", x->at.line, x->at.column,
		    value.text != NULL ? value.text : "octets");
}

const char *
val_print(struct arena *a, const struct val *value)
{
	if (value->text != NULL)
		return value->text;
	if (value->kind == VAL_NUMBER)
		return arena_printf(a, "%" PRIu64, value->number);
	char *text = arena_alloc(a, value->octets.n * 2 + 3);
	struct rd r = rd_of(value->octets);
	size_t at = (size_t)sprintf(text, "0x");
	while (rd_left(&r) > 0)
		at += (size_t)sprintf(text + at, "%02x", (unsigned)rd_uint(&r, 1));
	return text;
}

static bool
compare(const struct condition *c, const struct val *l, const struct val *r, struct arena *a)
{
	uint64_t x, y;
	int sign;
	if (val_to_number(l, &x) && val_to_number(r, &y))
		sign = x < y ? -1 : x > y;
	else
		sign = strcmp(val_print(a, l), val_print(a, r));
	switch (c->relation) {
	case REL_EQ: return sign == 0;
	case REL_NE: return sign != 0;
	case REL_LT: return sign < 0;
	case REL_LE: return sign <= 0;
	case REL_GT: return sign > 0;
	default: return sign >= 0;
	}
}

static bool
test_eval(const struct condition *c, const struct vars *v, const struct condition_calls *calls, bool *out,
	  struct err *e)
{
	struct val l, r;
	if (c->relation == REL_NONE) {
		if (!expr_eval(c->left->left, v, &l, e))
			return false;
		if (calls == NULL)
			return fail(e, ERR_SYNTAX, "%u:%u: %s(..) cannot be asked here", c->left->at.line,
				    c->left->at.column, c->left->text);
		return calls->call(calls->ctx, c->left->text, &l, out, e);
	}
	if (!expr_eval(c->left, v, &l, e) || !expr_eval(c->right, v, &r, e))
		return false;
	*out = compare(c, &l, &r, v->arena);
	return true;
}

bool
condition_eval(const struct condition *c, const struct vars *v, const struct condition_calls *calls, bool *out,
	       struct err *e)
{
	*out = true;
	for (; c != NULL && *out; c = c->and_next)
		if (!test_eval(c, v, calls, out, e))
			return false;
	return true;
}

static size_t
name_length(const char *p)
{
	return strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

const char *
vars_substitute(const struct vars *v, const char *raw, const char *file, unsigned first_line, struct err *e)
{
	size_t cap = strlen(raw) + 16384, n = 0;
	char *out = arena_alloc(v->arena, cap);
	unsigned line = first_line;
	for (const char *p = raw; *p != '\0';) {
		line += *p == '\n';
		if (*p != '$') {
			if (n + 1 < cap)
				out[n++] = *p;
			p++;
			continue;
		}
		bool braces = p[1] == '{';
		const char *name = p + 1 + braces;
		size_t len = name_length(name);
		const char *copy = arena_strndup(v->arena, name, len);
		const struct val *value = vars_get(v, copy);
		if (value == NULL) {
			fail(e, ERR_UNKNOWN, "%s:%u: no variable $%s", file, line, copy);
			return NULL;
		}
		int w = snprintf(out + n, cap - n, "%s", val_print(v->arena, value));
		if (w < 0 || (size_t)w >= cap - n) {
			fail(e, ERR_RANGE, "%s:%u: setkey block too long after substitution", file, line);
			return NULL;
		}
		n += (size_t)w;
		p = name + len + (braces && name[len] == '}');
	}
	return out;
}
