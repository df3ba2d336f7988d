#include "runner/help/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/fold.h"
#include "runner/capability.h"
#include "runner/instance.h"
#include "runner/manager.h"

#define SKIPS_SHOWN 25

/* --- what it says of itself ---------------------------------------------------------------------- */

static void
tell_hello(struct doctor *d, const struct target *t)
{
	static const struct {
		unsigned bit;
		const char *name;
	} features[] = {
		{ CHAN_PFKEY, "PF_KEY" },    { CHAN_SOCKETS, "sockets" }, { CHAN_TUNABLES, "tunables" },
		{ CHAN_NETLINK, "netlink" }, { CHAN_USERS, "users" },     { CHAN_NAMES, "named tunables" },
	};
	const struct channel_hello *h = &t->channel.hello;
	char lent[200] = "";
	doctor_say(d, FINDING_OK, "system", NULL, "%s %s, %u bits, %s-endian, %u link%s, profile %s", t->os, t->release,
		   h->word_bits, h->big_endian ? "big" : "little", t->links, t->links == 1 ? "" : "s",
		   t->profile != NULL ? t->profile : "none");
	for (size_t i = 0; t->has_channel && i < sizeof features / sizeof features[0]; i++)
		if (h->features & features[i].bit) {
			size_t n = strlen(lent);
			snprintf(lent + n, sizeof lent - n, "%s%s", n > 0 ? ", " : "", features[i].name);
		}
	if (lent[0] != '\0')
		doctor_say(d, FINDING_OK, "agent", NULL, "lends %s", lent);
	else
		doctor_say(d, FINDING_MISSING, "agent",
			   strcmp(t->driver, "raw") == 0 ? "--agent 'ssh root@host espy-agent', see espy-agent(8)"
							 : "what a stack may lend says espy-agent(8)",
			   "nothing operates this target: only what needs no SAs and policies can be asked");
}

static unsigned
known_of(const struct engine *g, const struct pfkey_alg *rows, unsigned n, uint8_t use)
{
	unsigned known = 0;
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < algs_n; k++)
			if (algs[k].use == use && dialect_alg_number(g->dialect, &algs[k]) == rows[i].id) {
				known++;
				break;
			}
	return known;
}

static void
tell_manager(struct doctor *d, const struct engine *g)
{
	const struct capabilities *c = &g->caps;
	if (g->manager == &manager_none) {
		doctor_say(d, FINDING_MISSING, "manager",
			   strcmp(g->target->os, "linux") == 0
				   ? "modprobe af_key xfrm_user on the target; an agent that runs there as root"
				   : NULL,
			   "none: %s", g->why_none);
		return;
	}
	doctor_say(d, FINDING_OK, "manager", NULL, "%s, dialect %s", managers_named(g),
		   g->dialect != NULL ? g->dialect->name : "none");
	if (!c->known)
		return;
	doctor_say(d, FINDING_OK, "algorithms", NULL,
		   "registers %u ciphers and %u integrity algorithms for ESP, %u for AH (%u, %u, %u known to espy)",
		   c->enc_n, c->auth_esp_n, c->auth_ah_n, known_of(g, c->enc, c->enc_n, ALG_ENC),
		   known_of(g, c->auth_esp, c->auth_esp_n, ALG_AUTH), known_of(g, c->auth_ah, c->auth_ah_n, ALG_AUTH));
	for (unsigned i = 0; i < algs_n; i++)
		if (c->not_meant >> i & 1)
			doctor_say(d, FINDING_NOTE, "truncation", NULL,
				   "by the number of %s it means another truncation (found by an exchange)",
				   algs[i].name);
	if (c->ah_align8)
		doctor_say(d, FINDING_NOTE, "AH padding", NULL,
			   "AH over IPv4 is padded to 8 octets, RFC 4302 3.3.3.2.1 says 4");
}

/* --- an exchange ----------------------------------------------------------------------------------- */

static const char exchanges[] = "suite doctor \"does it answer at all\"\n"
				"case clear INFO \"an echo in clear is answered\"\n"
				"{\n"
				"  > echo(seq=1)/data(size=56)\n"
				"  < echo-reply(seq=1)/data(size=56)\n"
				"}\n"
				"case esp INFO \"an echo under ESP is answered under ESP\"\n"
				"{\n"
				"  setkey {\n"
				"    add $tester $target esp 0x1001 -m transport $keys_in ;\n"
				"    add $target $tester esp 0x1002 -m transport $keys_out ;\n"
				"    spdadd $tester $target icmp -P in ipsec esp/transport//require ;\n"
				"    spdadd $target $tester icmp -P out ipsec esp/transport//require ;\n"
				"  }\n"
				"  > esp(seq=1)/echo(seq=1)/data(size=56)\n"
				"  < esp/echo-reply(seq=1)/data(size=56)\n"
				"}\n";

struct exchange {
	const char *name, *fix;
	const struct suite *suite;
	const struct case_spec *spec;
};

static void
ask(struct engine *g, const struct exchange *x, const char *transform, struct outcome *o)
{
	struct evidence evidence = { 0 };
	const struct plan_item item = { .suite = x->suite,
					.spec = x->spec,
					.id = x->name,
					.full_id = x->name,
					.params = { { "transform", transform } },
					.params_n = transform != NULL ? 1 : 0 };
	engine_run(g, &item, &evidence, o);
	evidence_free(&evidence);
}

/* False: it did not work. What cannot be asked is no fault. */
static bool
tell_outcome(struct doctor *d, const struct exchange *x, const struct outcome *o, const char *transform)
{
	if (o->verdict == V_PASS)
		doctor_say(d, FINDING_OK, x->name, NULL, "%s%s%s", x->spec->title, transform != NULL ? ": " : "",
			   transform != NULL ? transform : "");
	else if (o->verdict == V_SKIP)
		doctor_say(d, FINDING_MISSING, x->name, NULL, "not tried: %s", o->reason);
	else
		doctor_say(d, FINDING_BROKEN, x->name, x->fix, "%s%s%s%s%s", o->reason,
			   o->want[0] != '\0' ? " want " : "", o->want, o->got[0] != '\0' ? ", got " : "", o->got);
	return o->verdict == V_PASS || o->verdict == V_SKIP;
}

/* Under the first of the usual transforms that the target has. */
static void
try_esp(struct doctor *d, struct engine *g, const struct suite *s)
{
	static const char *const usual[] = { "aes-cbc-128+hmac-sha1-96", "aes-cbc-128+hmac-sha2-256-128",
					     "aes-gcm-16-128", "3des-cbc+hmac-sha1-96", "null+hmac-sha1-96" };
	const struct exchange x = { "echo under ESP",
				    "espy run esp.out/round_trip, with this -t, says for which algorithms", s,
				    s->cases->next };
	struct outcome first, o;
	ask(g, &x, usual[0], &first);
	const char *transform = usual[0];
	o = first;
	for (size_t i = 1; i < sizeof usual / sizeof usual[0] && o.verdict == V_SKIP && !g->dead; i++)
		ask(g, &x, transform = usual[i], &o);
	(void)tell_outcome(d, &x, o.verdict == V_SKIP ? &first : &o, transform);
}

static void
try_exchanges(struct doctor *d, struct engine *g)
{
	struct err e;
	struct suite *s = suite_parse("(doctor)", exchanges, sizeof exchanges - 1, &e);
	if (s == NULL) {
		doctor_say(d, FINDING_BROKEN, "exchange", NULL, "%s", e.text);
		return;
	}
	const struct exchange clear = {
		"echo",
		"are its addresses those that -t and --target-address say, and does it answer echo "
		"requests?",
		s, s->cases
	};
	struct outcome o;
	ask(g, &clear, NULL, &o);
	/* A target whose ESP fails can be tested all the more; one that answers nothing cannot. */
	d->unable |= !tell_outcome(d, &clear, &o, NULL);
	if (!d->unable && !g->dead && g->manager != &manager_manual)
		try_esp(d, g, s);
	suite_free(s);
}

/* --- what would be skipped --------------------------------------------------------------------------- */

/* Most frequent first, into what --json prints. */
static void
sort_skips(struct doctor *d, json_t *book)
{
	size_t n;
	struct fold_count *v = fold_counts(book, &n);
	for (size_t i = 0; v != NULL && i < n; i++)
		json_array_append_new(d->skips, json_pack("{s:i, s:s}", "n", (int)v[i].n, "reason", v[i].name));
	free(v);
}

static void
print_skips(const struct doctor *d)
{
	const json_t *skip;
	size_t i;
	json_array_foreach(d->skips, i, skip)
		if (i < SKIPS_SHOWN)
			printf("  %7lld  %s\n", (long long)json_integer_value(json_object_get(skip, "n")),
			       json_string_value(json_object_get(skip, "reason")));
	if (json_array_size(d->skips) > SKIPS_SHOWN)
		printf("  (and %zu more reasons: --json has them all)\n", json_array_size(d->skips) - SKIPS_SHOWN);
}

static void
tell_skips(struct doctor *d, struct engine *g)
{
	json_t *book = json_object();
	const struct plan *p = &d->choice.plan;
	unsigned can = 0;
	for (unsigned i = 0; i < p->n && !g->dead; i++) {
		char why[600] = "";
		if (capability_allows(g, &p->items[i], why, sizeof why)) {
			can++;
			continue;
		}
		unsigned before = (unsigned)json_integer_value(json_object_get(book, why));
		json_object_set_new_nocheck(book, why, json_integer(before + 1));
	}
	sort_skips(d, book);
	json_decref(book);
	doctor_group(d, "Cases");
	doctor_say(d, can > 0 ? FINDING_OK : FINDING_BROKEN, "can be asked", NULL, "%u of %u combinations", can, p->n);
	d->unable |= can == 0;
	if (!d->json && json_array_size(d->skips) > 0) {
		printf("\nWould be skipped, by the target's own reason\n");
		print_skips(d);
	}
}

/* --- all of it ------------------------------------------------------------------------------------------ */

void
doctor_target(struct doctor *d)
{
	static struct instance in;
	const struct instance_wish wish = {
		.target = d->target, .wishes = &d->wishes, .manager = d->manager, .seed = 1
	};
	struct err e;
	uint64_t began = clock_ns();
	doctor_group(d, "Target");
	if (!instance_open(&in, &wish, &e)) {
		d->unable = true;
		doctor_say(d, FINDING_BROKEN, "opens", "espy doctor (without -t) says what this machine lacks", "%s",
			   e.text);
		return;
	}
	doctor_say(d, FINDING_OK, "opens", NULL, "%s, in %.1f s", d->target, (double)(clock_ns() - began) / 1e9);
	tell_hello(d, &in.target);
	tell_manager(d, &in.engine);
	try_exchanges(d, &in.engine);
	if (!d->unable)
		tell_skips(d, &in.engine);
	instance_close(&in);
}
