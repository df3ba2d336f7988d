#include "host/audit.h"

#include <inttypes.h>
#include <stdio.h>

/* RFC 4303 4 (RFC 4302 4 alike); RFC 4301 5.2 step 4 for what an SA's policy does not allow. */
static bool
is_auditable(enum verdict v)
{
	return v == DROP_NO_SA || v == DROP_REPLAYED || v == DROP_OLD || v == DROP_SEQ_ZERO || v == DROP_ICV ||
	       v == DROP_FRAGMENT || v == DROP_SEQ_OVERFLOW || v == DROP_POLICY;
}

void
audit_add(struct audit *a, const struct audit_event *e)
{
	char src[48], dst[48];
	if (!is_auditable(e->verdict))
		return;
	snprintf(a->record[a->n++ % AUDIT_RECORDS], AUDIT_RECORD,
		 "time=%" PRIu64 " op=%s proto=%u src=%s dst=%s flowlbl=0x%05x spi=%" PRIu32 " seqno=%" PRIu64, e->now,
		 verdict_name(e->verdict), e->protocol, addr_print(&e->src, src), addr_print(&e->dst, dst),
		 (unsigned)e->flow, e->spi, e->seq);
}

bool
audit_print(const struct audit *a, char *text, size_t cap)
{
	unsigned from = a->n > AUDIT_RECORDS ? a->n - AUDIT_RECORDS : 0;
	size_t n = 0;
	for (unsigned i = from; i < a->n && n < cap; i++)
		n += (size_t)snprintf(text + n, cap - n, "%s\n", a->record[i % AUDIT_RECORDS]);
	if (a->n == 0 && cap > 0)
		text[0] = '\0';
	return n < cap;
}
