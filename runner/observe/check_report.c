#include "runner/observe/check_report.h"

#include <inttypes.h>
#include <stdio.h>

/* printf for every packet, or every octet of one, would cost as much as the cryptography. */
static void
put_octets(struct bytes b)
{
	static const char digits[] = "0123456789abcdef";
	for (struct rd r = rd_of(b); rd_left(&r) > 0;) {
		uint8_t octet = (uint8_t)rd_uint(&r, 1);
		putc_unlocked(digits[octet >> 4], stdout);
		putc_unlocked(digits[octet & 15], stdout);
	}
}

static void
put_number(uint64_t v, unsigned base)
{
	char text[24];
	unsigned at = sizeof text;
	do
		text[--at] = "0123456789abcdef"[v % base];
	while ((v /= base) > 0);
	fwrite_unlocked(text + at, 1, sizeof text - at, stdout);
}

static void
put(const char *text)
{
	fputs_unlocked(text, stdout);
}

static const char *
verdict_word(const struct passive_verdict *v)
{
	return v->cut ? "cut" : verdict_name(v->verdict);
}

static const char *
protocol_word(uint8_t protocol)
{
	return protocol == 51 ? "ah" : protocol == 108 ? "ipcomp" : "esp";
}

/* --- packets --------------------------------------------------------------------------------- */

static void
print_text(const struct check_report *r, const struct passive_verdict *v, const char *note)
{
	char src[48], dst[48];
	put("frame ");
	put_number(v->frame, 10);
	if (v->is_protected) {
		put(" ");
		put(protocol_word(v->protocol));
		put(" spi 0x");
		put_number(v->spi, 16);
		put(" seq ");
		put_number(v->seq, 10);
		put(" ");
	} else {
		printf(" clear %s > %s ", addr_print(&v->src, src), addr_print(&v->dst, dst));
	}
	put(verdict_word(v));
	if (v->policy != 0)
		printf(" by %s:%u", r->policies, v->policy);
	if (note[0] != '\0')
		printf(" (%s)", note);
	putc_unlocked('\n', stdout);
}

static void
print_json(const struct passive_verdict *v, const char *note)
{
	char src[48], dst[48];
	if (v->is_protected)
		printf("{\"frame\": %lu, \"protocol\": \"%s\", \"spi\": %" PRIu32 ", \"seq\": %" PRIu64
		       ", \"verdict\": \"%s\"",
		       v->frame, protocol_word(v->protocol), v->spi, v->seq, verdict_word(v));
	else
		printf("{\"frame\": %lu, \"protocol\": \"clear\", \"src\": \"%s\", \"dst\": \"%s\", \"verdict\": \"%s\"",
		       v->frame, addr_print(&v->src, src), addr_print(&v->dst, dst), verdict_word(v));
	if (v->policy != 0)
		printf(", \"line\": %u", v->policy);
	if (note[0] != '\0')
		printf(", \"note\": \"%s\"", note);
	if (v->inner.n > 0) {
		fputs(", \"inner\": \"", stdout);
		put_octets(v->inner);
		putc_unlocked('"', stdout);
	}
	fputs("}\n", stdout);
}

static struct trail_packet
packet_of(const struct passive_layer *l)
{
	const struct sa_spec *s = &l->sa->spec;
	return (struct trail_packet){ .protocol = s->protocol,
				      .spi = s->spi,
				      .src = s->src,
				      .dst = s->dst,
				      .seq = l->seq,
				      .iv = { l->iv, l->iv_n },
				      .mark = l->digest };
}

/* The strongest of what the trail says of the packet's layers. */
static const char *
note_of(struct check_report *r, const struct passive_verdict *v)
{
	enum trail_note worst = TRAIL_NEW, note;
	for (unsigned i = 0; i < v->layers; i++) {
		struct trail_packet p = packet_of(&v->layer[i]);
		r->no_memory |= !trail_add(r->trail, &p, &note);
		worst = note > worst ? note : worst;
	}
	return trail_notes[worst];
}

void
check_report_expect(const struct check_report *r, const struct passive_verdict *v)
{
	for (unsigned i = 0; i < v->layers; i++) {
		struct trail_packet p = packet_of(&v->layer[i]);
		trail_expect(r->trail, &p);
	}
}

void
check_report_verdict(struct check_report *r, const struct passive_verdict *v)
{
	if (!v->is_protected && v->policy == 0) {
		r->clear += v->asked;
		return;
	}
	const char *note = note_of(r, v);
	r->noted += note[0] != '\0';
	if (v->cut)
		r->cut++;
	else if (v->verdict == ACCEPT || v->verdict == DROP_DUMMY)
		r->ok++;
	else
		r->refused++;
	if (r->json)
		print_json(v, note);
	else
		print_text(r, v, note);
}

void
check_report_aside(const struct check_report *r, const struct frame *f, const struct passive_verdict *v)
{
	if (v->cut)
		fprintf(stderr, "espy check: %s: frame %lu: %" PRIu32 " of %" PRIu32 " octets captured: no verdict\n",
			r->path, f->number, f->captured, f->length);
	if (v->align8)
		fprintf(stderr,
			"espy check: %s: frame %lu: AH on IPv4 padded to 8 octets, against RFC 4302 3.3.3.2.1\n",
			r->path, f->number);
}

/* --- the end --------------------------------------------------------------------------------- */

static void
print_sa(const struct trail_sa *s, bool json)
{
	static const char text[] =
		"sa 0x%" PRIx32 " %s %s > %s: %" PRIu64 " packets, numbers %" PRIu64 " to %" PRIu64 ", %" PRIu64
		" missing, %" PRIu64 " duplicates, %" PRIu64 " late, %" PRIu64 " IVs reused\n";
	static const char object[] =
		"{\"sa\": %" PRIu32 ", \"protocol\": \"%s\", \"src\": \"%s\", \"dst\": \"%s\""
		", \"packets\": %" PRIu64 ", \"first\": %" PRIu64 ", \"last\": %" PRIu64 ", \"missing\": %" PRIu64
		", \"duplicates\": %" PRIu64 ", \"late\": %" PRIu64 ", \"iv_reused\": %" PRIu64 "}\n";
	char src[48], dst[48];
	printf(json ? object : text, s->spi, protocol_word(s->protocol), addr_print(&s->src, src),
	       addr_print(&s->dst, dst), s->packets, s->first, s->last, s->missing, s->duplicates, s->late,
	       s->iv_reused);
}

void
check_report_end(const struct check_report *r)
{
	struct trail_sa s;
	for (const void *at = NULL; trail_next(r->trail, &at, &s);)
		if (r->all_sas || (!r->json && s.missing + s.duplicates + s.late + s.iv_reused > 0))
			print_sa(&s, r->json);
	if (r->no_memory)
		fprintf(stderr, "espy check: %s: out of memory for the numbers of an SA\n", r->path);
	if (r->json)
		return;
	printf("%lu ok, %lu refused", r->ok, r->refused);
	if (r->policies != NULL)
		printf(", %lu clear as they may be", r->clear);
	putc_unlocked('\n', stdout);
}
