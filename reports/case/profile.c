/*
 * A folder with Wireshark's own files in it. Facts of version 4.0: a line of esp_sa has eight columns (more are complained of), and of
 * several lines with one SPI the first that fits is taken; algorithms it has no name for are left out.
 */
#include <inttypes.h>
#include <string.h>

#include "config/esp_sa.h"
#include "reports/case/folder.h"
#include "reports/event.h"

static const char preferences[] =
	"# Wireshark's preferences: ESP is decrypted and its ICVs are checked, with the SAs of esp_sa beside this file.\n"
	"esp.enable_encryption_decode: TRUE\n"
	"esp.enable_authentication_check: TRUE\n"
	"ip.check_checksum: TRUE\n"
	"tcp.check_checksum: TRUE\n"
	"udp.check_checksum: TRUE\n"
	"gui.column.format: \n"
	"\t\"No.\", \"%m\",\n"
	"\t\"Time\", \"%t\",\n"
	"\t\"Source\", \"%s\",\n"
	"\t\"Destination\", \"%d\",\n"
	"\t\"Protocol\", \"%p\",\n"
	"\t\"SPI\", \"%Cus:esp.spi || ah.spi:0:R\",\n"
	"\t\"Sequence\", \"%Cus:esp.sequence || ah.sequence:0:R\",\n"
	"\t\"Info\", \"%i\",\n"
	"\t\"Comment\", \"%Cus:frame.comment:0:R\"\n";

/* ESP whose frames are there to be opened. */
static bool
is_wanted(const struct case_folder *f)
{
	if (!event_has_exhibit(f->event, "frame-out") && !event_has_exhibit(f->event, "frame-in"))
		return false;
	for (const struct case_sa *x = case_sas_first(f->sas); x != NULL; x = x->next)
		if (x->spec.protocol == 50)
			return true;
	return false;
}

static bool
is_repeated(const struct case_folder *f, const struct case_sa *sa)
{
	for (const struct case_sa *x = case_sas_first(f->sas); x != sa; x = x->next)
		if (x->spec.protocol == sa->spec.protocol && x->spec.spi == sa->spec.spi &&
		    addr_equal(&x->spec.dst, &sa->spec.dst))
			return true;
	return false;
}

/* One SA's line of esp_sa, and where Wireshark cannot use all of it a line of the README. */
static void
put_sa(FILE *table, FILE *readme, const struct case_folder *f, const struct case_sa *x)
{
	char line[4096], dst[48];
	size_t n = 0;
	const char *left_out = NULL;
	struct err e = { 0 };
	if (x->spec.protocol != 50)
		return;
	bool ok = esp_sa_print(&x->spec, true, line, sizeof line, &n, &left_out, &e) && n < sizeof line;
	if (ok)
		fputs(line, table);
	explicit_bzero(line, sizeof line);
	const char *why = !ok                               ? e.text
			  : is_repeated(f, x)               ? "its SPI was keyed anew, and the first key is taken"
			  : left_out != NULL && x->spec.esn ? "extended sequence numbers: ICVs look wrong to it"
			  : left_out != NULL && strstr(left_out, "integ") ? "its ICVs are not checked"
									  : NULL;
	if (why != NULL)
		fprintf(readme, "Wireshark cannot use all of spi 0x%08" PRIx32 " to %s: %s.\n", x->spec.spi,
			addr_print(&x->spec.dst, dst), why);
}

static void
put_sas(FILE *table, FILE *readme, const struct case_folder *f)
{
	fputs("# ", readme);
	put_printable(readme, event_text(f->event, "full_id"), true);
	fputs("\n\nA profile of Wireshark that opens this case's packets decrypted, and says which ICVs are good. In the folder above:\n\n"
	      "  WIRESHARK_CONFIG_DIR=wireshark tshark -r packets.pcapng      (or wireshark itself)\n\n"
	      "esp_sa holds the keys. ../plain.pcapng needs none: there espy has opened what it could, IPComp too.\n\n",
	      readme);
	fputs("# SAs of ESP, as Wireshark 4.0 has them.\n", table);
	for (const struct case_sa *x = case_sas_first(f->sas); x != NULL; x = x->next)
		put_sa(table, readme, f, x);
}

static bool
put_preferences(const struct new_folder *to, struct err *e)
{
	struct atomic_file a;
	if (!atomic_file_begin(&a, e))
		return false;
	fputs(preferences, a.out);
	return new_folder_put(to, &a, "wireshark/preferences", 0666, e);
}

bool
report_profile(struct case_folder *f, struct err *e)
{
	struct atomic_file table, readme;
	if (!is_wanted(f))
		return true;
	if (!new_folder_below(&f->to, "wireshark", e) || !put_preferences(&f->to, e) || !atomic_file_begin(&table, e))
		return false;
	if (!atomic_file_begin(&readme, e)) {
		atomic_file_drop(&table);
		return false;
	}
	put_sas(table.out, readme.out, f);
	bool ok = new_folder_put(&f->to, &table, "wireshark/esp_sa", 0600, e);
	if (ok)
		return new_folder_put(&f->to, &readme, "wireshark/README", 0666, e);
	atomic_file_drop(&readme);
	return false;
}
