/*
 * The audit log of RFC 4303 4 and RFC 4302 4: records of auditable events, kept as text while the administrator has it enabled, the
 * newest AUDIT_RECORDS of them. Read by the tunable "audit.log", switched by "audit".
 */
#ifndef ESPY_HOST_AUDIT_H
#define ESPY_HOST_AUDIT_H

#include "ipsec/addr.h"
#include "ipsec/verdict.h"

#include <stddef.h>
#include <stdint.h>

#define AUDIT_RECORDS 16
#define AUDIT_RECORD 200

struct audit {
	char record[AUDIT_RECORDS][AUDIT_RECORD];
	unsigned n; /* ever made */
};

/* What a record says: the fields that each event SHOULD have. */
struct audit_event {
	enum verdict verdict;
	uint8_t protocol;
	uint32_t spi;
	struct addr src, dst;
	uint64_t seq;
	uint32_t flow; /* IPv6: the flow label in clear */
	uint64_t now;
};

/* Verdicts that are no auditable event make no record. */
void audit_add(struct audit *a, const struct audit_event *e);
/* Oldest first, one a line; false where cap does not hold them. */
bool audit_print(const struct audit *a, char *text, size_t cap);

#endif
