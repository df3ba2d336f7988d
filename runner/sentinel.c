/*
 * The sentinel turns silence into proof: something known to work goes out behind the packet in question, and when it comes back the
 * target has dealt with everything before it.
 *
 * It must take the path of what it vouches for. A stack may hand packets on between queues: Linux takes a decapsulated tunnel datagram
 * through its GRO cells and every transport-mode packet through a work queue, and a plain echo request overtakes both. So the
 * sentinel is an echo request under an ESP transport SA of its own, from an address that cases do not use; its SAs are installed when
 * a case first needs them. It makes two trips, since the first may share a batch with the packet. Where a policy of the case covers
 * its address, so that the echo is not answered, an ARP answer (which no policy covers) and a pause stand in, and the evidence
 * says so. On a target that nobody configures, or somebody by hand, it is a plain echo request.
 */
#include "runner/stage.h"

#include <string.h>

#include "runner/manager.h"
#include "runner/transform.h"

#define SENTINEL_ID 0x5e17
#define SENTINEL_HOST 253 /* last octet of its address */
#define SENTINEL_SPI_OUT 0x5e170001
#define SENTINEL_SPI_IN 0x5e170002
#define SENTINEL_TRANSFORM "aes-cbc-128+hmac-sha1-96"
#define SENTINEL_MS 2000 /* without any answer for so long a target is dead */
#define COVERED_MS 100   /* ARP came back, the echo did not: a policy keeps it */
#define PAUSE_MS 20

static struct addr
sentinel_address(const struct engine *g)
{
	struct addr a = addr_of(BYTES_OF(g->target->net[0].tester4));
	a.o[3] = SENTINEL_HOST;
	return a;
}

static struct sa *
open_end(const struct engine *g, struct arena *arena, bool out, struct err *e)
{
	struct transform t;
	struct sa_spec spec = { .spi = out ? SENTINEL_SPI_OUT : SENTINEL_SPI_IN,
				.protocol = 50,
				.mode = MODE_TRANSPORT,
				.seq_cycle = true };
	if (!transform_parse(&t, SENTINEL_TRANSFORM, e))
		return NULL;
	spec.enc = t.enc;
	spec.auth = t.auth;
	transform_keys(arena, &t, "sentinel", g->seed, out, &spec.enc_key, &spec.auth_key);
	spec.src = out ? sentinel_address(g) : addr_of(BYTES_OF(g->target->net[0].target4));
	spec.dst = out ? addr_of(BYTES_OF(g->target->net[0].target4)) : sentinel_address(g);
	return sa_open(&spec, e);
}

bool
sentinel_open(struct engine *g, struct err *e)
{
	struct arena arena = { 0 };
	g->sentinel_out = open_end(g, &arena, true, e);
	g->sentinel_in = open_end(g, &arena, false, e);
	arena_free(&arena);
	return g->sentinel_out != NULL && g->sentinel_in != NULL;
}

void
sentinel_close(struct engine *g)
{
	sa_close(g->sentinel_out);
	sa_close(g->sentinel_in);
	g->sentinel_out = g->sentinel_in = NULL;
}

bool
sentinel_message(const struct pfkey_msg *m)
{
	const struct hdr *sa = pfkey_msg_get(m, EXT_SA);
	return sa != NULL && (sa->v[XSA_SPI].u == SENTINEL_SPI_OUT || sa->v[XSA_SPI].u == SENTINEL_SPI_IN);
}

/* Puts the sentinel's SAs on the target, in one go with whatever is written next. EEXIST is as good as success. */
static bool
install(struct stage *s, struct err *e)
{
	const struct sa *ends[] = { s->g->sentinel_out, s->g->sentinel_in };
	struct channel *c = &s->g->target->channel;
	for (unsigned i = 0; i < 2; i++) {
		struct setkey_command add = { .verb = SETKEY_ADD, .sa = ends[i]->spec };
		add.sa.seq_cycle = false;
		if (!setup_command(s, &add, e))
			return false;
	}
	s->sentinel_ready = true;
	return c->ops->sync(c, e);
}

/* --- recognising ----------------------------------------------------------------------------- */

static int
is_echo_reply(const struct stage *s, struct rd icmp)
{
	if (rd_uint(&icmp, 1) != 0)
		return 0;
	rd_skip(&icmp, 3);
	if (rd_uint(&icmp, 2) != SENTINEL_ID)
		return 0;
	return rd_uint(&icmp, 2) == (s->g->sentinel_seq & 0xffff) ? 2 : 1;
}

/* RFC 792: what a target without ESP says of a sentinel under it. No case's business, as all that goes to this address. */
static bool
is_error(uint8_t type)
{
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

int
sentinel_recognise(struct stage *s, struct bytes datagram)
{
	struct rd r = rd_of(datagram);
	size_t ihl = (rd_peek(&r, 0) & 15u) * 4;
	uint8_t protocol = rd_peek(&r, 9), work[256];
	struct esp_opened o;
	if (rd_peek(&r, 19) != SENTINEL_HOST)
		return 0;
	rd_skip(&r, ihl);
	if (protocol == 1)
		return is_error(rd_peek(&r, 0)) ? 1 : is_echo_reply(s, r);
	struct bytes esp = rd_rest(&r);
	struct rd spi = rd_of(esp);
	if (protocol != 50 || rd_uint(&spi, 4) != SENTINEL_SPI_IN || esp.n > sizeof work)
		return 0;
	if (esp_open(s->g->sentinel_in, esp, 0, work, &o) != ACCEPT)
		return 0;
	return is_echo_reply(s, rd_of(o.payload));
}

/* --- sending --------------------------------------------------------------------------------- */

static bool
send_echo(struct stage *s, unsigned link, struct err *e)
{
	static _Thread_local struct packet p;
	struct sa *sa[PACKET_LAYERS] = { NULL, s->g->manager->silent ? NULL : s->g->sentinel_out };
	struct addr from = sentinel_address(s->g);
	uint8_t octets[256];
	struct wr w = wr_of(octets, sizeof octets);
	p.n = 0;
	p.payload = BYTES_NONE;
	struct hdr *ip = packet_push(&p, &layout_ip4);
	hdr_set_bytes(ip, IP4_SRC, addr_bytes(&from));
	hdr_set_bytes(ip, IP4_DST, BYTES_OF(s->g->target->net[0].target4));
	if (!s->g->manager->silent)
		(void)packet_push(&p, &layout_esp);
	struct hdr *echo = packet_push(&p, &layout_echo4);
	hdr_set(echo, ICMP_ID, SENTINEL_ID);
	hdr_set(echo, ICMP_SEQ, ++s->g->sentinel_seq & 0xffff);
	return packet_compose(&p, sa, s->g->random, &w, NULL, e) && tester_frame(s, link, ETHER_IP4, wr_done(&w), e);
}

static bool
send_arp(struct stage *s, unsigned link, struct err *e)
{
	static const uint8_t nobody[6];
	struct addr from = sentinel_address(s->g);
	return tester_arp(s, link, ARP_REQUEST, addr_bytes(&from), BYTES_OF(nobody),
			  BYTES_OF(s->g->target->net[link - 1].target4), e);
}

/* Waits for the echo, or with `arp` for the ARP answer, or until ms have passed. */
static bool
await(struct stage *s, bool arp, unsigned ms, bool *came, struct err *e)
{
	bool echoed = false, resolved = false;
	uint64_t until = clock_ns() + ms * 1000000ull;
	do {
		if (!tester_pump(s, &echoed, &resolved, e))
			return false;
		*came = arp ? resolved : echoed;
		uint64_t now = clock_ns();
		if (*came || now >= until)
			return true;
		(void)tester_wait(s, (int)((until - now) / 1000000) + 1);
	} while (true);
}

/* The echo is kept by a policy: the link's answer, and a pause for what other queues may still hold. */
static bool
weak_sentinel(struct stage *s, unsigned link, struct err *e)
{
	bool came;
	if (!send_arp(s, link, e) || !await(s, true, SENTINEL_MS, &came, e))
		return false;
	if (!came)
		return fail(e, ERR_DEAD, "no sentinel came back within %d ms: the target is dead or stuck",
			    SENTINEL_MS);
	if (!s->sentinel_covered)
		evidence_add(s->ev, EV_NOTE, s->step != NULL ? s->step->at.line : 0, link, BYTES_NONE,
			     "sentinel: a policy of this case keeps its echo; an ARP answer and a pause stand in");
	s->sentinel_covered = true;
	return await(s, false, PAUSE_MS, &came, e);
}

static bool
prove_silence(struct stage *s, unsigned link, struct err *e)
{
	struct link *l = &s->g->target->link[link - 1];
	bool echoed = false, resolved = false;
	if (l->ops->fd(l) < 0) /* synchronous: every answer is there already */
		return tester_pump(s, &echoed, &resolved, e);
	/* The queues behind the links are one: link 1's sentinel serves both, behind an ARP answer of the other link's own. */
	if (link != 1 && (!send_arp(s, link, e) || !await(s, true, SENTINEL_MS, &resolved, e)))
		return false;
	if (link != 1 && !resolved)
		return fail(e, ERR_DEAD, "link %u: no ARP answer within %d ms", link, SENTINEL_MS);
	for (unsigned attempt = 0; attempt < 2 && !s->sentinel_covered; attempt++) {
		if (!s->sentinel_ready && !s->g->manager->silent && !install(s, e))
			return false;
		if (!send_echo(s, 1, e) || !await(s, false, COVERED_MS, &echoed, e))
			return false;
		if (echoed)
			return send_echo(s, 1, e) && await(s, false, SENTINEL_MS, &echoed, e) &&
			       (echoed ||
				fail(e, ERR_DEAD, "the sentinel did not come back within %d ms", SENTINEL_MS));
		s->sentinel_ready = false; /* the case may have flushed it away: once more */
	}
	return weak_sentinel(s, 1, e);
}

bool
tester_sentinel(struct stage *s, unsigned link, struct err *e)
{
	if (!prove_silence(s, link, e))
		return false;
	s->awaiting = false;
	evidence_add(s->ev, EV_SENTINEL, s->step != NULL ? s->step->at.line : 0, link, BYTES_NONE,
		     s->sentinel_covered ? "an ARP answer came, and nothing else in the time behind it"
					 : "it came back");
	return true;
}
