/* A configuration file for the live host: each command one PF_KEY message on a socket of its own, as setkey -f would do it. */
#include "runner/live/live.h"

#include <string.h>

#include "config/ipsecconf.h"
#include "config/ipseckey.h"
#include "runner/live/command.h"

#define STORE 262144

static bool
apply(struct live *v, const struct setkey_command *c, const char *name, struct err *e)
{
	static uint8_t store_room[STORE], octets[PFKEY_MSG_MAX];
	struct wr store = wr_of(store_room, sizeof store_room), w = wr_of(octets, sizeof octets);
	const struct dialect *d = v->setup.dialect;
	struct pfkey_msg m;
	char text[200];
	if (!command_message(d, c, &store, &m, e) || !pfkey_msg_put(&m, false, &w, e)) {
		struct err why = *e;
		return fail(e, why.code, "%s:%u: %s", name, c->line, why.text);
	}
	v->config_errno = 0;
	int number = host_pfkey_write(v->host, v->config_sock, wr_done(&w), live_now(v));
	number = number != 0 ? number : v->config_errno;
	if (number == 0)
		return true;
	const char *word = names_name(dialect_errnos(d), (uint64_t)number);
	return fail(e, ERR_REFUSED, "%s:%u: the host refused: %s: %s (errno %d)", name, c->line,
		    command_text(c, text, sizeof text), word != NULL ? word : "?", number);
}

static bool
by_setkey(struct live *v, const char *text, size_t n, const char *name, struct err *e)
{
	struct setkey_script *s = setkey_parse(text, n, name, 1, e);
	bool ok = s != NULL;
	for (const struct setkey_command *c = ok ? setkey_first(s) : NULL; ok && c != NULL; c = c->next)
		ok = apply(v, c, name, e);
	setkey_free(s);
	return ok;
}

static bool
by_ipsecconf(struct live *v, const char *text, size_t n, const char *name, struct err *e)
{
	static struct spd_entry entries[IPSECCONF_SPD];
	struct ipsecconf_script *s = ipsecconf_parse(text, n, name, 1, e);
	bool ok = s != NULL;
	for (const struct ipsecconf_entry *x = ok ? ipsecconf_first(s) : NULL; ok && x != NULL; x = x->next) {
		unsigned count = ipsecconf_expand(x, entries);
		for (unsigned i = 0; ok && i < count; i++) {
			struct setkey_command c = { .verb = SETKEY_SPDADD, .policy = entries[i], .line = x->line };
			ok = apply(v, &c, name, e);
		}
	}
	ipsecconf_free(s);
	return ok;
}

static bool
is_ours(const struct live *v, const struct addr *a)
{
	for (unsigned l = 0; l < v->setup.links; l++)
		for (unsigned i = 0; i < v->setup.link[l].n; i++)
			if (addr_equal(&v->setup.link[l].addr[i], a))
				return true;
	return false;
}

/* Local and remote UDP ports become source and destination. */
static void
turn_ports(const struct live *v, const struct ipseckey_command *x, struct sa_spec *sa)
{
	bool inbound = x->heading != IPSECKEY_UNSAID ? x->heading == IPSECKEY_INBOUND : is_ours(v, &sa->dst);
	if (!inbound)
		return;
	sa->encap.sport = x->sa.encap.dport;
	sa->encap.dport = x->sa.encap.sport;
}

static bool
by_ipseckey(struct live *v, const char *text, size_t n, const char *name, struct err *e)
{
	struct ipseckey_script *s = ipseckey_parse(text, n, name, 1, e);
	bool ok = s != NULL;
	for (const struct ipseckey_command *x = ok ? ipseckey_first(s) : NULL; ok && x != NULL; x = x->next) {
		struct setkey_command c = { .protocol = x->protocol, .sa = x->sa, .line = x->line };
		turn_ports(v, x, &c.sa);
		switch (x->verb) {
		case IPSECKEY_ADD: c.verb = SETKEY_ADD; break;
		case IPSECKEY_UPDATE: c.verb = SETKEY_UPDATE; break;
		case IPSECKEY_DELETE: c.verb = SETKEY_DELETE; break;
		case IPSECKEY_FLUSH: c.verb = SETKEY_FLUSH; break;
		default: ok = fail(e, ERR_UNSUPPORTED, "%s:%u: no command for a host that begins", name, x->line);
		}
		ok = ok && apply(v, &c, name, e);
	}
	ipseckey_free(s);
	return ok;
}

/* By the first line that is no comment: what each language's statements begin with. */
static bool
begins(const char *text, const char *word)
{
	while (*text == '#' || *text == ' ' || *text == '\t' || *text == '\n') {
		const char *eol = *text == '#' ? strchr(text, '\n') : text;
		if (eol == NULL)
			return false;
		text = eol + 1;
	}
	return strncmp(text, word, strlen(word)) == 0;
}

bool
live_configure(struct live *v, const char *text, size_t n, const char *name, struct err *e)
{
	v->config_sock = host_pfkey_open(v->host);
	if (v->config_sock < 0)
		return fail(e, ERR_REFUSED, "%s: the host has no PF_KEY socket left", name);
	bool key = begins(text, "add esp spi") || begins(text, "add ah spi") || begins(text, "flush esp\n");
	bool ok = begins(text, "{") ? by_ipsecconf(v, text, n, name, e)
		  : key             ? by_ipseckey(v, text, n, name, e)
				    : by_setkey(v, text, n, name, e);
	host_pfkey_close(v->host, v->config_sock);
	v->config_sock = -1;
	return ok;
}
