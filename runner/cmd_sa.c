/* espy sa: SAs and policies from one format to another. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/esp_sa.h"
#include "config/format.h"
#include "config/ip_xfrm.h"
#include "config/ipsecconf.h"
#include "config/ipseckey.h"
#include "config/setkey.h"
#include "runner/commands.h"
#include "runner/help/offers.h"
#include "runner/options.h"
#include "runner/suite_source.h"

enum { O_FROM, O_TO, O_NO_KEYS };

static const struct option_row rows[] = {
	[O_FROM] = { 'f', "from", "FORMAT", "what FILE is written in (default: by its first words)" },
	[O_TO] = { 't', "to", "FORMAT", "what to write (default: setkey)" },
	[O_NO_KEYS] = { 0, "no-keys", NULL, "0x.. or X's in the place of keys" },
	{ 0, NULL, NULL, NULL },
};

const struct options sa_options = {
	"espy sa [FILE] [--from FORMAT] [--to FORMAT]",
	"Converts SAs and policies. Formats: setkey (setkey(8)), ipseckey and ipsecconf (Solaris: SAs and policies),\n"
	"xfrm (ip-xfrm(8) commands, and what it lists), esp_sa (Wireshark). FILE is - or left out for standard input. What\n"
	"a format cannot say is told on stderr, with the line that it comes from.\n"
	"Exit status: 0 everything was said; 1 something was left out; 2 usage, or FILE cannot be read.",
	rows,
};

#define TEXT_MAX 16384

struct writer {
	bool show_keys, left_out;
	const char *name;
	char text[TEXT_MAX];
};

/* Into w->text. ERR_UNSUPPORTED: it cannot be said. NULL: the format has none. */
struct printers {
	bool (*sa)(struct writer *w, const struct config_entry *x, struct err *e);
	bool (*policy)(struct writer *w, const struct config_entry *x, struct err *e);
};

static void
tell(struct writer *w, unsigned line, const char *what)
{
	fprintf(stderr, "espy sa: %s:%u: %s\n", w->name, line, what);
	w->left_out = true;
}

/* What an SA says that has no words in some format, and that would change its packets or their verdicts. */
enum lost { LOST_ESN = 1, LOST_TFC = 2, LOST_TUNNEL = 4, LOST_REQID = 8, LOST_SELECTOR = 16, LOST_NAT_OA = 32 };

static void
tell_lost(struct writer *w, const struct config_entry *x, const char *format, unsigned which)
{
	const struct sa_spec *s = &x->sa;
	const struct {
		bool there;
		enum lost bit;
		const char *what;
	} losses[] = {
		{ s->esn, LOST_ESN, "extended sequence numbers" },
		{ s->tfc != 0, LOST_TFC, "TFC padding" },
		{ s->tunnel.df_given || s->tunnel.no_ecn || s->tunnel.decap_dscp, LOST_TUNNEL,
		  "rules for the tunnel's header" },
		{ s->reqid != 0, LOST_REQID, "the number of -u" },
		{ s->selects, LOST_SELECTOR, "what traffic the SA is for" },
		{ s->encap.oai.family != 0 || s->encap.oar.family != 0, LOST_NAT_OA,
		  "the original addresses behind a NAT" },
	};
	char text[200];
	for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
		if (!losses[i].there || (which & losses[i].bit) == 0)
			continue;
		snprintf(text, sizeof text, "%s cannot say %s", format, losses[i].what);
		tell(w, x->line, text);
	}
}

static bool
fits(size_t n, struct err *e)
{
	return n < TEXT_MAX || fail(e, ERR_RANGE, "more than %d octets of text", TEXT_MAX);
}

/* --- setkey ---------------------------------------------------------------------------------- */

static bool
setkey_sa(struct writer *w, const struct config_entry *x, struct err *e)
{
	return fits(setkey_print_sa(&x->sa, w->show_keys, w->text, sizeof w->text), e);
}

static bool
setkey_policy(struct writer *w, const struct config_entry *x, struct err *e)
{
	if (x->policy.dir > DIR_FWD)
		return fail(e, ERR_UNSUPPORTED, "setkey has no policies of single tunnels");
	for (unsigned i = 0; i < x->policy.n; i++)
		if (!spd_request_is_plain(&x->policy.request[i]))
			return fail(e, ERR_UNSUPPORTED, "setkey has no alternatives and no choice of algorithms");
	return fits(setkey_print_policy(&x->policy, w->text, sizeof w->text), e);
}

/* --- Solaris --------------------------------------------------------------------------------- */

static bool
ipseckey_sa(struct writer *w, const struct config_entry *x, struct err *e)
{
	const struct sa_spec *s = &x->sa;
	if (s->protocol != 50 && s->protocol != 51)
		return fail(e, ERR_UNSUPPORTED, "ipseckey has no SAs of protocol %u", s->protocol);
	struct ipseckey_traffic any = { .sport = SELECTOR_ANY, .dport = SELECTOR_ANY, .ulp = SELECTOR_ANY };
	struct ipseckey_command c = { .verb = IPSECKEY_ADD, .protocol = s->protocol, .sa = *s, .state = SA_MATURE };
	c.outer = c.inner = any;
	c.outer.src = s->src;
	c.outer.dst = s->dst;
	c.outer.src_bits = c.outer.dst_bits = s->dst.family == 6 ? 128 : 32;
	if (s->mode == MODE_TUNNEL) {
		/* What it may carry is its policy's affair elsewhere. */
		c.inner.src.family = c.inner.dst.family = s->dst.family;
		c.outer.ulp = s->dst.family == 6 ? 41 : 4;
	}
	if (s->old)
		return fail(e, ERR_UNSUPPORTED, "ipseckey has no SAs of RFC 1826 and 1827");
	tell_lost(w, x, "ipseckey", LOST_ESN | LOST_TFC | LOST_TUNNEL | LOST_REQID | LOST_SELECTOR);
	return fits(ipseckey_print(&c, w->show_keys, w->text, sizeof w->text), e);
}

/* One bundle in transport mode: what a rule of ipsecconf says. */
static bool
rule_of(const struct spd_entry *p, struct ipsecconf_rule *r, struct err *e)
{
	static const struct spd_alg any = { .wanted = true };
	*r = (struct ipsecconf_rule){ .action = p->action == SPD_BYPASS    ? IPSECCONF_BYPASS
						: p->action == SPD_DISCARD ? IPSECCONF_DROP
									   : IPSECCONF_IPSEC };
	for (unsigned i = 0; p->action == SPD_PROTECT && i < p->n; i++) {
		const struct spd_request *q = &p->request[i];
		if (q->mode == MODE_TUNNEL)
			return fail(e, ERR_UNSUPPORTED,
				    "ipsecconf: a tunnel is an interface with a name, which is not known here");
		if (q->level == LEVEL_USE || q->alternative != 0 || (q->protocol != 50 && q->protocol != 51))
			return fail(e, ERR_UNSUPPORTED, "ipsecconf has no request of protocol %u and level %u",
				    q->protocol, q->level);
		if (q->protocol == 51)
			r->ah = q->auth.wanted ? q->auth : any;
		else
			r->encr = q->enc.wanted ? q->enc : any;
		if (q->protocol == 50 && q->auth.wanted)
			r->encr_auth = q->auth;
		r->unique |= q->per_flow || q->level == LEVEL_UNIQUE;
	}
	return true;
}

static bool
ipsecconf_policy(struct writer *w, const struct config_entry *x, struct err *e)
{
	const struct spd_entry *p = &x->policy;
	const struct selector *s = &p->selector;
	const char *why;
	if (!selector_is_plain(s, &why))
		return fail(e, ERR_UNSUPPORTED, "ipsecconf has no %s", why);
	if (p->dir != DIR_IN && p->dir != DIR_OUT)
		return fail(e, ERR_UNSUPPORTED, "ipsecconf has no direction %u", p->dir);
	bool out = p->dir == DIR_OUT;
	struct ipsecconf_end src = { s->src, s->src_bits, s->sport }, dst = { s->dst, s->dst_bits, s->dport };
	struct ipsecconf_entry c = { .local = out ? src : dst,
				     .remote = out ? dst : src,
				     .ulp = s->protocol,
				     .type = SELECTOR_ANY,
				     .type_last = SELECTOR_ANY,
				     .code = SELECTOR_ANY,
				     .code_last = SELECTOR_ANY,
				     .dir = p->dir,
				     .n = 1 };
	if (s->protocol == 1 || s->protocol == 58) {
		c.type = c.type_last = s->sport;
		c.code = c.code_last = s->dport;
		c.local.port = c.remote.port = SELECTOR_ANY;
	}
	return rule_of(p, &c.rule[0], e) && fits(ipsecconf_print(&c, w->text, sizeof w->text), e);
}

/* --- the others ------------------------------------------------------------------------------ */

static bool
xfrm_sa(struct writer *w, const struct config_entry *x, struct err *e)
{
	size_t n;
	if (!ip_xfrm_print_sa(&x->sa, w->show_keys, w->text, sizeof w->text, &n, e) || !fits(n, e))
		return false;
	tell_lost(w, x, "xfrm", LOST_TFC | LOST_NAT_OA);
	if (x->sa.tunnel.df_given)
		tell(w, x->line, "xfrm cannot say what becomes of DF");
	return true;
}

static bool
xfrm_policy(struct writer *w, const struct config_entry *x, struct err *e)
{
	size_t n;
	return ip_xfrm_print_policy(&x->policy, w->text, sizeof w->text, &n, e) && fits(n, e);
}

static bool
wireshark_sa(struct writer *w, const struct config_entry *x, struct err *e)
{
	const char *lost;
	char text[200];
	size_t n;
	if (!esp_sa_print(&x->sa, w->show_keys, w->text, sizeof w->text, &n, &lost, e) || !fits(n, e))
		return false;
	if (lost != NULL) {
		snprintf(text, sizeof text, "esp_sa cannot say %s", lost);
		tell(w, x->line, text);
	}
	return true;
}

static const struct printers printers[CONFIG_FORMATS] = {
	[FORMAT_SETKEY] = { setkey_sa, setkey_policy },  [FORMAT_IPSECKEY] = { ipseckey_sa, NULL },
	[FORMAT_IPSECCONF] = { NULL, ipsecconf_policy }, [FORMAT_XFRM] = { xfrm_sa, xfrm_policy },
	[FORMAT_ESP_SA] = { wireshark_sa, NULL },
};

/* --- command --------------------------------------------------------------------------------- */

static bool
write_entry(struct writer *w, enum config_format to, const struct config_entry *x, struct err *e)
{
	char text[200];
	const struct printers *p = &printers[to];
	bool (*write)(struct writer *, const struct config_entry *, struct err *) = x->is_policy ? p->policy : p->sa;
	if (write == NULL) {
		snprintf(text, sizeof text, "%s has no %s", config_format_names[to], x->is_policy ? "policies" : "SAs");
		tell(w, x->line, text);
		return true;
	}
	if (write(w, x, e)) {
		size_t n = strlen(w->text);
		printf("%s%s", w->text, n > 0 && w->text[n - 1] != '\n' ? "\n" : "");
		return true;
	}
	if (e->code != ERR_UNSUPPORTED)
		return false;
	tell(w, x->line, e->text);
	return true;
}

static bool
convert(struct writer *w, const enum config_format *from, enum config_format to, const char *path, struct err *e)
{
	char *text = NULL;
	size_t n = 0;
	if (!source_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, &text, &n, e)) {
		free(text);
		return false;
	}
	struct config_entries *all =
		config_format_read(from != NULL ? *from : config_format_of(text, n), text, n, w->name, e);
	bool ok = all != NULL;
	for (const struct config_entry *x = ok ? config_entries_first(all) : NULL; ok && x != NULL; x = x->next)
		ok = write_entry(w, to, x, e);
	config_entries_free(all);
	free(text);
	return ok;
}

static int
misuse(const char *what, const char *word)
{
	fprintf(stderr, "espy sa: %s%s\nTry 'espy sa --help'.\n", what, word);
	return 2;
}

static int
unknown_format(const char *given)
{
	struct suggest near = { .given = given };
	char word[160];
	offer_config_formats(&near);
	int n = snprintf(word, sizeof word, "%.40s", given);
	suggest_print(&near, word + n, sizeof word - (size_t)n);
	return misuse("want setkey, ipseckey, ipsecconf, xfrm or esp_sa, got ", word);
}

int
cmd_sa(int argc, char **argv)
{
	static struct writer w;
	enum config_format from = FORMAT_SETKEY, to = FORMAT_SETKEY;
	bool from_given = false;
	const char *value;
	struct err e = { 0 };
	int o, first;
	w.show_keys = true;
	w.left_out = false;
	while ((o = options_next(&sa_options, argc, argv, &value, &first)) >= 0) {
		w.show_keys &= o != O_NO_KEYS;
		if (o == O_NO_KEYS)
			continue;
		if (!config_format_by_name(value, o == O_FROM ? &from : &to))
			return unknown_format(value);
		from_given |= o == O_FROM;
	}
	if (o < -1)
		return o == -3 ? 0 : 2;
	if (argc - first > 1)
		return misuse("want one file, got also ", argv[first + 1]);
	const char *path = first < argc ? argv[first] : "-";
	w.name = strcmp(path, "-") == 0 ? "standard input" : path;
	if (!convert(&w, from_given ? &from : NULL, to, path, &e)) {
		fprintf(stderr, "espy sa: %s\n", e.text);
		return 2;
	}
	return w.left_out ? 1 : 0;
}
