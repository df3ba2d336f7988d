/* NAT mappings: what is kept of X_NAT_T_*, UPDATE of ports, and X_NAT_T_NEW_MAPPING. */
#include "pfkey/test_engine.h"

#include <errno.h>

static void
open_reference(void)
{
	test_engine_open(&dialect_reference);
}

TestSuite(sadb_natt, .init = open_reference, .fini = test_engine_close);

static struct sa_spec
encapsulated(uint16_t sport, uint16_t dport)
{
	struct sa_spec s = test_spec(0x1001);
	s.encap = (struct encap){ .sport = sport, .dport = dport, .udp = true };
	return s;
}

Test(sadb_natt, original_addresses_and_fragment_length_are_kept_and_returned)
{
	struct sa_spec s = encapsulated(4500, 10001);
	struct sa_spec back;
	s.encap.oai = test_addr("10.1.2.3");
	s.encap.oar = test_addr("10.9.9.9");
	s.encap.frag = 1400;
	cr_assert(eq(int, test_add(s), 0));
	cr_assert(pfkey_msg_to_sa(test_get(&s), &back, NULL));
	cr_assert(back.encap.udp && back.encap.sport == 4500 && back.encap.dport == 10001 && back.encap.frag == 1400);
	cr_assert(addr_equal(&back.encap.oai, &s.encap.oai) && addr_equal(&back.encap.oar, &s.encap.oar));
}

Test(sadb_natt, an_update_changes_the_ports_of_an_sa_in_udp_and_nothing_else)
{
	struct sa_spec s = encapsulated(4500, 4500), other = encapsulated(4500, 10002);
	struct pfkey_msg m;
	cr_assert(eq(int, test_add(s), 0));
	struct sa *sa = sad_find(world.sad, s.spi, 50, &s.dst);
	sa->seq = 77;
	sa->moved.addr = s.src;
	test_sa(&m, PFKEY_UPDATE, other);
	cr_assert(eq(int, test_errno(0, &m), 0));
	cr_assert(eq(u16, sa->spec.encap.dport, 10002));
	cr_assert(eq(u16, sa->spec.encap.sport, 4500));
	cr_assert(eq(u64, sa->seq, 77));
	cr_assert(zero(u8, sa->moved.addr.family), "where it moved to is known now");
	/* another original address is another SA */
	other.encap.oai = test_addr("10.1.2.3");
	test_sa(&m, PFKEY_UPDATE, other);
	cr_assert(eq(int, test_errno(0, &m), EINVAL));
}

Test(sadb_natt, an_sa_without_udp_gets_none_by_update)
{
	struct sa_spec s = test_spec(0x1001);
	struct pfkey_msg m;
	cr_assert(eq(int, test_add(s), 0));
	test_sa(&m, PFKEY_UPDATE, encapsulated(4500, 4500));
	cr_assert(eq(int, test_errno(0, &m), EINVAL));
	cr_assert(not(sad_find(world.sad, s.spi, 50, &s.dst)->spec.encap.udp));
}

Test(sadb_natt, a_new_mapping_goes_to_those_who_registered_for_the_type)
{
	struct sa_spec s = encapsulated(4500, 4500);
	struct addr now = test_addr("203.0.113.7");
	struct pfkey_msg m;
	cr_assert(eq(int, test_add(s), 0));
	const struct sa *sa = sad_find(world.sad, s.spi, 50, &s.dst);
	test_forget();
	sadb_new_mapping(world.d, sa, &now, 61000);
	cr_assert(zero(uint, test_count(0)), "nobody registered");
	pfkey_msg_init(&m, world.d->setup.dialect, PFKEY_REGISTER, SATYPE_ESP);
	cr_assert(eq(int, test_errno(0, &m), 0));
	test_forget();
	sadb_new_mapping(world.d, sa, &now, 61000);
	const struct pfkey_msg *got = test_last(0);
	cr_assert(eq(int, pfkey_msg_type(got), PFKEY_X_NAT_T_NEW_MAPPING));
	cr_assert(eq(u64, test_said(got, EXT_SA, XSA_SPI), 0x1001));
	cr_assert(eq(u64, test_said(got, EXT_X_NAT_T_SPORT, XNT_VALUE), 4500));
	cr_assert(eq(u64, test_said(got, EXT_X_NAT_T_DPORT, XNT_VALUE), 61000));
	struct addr was = pfkey_address(pfkey_msg_get(got, EXT_ADDRESS_SRC), NULL),
		    is = pfkey_address(pfkey_msg_get(got, EXT_ADDRESS_DST), NULL);
	cr_assert(addr_equal(&was, &s.src) && addr_equal(&is, &now));
}
