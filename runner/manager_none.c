/*
 * Managers that get no answer. `none`: nobody configures the target, so that only what needs no SAs and policies can be asked. `manual`:
 * somebody types what is printed (target_manual.c); that it was obeyed shows in the packets.
 */
#include "runner/manager.h"

#include <stdio.h>

#include "config/setkey.h"
#include "runner/stage.h"
#include "runner/target/target_manual.h"

static int
no_sock(const struct engine *g)
{
	(void)g;
	return -1;
}

static bool
open_nothing(struct engine *g, struct err *e)
{
	(void)g;
	(void)e;
	return true;
}

static bool
hear_nothing(const struct engine *g, struct bytes octets, struct manager_answer *a, struct err *e)
{
	(void)g;
	(void)octets;
	(void)a;
	if (e != NULL)
		e->code = ERR_NONE;
	return false;
}

static bool
say_nothing(struct stage *s, const struct setkey_command *c, uint32_t seq, struct wr *w, struct err *e)
{
	(void)c;
	(void)seq;
	(void)w;
	return fail(e, ERR_UNSUPPORTED, "nothing configures this target: %s", s->g->why_none);
}

static bool
send_nothing(struct engine *g, struct bytes message, struct err *e)
{
	(void)message;
	return fail(e, ERR_UNSUPPORTED, "nothing configures this target: %s", g->why_none);
}

const struct manager manager_none = {
	.name = "none",
	.silent = true,
	.out = EV_NOTE,
	.in = EV_NOTE,
	.sock = no_sock,
	.open = open_nothing,
	.say = say_nothing,
	.send = send_nothing,
	.hear = hear_nothing,
};

static const char *
protocol_word(uint8_t protocol)
{
	return protocol == 50 ? " esp" : protocol == 51 ? " ah" : protocol == 108 ? " ipcomp" : "";
}

static size_t
print_named(const char *verb, const struct sa_spec *sa, bool spi, char *text, size_t cap)
{
	char src[48], dst[48], number[16] = "";
	if (spi)
		snprintf(number, sizeof number, " 0x%x", sa->spi);
	int n = snprintf(text, cap, "%s %s %s%s%s ;\n", verb, addr_print(&sa->src, src), addr_print(&sa->dst, dst),
			 protocol_word(sa->protocol), number);
	return n > 0 ? (size_t)n : 0;
}

/* A command as somebody types it, keys and all; 0: a case that needs it needs an answer too. */
static size_t
print_command(const struct setkey_command *c, char *text, size_t cap)
{
	switch (c->verb) {
	case SETKEY_ADD: return setkey_print_sa(&c->sa, true, text, cap);
	case SETKEY_DELETE: return print_named("delete", &c->sa, true, text, cap);
	case SETKEY_DELETEALL: return print_named("deleteall", &c->sa, false, text, cap);
	case SETKEY_FLUSH: return (size_t)snprintf(text, cap, "flush%s ;\n", protocol_word(c->protocol));
	case SETKEY_SPDADD: return setkey_print_policy(&c->policy, text, cap);
	case SETKEY_SPDFLUSH: return (size_t)snprintf(text, cap, "spdflush ;\n");
	default: return 0;
	}
}

/* setkey's own words, one command a message. */
static bool
say_in_words(struct stage *s, const struct setkey_command *c, uint32_t seq, struct wr *w, struct err *e)
{
	char text[4096];
	(void)s;
	(void)seq;
	size_t n = print_command(c, text, sizeof text);
	if (n == 0 || n >= sizeof text)
		return fail(e, ERR_UNSUPPORTED, "line %u: a command whose answer matters, and nobody types that back",
			    c->line);
	wr_bytes(w, (struct bytes){ (const uint8_t *)text, n });
	return true;
}

static bool
send_to_somebody(struct engine *g, struct bytes message, struct err *e)
{
	(void)e;
	target_manual_print(g->target, message);
	return true;
}

const struct manager manager_manual = {
	.name = "manual",
	.silent = true,
	.out = EV_NOTE,
	.in = EV_NOTE,
	.sock = no_sock,
	.open = open_nothing,
	.say = say_in_words,
	.send = send_to_somebody,
	.hear = hear_nothing,
};
