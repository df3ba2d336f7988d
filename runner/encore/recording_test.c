#include "runner/encore/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "reports/case/pcapng.h"

#define A 1
#define B 2

/* An IPv4 header alone, from 192.0.2.src to 192.0.2.dst. */
static struct bytes
datagram(uint8_t room[20], uint8_t src, uint8_t dst)
{
	struct wr w = wr_of(room, 20);
	wr_uint(&w, 0x4500001400000000, 8);
	wr_uint(&w, 0x403b0000c0000200 | src, 8);
	wr_uint(&w, 0xc0000200 | dst, 4);
	return wr_done(&w);
}

struct row {
	uint8_t src, dst;
	enum pcapng_direction direction;
	const char *comment;
};

static char path[64];

static void
write_capture(const char *application, const struct row *rows, size_t n)
{
	snprintf(path, sizeof path, "/tmp/espy-recording-%d.pcapng", (int)getpid());
	FILE *f = fopen(path, "w");
	cr_assert(f != NULL);
	pcapng_section(f, application, "a comment of the section, link 2");
	pcapng_interface(f, "x");
	for (size_t i = 0; i < n; i++) {
		uint8_t room[20];
		const struct pcapng_packet p = { .ns = 1000000000u + 5000000u * i,
						 .direction = rows[i].direction,
						 .octets = datagram(room, rows[i].src, rows[i].dst),
						 .comments = { "first", rows[i].comment } };
		pcapng_packet(f, &p);
	}
	fclose(f);
}

static void
read_capture(struct recording *r, const struct addr *peer, unsigned peers)
{
	struct err e = { 0 };
	cr_assert(recording_read(r, path, &e), "%s", e.text);
	cr_assert(recording_orient(r, peer, peers, &e), "%s", e.text);
	unlink(path);
}

Test(recording, flags_tell_who_sent_what_and_comments_on_which_link)
{
	static const struct row rows[] = { { B, A, PCAPNG_INBOUND, NULL },
					   { A, B, PCAPNG_OUTBOUND, "s.suite:3 link 2" } };
	struct recording r;
	write_capture("espy 1", rows, 2);
	read_capture(&r, NULL, 0);
	cr_expect(r.own);
	cr_expect(r.flagged);
	cr_assert(eq(sz, r.n, 2));
	cr_expect(eq(u8, r.message[0].sender, BY_TARGET));
	cr_expect(eq(u8, r.message[1].sender, BY_PEER));
	cr_expect(eq(u8, r.message[0].link, 1));
	cr_expect(eq(u8, r.message[1].link, 2));
	cr_expect(eq(u64, r.message[1].ns - r.message[0].ns, 5000000));
	cr_expect(eq(u8, r.peer[0].o[3], A));
	cr_expect(eq(u8, r.target[0].o[3], B));
	recording_free(&r);
}

Test(recording, without_flags_the_first_sender_is_the_peer_and_a_third_party_nobody)
{
	static const struct row rows[] = { { A, B, PCAPNG_UNKNOWN, NULL },
					   { B, A, PCAPNG_UNKNOWN, NULL },
					   { 7, B, PCAPNG_UNKNOWN, NULL } };
	struct recording r;
	write_capture("tcpdump", rows, 3);
	read_capture(&r, NULL, 0);
	cr_expect(not(r.own));
	cr_expect(eq(u8, r.message[0].sender, BY_PEER));
	cr_expect(eq(u8, r.message[1].sender, BY_TARGET));
	cr_expect(eq(u8, r.message[2].sender, BY_NOBODY));
	recording_free(&r);
}

Test(recording, the_peer_that_the_user_names_goes_before_flags)
{
	static const struct row rows[] = { { A, B, PCAPNG_OUTBOUND, NULL }, { B, A, PCAPNG_INBOUND, NULL } };
	struct addr peer, silent;
	struct err e = { 0 };
	struct recording r;
	cr_assert(addr_parse(&peer, "192.0.2.2", &e));
	cr_assert(addr_parse(&silent, "192.0.2.3", &e));
	write_capture("x", rows, 2);
	read_capture(&r, &peer, 1);
	cr_expect(eq(u8, r.message[0].sender, BY_TARGET));
	cr_expect(eq(u8, r.message[1].sender, BY_PEER));
	cr_expect(eq(u8, r.target[0].o[3], A));
	cr_expect(not(recording_orient(&r, &silent, 1, &e)), "a peer who says nothing is a mistake");
	recording_free(&r);
}

Test(recording, a_file_cut_anywhere_is_an_error_or_a_shorter_capture)
{
	static const struct row rows[] = { { A, B, PCAPNG_OUTBOUND, "link 1" }, { B, A, PCAPNG_INBOUND, "link 2" } };
	char text[4096];
	write_capture("espy 1", rows, 2);
	FILE *f = fopen(path, "r");
	size_t n = fread(text, 1, sizeof text, f);
	fclose(f);
	for (size_t cut = 0; cut < n; cut++) {
		struct recording r;
		struct err e = { 0 };
		f = fopen(path, "w");
		fwrite(text, 1, cut, f);
		fclose(f);
		bool ok = recording_read(&r, path, &e);
		cr_expect(ok ? r.n < 2 : e.code != ERR_NONE, "cut at %zu", cut);
		recording_free(&r);
	}
	unlink(path);
}
