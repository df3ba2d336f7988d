/*
 * Whether a message may stand as it is: RFC 2367 2.1 to 2.3 and the grammar of 3.1. An extension that a message has no
 * use for is no offence on the way in (the RFC names no error for it, and has readers step over what they do not
 * know); on the way out it is, since it may be a key. Unknown extensions are stepped over both ways.
 */
#include "pfkey/grammar.h"
#include "pfkey/record.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int
pfkey_refuse(struct err *e, int number, const char *fmt, ...)
{
	char text[sizeof e->text];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	(void)fail(e, ERR_REFUSED, "%s", text);
	if (e != NULL)
		e->os_errno = number;
	return number;
}

/* Solaris: an extended REGISTER or ACQUIRE is about types that it lists itself. */
static bool
is_extended(const struct pfkey_msg *m)
{
	return pfkey_msg_get(m, EXT_X_EREG) != NULL || pfkey_msg_get(m, EXT_X_EPROP) != NULL;
}

static int
check_base(const struct pfkey_msg *m, enum pfkey_dir dir, struct err *e)
{
	const struct value *v = m->base.v;
	enum pfkey_type type = pfkey_msg_type(m);
	const struct grammar_row *row = &pfkey_grammar[type];
	if (v[MSG_VERSION].u != PFKEY_VERSION)
		return pfkey_refuse(e, EINVAL, "pfkey.version: want 2, got %u  [RFC 2367 2.1]",
				    (unsigned)v[MSG_VERSION].u);
	if (dir == PFKEY_OUT && v[MSG_ERRNO].u != 0)
		return 0; /* a refusal echoes what was asked, known or not */
	if (type == PFKEY_RESERVED)
		return pfkey_refuse(e, EINVAL, "pfkey.type: %u is no message  [RFC 2367 3.1]", (unsigned)v[MSG_TYPE].u);
	if (row->side[dir].none)
		return pfkey_refuse(e, EOPNOTSUPP, "%s: is not sent that way", pfkey_type_name(type));
	bool unspec = v[MSG_SATYPE].u == SATYPE_UNSPEC;
	if (row->satype == SATYPE_IGNORED || (unspec && row->satype == SATYPE_ANY_KNOWN) || (unspec && is_extended(m)))
		return 0;
	if (!unspec && dialect_has_satype(m->dialect, v[MSG_SATYPE].u))
		return 0;
	return pfkey_refuse(e, EINVAL, "pfkey.satype: %u is not for %s  [RFC 2367 3.4]", (unsigned)v[MSG_SATYPE].u,
			    pfkey_type_name(type));
}

/* The kinds that are there; duplicates are refused, RFC 2367 2.3. */
static int
collect(const struct pfkey_msg *m, ext_set *present, struct err *e)
{
	*present = 0;
	for (unsigned i = 0; i < m->n; i++) {
		if (m->kind[i] == EXT_RESERVED)
			return pfkey_refuse(e, EINVAL, "exttype: 0 is reserved  [RFC 2367 2.3]");
		if (m->kind[i] == EXT_UNKNOWN)
			continue;
		if (*present & EXT_BIT(m->kind[i]))
			return pfkey_refuse(e, EINVAL, "%s: is there twice  [RFC 2367 2.3]",
					    pfkey_ext_name(m->kind[i]));
		*present |= EXT_BIT(m->kind[i]);
	}
	return 0;
}

/* Errors carry the base header alone, RFC 2367 3.1; so does a failed ACQUIRE from a key manager, 3.1.6. */
static bool
is_bare(const struct pfkey_msg *m, enum pfkey_dir dir)
{
	return m->base.v[MSG_ERRNO].u != 0 && (dir == PFKEY_OUT || pfkey_msg_type(m) == PFKEY_ACQUIRE);
}

static int
check_present(const struct pfkey_msg *m, enum pfkey_dir dir, ext_set present, struct err *e)
{
	enum pfkey_type type = pfkey_msg_type(m);
	const struct grammar_row *row = &pfkey_grammar[type];
	const struct grammar_side *side = &row->side[dir];
	const char *clause = row->clause != NULL ? row->clause : "KAME";
	ext_set missing = side->required & ~present, extra = present & ~(side->required | side->optional);
	if (is_bare(m, dir))
		missing = 0, extra = present;
	for (unsigned i = 0; i < EXT_N; i++) {
		if (missing & EXT_BIT(i))
			return pfkey_refuse(e, EINVAL, "%s: want %s, got none  [%s]", pfkey_type_name(type),
					    pfkey_ext_name(i), clause);
		if (dir == PFKEY_OUT && (extra & EXT_BIT(i)))
			return pfkey_refuse(e, EINVAL, "%s: %s must not be there  [%s]", pfkey_type_name(type),
					    pfkey_ext_name(i), clause);
	}
	return 0;
}

/* One of HARD and SOFT says which limit was reached, RFC 2367 3.1.8; a REGISTER reply lists something, 3.1.7. */
static int
check_choice(const struct pfkey_msg *m, enum pfkey_dir dir, ext_set present, struct err *e)
{
	enum pfkey_type type = pfkey_msg_type(m);
	bool hard = present & EXT_BIT(EXT_LIFETIME_HARD), soft = present & EXT_BIT(EXT_LIFETIME_SOFT);
	if (is_bare(m, dir))
		return 0;
	if (type == PFKEY_EXPIRE && hard == soft)
		return pfkey_refuse(e, EINVAL,
				    "expire: want one of lifetime_hard and lifetime_soft, got %s  "
				    "[RFC 2367 3.1.8]",
				    hard ? "both" : "none");
	if (type == PFKEY_ACQUIRE && !(present & (EXT_BIT(EXT_PROPOSAL) | EXT_BIT(EXT_X_EPROP))))
		return pfkey_refuse(e, EINVAL, "acquire: want proposal, got none  [RFC 2367 3.1.6]");
	if (type == PFKEY_REGISTER && dir == PFKEY_OUT &&
	    !(present & (EXT_BIT(EXT_SUPPORTED_AUTH) | EXT_BIT(EXT_SUPPORTED_ENCRYPT))))
		return pfkey_refuse(e, EINVAL, "register: want supported algorithms, got none  [RFC 2367 3.1.7]");
	return 0;
}

int
pfkey_msg_validate(const struct pfkey_msg *m, enum pfkey_dir dir, struct err *e)
{
	ext_set present;
	int refused = check_base(m, dir, e);
	if (refused == 0)
		refused = collect(m, &present, e);
	if (refused == 0)
		refused = check_present(m, dir, present, e);
	if (refused == 0)
		refused = check_choice(m, dir, present, e);
	const struct grammar_side *side = &pfkey_grammar[pfkey_msg_type(m)].side[dir];
	return refused != 0 ? refused : pfkey_check_values(m, dir, side->required | side->optional, e);
}
