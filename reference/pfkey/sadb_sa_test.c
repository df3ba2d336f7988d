#include "pfkey/test_engine.h"

static void
open_reference(void)
{
	test_engine_open(&dialect_reference);
}

TestSuite(sadb_sa, .init = open_reference, .fini = test_engine_close);

/* --- GETSPI, RFC 2367 3.1.1 ------------------------------------------------------------------- */

static uint32_t
getspi(uint32_t min, uint32_t max, int want)
{
	struct pfkey_msg m;
	test_getspi(&m, min, max);
	cr_assert(eq(int, test_errno(0, &m), want), "%x..%x", min, max);
	return want == 0 ? (uint32_t)test_said(test_last(0), EXT_SA, XSA_SPI) : 0;
}

Test(sadb_sa, getspi_keeps_to_its_range)
{
	static const struct {
		uint32_t min, max;
		int want;
	} rows[] = {
		{ 0x1000, 0x1fff, 0 },
		{ 0x1234, 0x1234, 0 },
		{ 0x1234, 0x1234, EEXIST },
		{ 0, 255, EEXIST },
		{ 1, 0x100, 0 },
		{ 0, 0x100, EEXIST },
		{ 2, 1, EINVAL },
		{ 0xffffffff, 0xffffffff, 0 },
		{ 0, 0xffffffff, 0 },
		{ 0xffffffff, 0, EINVAL },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		uint32_t spi = getspi(rows[i].min, rows[i].max, rows[i].want);
		if (rows[i].want == 0)
			cr_assert(spi >= rows[i].min && spi <= rows[i].max && spi > 255, "row %u: %x", i, spi);
	}
}

Test(sadb_sa, getspi_finds_the_last_free_spi_and_says_when_there_is_none)
{
	bool seen[2000] = { false };
	for (unsigned i = 0; i < 2000; i++) {
		uint32_t spi = getspi(5000, 6999, 0);
		cr_assert(not(seen[spi - 5000]), "%u twice", spi);
		seen[spi - 5000] = true;
	}
	(void)getspi(5000, 6999, EEXIST);
	struct sa_spec gone = {
		.spi = 5555, .protocol = 50, .src = test_addr("192.0.2.2"), .dst = test_addr("192.0.2.1")
	};
	struct pfkey_msg m;
	test_name(&m, PFKEY_DELETE, &gone); /* a larval one too */
	cr_assert(eq(int, test_errno(0, &m), 0));
	cr_assert(eq(u32, getspi(5000, 6999, 0), 5555));
}

Test(sadb_sa, spis_do_not_follow_one_another)
{
	unsigned steps = 0;
	uint32_t before = getspi(0x1000, 0xffffffff, 0);
	for (unsigned i = 0; i < 50; i++) {
		uint32_t spi = getspi(0x1000, 0xffffffff, 0);
		steps += spi - before == 1;
		before = spi;
	}
	cr_assert(lt(uint, steps, 2));
}

Test(sadb_sa, a_larval_sa_is_seen_without_keys_and_fades)
{
	struct sa_spec s = { .protocol = 50, .src = test_addr("192.0.2.2"), .dst = test_addr("192.0.2.1") };
	s.spi = getspi(0x1000, 0x1fff, 0);
	const struct pfkey_msg *m = test_get(&s);
	cr_assert(eq(u64, test_said(m, EXT_SA, XSA_STATE), SA_LARVAL));
	cr_assert(pfkey_msg_get(m, EXT_KEY_AUTH) == NULL && pfkey_msg_get(m, EXT_KEY_ENCRYPT) == NULL);
	sadb_tick(world.d, world.now + SADB_LARVAL_SECONDS - 1);
	cr_assert(eq(uint, sad_count(world.sad), 1));
	sadb_tick(world.d, world.now + SADB_LARVAL_SECONDS);
	cr_assert(eq(uint, sad_count(world.sad), 0));
}

/* --- ADD and GET, RFC 2367 3.1.3, 3.1.5 ------------------------------------------------------- */

Test(sadb_sa, get_returns_what_add_set)
{
	struct sa_spec s = test_spec(0x1001);
	s.hard = (struct lifetime){ 10, 20000, 300, 400 };
	s.soft = (struct lifetime){ 5, 10000, 150, 200 };
	s.mode = MODE_TUNNEL;
	s.reqid = 99;
	s.flags = 1;
	s.encap = (struct encap){ .sport = 4500, .dport = 4501, .udp = true };
	cr_assert(eq(int, test_add(s), 0));
	const struct pfkey_msg *m = test_get(&s);
	struct sa_spec back;
	struct err e = { 0 };
	cr_assert(pfkey_msg_to_sa(m, &back, &e), "%s", e.text);
	cr_assert(back.spi == s.spi && back.enc == s.enc && back.auth == s.auth && back.replay == s.replay);
	cr_assert(bytes_equal(back.enc_key, s.enc_key) && bytes_equal(back.auth_key, s.auth_key));
	cr_assert(eq(mem, ((struct cr_mem){ &back.hard, sizeof s.hard }), ((struct cr_mem){ &s.hard, sizeof s.hard })));
	cr_assert(eq(mem, ((struct cr_mem){ &back.soft, sizeof s.soft }), ((struct cr_mem){ &s.soft, sizeof s.soft })));
	cr_assert(back.mode == s.mode && back.reqid == s.reqid && back.flags == s.flags && back.encap.udp);
	cr_assert(back.encap.sport == 4500 && back.encap.dport == 4501);
	cr_assert(eq(u64, test_said(m, EXT_SA, XSA_STATE), SA_MATURE));
	cr_assert(eq(u64, test_said(m, EXT_LIFETIME_CURRENT, XLT_ADDTIME), world.now));
	cr_assert(eq(u64, test_said(m, EXT_LIFETIME_CURRENT, XLT_BYTES), 0));
	cr_assert(eq(u64, test_said(m, EXT_LIFETIME_CURRENT, XLT_USETIME), 0));
}

Test(sadb_sa, what_only_managers_understand_is_kept_and_returned)
{
	static const uint8_t name[] = "gw.example.net\0junk"; /* behind the NUL: not handed on */
	struct sa_spec s = test_spec(0x1001);
	struct pfkey_msg m;
	struct addr proxy = test_addr("2001:db8::7");
	test_sa(&m, PFKEY_ADD, s);
	hdr_set(test_ext(&m, EXT_ADDRESS_SRC), XAD_PREFIXLEN, 24);
	struct hdr *h = pfkey_msg_push(&m, EXT_IDENTITY_DST, 0);
	hdr_set(h, XID_IDTYPE, IDENT_FQDN);
	hdr_set(h, XID_RESERVED, 0x7777);
	hdr_set_bytes(h, XID_STRING, (struct bytes){ name, 16 });
	cr_assert(pfkey_msg_push_address(&m, EXT_ADDRESS_PROXY, &proxy, 128, 0, 4711, NULL));
	h = pfkey_msg_push(&m, EXT_SENSITIVITY, 0);
	hdr_set(h, XSENS_DPD, 9);
	hdr_set_bytes(h, XSENS_SENS, test_octets(8));
	h = pfkey_msg_push(&m, EXT_X_KMPRIVATE, 0);
	hdr_set_bytes(h, XKM_DATA, test_octets(16));
	cr_assert(eq(int, test_errno(0, &m), 0));
	cr_assert(pfkey_msg_get(test_last(0), EXT_IDENTITY_DST) != NULL);

	const struct pfkey_msg *got = test_get(&s);
	cr_assert(eq(u64, test_said(got, EXT_IDENTITY_DST, XID_IDTYPE), IDENT_FQDN));
	cr_assert(bytes_equal(bytes_slice(pfkey_msg_get(got, EXT_IDENTITY_DST)->v[XID_STRING].b, 0, 15),
			      (struct bytes){ name, 15 }));
	struct addr back = pfkey_address(pfkey_msg_get(got, EXT_ADDRESS_PROXY), NULL);
	cr_assert(addr_equal(&back, &proxy));
	cr_assert(eq(u64, test_said(got, EXT_ADDRESS_PROXY, XAD_PORT), 0));
	cr_assert(eq(u64, test_said(got, EXT_SENSITIVITY, XSENS_DPD), 9));
	cr_assert(bytes_equal(pfkey_msg_get(got, EXT_SENSITIVITY)->v[XSENS_SENS].b, test_octets(8)));
	cr_assert(bytes_equal(pfkey_msg_get(got, EXT_X_KMPRIVATE)->v[XKM_DATA].b, test_octets(16)));
	cr_assert(eq(u64, test_said(got, EXT_ADDRESS_SRC, XAD_PREFIXLEN), 24));
	cr_assert(eq(u64, test_said(got, EXT_ADDRESS_DST, XAD_PREFIXLEN), 32));
}

Test(sadb_sa, notes_go_with_their_sa)
{
	struct sa_spec s = test_spec(0x1001);
	for (unsigned i = 0; i < 3; i++) {
		struct pfkey_msg m;
		test_sa(&m, PFKEY_ADD, s);
		hdr_set_bytes(pfkey_msg_push(&m, EXT_X_KMPRIVATE, 0), XKM_DATA, test_octets(16));
		cr_assert(eq(int, test_errno(0, &m), 0));
		if (i == 0)
			test_name(&m, PFKEY_DELETE, &s);
		else
			test_head(&m, PFKEY_FLUSH, i == 1 ? SATYPE_ESP : SATYPE_UNSPEC);
		cr_assert(eq(int, test_errno(0, &m), 0));
		cr_assert(world.d->notes == NULL);
		cr_assert(eq(int, test_add(s), 0));
		cr_assert(pfkey_msg_get(test_get(&s), EXT_X_KMPRIVATE) == NULL);
		test_name(&m, PFKEY_DELETE, &s);
		cr_assert(eq(int, test_errno(0, &m), 0));
	}
}

Test(sadb_sa, an_sa_is_its_spi_protocol_and_destination)
{
	struct sa_spec s = test_spec(0x1001), other;
	cr_assert(eq(int, test_add(s), 0));
	cr_assert(eq(int, test_add(s), EEXIST));
	other = s;
	other.src = test_addr("192.0.2.77");
	cr_assert(eq(int, test_add(other), EEXIST));
	other = s;
	other.dst = test_addr("192.0.2.77");
	cr_assert(eq(int, test_add(other), 0));
	other = s;
	other.protocol = 51;
	other.enc = NULL;
	other.enc_key = BYTES_NONE;
	cr_assert(eq(int, test_add(other), 0));
	other = s;
	other.dst = test_addr("224.0.0.5");
	cr_assert(eq(int, test_add(other), 0));
	cr_assert(eq(uint, sad_count(world.sad), 4));
}

Test(sadb_sa, what_add_lacks_is_refused)
{
	static const struct {
		const char *id;
		uint8_t protocol;
		int remove;
	} rows[] = {
		{ "authentication key", 50, EXT_KEY_AUTH },
		{ "encryption key", 50, EXT_KEY_ENCRYPT },
		{ "authentication key of AH", 51, EXT_KEY_AUTH },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct sa_spec s = test_spec(0x1001);
		struct pfkey_msg m;
		s.protocol = rows[i].protocol;
		if (s.protocol == 51) {
			s.enc = NULL;
			s.enc_key = BYTES_NONE;
		}
		test_sa(&m, PFKEY_ADD, s);
		test_remove(&m, rows[i].remove);
		cr_assert(eq(int, test_errno(0, &m), EINVAL), "%s", rows[i].id);
	}
	struct sa_spec s = test_spec(0x1001);
	struct pfkey_msg m;
	s.protocol = 51;
	s.enc = NULL;
	test_sa(&m, PFKEY_ADD, s);
	hdr_set_bytes(pfkey_msg_push(&m, EXT_KEY_ENCRYPT, 0), XKEY_KEY, test_octets(16));
	cr_assert(eq(int, test_errno(0, &m), EINVAL));
}

Test(sadb_sa, every_algorithm_that_register_lists_can_be_added_at_both_ends)
{
	static const uint8_t satypes[] = { SATYPE_AH, SATYPE_ESP };
	static uint8_t key[256];
	for (unsigned i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)(i * 37 + 11);
	uint32_t spi = 0x1000;
	for (unsigned i = 0; i < COUNT(satypes) * 2; i++) {
		enum pfkey_ext kind = i & 1 ? EXT_SUPPORTED_ENCRYPT : EXT_SUPPORTED_AUTH;
		struct pfkey_alg rows[64];
		struct pfkey_msg m;
		test_head(&m, PFKEY_REGISTER, satypes[i / 2]);
		cr_assert(eq(int, test_errno(0, &m), 0));
		unsigned n = pfkey_supported(test_last(0), kind, rows, COUNT(rows));
		cr_assert(eq(int, n > 0, satypes[i / 2] == SATYPE_ESP || kind == EXT_SUPPORTED_AUTH));
		for (unsigned r = 0; r < n * 2; r++) {
			struct sa_spec s = test_spec(++spi);
			uint16_t bits = r & 1 ? rows[r / 2].maxbits : rows[r / 2].minbits;
			const struct alg *a =
				dialect_alg(&dialect_reference, i & 1 ? ALG_ENC : ALG_AUTH, rows[r / 2].id);
			cr_assert(a != NULL && rows[r / 2].minbits <= rows[r / 2].maxbits);
			if (kind == EXT_SUPPORTED_ENCRYPT) {
				s.enc = a;
				s.enc_key = (struct bytes){ key, bits / 8u };
				if (alg_is_combined(a)) {
					s.auth = NULL;
					s.auth_key = BYTES_NONE;
				}
			} else {
				s.auth = a;
				s.auth_key = (struct bytes){ key, bits / 8u };
			}
			if (satypes[i / 2] == SATYPE_AH) {
				s.protocol = 51;
				s.enc = NULL;
				s.enc_key = BYTES_NONE;
			}
			cr_assert(eq(int, test_add(s), 0), "%s, %u bits: %s", a->name, bits, world.d->refused.text);
		}
	}
}

/* Kernels want the extension for NULL, with no bits in it; only there. */
Test(sadb_sa, a_key_of_no_bits_is_for_null_alone)
{
	static const struct {
		uint64_t encrypt;
		bool key;
		int want;
	} rows[] = {
		{ 11, true, 0 },
		{ 11, false, 0 },
		{ 12, true, EINVAL },
		{ 0, true, EINVAL },
	};
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct sa_spec s = test_spec(0x1001 + i);
		struct pfkey_msg m;
		test_sa(&m, PFKEY_ADD, s);
		test_remove(&m, EXT_KEY_ENCRYPT);
		if (rows[i].key)
			(void)pfkey_msg_push(&m, EXT_KEY_ENCRYPT, 0);
		hdr_set(test_ext(&m, EXT_SA), XSA_ENCRYPT, rows[i].encrypt);
		cr_assert(eq(int, test_errno(0, &m), rows[i].want), "row %u: %s", i, world.d->refused.text);
	}
}

Test(sadb_sa, weak_keys_are_refused)
{
	static const uint8_t weak[] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	struct sa_spec s = test_spec(0x1001);
	s.enc = alg_by_name("des-cbc", ALG_ENC);
	s.enc_key = BYTES_OF(weak);
	cr_assert(eq(int, test_add(s), EINVAL));
}

Test(sadb_sa, wide_windows_esn_and_preset_counters_are_kept)
{
	struct sa_spec s = test_spec(0x1001), back;
	s.replay = 4096;
	s.esn = true;
	s.seq = 0xfffffff0;
	cr_assert(eq(int, test_add(s), 0));
	struct sa *sa = sad_find(world.sad, 0x1001, 50, &s.dst);
	cr_assert(sa->spec.replay == 4096 && sa->spec.esn && sa->seq == 0xfffffff0);
	cr_assert(pfkey_msg_to_sa(test_get(&s), &back, NULL));
	cr_assert(back.replay == 4096 && back.esn && back.seq == 0xfffffff0);
}
