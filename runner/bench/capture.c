#include "runner/bench/capture.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/esp_sa.h"
#include "config/setkey.h"
#include "host/ip.h"
#include "ipsec/datagram.h"
#include "wire/layouts.h"

enum { KEY = 64, ROOM = 4096, SPI = 0x1000, PER_SECOND = 1000 };

struct maker {
	const struct bench_capture *c;
	struct random_seeded rnd;
	struct sa **sa;
	FILE *setkey, *esp_sa;
};

/* --- SAs ------------------------------------------------------------------------------------- */

static struct bytes
key_for(struct maker *m, const struct alg *a, uint8_t room[KEY])
{
	size_t n = 0;
	if (a != NULL)
		(void)alg_key_sizes(a, &n, 1);
	m->rnd.random.fill(&m->rnd.random, room, n);
	return (struct bytes){ room, n };
}

static bool
put_sa(struct maker *m, const struct sa_spec *s, struct err *e)
{
	char text[1000];
	size_t n;
	(void)setkey_print_sa(s, true, text, sizeof text);
	fputs(text, m->setkey);
	if (m->esp_sa == NULL)
		return true;
	if (!esp_sa_print(s, true, text, sizeof text, &n, NULL, e))
		return false;
	fputs(text, m->esp_sa);
	return true;
}

static bool
open_sa(struct maker *m, unsigned i, struct err *e)
{
	uint8_t enc_key[KEY], auth_key[KEY];
	struct sa_spec s = { .spi = SPI + i, .protocol = IPPROTO_ESP_, .mode = MODE_TUNNEL };
	s.enc = alg_by_name(m->c->enc, ALG_ENC);
	s.auth = m->c->auth != NULL ? alg_by_name(m->c->auth, ALG_AUTH) : NULL;
	s.enc_key = key_for(m, s.enc, enc_key);
	s.auth_key = key_for(m, s.auth, auth_key);
	if (!addr_parse(&s.src, "192.0.2.1", e) || !addr_parse(&s.dst, "192.0.2.2", e))
		return false;
	m->sa[i] = sa_open(&s, e);
	return m->sa[i] != NULL && put_sa(m, &s, e);
}

/* --- packets --------------------------------------------------------------------------------- */

static bool
put_clear(struct wr *w, unsigned i, struct err *e)
{
	static const size_t sizes[] = { 12, 548, 12, 12, 548, 12, 12, 548, 12, 1472, 548, 12 };
	size_t n = sizes[i % (sizeof sizes / sizeof sizes[0])];
	struct addr src, dst;
	if (!addr_parse(&src, "198.51.100.1", e) || !addr_parse(&dst, "203.0.113.1", e))
		return false;
	ip_begin(w, &(struct ip_head){ .src = &src, .dst = &dst, .protocol = 17, .ttl = 64, .id = (uint16_t)i });
	wr_uint(w, 4000, 2);
	wr_uint(w, 7, 2);
	wr_uint(w, 8 + n, 2);
	wr_uint(w, 0, 2);
	wr_fill(w, 'x', n);
	return ip_finish(w) || fail(e, ERR_RANGE, "a datagram of %zu octets", w->n);
}

/* A record of pcap with an Ethernet frame. */
static bool
put_frame(struct maker *m, unsigned i, struct bytes clear, struct wr *w, struct err *e)
{
	const size_t record = 16;
	wr_uint(w, i / PER_SECOND, 4);
	wr_uint(w, i % PER_SECOND * (1000000 / PER_SECOND), 4);
	wr_uint(w, 0, 8);
	wr_uint(w, 0x020000000102, 6);
	wr_uint(w, 0x020000000101, 6);
	wr_uint(w, 0x0800, 2);
	enum verdict v = datagram_protect(m->sa[i % m->c->sas], clear, (uint16_t)i, &m->rnd.random, w);
	if (v != ACCEPT)
		return fail(e, ERR_RANGE, "packet %u: %s", i, verdict_name(v));
	return (wr_patch(w, 8, w->n - record, 4) && wr_patch(w, 12, w->n - record, 4)) ||
	       fail(e, ERR_RANGE, "packet %u: %zu octets", i, w->n);
}

static bool
put_packets(struct maker *m, FILE *f, struct err *e)
{
	uint8_t clear[ROOM], frame[ROOM];
	bool ok = true;
	for (unsigned i = 0; ok && i < m->c->packets; i++) {
		struct wr in = wr_of(clear, sizeof clear), out = wr_of(frame, sizeof frame);
		ok = put_clear(&in, i, e) && put_frame(m, i, wr_done(&in), &out, e);
		fwrite(frame, 1, out.n, f);
	}
	return ok;
}

/* --- files ----------------------------------------------------------------------------------- */

static FILE *
create(const char *path, struct err *e)
{
	FILE *f = fopen(path, "w");
	if (f == NULL)
		fail_errno(e, "%s", path);
	return f;
}

/* libpcap's header: version 2.4, Ethernet. */
static bool
write_pcap(struct maker *m, struct err *e)
{
	uint8_t head[24];
	struct wr w = wr_of(head, sizeof head);
	FILE *f = create(m->c->pcap, e);
	if (f == NULL)
		return false;
	wr_uint(&w, 0xa1b2c3d4, 4);
	wr_uint(&w, 0x00020004, 4);
	wr_uint(&w, 0, 8);
	wr_uint(&w, 65535, 4);
	wr_uint(&w, 1, 4);
	fwrite(head, 1, w.n, f);
	bool ok = put_packets(m, f, e);
	return (fclose(f) == 0 || fail_errno(e, "%s", m->c->pcap)) && ok;
}

bool
bench_capture_write(const struct bench_capture *c, struct err *e)
{
	struct maker m = { .c = c, .sa = calloc(c->sas, sizeof(struct sa *)) };
	bool tshark = c->esp_sa[0] != '\0';
	random_seeded_init(&m.rnd, 7);
	bool ok = m.sa != NULL && (m.setkey = create(c->setkey, e)) != NULL &&
		  (!tshark || (m.esp_sa = create(c->esp_sa, e)) != NULL);
	for (unsigned i = 0; ok && i < c->sas; i++)
		ok = open_sa(&m, i, e);
	ok = ok && write_pcap(&m, e);
	if (m.setkey != NULL && fclose(m.setkey) != 0 && ok)
		ok = fail_errno(e, "%s", c->setkey);
	if (m.esp_sa != NULL && fclose(m.esp_sa) != 0 && ok)
		ok = fail_errno(e, "%s", c->esp_sa);
	for (unsigned i = 0; m.sa != NULL && i < c->sas; i++)
		sa_close(m.sa[i]);
	free(m.sa);
	return ok;
}
