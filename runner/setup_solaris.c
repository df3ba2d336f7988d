/*
 * Blocks in the languages of ipsecconf(8) and ipseckey(8): turned into the commands that a setkey block would be, so that everything
 * behind that is the same. What the target's PF_KEY cannot say makes the case SKIP.
 */
#include "runner/stage.h"

#include <stdio.h>
#include <string.h>

#include "config/ipsecconf.h"
#include "config/ipseckey.h"

static struct setkey_command *
append(struct stage *s, struct setkey_command ***tail, uint8_t verb, unsigned line)
{
	struct setkey_command *c = arena_alloc(s->scratch, sizeof *c);
	*c = (struct setkey_command){ .verb = verb, .line = line };
	**tail = c;
	*tail = &c->next;
	return c;
}

/* --- ipsecconf -------------------------------------------------------------------------------- */

static bool
apply_ipsecconf(struct stage *s, const char *text, const char *file, unsigned line, char *refused, size_t cap,
		struct err *e)
{
	struct ipsecconf_script *script = ipsecconf_parse(text, strlen(text), file, line, e);
	struct setkey_command *first = NULL, **tail = &first;
	struct spd_entry *entries = arena_alloc(s->scratch, IPSECCONF_SPD * sizeof *entries);
	refused[0] = '\0';
	evidence_add(s->ev, EV_NOTE, line, 0, BYTES_NONE, text);
	if (script == NULL)
		return false;
	for (const struct ipsecconf_entry *c = ipsecconf_first(script); c != NULL; c = c->next) {
		unsigned n = ipsecconf_expand(c, entries);
		for (unsigned i = 0; i < n; i++)
			append(s, &tail, SETKEY_SPDADD, c->line)->policy = entries[i];
	}
	ipsecconf_free(script);
	return setup_commands(s, first, file, refused, cap, e);
}

/* --- ipseckey --------------------------------------------------------------------------------- */

/* Local and remote UDP ports in the SA's own direction. */
static void
turn_ports(const struct stage *s, const struct ipseckey_command *c, struct sa_spec *sa)
{
	bool inbound = c->heading != IPSECKEY_UNSAID ? c->heading == IPSECKEY_INBOUND : stage_is_target(s, &sa->dst);
	if (!inbound)
		return;
	sa->encap.sport = c->sa.encap.dport;
	sa->encap.dport = c->sa.encap.sport;
}

static bool
is_sayable(const struct ipseckey_command *c, struct err *e)
{
	bool pair = c->pair_spi != 0 || c->verb == IPSECKEY_UPDATE_PAIR || c->verb == IPSECKEY_DELETE_PAIR;
	if (pair)
		return fail(e, ERR_UNSUPPORTED, "ipseckey: this target has no pairs of SAs");
	if (c->idle_addtime != 0 || c->idle_usetime != 0)
		return fail(e, ERR_UNSUPPORTED, "ipseckey: this target has no idle times");
	return c->state == SA_MATURE || fail(e, ERR_UNSUPPORTED, "ipseckey: this target takes mature SAs only");
}

static bool
push_key_command(struct stage *s, const struct ipseckey_command *c, struct setkey_command ***tail, struct err *e)
{
	static const uint8_t verbs[] = {
		[IPSECKEY_ADD] = SETKEY_ADD, [IPSECKEY_UPDATE] = SETKEY_UPDATE, [IPSECKEY_DELETE] = SETKEY_DELETE,
		[IPSECKEY_GET] = SETKEY_GET, [IPSECKEY_FLUSH] = SETKEY_FLUSH,   [IPSECKEY_DUMP] = SETKEY_DUMP,
	};
	if (!is_sayable(c, e))
		return false;
	struct setkey_command *to = append(s, tail, verbs[c->verb], c->line);
	to->protocol = c->protocol;
	to->sa = c->sa;
	if (to->sa.encap.udp)
		turn_ports(s, c, &to->sa);
	return true;
}

static bool
apply_ipseckey(struct stage *s, const char *text, const char *file, unsigned line, char *refused, size_t cap,
	       struct err *e)
{
	struct ipseckey_script *script = ipseckey_parse(text, strlen(text), file, line, e);
	struct setkey_command *first = NULL, **tail = &first;
	bool ok = script != NULL;
	refused[0] = '\0';
	evidence_add(s->ev, EV_NOTE, line, 0, BYTES_NONE, text);
	for (const struct ipseckey_command *c = ok ? ipseckey_first(script) : NULL; ok && c != NULL; c = c->next)
		ok = push_key_command(s, c, &tail, e);
	if (ok) {
		ok = setup_commands(s, first, file, refused, cap, e);
	} else if (e->code == ERR_UNSUPPORTED) {
		snprintf(refused, cap, "%s", e->text);
		ok = true;
	}
	ipseckey_free(script);
	return ok;
}

setup_function *
setup_solaris(const char *language)
{
	return strcmp(language, "ipsecconf") == 0 ? apply_ipsecconf : apply_ipseckey;
}
