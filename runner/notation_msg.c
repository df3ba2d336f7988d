/*
 * PF_KEY messages in the suite notation: add(seq=1)/sa(spi=0x100)/address_src/rest without key_auth. What an extension needs and
 * nobody wrote comes from the case: addresses from $tester and $target, algorithms and keys from $transform, mode from $mode.
 * `rest` stands for every extension that the message usually has and that was not written.
 */
#include "runner/stage.h"

#include <string.h>

#include "runner/transform.h"

/* clang-format off */
#define FLOW { EXT_ADDRESS_SRC, EXT_ADDRESS_DST, EXT_X_SRC_FLOW, EXT_X_SRC_MASK, EXT_X_DST_FLOW, EXT_X_DST_MASK, EXT_X_FLOW_TYPE, EXT_X_PROTOCOL }
/* clang-format on */

/* What `rest` means, per message; what the dialect does not have is left out. */
static const struct {
	enum pfkey_type type;
	enum pfkey_ext ext[10];
} usual[] = {
	{ PFKEY_GETSPI, { EXT_ADDRESS_SRC, EXT_ADDRESS_DST, EXT_SPIRANGE } },
	{ PFKEY_ADD, { EXT_SA, EXT_X_SA2, EXT_ADDRESS_SRC, EXT_ADDRESS_DST, EXT_KEY_AUTH, EXT_KEY_ENCRYPT } },
	{ PFKEY_UPDATE, { EXT_SA, EXT_X_SA2, EXT_ADDRESS_SRC, EXT_ADDRESS_DST, EXT_KEY_AUTH, EXT_KEY_ENCRYPT } },
	{ PFKEY_DELETE, { EXT_SA, EXT_ADDRESS_SRC, EXT_ADDRESS_DST } },
	{ PFKEY_GET, { EXT_SA, EXT_ADDRESS_SRC, EXT_ADDRESS_DST } },
	{ PFKEY_X_SPDADD, { EXT_ADDRESS_SRC, EXT_ADDRESS_DST, EXT_X_POLICY } },
	{ PFKEY_X_SPDUPDATE, { EXT_ADDRESS_SRC, EXT_ADDRESS_DST, EXT_X_POLICY } },
	{ PFKEY_X_SPDDELETE, { EXT_ADDRESS_SRC, EXT_ADDRESS_DST, EXT_X_POLICY } },
	{ PFKEY_X_SPDSETIDX, { EXT_ADDRESS_SRC, EXT_ADDRESS_DST, EXT_X_POLICY } },
	{ PFKEY_X_SPDGET, { EXT_X_POLICY } },
	{ PFKEY_X_SPDDELETE2, { EXT_X_POLICY } },
	{ PFKEY_X_ADDFLOW, FLOW },
	{ PFKEY_X_DELFLOW, FLOW },
	{ PFKEY_X_UPDATEPAIR, { EXT_SA, EXT_ADDRESS_SRC, EXT_ADDRESS_DST } },
	{ PFKEY_X_DELPAIR, { EXT_SA, EXT_ADDRESS_SRC, EXT_ADDRESS_DST } },
	{ PFKEY_X_DELPAIR_STATE, { EXT_SA, EXT_ADDRESS_SRC, EXT_ADDRESS_DST } },
	{ PFKEY_X_INVERSE_ACQUIRE, { EXT_ADDRESS_SRC, EXT_ADDRESS_DST } },
};

struct defaults { /* what the case says an SA is */
	struct sa_spec sa;
	struct spd_entry policy;
	bool policy_message;
};

uint8_t
stage_protocol(const struct stage *s)
{
	const struct val *protocol = vars_get(&s->vars, "protocol"), *name = vars_get(&s->vars, "transform");
	struct transform t;
	if (protocol != NULL && protocol->text != NULL)
		return strcmp(protocol->text, "ah") == 0 ? 51 : 50;
	return name != NULL && name->text != NULL && transform_parse(&t, name->text, NULL) && t.enc == NULL ? 51 : 50;
}

static bool
case_defaults(struct stage *s, struct defaults *d, enum pfkey_type type, struct err *e)
{
	memset(d, 0, sizeof *d);
	const struct target_net *net = &s->g->target->net[0];
	bool v6 = s->family == 6;
	d->policy_message = (type >= PFKEY_X_SPDUPDATE && type <= PFKEY_X_SPDDELETE2) || type == PFKEY_X_ADDFLOW ||
			    type == PFKEY_X_DELFLOW;
	d->sa.spi = 0x1001;
	d->sa.protocol = stage_protocol(s);
	const struct val *mode = vars_get(&s->vars, "mode");
	d->sa.mode =
		mode != NULL && mode->text != NULL && strcmp(mode->text, "tunnel") == 0 ? MODE_TUNNEL : MODE_TRANSPORT;
	d->sa.src = addr_of(v6 ? BYTES_OF(net->tester6) : BYTES_OF(net->tester4));
	d->sa.dst = addr_of(v6 ? BYTES_OF(net->target6) : BYTES_OF(net->target4));
	const struct val *name = vars_get(&s->vars, "transform");
	if (name != NULL) {
		struct transform t;
		const char *text = val_print(s->arena, name);
		if (!transform_parse(&t, text, e))
			return false;
		d->sa.enc = t.enc;
		d->sa.auth = t.auth;
		transform_keys(s->arena, &t, text, s->g->seed, 0, &d->sa.enc_key, &d->sa.auth_key);
	}
	struct spd_entry *p = &d->policy;
	p->selector = (struct selector){ .src = d->sa.src,
					 .dst = d->sa.dst,
					 .src_bits = v6 ? 128 : 32,
					 .dst_bits = v6 ? 128 : 32,
					 .protocol = SELECTOR_ANY,
					 .sport = SELECTOR_ANY,
					 .dport = SELECTOR_ANY };
	p->dir = DIR_IN;
	p->action = SPD_PROTECT;
	p->n = 1;
	p->request[0] = (struct spd_request){ .protocol = d->sa.protocol, .mode = d->sa.mode, .level = LEVEL_REQUIRE };
	if (d->sa.mode == MODE_TUNNEL) {
		p->request[0].src = d->sa.src;
		p->request[0].dst = d->sa.dst;
	}
	return true;
}

/* A message with every default extension, from which the wanted ones are taken. */
static bool
full_message(struct stage *s, const struct defaults *d, enum pfkey_type type, uint8_t satype, struct pfkey_msg *full,
	     struct err *e)
{
	pfkey_msg_init(full, s->g->dialect, type, satype);
	if (d->policy_message)
		return pfkey_msg_from_policy(full, &d->policy, &s->store, e);
	if (d->sa.enc != NULL || d->sa.auth != NULL)
		return pfkey_msg_from_sa(full, &d->sa, &s->store, e);
	return pfkey_msg_name_sa(full, d->sa.spi, &d->sa.src, &d->sa.dst, e);
}

static struct hdr *
push_default(struct stage *s, struct pfkey_msg *m, enum pfkey_ext kind, const struct pfkey_msg *full)
{
	const struct hdr *from = pfkey_msg_get(full, kind);
	struct hdr *h = pfkey_msg_push(m, kind, s->family);
	if (h == NULL)
		return NULL;
	if (from != NULL) {
		*h = *from;
		h->given &= ~(1u << X_LEN); /* lengths are computed from what is there in the end */
	}
	if (kind == EXT_SPIRANGE) {
		hdr_set(h, XRANGE_MIN, 0x100);
		hdr_set(h, XRANGE_MAX, 0x0fffffff);
	}
	return h;
}

/* --- fields ---------------------------------------------------------------------------------- */

/* An address may be of the other family than the case's: then the extension takes that family's layout. */
static void
fit_family(struct stage *s, struct hdr *h, unsigned field, const struct expr *x, const struct pfkey_msg *m,
	   unsigned ext)
{
	struct val v;
	struct addr a;
	if (field != XAD_ADDR || !expr_eval(x, &s->vars, &v, NULL) || v.kind != VAL_TEXT ||
	    !addr_parse(&a, v.text, NULL))
		return;
	const struct layout *lay = pfkey_ext_layout(m->dialect, m->kind[ext], a.family);
	if (lay == h->lay)
		return;
	struct hdr fresh = hdr_of(lay);
	if (hdr_given(h, XAD_PROTO))
		hdr_set(&fresh, XAD_PROTO, h->v[XAD_PROTO].u);
	if (hdr_given(h, XAD_PREFIXLEN))
		hdr_set(&fresh, XAD_PREFIXLEN, a.family == 6 ? 128 : 32);
	*h = fresh;
}

static bool
msg_arg(struct stage *s, struct resolved_msg *r, enum heading heading, unsigned layer, const struct arg *g,
	struct err *e)
{
	struct hdr *h = layer == 0 ? &r->msg.base : &r->msg.ext[layer - 1];
	if (g->name == NULL)
		return fail(e, ERR_SYNTAX, "%u:%u: %s: a value needs its field's name", g->at.line, g->at.column,
			    h->lay->name);
	int field = layout_field(h->lay, g->name);
	if (layer > 0 && field >= 0 && pfkey_field_is_absent(&h->lay->fields[field]) &&
	    (field == XAD_PROTO || field == XAD_PREFIXLEN))
		return fail(e, ERR_UNSUPPORTED, "%s.%s: %s has no such field", h->lay->name, g->name,
			    s->g->dialect->name);
	bool no_priority = layer > 0 && r->msg.kind[layer - 1] == EXT_X_POLICY && field == XPOL_PRIORITY &&
			   !s->g->dialect->priority;
	if (no_priority)
		return fail(e, ERR_UNSUPPORTED, "x_policy.priority: %s has none", s->g->dialect->name);
	if (field < 0)
		return fail(e, ERR_UNKNOWN, "%u:%u: %s has no field '%s'", g->at.line, g->at.column, h->lay->name,
			    g->name);
	if (layer == 0 && field == MSG_ERRNO && g->value->kind == E_WORD && strcmp(g->value->text, "refused") == 0) {
		r->is_refusal = true;
		h->given &= ~(1u << MSG_ERRNO);
		return true;
	}
	if (layer > 0)
		fit_family(s, h, (unsigned)field, g->value, &r->msg, layer - 1);
	return wanted_field(s, &r->wanted, heading, h, layer, (unsigned)field, g->value, e);
}

static bool
msg_args(struct stage *s, struct resolved_msg *r, enum heading heading, unsigned layer, const struct layer_spec *l,
	 struct err *e)
{
	for (const struct arg *g = l->args; g != NULL; g = g->next)
		if (!msg_arg(s, r, heading, layer, g, e))
			return false;
	return true;
}

int
notation_extension(struct stage *s, const char *word)
{
	if (word[0] != '$')
		return pfkey_ext_by_name(word);
	const struct val *value = vars_get(&s->vars, word + 1);
	return value != NULL ? pfkey_ext_by_name(val_print(s->arena, value)) : -1;
}

static bool
left_out(struct stage *s, const struct packet_spec *spec, enum pfkey_ext kind)
{
	for (const struct word_list *w = spec->without; w != NULL; w = w->next)
		if (notation_extension(s, w->word) == (int)kind)
			return true;
	return false;
}

/* A variable that names no extension would leave nothing out, and the case would pass for the wrong reason. */
static bool
without_is_known(struct stage *s, const struct packet_spec *spec, struct err *e)
{
	for (const struct word_list *w = spec->without; w != NULL; w = w->next)
		if (notation_extension(s, w->word) < 0)
			return fail(e, ERR_UNKNOWN, "%u:%u: without %s: no PF_KEY extension", w->at.line, w->at.column,
				    w->word);
	return true;
}

static bool
push_rest(struct stage *s, struct resolved_msg *r, const struct packet_spec *spec, enum pfkey_type type,
	  const struct pfkey_msg *full, struct err *e)
{
	for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
		if (usual[i].type != type)
			continue;
		for (unsigned k = 0; k < 10 && usual[i].ext[k] != EXT_RESERVED; k++) {
			enum pfkey_ext kind = usual[i].ext[k];
			bool key = kind == EXT_KEY_AUTH || kind == EXT_KEY_ENCRYPT;
			bool mine = key || type == PFKEY_X_ADDFLOW || type == PFKEY_X_DELFLOW;
			if (pfkey_msg_get(&r->msg, kind) != NULL || left_out(s, spec, kind) ||
			    s->g->dialect->ext_number[kind] < 0 || (mine && pfkey_msg_get(full, kind) == NULL))
				continue;
			if (push_default(s, &r->msg, kind, full) == NULL)
				return fail(e, ERR_RANGE, "a message has at most %d extensions", PFKEY_EXTS);
		}
	}
	return true;
}

/* An extension of a number of one's own. */
static bool
says_type(const struct layer_spec *l)
{
	for (const struct arg *g = l->args; g != NULL; g = g->next)
		if (g->name != NULL && strcmp(g->name, "exttype") == 0)
			return true;
	return false;
}

static bool
push_written(struct stage *s, struct resolved_msg *r, const struct layer_spec *l, enum heading heading,
	     const struct pfkey_msg *full, struct err *e)
{
	int kind = pfkey_ext_by_name(l->name);
	if (kind < 0)
		return fail(e, ERR_UNKNOWN, "%u:%u: no PF_KEY extension called '%s'", l->at.line, l->at.column,
			    l->name);
	if (kind != EXT_UNKNOWN && s->g->dialect->ext_number[kind] < 0 && !says_type(l))
		return fail(e, ERR_UNSUPPORTED, "%s: %s has no such extension", l->name, s->g->dialect->name);
	struct hdr *h = heading == TO_TARGET ? push_default(s, &r->msg, (enum pfkey_ext)kind, full)
					     : pfkey_msg_push(&r->msg, (enum pfkey_ext)kind, s->family);
	if (h == NULL)
		return fail(e, ERR_RANGE, "%u:%u: a message has at most %d extensions", l->at.line, l->at.column,
			    PFKEY_EXTS);
	return msg_args(s, r, heading, r->msg.n, l, e);
}

static uint8_t
default_satype(const struct stage *s, enum pfkey_type type)
{
	if ((type >= PFKEY_X_SPDUPDATE && type <= PFKEY_X_SPDDELETE2) || type == PFKEY_X_FLOWDUMP ||
	    type == PFKEY_X_ASKPOLICY)
		return SATYPE_UNSPEC;
	return stage_protocol(s) == 51 ? SATYPE_AH : SATYPE_ESP;
}

/* `pfkey < write(errno=EMSGSIZE)`: what write() itself said. */
static bool
write_outcome(struct stage *s, const struct layer_spec *l, struct resolved_msg *r, struct err *e)
{
	r->is_write = true;
	for (const struct arg *g = l->args; g != NULL; g = g->next) {
		struct hdr h = hdr_of(s->g->dialect->base);
		if (g->name == NULL || strcmp(g->name, "errno") != 0)
			return fail(e, ERR_SYNTAX, "%u:%u: write: want errno=..", g->at.line, g->at.column);
		if (!notation_field(s, &h, MSG_ERRNO, g->value, e))
			return false;
		r->write_errno = h.v[MSG_ERRNO].u;
	}
	return true;
}

bool
notation_message(struct stage *s, const struct packet_spec *spec, enum heading heading, struct resolved_msg *r,
		 struct err *e)
{
	const struct layer_spec *l = spec->layers;
	memset(r, 0, sizeof *r);
	if (l->name != NULL && strcmp(l->name, "write") == 0)
		return write_outcome(s, l, r, e);
	int type = l->name != NULL ? pfkey_type_by_name(l->name) : -1;
	if (type < 0)
		return fail(e, ERR_UNKNOWN, "%u:%u: no PF_KEY message called '%s'", l->at.line, l->at.column,
			    l->name != NULL ? l->name : "..");
	if (s->g->dialect->type_number[type] < 0)
		return fail(e, ERR_UNSUPPORTED, "%s: %s has no such message", l->name, s->g->dialect->name);
	struct defaults *d = arena_alloc(s->scratch, sizeof *d); /* the message borrows its addresses */
	struct pfkey_msg *full = arena_alloc(s->scratch, sizeof *full);
	uint8_t satype = default_satype(s, (enum pfkey_type)type);
	if (!without_is_known(s, spec, e) || !case_defaults(s, d, (enum pfkey_type)type, e))
		return false;
	if (heading == TO_TARGET && !full_message(s, d, (enum pfkey_type)type, satype, full, e))
		return false;
	pfkey_msg_init(&r->msg, s->g->dialect, (enum pfkey_type)type, satype);
	if (heading == FROM_TARGET) {
		uint64_t number = r->msg.base.v[MSG_TYPE].u;
		r->msg.base = hdr_of(r->msg.base.lay);
		hdr_set(&r->msg.base, MSG_TYPE, number);
		hdr_set(&r->msg.base, MSG_ERRNO, 0);
	}
	if (!msg_args(s, r, heading, 0, l, e))
		return false;
	for (l = l->next; l != NULL; l = l->next) {
		bool ok = strcmp(l->name != NULL ? l->name : "", "rest") == 0
				  ? push_rest(s, r, spec, (enum pfkey_type)type, full, e)
				  : push_written(s, r, l, heading, full, e);
		if (!ok)
			return false;
	}
	if (heading == TO_TARGET && !hdr_given(&r->msg.base, MSG_SEQ))
		hdr_set(&r->msg.base, MSG_SEQ, ++s->g->pf_seq);
	return true;
}
