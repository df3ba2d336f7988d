/*
 * predict > packet, packet, ..: each is sent to the target and to the oracle, and what comes back must be the same: which datagrams on
 * which link, from whom to whom, under which SAs, and what they carry. Numbers that every sender chooses for itself are left out.
 */
#include <stdio.h>
#include <string.h>

#include "runner/oracle.h"

#define ANSWER 600 /* octets of text that describe all that came back */

/* clang-format off */
static const struct {
	const struct layout *lay;
	uint32_t fields;
} compared[] = {
	{ &layout_ip4, 1u << IP4_SRC | 1u << IP4_DST },
	{ &layout_ip6, 1u << IP6_SRC | 1u << IP6_DST },
	{ &layout_esp, 1u << ESP_SPI },
	{ &layout_ah, 1u << AH_SPI },
	{ &layout_ipcomp, 1u << IPCOMP_CPI },
	{ &layout_udp, 1u << UDP_SPORT | 1u << UDP_DPORT },
	{ &layout_tcp, 1u << TCP_SPORT | 1u << TCP_DPORT | 1u << TCP_FLAGS },
	{ &layout_icmp4, 1u << ICMPE_TYPE | 1u << ICMPE_CODE },
	{ &layout_icmp6, 1u << ICMPE_TYPE | 1u << ICMPE_CODE },
	{ &layout_echo4, 1u << ICMP_SEQ },
	{ &layout_echo6, 1u << ICMP_SEQ },
	{ &layout_echo_reply4, 1u << ICMP_SEQ },
	{ &layout_echo_reply6, 1u << ICMP_SEQ },
};
/* clang-format on */

static void
leave_essentials(struct packet *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct hdr *h = &p->layer[i];
		uint32_t keep = 0;
		for (size_t k = 0; k < sizeof compared / sizeof compared[0]; k++)
			if (compared[k].lay == h->lay)
				keep = compared[k].fields;
		h->given &= keep;
		/* What an error quotes has the sender's own identifications in it. */
		if (h->lay == &layout_icmp4 || h->lay == &layout_icmp6)
			p->payload = BYTES_NONE;
	}
	p->payload_given = false;
}

static size_t
describe(struct stage *s, const struct frame *f, char *text, size_t cap)
{
	struct dissected *got = arena_alloc(s->scratch, sizeof *got);
	size_t work_n = packet_dissect_room(s->sad, f->datagram.n);
	struct err e = { 0 };
	if (!packet_dissect(got, s->sad, f->datagram, arena_alloc(s->scratch, work_n), work_n, &e))
		return (size_t)snprintf(text, cap, "%zu octets that are no IP datagram", f->datagram.n);
	leave_essentials(&got->packet);
	size_t n = packet_print(&got->packet, text, cap);
	if (got->verdict != ACCEPT && n < cap)
		n += (size_t)snprintf(text + n, cap - n, " (not opened: %s)", verdict_name(got->verdict));
	return n;
}

/* All that has come back, link by link. False: the target is gone. */
static bool
answer(struct stage *s, unsigned link, char text[ANSWER], struct err *e)
{
	size_t n = 0;
	text[0] = '\0';
	if (!tester_sentinel(s, link, e))
		return false;
	for (unsigned l = 1; l <= s->g->target->links; l++)
		for (struct frame *f; (f = tester_take(s, l)) != NULL;) {
			if (n < ANSWER)
				n += (size_t)snprintf(text + n, ANSWER - n, "%s%s", n > 0 ? ", " : "",
						      l == 1 ? "" : "on link 2: ");
			if (n < ANSWER)
				n += describe(s, f, text + n, ANSWER - n);
		}
	if (n == 0)
		snprintf(text, ANSWER, "nothing");
	return true;
}

/* "esp/udp", as the author wrote the layers. */
static const char *
layers_of(const struct packet_spec *p, char text[120])
{
	size_t n = 0;
	text[0] = '\0';
	for (const struct layer_spec *l = p->layers; l != NULL && n < 120; l = l->next)
		n += (size_t)snprintf(text + n, 120 - n, "%s%s", n > 0 ? "/" : "", l->name != NULL ? l->name : "..");
	return text;
}

static void
compare(struct stage *s, struct stage *oracle, const struct step *send)
{
	char want[ANSWER], got[ANSWER], layers[120];
	struct err e = { 0 };
	step_send(oracle, send);
	if (oracle->stop) {
		stage_decide(s, V_ERROR, "the oracle: %s", oracle->o->reason);
		return;
	}
	step_send(s, send);
	if (s->stop)
		return;
	if (!answer(oracle, send->link, want, &e) || !answer(s, send->link, got, &e)) {
		stage_error(s, &e);
		return;
	}
	if (strcmp(want, got) == 0)
		return;
	snprintf(s->o->want, sizeof s->o->want, "%.*s", (int)sizeof s->o->want - 1, want);
	snprintf(s->o->got, sizeof s->o->got, "%.*s", (int)sizeof s->o->got - 1, got);
	stage_decide(s, V_FAIL, "to %s the reference answers %.200s; got %.200s", layers_of(send->packet, layers), want,
		     got);
}

void
step_predict(struct stage *s, const struct step *st)
{
	struct err e = { 0 };
	struct stage *oracle = oracle_stage(s, &e);
	if (oracle == NULL && e.code == ERR_UNSUPPORTED) {
		stage_decide(s, V_SKIP, "%s", e.text);
		return;
	}
	if (oracle == NULL) {
		stage_error(s, &e);
		return;
	}
	for (const struct step *send = st->body; send != NULL && !s->stop; send = send->next) {
		arena_reset(s->scratch);
		arena_reset(oracle->scratch);
		compare(s, oracle, send);
	}
}
