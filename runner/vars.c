#include "runner/vars.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBSTITUTED_MAX 16384 /* octets that the values of one setkey block may add */

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

/* Octets of more than 64 bits are no number: they are compared as text. A leading 0 is not octal. */
bool
text_to_number(const char *text, uint64_t *out)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *end;
	if (text[0] < '0' || text[0] > '9' || (hex && !isxdigit((unsigned char)text[2])))
		return false;
	errno = 0;
	uint64_t n = strtoull(text, &end, hex ? 16 : 10);
	if (*end != '\0' || errno != 0)
		return false;
	*out = n;
	return true;
}

bool
val_to_number(const struct val *value, uint64_t *out)
{
	if (value->kind == VAL_NUMBER) {
		*out = value->number;
		return true;
	}
	return value->kind == VAL_TEXT && text_to_number(value->text, out);
}

#define OCTETS_MAX 65536

/* "192.0.2." + $n: what no string stands behind is joined as it is written, and makes a word. */
static bool
join_word(struct arena *a, const struct val *left, const struct val *right, struct val *out)
{
	if (left->text == NULL || right->kind == VAL_OCTETS)
		return false;
	*out = val_text(arena_printf(a, "%s%s", left->text, val_print(a, right)));
	return true;
}

/* "ab" + "c" joins strings, "ab" * 3 repeats one: how long options and payloads are written. */
static bool
eval_octets(const struct expr *x, const struct vars *v, const struct val *string, struct val *out, struct err *e)
{
	struct val r;
	struct bytes left = string->octets;
	uint64_t times = 1;
	if (!expr_eval(x->right, v, &r, e))
		return false;
	if (x->op == '+' && join_word(v->arena, string, &r, out))
		return true;
	if (x->op == '-' || (x->op == '+' && r.kind != VAL_OCTETS) || (x->op == '*' && !val_to_number(&r, &times)))
		return fail(e, ERR_SYNTAX, "%u:%u: a string takes + STRING and * NUMBER", x->at.line, x->at.column);
	struct bytes more = x->op == '+' ? r.octets : BYTES_NONE;
	if (times > OCTETS_MAX || left.n * times + more.n > OCTETS_MAX)
		return fail(e, ERR_RANGE, "%u:%u: a string of more than %d octets", x->at.line, x->at.column,
			    OCTETS_MAX);
	size_t n = left.n * times + more.n;
	struct wr w = wr_of(arena_alloc(v->arena, n + 1), n);
	for (uint64_t i = 0; i < times; i++)
		wr_bytes(&w, left);
	wr_bytes(&w, more);
	*out = (struct val){ .kind = VAL_OCTETS, .octets = wr_done(&w) };
	return true;
}

static bool
eval_op(const struct expr *x, const struct vars *v, struct val *out, struct err *e)
{
	struct val left;
	uint64_t l, r;
	if (!expr_eval(x->left, v, &left, e))
		return false;
	if (left.kind == VAL_OCTETS)
		return eval_octets(x, v, &left, out, e);
	if (!expr_number_of(x->left, v, &l, e) || !expr_number_of(x->right, v, &r, e))
		return false;
	*out = val_number(x->op == '+' ? l + r : x->op == '-' ? l - r : l * r);
	return true;
}

bool
expr_eval(const struct expr *x, const struct vars *v, struct val *out, struct err *e)
{
	switch (x->kind) {
	case E_NUMBER: *out = (struct val){ .kind = VAL_NUMBER, .number = x->number, .text = x->text }; return true;
	case E_WORD: *out = val_text(x->text); return true;
	case E_STRING:
		*out = (struct val){ .kind = VAL_OCTETS,
				     .text = x->text,
				     .octets = { (const uint8_t *)x->text, x->text_n } };
		return true;
	case E_VAR: {
		const struct val *value = vars_get(v, x->text);
		if (value == NULL)
			return fail(e, ERR_UNKNOWN, "%u:%u: no variable $%s", x->at.line, x->at.column, x->text);
		*out = *value;
		return true;
	}
	case E_OP: return eval_op(x, v, out, e);
	default: return fail(e, ERR_SYNTAX, "%u:%u: want a value here", x->at.line, x->at.column);
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

/* clang-format off */
const char *const relation_words[] = {
	[REL_NONE] = "",  [REL_EQ] = "==", [REL_NE] = "!=", [REL_LT] = "<",
	[REL_LE] = "<=", [REL_GT] = ">",  [REL_GE] = ">=",
};
/* clang-format on */

bool
relation_holds(uint8_t relation, int sign)
{
	switch (relation) {
	case REL_EQ: return sign == 0;
	case REL_NE: return sign != 0;
	case REL_LT: return sign < 0;
	case REL_LE: return sign <= 0;
	case REL_GT: return sign > 0;
	default: return sign >= 0;
	}
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
	return relation_holds(c->relation, sign);
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

/* $name or ${name} at *p: its value, *p behind it. */
static const char *
substitute_one(const struct vars *v, const char **p, struct err *e)
{
	bool braces = (*p)[1] == '{';
	const char *name = *p + 1 + braces;
	size_t n = name_length(name);
	const char *copy = arena_strndup(v->arena, name, n);
	const struct val *value = vars_get(v, copy);
	if (value == NULL)
		return fail(e, ERR_UNKNOWN, "no variable $%s", copy), NULL;
	if (braces && name[n] != '}')
		return fail(e, ERR_SYNTAX, "${%s: want a closing '}'", copy), NULL;
	*p = name + n + braces;
	return val_print(v->arena, value);
}

const char *
vars_substitute(const struct vars *v, const char *raw, const char *file, unsigned first_line, struct err *e)
{
	size_t cap = strlen(raw) + SUBSTITUTED_MAX, n = 0;
	char *out = arena_alloc(v->arena, cap);
	unsigned line = first_line;
	for (const char *p = raw; *p != '\0';) {
		const char *text = p;
		size_t text_n = strcspn(p, "$\n");
		if (*p == '$') {
			text = substitute_one(v, &p, e);
			if (text == NULL) {
				(void)err_prefix(e, "%s:%u", file, line);
				return NULL;
			}
			text_n = strlen(text);
		} else {
			text_n += text_n == 0; /* the line end itself */
			line += *p == '\n';
			p += text_n;
		}
		if (text_n >= cap - n) {
			fail(e, ERR_RANGE, "%s:%u: setkey block too long after substitution", file, line);
			return NULL;
		}
		memcpy(out + n, text, text_n);
		n += text_n;
	}
	return out;
}
