/* What the writers of a case's folder share: cases.c makes the folder, each of the others a file or two in it. */
#ifndef ESPY_REPORTS_CASE_FOLDER_H
#define ESPY_REPORTS_CASE_FOLDER_H

#include "reports/case/sa.h"
#include "reports/folder.h"
#include "reports/journal.h"
#include "reports/redact.h"

struct case_folder {
	const struct run_record *run;
	const json_t *event;
	struct case_sas *sas;
	struct redact *redact; /* for what everybody may read */
	uint64_t began_ns;     /* the run did; exhibits know microseconds since their case began */
	size_t deciding;       /* number of the exhibit that is the frame which decided; SIZE_MAX: no frame at all */
	bool behind;           /* it only is the last frame before what decided */
	struct new_folder to;
};

/* packets.pcapng: every frame as it was. */
bool report_packets(const struct case_folder *f, struct err *e) MUST_USE;
/* plain.pcapng, its decrypted twin: frame N is frame N there, with what ESP and IPComp hid in their place. */
bool report_plain(const struct case_folder *f, struct err *e) MUST_USE;
/* sa.setkey, 0600: all that configured the target, where something did. */
bool report_setkey(const struct case_folder *f, struct err *e) MUST_USE;
/* wireshark/, 0600 where keys are: a profile that opens packets.pcapng decrypted, where there are SAs of ESP. */
bool report_profile(struct case_folder *f, struct err *e) MUST_USE;

/* A capture begins; `about` says which of the two it is. */
void packets_begin(FILE *out, const struct case_folder *f, const char *about);
/* The frame of exhibit number `at`: its octets here, and what is to be said of them beside what is always said ("" or NULL: nothing). */
void packets_put(FILE *out, const struct case_folder *f, size_t at, const json_t *exhibit, struct bytes octets,
		 const char *also);

#endif
