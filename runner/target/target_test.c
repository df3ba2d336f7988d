#include "runner/target/target.h"

#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "ipsec/addr.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

Test(target, what_t_may_say)
{
	static const struct {
		const char *spec, *complaint; /* NULL: known */
		bool single;
	} rows[] = {
		{ "linux", NULL, false },
		{ "linux:/boot/linux", NULL, false },
		{ "reference", NULL, true },
		{ "reference:kame/freebsd", NULL, true },
		{ "exec:./stack --fast", NULL, false },
		{ "qemu:/boot/vmlinuz,initrd.cpio", NULL, false },
		{ "qemu:", "want qemu:KERNEL[,INITRD]", false },
		{ "netns:blue", NULL, true },
		{ "raw:eth1,eth2", NULL, true },
		{ "manual:eth1", NULL, true },
		{ "exec", "want exec:COMMAND, got 'exec'", false },
		{ "exec:", "want exec:COMMAND, got 'exec:'", false },
		{ "netns:", "want netns:NAME", true },
		{ "raw", "want raw:INTERFACE", true },
		{ "raws:eth1", "want one of linux", false },
		{ "", "want one of linux", false },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err e = { 0 };
		bool known = target_known(rows[i].spec, &e);
		cr_expect(eq(int, known, rows[i].complaint == NULL), "%s: %s", rows[i].spec, e.text);
		if (rows[i].complaint != NULL)
			cr_expect(strstr(e.text, rows[i].complaint) != NULL, "%s: %s", rows[i].spec, e.text);
		cr_expect(eq(int, target_is_single(rows[i].spec), rows[i].single), "%s", rows[i].spec);
	}
}

static const char *
print(struct bytes octets)
{
	static char text[48];
	struct addr a = addr_of(octets);
	return addr_print(&a, text);
}

Test(target, addresses_are_those_that_were_said)
{
	struct target_wishes w = { .agent = NULL };
	const struct target_options none = { 0 }, some = { .wishes = &w };
	struct err e = { 0 };
	cr_expect(eq(str, (char *)print(BYTES_OF(target_net_of(&none, 1)->target4)), "198.51.100.1"));
	cr_expect(eq(str, (char *)print(BYTES_OF(target_net_of(&some, 1)->target4)), "198.51.100.1"));
	cr_assert(target_wish_tester(&w, "10.0.0.2", &e) && target_wish_target(&w, "10.0.0.1", &e) &&
			  target_wish_target(&w, "10.0.0.11", &e) && target_wish_target(&w, "2=2001:db8:9::1", &e),
		  "%s", e.text);
	const struct target_net *one = target_net_of(&some, 0), *two = target_net_of(&some, 1);
	cr_expect(eq(str, (char *)print(BYTES_OF(one->tester4)), "10.0.0.2"));
	cr_expect(eq(str, (char *)print(BYTES_OF(one->target4)), "10.0.0.1"));
	cr_expect(eq(str, (char *)print(BYTES_OF(one->second4)), "10.0.0.11"));
	cr_expect(eq(str, (char *)print(BYTES_OF(one->target6)), "2001:db8:1::1"), "nobody said another");
	cr_expect(eq(str, (char *)print(BYTES_OF(two->target6)), "2001:db8:9::1"));
	cr_expect(eq(str, (char *)print(BYTES_OF(two->target4)), "198.51.100.1"), "nobody said another");
	cr_expect(not(target_wish_target(&w, "10.0.0.12", &e)), "a third");
	cr_expect(not(target_wish_tester(&w, "3=10.0.0.2", &e)), "no link 3");
	cr_expect(not(target_wish_tester(&w, "host.example", &e)), "no name");
}
