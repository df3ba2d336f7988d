#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "ipsec/verdict.h"

#include <string.h>

Test(verdict, every_reason_has_a_name_of_its_own)
{
	for (unsigned i = 0; i < VERDICT_N; i++) {
		const char *name = verdict_name((enum verdict)i);
		cr_expect(strlen(name) >= 2 && strspn(name, "abcdefghijklmnopqrstuvwxyz-") == strlen(name), "%u: %s", i,
			  name);
		for (unsigned j = 0; j < i; j++)
			cr_expect(strcmp(name, verdict_name((enum verdict)j)) != 0, "%u and %u: %s", i, j, name);
	}
	cr_expect(strcmp(verdict_name(ACCEPT), "ok") == 0);
	cr_expect(strcmp(verdict_name(DROP_NO_SA), "no-sa") == 0);
	cr_expect(strcmp(verdict_name(DROP_REPLAYED), "replayed") == 0);
}
