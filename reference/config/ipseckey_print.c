#include <inttypes.h>

#include "config/ipseckey.h"
#include "config/solaris_words.h"
#include "wire/text.h"

static void
print_number(struct text *t, const char *name, uint64_t v, uint64_t unsaid)
{
	if (v != unsaid)
		text_add(t, " %s %" PRIu64, name, v);
}

static void
print_address(struct text *t, const char *name, const struct addr *a)
{
	char text[48];
	if (!addr_is_any(a))
		text_add(t, " %s%s %s", name, a->family == 6 ? "6" : "", addr_print(a, text));
}

static void
print_prefix(struct text *t, const char *name, const struct addr *a, uint8_t bits)
{
	char text[48];
	if (a->family != 0)
		text_add(t, " %s%s %s/%u", name, a->family == 6 ? "6" : "", addr_print(a, text), bits);
}

static void
print_key(struct text *t, const char *name, struct bytes key, bool show)
{
	if (key.n == 0)
		return;
	text_add(t, " %s ", name);
	for (struct rd r = rd_of(key); rd_left(&r) > 0;) {
		unsigned octet = (unsigned)rd_uint(&r, 1);
		if (show)
			text_add(t, "%02x", octet);
		else
			text_add(t, "XX");
	}
	text_add(t, "/%zu", key.n * 8);
}

static void
print_traffic(struct text *t, const struct ipseckey_command *c)
{
	print_number(t, "sport", c->outer.sport, SELECTOR_ANY);
	print_number(t, "dport", c->outer.dport, SELECTOR_ANY);
	print_number(t, "proto", c->outer.ulp, SELECTOR_ANY);
	print_prefix(t, "isrc", &c->inner.src, c->inner.src_bits);
	print_prefix(t, "idst", &c->inner.dst, c->inner.dst_bits);
	print_number(t, "isport", c->inner.sport, SELECTOR_ANY);
	print_number(t, "idport", c->inner.dport, SELECTOR_ANY);
	print_number(t, "iproto", c->inner.ulp, SELECTOR_ANY);
}

static void
print_nat(struct text *t, const struct ipseckey_command *c)
{
	char text[48];
	if (c->sa.encap.udp)
		text_add(t, " encap udp");
	if (c->nat_loc.family != 0)
		text_add(t, " nat_loc %s", addr_print(&c->nat_loc, text));
	if (c->nat_rem.family != 0)
		text_add(t, " nat_rem %s", addr_print(&c->nat_rem, text));
	print_number(t, "nat_lport", c->sa.encap.sport, 0);
	print_number(t, "nat_rport", c->sa.encap.dport, 0);
}

static void
print_lifetimes(struct text *t, const struct ipseckey_command *c)
{
	print_number(t, "idle_addtime", c->idle_addtime, 0);
	print_number(t, "idle_usetime", c->idle_usetime, 0);
	print_number(t, "soft_bytes", c->sa.soft.bytes, 0);
	print_number(t, "soft_addtime", c->sa.soft.addtime, 0);
	print_number(t, "soft_usetime", c->sa.soft.usetime, 0);
	print_number(t, "hard_bytes", c->sa.hard.bytes, 0);
	print_number(t, "hard_addtime", c->sa.hard.addtime, 0);
	print_number(t, "hard_usetime", c->sa.hard.usetime, 0);
}

static void
print_sa(struct text *t, const struct ipseckey_command *c, bool show_keys)
{
	static const char *const states[] = { "larval", "mature", "dying", "dead" };
	static const char *const headings[] = { "", " inbound", " outbound" };
	const struct sa_spec *sa = &c->sa;
	text_add(t, " spi 0x%" PRIx32, sa->spi);
	print_address(t, "src", &sa->src);
	print_address(t, "dst", &sa->dst);
	text_add(t, "%s", headings[c->heading % 3]);
	print_number(t, "pair-spi", c->pair_spi, 0);
	if (c->state != SA_MATURE)
		text_add(t, " state %s", states[c->state & 3]);
	print_number(t, "replay", sa->replay, 0);
	print_number(t, "replay_value", sa->seq, 0);
	print_traffic(t, c);
	print_nat(t, c);
	print_lifetimes(t, c);
	if (sa->enc != NULL)
		text_add(t, " encr_alg %s", solaris_alg_name(sa->enc));
	print_key(t, "encrkey", sa->enc_key, show_keys);
	if (sa->auth != NULL)
		text_add(t, " auth_alg %s", solaris_alg_name(sa->auth));
	print_key(t, "authkey", sa->auth_key, show_keys);
}

size_t
ipseckey_print(const struct ipseckey_command *c, bool show_keys, char *text, size_t cap)
{
	static const char *const verbs[] = { "add",         "update", "update-pair", "delete",
					     "delete-pair", "get",    "flush",       "dump" };
	struct text t = text_of(text, cap);
	text_add(&t, "%s", verbs[c->verb & 7]);
	if (c->protocol != 0)
		text_add(&t, " %s", c->protocol == 51 ? "ah" : "esp");
	if (c->verb != IPSECKEY_FLUSH && c->verb != IPSECKEY_DUMP)
		print_sa(&t, c, show_keys);
	text_add(&t, "\n");
	return t.n;
}
