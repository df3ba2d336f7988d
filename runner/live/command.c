#include "runner/live/command.h"

#include <string.h>

static uint8_t
satype_of(uint8_t protocol)
{
	return protocol == 51    ? SATYPE_AH
	       : protocol == 108 ? SATYPE_IPCOMP
	       : protocol == 0   ? SATYPE_UNSPEC
				 : SATYPE_ESP;
}

bool
command_message(const struct dialect *d, const struct setkey_command *c, struct wr *store, struct pfkey_msg *m,
		struct err *e)
{
	static const enum pfkey_type type[] = {
		[SETKEY_ADD] = PFKEY_ADD,
		[SETKEY_UPDATE] = PFKEY_UPDATE,
		[SETKEY_GET] = PFKEY_GET,
		[SETKEY_DELETE] = PFKEY_DELETE,
		[SETKEY_DELETEALL] = PFKEY_DELETE,
		[SETKEY_FLUSH] = PFKEY_FLUSH,
		[SETKEY_DUMP] = PFKEY_DUMP,
		[SETKEY_SPDADD] = PFKEY_X_SPDADD,
		[SETKEY_SPDUPDATE] = PFKEY_X_SPDUPDATE,
		[SETKEY_SPDDELETE] = PFKEY_X_SPDDELETE,
		[SETKEY_SPDFLUSH] = PFKEY_X_SPDFLUSH,
		[SETKEY_SPDDUMP] = PFKEY_X_SPDDUMP,
	};
	bool policy = c->verb >= SETKEY_SPDADD;
	enum pfkey_type said = dialect_policy_type(d, type[c->verb]);
	if (d->type_number[said] < 0)
		return fail(e, ERR_UNSUPPORTED, "%s: PF_KEY of %s has no such message", pfkey_type_name(said), d->name);
	pfkey_msg_init(m, d, said, policy ? SATYPE_UNSPEC : satype_of(c->protocol));
	switch (c->verb) {
	case SETKEY_ADD:
	case SETKEY_UPDATE:
		m->base.v[MSG_SATYPE].u = satype_of(c->sa.protocol);
		return pfkey_msg_from_sa(m, &c->sa, store, e);
	case SETKEY_GET:
	case SETKEY_DELETE:
		m->base.v[MSG_SATYPE].u = satype_of(c->sa.protocol);
		return pfkey_msg_name_sa(m, c->sa.spi, &c->sa.src, &c->sa.dst, e);
	case SETKEY_SPDADD:
	case SETKEY_SPDUPDATE:
	case SETKEY_SPDDELETE: return pfkey_msg_from_policy(m, &c->policy, store, e);
	case SETKEY_FLUSH:
	case SETKEY_SPDFLUSH:
	case SETKEY_DUMP:
	case SETKEY_SPDDUMP: return true;
	default: return fail(e, ERR_UNSUPPORTED, "deleteall has no one message: name each SA");
	}
}

const char *
command_text(const struct setkey_command *c, char *text, size_t cap)
{
	if (c->verb < SETKEY_SPDADD)
		setkey_print_sa(&c->sa, false, text, cap);
	else
		setkey_print_policy(&c->policy, text, cap);
	text[strcspn(text, "\n")] = '\0';
	return text;
}
