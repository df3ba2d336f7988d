#include "runner/live/host_agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runner/live/host_agent_ops.h"
#include "runner/target/link_raw.h"
#include "runner/options.h"

#define LINKS_VARIABLE "ESPY_LINKS"
#define ADDRESSES_VARIABLE "ESPY_ADDRESSES"
#define READ_AT_ONCE 65536
#define TICK_MS 1000 /* timers of the host run by then */

struct station {
	struct target target; /* the reference in this process */
	struct service service;
	struct link card[TARGET_LINKS]; /* what carries its frames */
	unsigned cards;
	bool inherited; /* the cards are sockets, which may be full */
	unsigned long unsent;
	struct buffer in, out;
	struct { /* a frame that a card did not take yet */
		uint8_t octets[LINK_FRAME_MAX];
		size_t n;
	} held[TARGET_LINKS];
};

/* --- frames ---------------------------------------------------------------------------------- */

/* Not by link_fd's send, which has patience: who is at the other end may be waiting for us. *later: there is no room now. */
static bool
give_frame(struct station *x, unsigned i, bool *later, struct err *e)
{
	struct link *card = &x->card[i];
	struct bytes frame = { x->held[i].octets, x->held[i].n };
	*later = false;
	if (!x->inherited && card->ops->send(card, frame, e))
		return true;
	if (!x->inherited && e->code == ERR_DEAD)
		return false;
	if (!x->inherited) { /* what a card refuses is lost on the way, as it would be behind any other */
		if (x->unsent++ == 0)
			fprintf(stderr, "espy host: %s\n", e->text);
		return true;
	}
	if (send(card->ops->fd(card), frame.p, frame.n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return true;
	*later = errno == EAGAIN || errno == EINTR;
	return *later || fail_errno(e, "link %u", i + 1);
}

/* From the card to the host: whatever is there. False: the card is gone. */
static bool
take_frames(struct station *x, unsigned i, struct err *e)
{
	static uint8_t room[LINK_FRAME_MAX];
	struct link *card = &x->card[i], *host = &x->target.link[i];
	long n;
	while ((n = card->ops->recv(card, room, sizeof room, e)) > 0)
		if (!host->ops->send(host, (struct bytes){ room, (size_t)n }, e))
			return false;
	return n == 0;
}

/* From the host to the card, in order; what the card does not take yet waits, and everything behind it. */
static bool
give_frames(struct station *x, unsigned i, struct err *e)
{
	struct link *host = &x->target.link[i];
	bool later = false;
	while (!later) {
		if (x->held[i].n == 0) {
			long n = host->ops->recv(host, x->held[i].octets, sizeof x->held[i].octets, e);
			if (n <= 0)
				return n == 0;
			x->held[i].n = (size_t)n;
		}
		if (!give_frame(x, i, &later, e))
			return false;
		if (!later)
			x->held[i].n = 0;
	}
	return true;
}

static bool
move_frames(struct station *x, struct err *e)
{
	for (unsigned i = 0; i < x->cards; i++)
		if (!take_frames(x, i, e))
			return false;
	for (unsigned i = 0; i < x->cards; i++)
		if (!give_frames(x, i, e))
			return false;
	return true;
}

/* --- requests -------------------------------------------------------------------------------- */

static bool
reply_put(struct station *x, const struct frame *f, int error, struct bytes body)
{
	uint8_t status[4];
	struct wr w = wr_of(status, sizeof status);
	const char *why = strerror(error);
	struct frame r = { (uint8_t)(f->op | AGENT_REPLY), f->tag, f->handle, BYTES_NONE };
	wr_uint(&w, (uint64_t)error, 4);
	return frame_put(&x->out, r, wr_done(&w),
			 error != 0 ? (struct bytes){ (const uint8_t *)why, strlen(why) } : body);
}

/* In order; the events that a request caused go ahead of its reply. */
static bool
perform_all(struct station *x, struct err *e)
{
	static uint8_t room[AGENT_LENGTH_MAX];
	struct frame f;
	size_t used;
	enum frame_found found;
	while (!x->service.shutdown && (found = frame_take(buffer_held(&x->in), &f, &used)) != FRAME_PARTIAL) {
		struct wr body = wr_of(room, sizeof room);
		if (found == FRAME_BAD)
			return fail(e, ERR_SYNTAX, "what came is not the agent protocol");
		int error = service_perform(&x->service, &f, &body);
		if (!service_events(&x->service, &x->out) || !reply_put(x, &f, error, wr_done(&body)))
			return fail(e, ERR_IO, "out of memory");
		buffer_drop(&x->in, used);
	}
	return service_events(&x->service, &x->out) || fail(e, ERR_IO, "out of memory");
}

/* False at the end of the stream. */
static bool
take_requests(struct station *x, struct err *e)
{
	uint8_t *at = buffer_room(&x->in, READ_AT_ONCE);
	ssize_t n = at != NULL ? read(STDIN_FILENO, at, READ_AT_ONCE) : -1;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0) {
		e->code = ERR_NONE;
		return n == 0 ? false : fail_errno(e, "standard input");
	}
	buffer_added(&x->in, (size_t)n);
	return true;
}

static bool
give_replies(struct station *x, struct err *e)
{
	while (buffer_size(&x->out) > 0) {
		struct bytes held = buffer_held(&x->out);
		ssize_t n = write(STDOUT_FILENO, held.p, held.n);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n <= 0)
			return fail_errno(e, "standard output");
		buffer_drop(&x->out, (size_t)n);
	}
	return true;
}

/*
 * One round. A frame that was on a card before a request was written is handled ahead of it: cards are emptied once more when the request
 * has been read.
 */
static bool
turn(struct station *x, struct err *e)
{
	struct pollfd p[2 + TARGET_LINKS];
	p[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = buffer_size(&x->out) > 0 ? STDOUT_FILENO : -1, .events = POLLOUT };
	for (unsigned i = 0; i < x->cards; i++)
		p[2 + i] = (struct pollfd){ .fd = x->card[i].ops->fd(&x->card[i]),
					    .events = (short)(POLLIN | (x->held[i].n > 0 ? POLLOUT : 0)) };
	if (poll(p, 2 + x->cards, TICK_MS) < 0 && errno != EINTR)
		return fail_errno(e, "waiting");
	return (p[0].revents == 0 || take_requests(x, e)) && move_frames(x, e) && perform_all(x, e) &&
	       move_frames(x, e) && give_replies(x, e);
}

static bool
greet(struct station *x, struct err *e)
{
	uint8_t room[256];
	struct wr body = wr_of(room, sizeof room);
	struct frame f = { AGENT_HELLO, 0, 0, BYTES_NONE };
	service_hello(&x->service, &body);
	return (reply_put(x, &f, 0, wr_done(&body)) && give_replies(x, e)) || fail(e, ERR_IO, "out of memory");
}

/* --- beginning ------------------------------------------------------------------------------- */

/* The next of a list between commas, NULL at its end. */
static const char *
next_word(const char **list, char *word, size_t cap)
{
	if (*list == NULL || **list == '\0')
		return NULL;
	size_t n = strcspn(*list, ",");
	snprintf(word, cap, "%.*s", (int)n, *list);
	*list += n + ((*list)[n] == ',');
	return word;
}

/* The host has one MTU: that of its narrowest card, where a card is narrower than it is to begin with. */
static bool
narrow(struct station *x, const char *interface, struct err *e)
{
	struct channel *c = &x->target.channel;
	char is[24], now[24];
	unsigned mtu = link_raw_mtu(interface);
	if (!c->ops->tunable_get(c, "mtu", is, sizeof is, e))
		return false;
	if (mtu == 0 || mtu >= strtoul(is, NULL, 10))
		return true;
	snprintf(now, sizeof now, "%u", mtu);
	return c->ops->tunable_set(c, "mtu", now, e) || err_prefix(e, "%s has an MTU of %u", interface, mtu);
}

/* By numbers of descriptors, or by names of interfaces; more than we have cards for are left alone. */
static bool
open_cards(struct station *x, const char *list, struct err *e)
{
	char word[64];
	uint8_t unused[6];
	while (x->cards < TARGET_LINKS && next_word(&list, word, sizeof word) != NULL) {
		struct link *card = &x->card[x->cards];
		if (x->inherited ? !link_fd_open(card, atoi(word), e) : !link_raw_open(card, word, unused, e))
			return false;
		x->cards++;
		if (!x->inherited && !narrow(x, word, e))
			return false;
	}
	return x->cards > 0 || fail(e, ERR_SYNTAX, "no links: want " LINKS_VARIABLE "=3,4 or --exec IFACE");
}

/* The addresses that espy wants us to have: its order is known, ADDRESS/BITS each. */
static bool
read_addresses(struct target_wishes *w, struct err *e)
{
	const char *said = getenv(ADDRESSES_VARIABLE), *list = said;
	unsigned link = 1;
	while (list != NULL && *list != '\0') {
		char text[80];
		size_t n = strcspn(list, ",;/");
		snprintf(text, sizeof text, "%u=%.*s", link, (int)n, list);
		if (link > TARGET_LINKS || !target_wish_target(w, text, e))
			return err_prefix(e, ADDRESSES_VARIABLE "=%s", said);
		list += n;
		list += strcspn(list, ",;");
		link += *list == ';';
		list += *list != '\0';
	}
	return true;
}

static bool
begin(struct station *x, const char *profile, const char *interfaces, struct err *e)
{
	struct target_wishes wishes = { .agent = NULL };
	struct target_options o = { .wishes = &wishes, .argument = profile };
	const char *links = getenv(LINKS_VARIABLE);
	int flags = fcntl(STDOUT_FILENO, F_GETFL);
	x->inherited = interfaces == NULL;
	x->service.target = &x->target;
	if (flags < 0 || fcntl(STDOUT_FILENO, F_SETFL, flags | O_NONBLOCK) != 0)
		return fail_errno(e, "standard output");
	return read_addresses(&wishes, e) && target_reference_open(&x->target, &o, e) &&
	       open_cards(x, x->inherited ? links : interfaces, e) && greet(x, e);
}

enum { O_EXEC, O_PROFILE };
static const struct option_row rows[] = {
	[O_EXEC] = { 'x', "exec", NULL, "speak the agent protocol on standard input and output" },
	[O_PROFILE] = { 'p', "profile", "NAME[/OS]", "whose rules, and whose PF_KEY (rfc4301)" },
	{ 0 },
};
static const struct options options = {
	"espy host --exec [IFACE[,IFACE2]] [--profile NAME[/OS]]",
	"The reference as a stack in a process of its own, as `espy run -t exec:CMD` and `--agent CMD` start it: it speaks the agent protocol\n"
	"(espy-agent(8)) on standard input and output. Its network cards are the SOCK_SEQPACKET descriptors that ESPY_LINKS names, or the\n"
	"interfaces given. Exit status: 0 the peer closed or asked for the end; 2 usage; 3 environment.",
	rows,
};

bool
host_agent_is_meant(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--exec") == 0 || strcmp(argv[i], "-x") == 0)
			return true;
	return argc == 1 && getenv(LINKS_VARIABLE) != NULL;
}

static int
complain(const struct err *e, int status)
{
	fprintf(stderr, "espy host: %s\n", e->text);
	return status;
}

static int
serve(const char *profile, const char *interfaces)
{
	static struct station x;
	struct err e = { 0 };
	bool ok = begin(&x, profile, interfaces, &e);
	while (ok && !x.service.shutdown)
		ok = turn(&x, &e);
	for (unsigned i = 0; i < x.cards; i++)
		x.card[i].ops->close(&x.card[i]);
	if (x.target.close != NULL)
		x.target.close(&x.target);
	buffer_free(&x.in);
	buffer_free(&x.out);
	return ok || e.code == ERR_NONE ? 0 : complain(&e, 3);
}

int
host_agent_main(int argc, char **argv)
{
	const char *value, *profile = NULL;
	int o, first;
	while ((o = options_next(&options, argc, argv, &value, &first)) >= 0)
		if (o == O_PROFILE)
			profile = value;
	if (o != -1)
		return o == -3 ? 0 : 2;
	if (argc - first > 1) {
		struct err e;
		(void)fail(&e, ERR_SYNTAX, "want one list of interfaces, got %d", argc - first);
		return complain(&e, 2);
	}
	return serve(profile, first < argc ? argv[first] : NULL);
}
