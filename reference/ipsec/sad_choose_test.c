#include "ipsec/sad.h"
#include "ipsec/test_packet.h"

/* Oldest first; the request decides among them. */
static struct sad *
pool(void)
{
	static const struct {
		uint32_t spi;
		const char *enc;
	} rows[] = { { 1, "aes-cbc" }, { 2, "3des-cbc" }, { 3, "aes-cbc" }, { 4, "3des-cbc" } };
	struct sad *d = sad_new();
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct test_keys k;
		struct err e = { 0 };
		struct sa_spec spec = test_spec(50, rows[i].enc, NULL, &k);
		spec.spi = rows[i].spi;
		spec.src = test_addr("10.0.0.1");
		spec.dst = test_addr("10.0.0.2");
		cr_assert(sad_add(d, test_open(&spec), &e), "%s", e.text);
	}
	return d;
}

static uint32_t
chosen(struct sad *d, struct spd_request r, uint16_t port)
{
	struct addr src = test_addr("10.0.0.1"), dst = test_addr("10.0.0.2");
	struct flow f = { .src = src, .dst = dst, .protocol = 17, .has_ports = true, .sport = 5, .dport = port };
	struct sa *sa = sad_outbound_suiting(d, &r, &src, &dst, &f);
	if (sa != NULL && r.per_flow)
		sad_bind(sa, &f);
	return sa != NULL ? sa->spec.spi : 0;
}

Test(sad_choose, the_newest_that_has_what_is_asked_for)
{
	struct sad *d = pool();
	struct spd_request r = { .protocol = 50, .mode = MODE_TRANSPORT };
	cr_assert(eq(u32, chosen(d, r, 7), 4), "whichever");
	r.enc = (struct spd_alg){ .wanted = true, .alg = alg_by_name("aes-cbc", ALG_ENC) };
	cr_assert(eq(u32, chosen(d, r, 7), 3));
	r.enc.min_bits = 192;
	cr_assert(eq(u32, chosen(d, r, 7), 0), "longer keys than any has");
	r.enc = (struct spd_alg){ .wanted = true };
	r.auth.wanted = true;
	cr_assert(eq(u32, chosen(d, r, 7), 0), "none has integrity");
	sad_free(d);
}

Test(sad_choose, a_flow_keeps_its_own_and_nobody_else_has_it)
{
	struct sad *d = pool();
	struct spd_request own = { .protocol = 50, .mode = MODE_TRANSPORT, .per_flow = true }, shared = own;
	shared.per_flow = false;
	cr_assert(eq(u32, chosen(d, own, 1), 4));
	cr_assert(eq(u32, chosen(d, own, 2), 3));
	cr_assert(eq(u32, chosen(d, own, 1), 4));
	cr_assert(eq(u32, chosen(d, shared, 1), 2));
	cr_assert(eq(u32, chosen(d, own, 3), 2));
	cr_assert(eq(u32, chosen(d, own, 4), 1));
	cr_assert(eq(u32, chosen(d, own, 5), 0), "the pool is empty");
	cr_assert(eq(u32, chosen(d, shared, 9), 0));
	cr_assert(eq(u32, chosen(d, own, 3), 2));
	sad_free(d);
}
