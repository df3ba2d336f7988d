#include "reports/sample_test.h"

#include <pcap/pcap.h>

#include "reports/event.h"
#include "reports/case/pcapng.h"

TestSuite(cases, .init = sample_begin, .fini = sample_end);

static char fail_folder[200];

/* An echo that is answered although its padding is not what the RFC wants: two frames of ESP, one SA keyed by setkey, one by PF_KEY. */
#define CASE_ESP(verdict)                                                                                                                  \
	"{\"event\":\"case\",\"n\":5,\"id\":\"esp.padding/contents\",\"full_id\":\"esp.padding/contents/ipv4\",\"suite\":\"esp.padding\"," \
	"\"title\":\"padding is inspected\",\"level\":\"SHOULD\",\"clause\":\"RFC 4303 2.4\",\"verdict\":\"" verdict                       \
	"\","                                                                                                                              \
	"\"reason\":\"\",\"file\":\"suites/esp-padding.suite\",\"line\":80,\"step\":{\"line\":95,\"text\":\"< nothing\"},"                 \
	"\"want\":\"nothing\",\"got\":\"ip4/esp/echo-reply\",\"exhibits\":["                                                               \
	"{\"kind\":\"setkey\",\"t_us\":343,\"line\":11,\"link\":0,\"text\":\"add 192.0.2.2 192.0.2.1 esp 0x1001 -m transport "             \
	"-E rijndael-cbc 0x3670e70e5465415da2f1d9dfcd1a3994 -A hmac-sha1 0xd7ade1d9fdd338d1764cc0a653cd607d4b130bec ;\\n"                  \
	"add 192.0.2.1 192.0.2.2 esp 0x1002 -m transport "                                                                                 \
	"-E rijndael-cbc 0x8e9405be5cba09f48f7e35d26f9ea822 -A hmac-sha1 0x4cf54c0657249c254ac14896d4f0132f528dce53 ;\\n\"},"              \
	"{\"kind\":\"frame-out\",\"t_us\":1097,\"line\":94,\"link\":1,\"text\":\"> esp(padding=$padding)/echo\",\"octets\":\""             \
	"45000048000000004032f680c0000202c00002010000100100000003e01404f888a1d69547dda0a2c8d98817"                                         \
	"dae873a729ab0e00c8ebc4b3b22c37efb7cbcf5df4682cc2f0441639\"},"                                                                     \
	"{\"kind\":\"frame-in\",\"t_us\":1377,\"line\":95,\"link\":1,\"text\":\"< nothing\",\"octets\":\""                                 \
	"450000480d0200004032e97ec0000201c00002020000100200000003ebd2c00d66cffaeeb12fb5a9089b2863"                                         \
	"a0a5b9b4598604da93b395829c937eed29aef97ad1b03a0025db8b31\"}]}"
#define ESP_FOLDER "cases/esp.padding/contents/ipv4"

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
		"espy|0x00000002|suites/esp-out.suite:30 link 1: echo;esp.out/icv/ipv4/a<b>&\"c|192.0.2.1\n"
		"espy|0x00000001|suites/esp-out.suite:31 link 2: echo-reply \xe2\x9c\x93;FAIL: esp.icv: want 16 octets, got 12 \\x1b octets "
		"(and 1 more) [MUST RFC 4868 2.3];esp.out/icv/ipv4/a<b>&\"c|192.0.2.2\n"));
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

/* What tshark makes of a file of the ESP case's folder, a line for each frame. */
static void
tshark(const char *how, const char *file, const char *fields, char text[4096])
{
	char command[PATH_MAX + 500];
	snprintf(
		command, sizeof command,
		"cd '%s' && HOME=%s %s tshark -r %s -T fields -E separator='|' -E aggregator=';' %s 2>&1 | grep -v '^Running as user'",
		sample_path(ESP_FOLDER), sample_dir, how, file, fields);
	FILE *f = popen(command, "r");
	cr_assert(ne(ptr, f, NULL));
	text[fread(text, 1, 4095, f)] = '\0';
	cr_assert(eq(int, pclose(f), 0), "%s", text);
}

static const char *const esp_lines[] = { SAMPLE_START, CASE_ESP("FAIL"), NULL };

Test(cases, the_profile_opens_the_packets_and_the_twin_needs_none)
{
	struct run_record r = sample_run(esp_lines);
	char text[4096];
	if (system("command -v tshark >/dev/null") != 0)
		cr_skip_test("tshark is not installed: the profile was not tried");
	report(&r);
	tshark("WIRESHARK_CONFIG_DIR=wireshark", "packets.pcapng",
	       "-e esp.icv_good -e icmp.type -e icmp.checksum.status", text);
	cr_expect(eq(str, text, "1|8|1\n1|0|1\n"));
	tshark("", "packets.pcapng", "-e esp.icv_good -e icmp.type", text);
	cr_expect(eq(str, text, "|\n|\n"), "it is the profile that does it");
	tshark("", "plain.pcapng",
	       "-e frame.packet_flags_direction -e icmp.type -e icmp.checksum.status -e frame.comment", text);
	cr_expect(eq(str, text,
		     "0x00000002|8|1|suites/esp-padding.suite:94 link 1: > esp(padding=$padding)/echo;"
		     "ESP spi 0x00001001 seq 3, transport, aes-cbc hmac-sha1-96: ICV good, 12 octets, 6 of padding;"
		     "esp.padding/contents/ipv4\n"
		     "0x00000001|0|1|suites/esp-padding.suite:95 link 1: < nothing;"
		     "ESP spi 0x00001002 seq 3, transport, aes-cbc hmac-sha1-96: ICV good, 12 octets, 6 of padding;"
		     "FAIL: want nothing, got ip4/esp/echo-reply [SHOULD RFC 4303 2.4];esp.padding/contents/ipv4\n"));
	run_free(&r);
}

static unsigned
mode_of(const char *below)
{
	struct stat st;
	char path[300];
	snprintf(path, sizeof path, ESP_FOLDER "%s", below);
	cr_assert(eq(int, lstat(sample_path(path), &st), 0), "%s", path);
	return st.st_mode & 0777;
}

Test(cases, files_with_keys_are_for_their_owner_and_the_others_as_the_umask_says)
{
	static const mode_t masks[] = { 0, 022, 077 };
	for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
		struct run_record r = sample_run(esp_lines);
		mode_t was = umask(masks[i]);
		report(&r);
		umask(was);
		cr_expect(eq(uint, mode_of("/sa.setkey"), 0600));
		cr_expect(eq(uint, mode_of("/wireshark/esp_sa"), 0600));
		cr_expect(eq(uint, mode_of("/packets.pcapng"), 0666 & ~masks[i]));
		cr_expect(eq(uint, mode_of("/plain.pcapng"), 0666 & ~masks[i]));
		cr_expect(eq(uint, mode_of("/wireshark/preferences"), 0666 & ~masks[i]));
		cr_expect(eq(uint, mode_of("/wireshark/README"), 0666 & ~masks[i]));
		cr_expect(eq(uint, mode_of("/wireshark"), 0777 & ~masks[i]));
		cr_expect(eq(uint, mode_of(""), 0777 & ~masks[i]));
		run_free(&r);
	}
}

Test(cases, keys_stand_in_no_other_file)
{
	struct run_record r = sample_run(esp_lines);
	char command[400];
	report(&r);
	snprintf(command, sizeof command,
		 "grep -rliE '3670e70e5465|4cf54c065724' %s | sort | xargs -n1 basename | tr '\\n' ' '", sample_dir);
	FILE *f = popen(command, "r");
	char text[200];
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	pclose(f);
	cr_expect(eq(str, text, "sa.setkey esp_sa "));
	run_free(&r);
}

/* IDs of cases that passed have folders only where that was asked for, and nothing decided there. */
Test(cases, with_keep_all_what_passed_has_a_folder_too)
{
	static const char *const lines[] = { SAMPLE_START, CASE_ESP("PASS"), SAMPLE_SKIP, NULL };
	struct run_record r = sample_run(lines);
	report(&r);
	cr_expect(eq(int, sample_count("pcapng"), 0));
	json_object_set_new(r.start, "keep", json_string("all"));
	report(&r);
	cr_expect(eq(int, sample_count("pcapng"), 2));
	cr_expect(eq(int, sample_count("esp_sa"), 1));
	run_free(&r);
}

Test(cases, what_an_earlier_run_left_goes_and_what_is_not_ours_stays)
{
	static const char *const empty[] = { SAMPLE_START, NULL };
	struct run_record r = sample_run(esp_lines), none = sample_run(empty);
	report(&r);
	sample_write(ESP_FOLDER "/notes.txt", "mine");
	sample_write(ESP_FOLDER "/wireshark/recent", "what Wireshark itself keeps there");
	cr_assert(eq(int, mkdir(sample_path("cases/esp.padding/.77.tmp"), 0777), 0));
	sample_write("cases/esp.padding/.77.tmp/packets.pcapng", "of a run that died");
	report(&none);
	cr_expect(eq(int, sample_count(""), 1));
	cr_expect(eq(str, sample_slurp(ESP_FOLDER "/notes.txt"), (char *)"mine"));
	/* The folder is there, so the files move into it. */
	report(&r);
	cr_expect(eq(int, sample_count("pcapng"), 2));
	cr_expect(eq(int, sample_count("esp_sa"), 1));
	cr_expect(eq(str, sample_slurp(ESP_FOLDER "/notes.txt"), (char *)"mine"));
	cr_expect(eq(int, sample_count("tmp"), 0));
	report_cases_clear(sample_dir);
	unlink(sample_path(ESP_FOLDER "/notes.txt"));
	report_cases_clear(sample_dir);
	cr_expect(eq(int, rmdir(sample_dir), 0), "folders that are empty go too");
	run_free(&r);
	run_free(&none);
}

Test(cases, a_case_whose_folder_is_above_that_of_another_keeps_both)
{
	static const char *const ids[] = { "a/b", "a/b/c", "a/b" };
	for (size_t i = 0; i + 1 < sizeof ids / sizeof ids[0]; i++) {
		struct run_record r = { 0 };
		struct err e = { 0 };
		for (size_t k = 0; k < 2; k++) {
			cr_assert(run_add(&r, CASE_ESP("FAIL"), strlen(CASE_ESP("FAIL")), &e));
			json_object_set_new(json_array_get(r.cases, k), "full_id", json_string(ids[i + k]));
		}
		report(&r);
		cr_expect(ne(ptr, sample_slurp("cases/a/b/plain.pcapng"), NULL), "%zu", i);
		cr_expect(ne(ptr, sample_slurp("cases/a/b/wireshark/esp_sa"), NULL), "%zu", i);
		cr_expect(ne(ptr, sample_slurp("cases/a/b/c/plain.pcapng"), NULL), "%zu", i);
		run_free(&r);
	}
}

/* A run directory in /tmp: somebody else may have been there first. */
Test(cases, links_that_were_planted_are_not_followed)
{
	static const char *const places[] = { "cases", "cases/esp.padding", "cases/esp.padding/contents", ESP_FOLDER };
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		struct run_record r = sample_run(esp_lines);
		struct err e = { 0 };
		char target[100];
		snprintf(target, sizeof target, "%s/victim", sample_dir);
		cr_assert(eq(int, mkdir(target, 0777), 0));
		sample_write("victim/packets.pcapng", "precious");
		char above[PATH_MAX + 40];
		snprintf(above, sizeof above, "mkdir -p $(dirname '%s')", sample_path(places[i]));
		cr_assert(eq(int, system(above), 0));
		cr_assert(eq(int, symlink(target, sample_path(places[i])), 0), "%s", places[i]);
		cr_expect(not(report_cases(&r, sample_dir, &e)), "%s", places[i]);
		cr_expect(eq(int, e.code, ERR_IO), "%s: %s", places[i], e.text);
		cr_expect(eq(str, sample_slurp("victim/packets.pcapng"), (char *)"precious"), "%s", places[i]);
		cr_expect(eq(int, sample_count(""), 1), "%s", places[i]);
		unlink(sample_path(places[i]));
		unlink(sample_path("victim/packets.pcapng"));
		rmdir(target);
		report_cases_clear(sample_dir);
		run_free(&r);
	}
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

/* Journals outlive the espy that wrote them, and somebody else may have written one. */
static void
make_odd(json_t *object, unsigned n)
{
	static const char *const odd[] = { "null",
					   "7",
					   "-1e300",
					   "\"\"",
					   "\"45\"",
					   "[]",
					   "{}",
					   "[[[{}]]]",
					   "\"\\u0000\\u001b\\uffff\"",
					   "true",
					   "\"45000014000000000032000000000000000000000000\"" };
	const char *key;
	json_t *value;
	unsigned i = 0, count = (unsigned)json_object_size(object);
	json_object_foreach(object, key, value) {
		if (i++ == n % count) {
			json_object_set_new(object, key,
					    json_loads(odd[n / count % 11], JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
			return;
		}
	}
}

Test(cases, journals_with_odd_members_are_survived)
{
	for (unsigned n = 0; n < 11 * 16; n++) {
		for (unsigned part = 0; part < 5; part++) {
			struct run_record r = sample_run(esp_lines);
			json_t *event = json_array_get(r.cases, 0), *exhibits = json_object_get(event, "exhibits");
			struct err e = { 0 };
			make_odd(part == 0 ? r.start : part == 1 ? event : json_array_get(exhibits, part - 2), n);
			json_object_set_new(event, "verdict", json_string("FAIL"));
			if (!report_cases(&r, sample_dir, &e))
				cr_expect(ne(int, e.code, ERR_NONE));
			run_free(&r);
		}
	}
	cr_expect(eq(int, sample_count("tmp"), 0));
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
