#include "reports/sample_test.h"

#include <pcap/pcap.h>

#include "reports/event.h"
#include "reports/pcapng.h"

TestSuite(cases, .init = sample_begin, .fini = sample_end);

static char fail_folder[200];

static void
report(const struct run_record *r)
{
	struct err e = { 0 };
	cr_assert(report_cases(r, sample_dir, &e), "%s", e.text);
	case_path("esp.out/icv/ipv4/a<b>&\"c", 0, fail_folder, sizeof fail_folder);
}

static const char *
in_folder(const char *name)
{
	static char path[300];
	snprintf(path, sizeof path, "%s/%s", fail_folder, name);
	return path;
}

Test(cases, only_what_did_not_pass_or_skip_has_a_folder)
{
	struct run_record r = sample_whole();
	report(&r);
	cr_assert(eq(int, sample_count("packets.pcapng"), 3));
	cr_assert(eq(int, sample_count("sa.setkey"), 1));
	cr_assert(eq(int, sample_count("tmp"), 0));
	cr_assert(eq(ptr, sample_slurp("../x/packets.pcapng"), NULL), "an id must not lead out of the folder");
	run_free(&r);
}

Test(cases, libpcap_reads_the_packets_back)
{
	static const uint8_t first[] = { 0x45, 0, 0, 0x1c };
	struct run_record r = sample_whole();
	char why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *octets;
	report(&r);
	pcap_t *p = pcap_open_offline_with_tstamp_precision(sample_path(in_folder("packets.pcapng")),
							    PCAP_TSTAMP_PRECISION_NANO, why);
	cr_assert(ne(ptr, p, NULL), "%s", why);
	cr_assert(eq(int, pcap_datalink(p), DLT_RAW));
	cr_assert(eq(int, pcap_next_ex(p, &h, &octets), 1), "%s", pcap_geterr(p));
	cr_assert(eq(int, (int)h->caplen, 28));
	cr_assert(eq(int, (int)h->len, 28));
	cr_assert(eq(int, memcmp(octets, first, sizeof first), 0));
	cr_assert(eq(int, (int)h->ts.tv_sec, 1795292340), "2026-11-21T20:19:00Z");
	cr_assert(eq(int, (int)h->ts.tv_usec, 12500), "nanoseconds");
	cr_assert(eq(int, pcap_next_ex(p, &h, &octets), 1), "%s", pcap_geterr(p));
	cr_assert(eq(int, (int)h->ts.tv_usec, 40250));
	cr_assert(eq(int, pcap_next_ex(p, &h, &octets), PCAP_ERROR_BREAK));
	pcap_close(p);
	run_free(&r);
}

Test(cases, tshark_shows_comments_and_direction_without_complaint)
{
	struct run_record r = sample_whole();
	char command[PATH_MAX + 400], text[4096];
	if (system("command -v tshark >/dev/null") != 0)
		cr_skip_test("tshark is not installed: comments and directions were not read back");
	report(&r);
	snprintf(command, sizeof command,
		 "HOME=%s tshark -r '%s' -T fields -E separator='|' -E aggregator=';' -e frame.interface_name "
		 "-e frame.packet_flags_direction -e frame.comment -e ip.dst 2>&1 | grep -v '^Running as user'",
		 sample_dir, sample_path(in_folder("packets.pcapng")));
	FILE *f = popen(command, "r");
	cr_assert(ne(ptr, f, NULL));
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	cr_assert(eq(int, pclose(f), 0), "%s", text);
	cr_assert(eq(
		str, text,
		"espy|0x00000002|esp.out/icv/ipv4/a<b>&\"c suites/esp-out.suite:30 link 1;echo|192.0.2.1\n"
		"espy|0x00000001|esp.out/icv/ipv4/a<b>&\"c suites/esp-out.suite:31 link 2;echo-reply \xe2\x9c\x93;< esp/echo-reply;"
		"FAIL: esp.icv: want 16 octets, got 12 \\x1b octets (and 1 more)|192.0.2.2\n"));
	run_free(&r);
}

Test(cases, keys_are_for_their_owner_alone)
{
	struct run_record r = sample_whole();
	struct stat st;
	report(&r);
	cr_assert(eq(int, stat(sample_path(in_folder("sa.setkey")), &st), 0));
	cr_assert(eq(int, st.st_mode & 0777, 0600));
	const char *text = sample_slurp(in_folder("sa.setkey"));
	cr_assert(ne(ptr, strstr(text, "# suites/esp-out.suite:14\nadd 192.0.2.2 192.0.2.1 esp 0x1001 ;\n"), NULL),
		  "%s", text);
	run_free(&r);
}

Test(cases, a_case_that_now_passes_loses_what_an_earlier_run_left)
{
	struct run_record r = sample_whole();
	char *verdict;
	report(&r);
	json_object_set_new(json_array_get(r.cases, 1), "verdict", json_string("PASS"));
	report(&r);
	verdict = sample_slurp(in_folder("packets.pcapng"));
	cr_assert(eq(ptr, verdict, NULL));
	cr_assert(eq(int, sample_count("packets.pcapng"), 2), "the others stay");
	run_free(&r);
}

Test(cases, repetitions_of_a_case_do_not_overwrite_each_other)
{
	static const char *const lines[] = { SAMPLE_FAIL, SAMPLE_FAIL, NULL };
	struct run_record r = sample_run(lines);
	report(&r);
	cr_assert(eq(int, sample_count("packets.pcapng"), 2));
	run_free(&r);
}

Test(cases, a_bad_frame_is_an_error_and_the_other_cases_are_written)
{
	static const char *const octets[] = { "4", "4g", "zz" };
	for (size_t i = 0; i < sizeof octets / sizeof octets[0]; i++) {
		struct run_record r = sample_whole();
		struct err e = { 0 };
		json_t *x = json_array_get(json_object_get(json_array_get(r.cases, 1), "exhibits"), 1);
		json_object_set_new(x, "octets", json_string(octets[i]));
		cr_assert(not(report_cases(&r, sample_dir, &e)), "%s", octets[i]);
		cr_assert(ne(ptr, strstr(e.text, "hexadecimal"), NULL), "%s", e.text);
		cr_assert(eq(int, sample_count("packets.pcapng"), 2), "%s", octets[i]);
		run_free(&r);
	}
}

Test(cases, a_full_disk_is_an_error_and_leaves_no_half_file)
{
	struct run_record r = sample_whole();
	struct err e = { 0 };
	sample_disk_full(64);
	cr_assert(not(report_cases(&r, sample_dir, &e)));
	cr_assert(eq(int, e.code, ERR_IO));
	cr_assert(ne(ptr, strstr(e.text, "packets.pcapng: File too large"), NULL), "%s", e.text);
	cr_assert(eq(int, sample_count("packets"), 0));
	run_free(&r);
}

/* Blocks are padded to 32 bits whatever the length of packet and comment. */
Test(cases, packets_and_comments_of_every_length_are_read_back)
{
	static uint8_t octets[70] = { 0x45 };
	char why[PCAP_ERRBUF_SIZE], comment[70] = "";
	struct pcap_pkthdr *h;
	const u_char *got;
	FILE *f = fopen(sample_path("p"), "w");
	pcapng_section(f, "espy", NULL);
	pcapng_interface(f, "link 1");
	for (size_t n = 0; n < sizeof octets; n++) {
		memset(comment, 'c', n);
		const struct pcapng_packet p = { .octets = { octets, n }, .ns = n, .comments = { NULL, comment } };
		pcapng_packet(f, &p);
	}
	fclose(f);
	pcap_t *p = pcap_open_offline_with_tstamp_precision(sample_path("p"), PCAP_TSTAMP_PRECISION_NANO, why);
	cr_assert(ne(ptr, p, NULL), "%s", why);
	for (size_t n = 0; n < sizeof octets; n++) {
		cr_assert(eq(int, pcap_next_ex(p, &h, &got), 1), "%zu: %s", n, pcap_geterr(p));
		cr_assert(eq(sz, h->caplen, n));
		cr_assert(eq(sz, (size_t)h->ts.tv_usec, n));
	}
	cr_assert(eq(int, pcap_next_ex(p, &h, &got), PCAP_ERROR_BREAK));
	pcap_close(p);
}

Test(cases, a_comment_longer_than_an_option_is_cut_between_characters)
{
	static char comment[70001];
	char why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *got;
	for (size_t i = 0; i + 3 < sizeof comment; i += 3)
		memcpy(comment + i, "\xe2\x89\xa5", 3);
	FILE *f = fopen(sample_path("p"), "w");
	pcapng_section(f, "espy", comment);
	pcapng_interface(f, "link 1");
	const struct pcapng_packet packet = { .octets = BYTES_NONE, .comments = { comment } };
	pcapng_packet(f, &packet);
	fclose(f);
	pcap_t *p = pcap_open_offline(sample_path("p"), why);
	cr_assert(ne(ptr, p, NULL), "%s", why);
	cr_assert(eq(int, pcap_next_ex(p, &h, &got), 1), "%s", pcap_geterr(p));
	pcap_close(p);
}
