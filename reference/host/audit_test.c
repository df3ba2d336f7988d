/* The audit log by itself: what is a record, what it says, and how many are kept. */
#include "host/audit.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static struct audit audit;

static void
add(enum verdict v, uint64_t seq)
{
	audit_add(&audit, &(struct audit_event){ .verdict = v,
						 .protocol = 50,
						 .spi = 0x1001,
						 .src = { .family = 4, .o = { 192, 0, 2, 2 } },
						 .dst = { .family = 4, .o = { 192, 0, 2, 1 } },
						 .seq = seq,
						 .now = 9 });
}

Test(audit, a_record_has_what_rfc4303_asks_for)
{
	char text[400];
	add(DROP_REPLAYED, 7);
	cr_assert(audit_print(&audit, text, sizeof text));
	cr_expect(eq(str, text,
		     "time=9 op=replayed proto=50 src=192.0.2.2 dst=192.0.2.1 flowlbl=0x00000 spi=4097 seqno=7\n"));
	cr_expect(not(audit_print(&audit, text, 20)));
}

Test(audit, only_auditable_events_are_kept)
{
	static const enum verdict kept[] = { DROP_NO_SA, DROP_REPLAYED, DROP_OLD,          DROP_SEQ_ZERO,
					     DROP_ICV,   DROP_FRAGMENT, DROP_SEQ_OVERFLOW, DROP_POLICY };
	for (unsigned v = ACCEPT; v < VERDICT_N; v++)
		add((enum verdict)v, v);
	cr_expect(eq(uint, audit.n, sizeof kept / sizeof kept[0]));
}

Test(audit, the_newest_records_stay)
{
	char text[AUDIT_RECORDS * AUDIT_RECORD] = "";
	cr_assert(audit_print(&audit, text, sizeof text));
	cr_expect(eq(str, text, ""));
	for (unsigned i = 1; i <= AUDIT_RECORDS + 3; i++)
		add(DROP_ICV, i);
	cr_assert(audit_print(&audit, text, sizeof text));
	cr_expect(strstr(text, "seqno=3\n") == NULL);
	cr_expect(strncmp(strstr(text, "seqno="), "seqno=4\n", 8) == 0, "%s", text);
	cr_expect(strstr(text, "seqno=19\n") != NULL);
}
