#include <inttypes.h>

#include "config/setkey_parse.h"
#include "wire/text.h"

static void
print_address(struct text *t, const struct addr *a)
{
	char text[48];
	text_add(t, "%s", addr_print(a, text));
}

/* Only what differs from the default, so that a printed statement reads like a written one. */
static void
print_number(struct text *t, const char *option, uint64_t v)
{
	if (v != 0)
		text_add(t, " %s %" PRIu64, option, v);
}

static void
print_alg(struct text *t, const char *option, const struct alg *a, struct bytes key, bool show)
{
	if (a == NULL)
		return;
	text_add(t, " %s %s", option, a->setkey[0]);
	if (a->kind == ALG_NULL && key.n == 0)
		return;
	text_add(t, " ");
	if (show)
		text_add_hex(t, key);
	else
		text_add(t, "0x..");
}

static const char *
protocol_name(const struct sa_spec *sa)
{
	if (sa->protocol == 51)
		return sa->old ? "ah-old" : "ah";
	if (sa->protocol == 108)
		return "ipcomp";
	return sa->encap.udp ? "esp-udp" : sa->old ? "esp-old" : "esp";
}

static void
print_tunnel(struct text *t, const struct sa_tunnel *s)
{
	static const char *const df[] = { "clear", "set", "copy" };
	if (s->no_ecn)
		text_add(t, " -f noecn");
	if (s->decap_dscp)
		text_add(t, " -f decap-dscp");
	if (s->df_given)
		text_add(t, " -f df-%s", df[s->df]);
}

static void
print_flags(struct text *t, const struct sa_spec *sa)
{
	print_tunnel(t, &sa->tunnel);
	if ((sa->flags & SETKEY_PAD_RANDOM) != 0)
		text_add(t, " -f random-pad");
	if ((sa->flags & SETKEY_PAD_ZERO) != 0)
		text_add(t, " -f zero-pad");
	if (sa->seq_cycle != (sa->replay == 0))
		text_add(t, sa->seq_cycle ? " -f cyclic-seq" : " -f nocyclic-seq");
}

static void
print_ends(struct text *t, const struct sa_spec *sa)
{
	print_address(t, &sa->src);
	if (sa->encap.udp)
		text_add(t, "[%u]", sa->encap.sport);
	text_add(t, " ");
	print_address(t, &sa->dst);
	if (sa->encap.udp)
		text_add(t, "[%u]", sa->encap.dport);
}

/* The ports stand behind the addresses. */
static void
print_natt(struct text *t, const struct encap *e)
{
	if (e->oai.family != 0 && e->oar.family != 0) {
		text_add(t, " -natt ");
		print_address(t, &e->oai);
		text_add(t, "[%u] ", e->sport);
		print_address(t, &e->oar);
		text_add(t, "[%u]", e->dport);
	}
	print_number(t, "-natt_mtu", e->frag);
}

size_t
setkey_print_sa(const struct sa_spec *sa, bool show_keys, char *text, size_t cap)
{
	static const char *const calgos[] = { NULL, "oui", "deflate", "lzs" };
	struct text t = text_of(text, cap);
	text_add(&t, "add ");
	print_ends(&t, sa);
	text_add(&t, " %s 0x%08" PRIx32, protocol_name(sa), sa->spi);
	if (sa->mode != MODE_ANY)
		text_add(&t, " -m %s", sa->mode == MODE_TUNNEL ? "tunnel" : "transport");
	print_number(&t, "-r", sa->replay);
	print_number(&t, "-u", sa->reqid);
	print_flags(&t, sa);
	print_number(&t, "-ls", sa->soft.addtime);
	print_number(&t, "-lh", sa->hard.addtime);
	print_number(&t, "-bs", sa->soft.bytes);
	print_number(&t, "-bh", sa->hard.bytes);
	if (sa->esn)
		text_add(&t, " -esn");
	if (sa->seq != 0)
		text_add(&t, " -seq 0x%" PRIx64, sa->seq + 1);
	print_natt(&t, &sa->encap);
	if (sa->selects) {
		text_add(&t, " -selector ");
		setkey_print_selector(&t, &sa->selector);
	}
	print_alg(&t, "-E", sa->enc, sa->enc_key, show_keys);
	print_alg(&t, "-A", sa->auth, sa->auth_key, show_keys);
	if (sa->comp > 0 && sa->comp < sizeof calgos / sizeof calgos[0])
		text_add(&t, " -C %s", calgos[sa->comp]);
	text_add(&t, " ;\n");
	return t.n;
}

void
setkey_print_request(struct text *t, const struct spd_request *r)
{
	static const char *const levels[] = { "default", "use", "require", "unique" };
	text_add(t, " %s/%s/",
		 r->protocol == 51    ? "ah"
		 : r->protocol == 108 ? "ipcomp"
				      : "esp",
		 r->mode == MODE_TUNNEL ? "tunnel" : "transport");
	if (r->src.family != 0) {
		print_address(t, &r->src);
		text_add(t, "-");
		print_address(t, &r->dst);
	}
	text_add(t, "/%s", levels[r->level & 3]);
	if (r->level == LEVEL_UNIQUE && r->reqid != 0)
		text_add(t, ":%" PRIu32, r->reqid);
}

size_t
setkey_print_policy(const struct spd_entry *p, char *text, size_t cap)
{
	static const char *const directions[] = { "none", "in", "out", "fwd" };
	static const char *const actions[] = { "discard", "none", "ipsec" };
	struct text t = text_of(text, cap);
	text_add(&t, "spdadd ");
	setkey_print_selector(&t, &p->selector);
	text_add(&t, " -P %s", directions[p->dir & 3]);
	if (p->priority != 0)
		text_add(&t, " prio %" PRId64, 0x80000000 - (int64_t)p->priority);
	setkey_print_pfp(&t, p->pfp);
	if (p->selector.name[0] != '\0')
		text_add(&t, " name \"%s\"", p->selector.name);
	text_add(&t, " %s", actions[p->action % 3]);
	for (unsigned i = 0; i < p->n && p->action == SPD_PROTECT; i++)
		setkey_print_request(&t, &p->request[i]);
	text_add(&t, " ;\n");
	return t.n;
}
