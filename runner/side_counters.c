#include "runner/side_counters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct { const char *os, *file; } files[] = {
	{ "linux", "/proc/net/xfrm_stat" },
	{ "reference", "drops" },
};

/* Linux: Documentation/networking/xfrm_proc.rst; the reference: verdict.h. */
static const struct { const char *name, *meaning; } meanings[] = {
	{ "XfrmInNoStates",        "no SA was found for a packet: its SPI, destination or protocol" },
	{ "XfrmInStateProtoError", "an SA's transform refused a packet: its key, algorithm or ICV length, its padding, or the lengths in it" },
	{ "XfrmInStateModeError",  "a packet was not in the mode of its SA" },
	{ "XfrmInStateSeqError",   "a sequence number was replayed or left of the window" },
	{ "XfrmInStateExpired",    "the SA of a packet had expired" },
	{ "XfrmInStateMismatch",   "an SA was found that does not fit the packet: encapsulation in UDP" },
	{ "XfrmInStateInvalid",    "the SA of a packet was not valid" },
	{ "XfrmInTmplMismatch",    "a packet was opened, and an inbound policy wants other protection: mode, protocol, order or peer" },
	{ "XfrmInNoPols",          "a protected packet was opened, and no inbound policy asks for it" },
	{ "XfrmInPolBlock",        "an inbound policy discards a packet" },
	{ "XfrmInHdrError",        "a header could not be read" },
	{ "XfrmInBufferError",     "there was no memory for a packet" },
	{ "XfrmInError",           "a packet was refused before its SA was looked for" },
	{ "XfrmOutNoStates",       "an outbound policy wants an SA that is not there" },
	{ "XfrmOutPolBlock",       "an outbound policy discards what should have gone out" },
	{ "XfrmOutStateSeqError",  "the sequence numbers of an outbound SA are used up" },
	{ "XfrmOutStateExpired",   "an outbound SA had expired" },
	{ "XfrmOutStateProtoError", "an SA's transform failed on the way out" },
	{ "XfrmOutStateModeError", "a packet did not fit the mode of its outbound SA: its size, its fragments" },
	{ "XfrmAcquireError",      "an SA was asked for and nobody answered the ACQUIRE" },
	{ "XfrmFwdHdrError",       "a packet to be forwarded had no policy that lets it through" },
	{ "drop.no-sa",            "no SA was found for a packet: its SPI, destination or protocol" },
	{ "drop.sa-state",         "the SA of a packet was larval, dying or dead" },
	{ "drop.icv",              "an ICV was wrong: key, algorithm or its length" },
	{ "drop.block",            "a ciphertext had no whole number of blocks: the cipher" },
	{ "drop.pad-length",       "what was decrypted made no sense: the cipher or its key" },
	{ "drop.replayed",         "a sequence number was accepted before" },
	{ "drop.old",              "a sequence number was left of the window" },
	{ "drop.seq-zero",         "a sequence number was 0" },
	{ "drop.policy",           "a policy discards a packet, or wants other protection than it had" },
	{ "drop.mode",             "a packet was not in the mode of its SA" },
	{ "drop.expired",          "the SA of a packet had expired" },
	{ "drop.encap",            "a packet was in UDP and should not have been, or the reverse" },
	{ "drop.checksum",         "a checksum was wrong" },
	{ "drop.no-route",         "there was no route for a packet" },
	{ "drop.no-neighbour",     "a neighbour did not answer ARP or Neighbor Discovery" },
};
/* clang-format on */

bool
side_counters_read(struct side_counters *s, struct channel *c, struct err *e)
{
	e->code = ERR_NONE;
	s->text[0] = '\0';
	s->known = false;
	for (size_t i = 0; (c->hello.features & CHAN_TUNABLES) != 0 && i < sizeof files / sizeof files[0]; i++)
		if (strcmp(files[i].os, c->hello.os) == 0)
			s->known = c->ops->tunable_get(c, files[i].file, s->text, sizeof s->text, e);
	return s->known || e->code != ERR_DEAD;
}

/* The number of a name's line, 0 if it has none. */
static unsigned long long
count_of(const struct side_counters *s, const char *name, size_t n)
{
	for (const char *at = s->text; *at != '\0';) {
		if (strncmp(at, name, n) == 0 && (at[n] == ' ' || at[n] == '\t'))
			return strtoull(at + n, NULL, 10);
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return 0;
}

bool
side_counters_moved(const struct side_counters *before, const struct side_counters *now, const char **at, char *name,
		    size_t cap, unsigned long long *by)
{
	const char *line = *at != NULL ? *at : now->text;
	while (*line != '\0') {
		size_t n = strcspn(line, " \t\n");
		unsigned long long was = count_of(before, line, n), is = strtoull(line + n, NULL, 10);
		snprintf(name, cap, "%.*s", (int)n, line);
		line += strcspn(line, "\n");
		line += *line == '\n';
		if (is <= was)
			continue;
		*by = is - was;
		*at = line;
		return true;
	}
	return false;
}

const char *
side_counters_meaning(const char *name)
{
	for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
		if (strcmp(meanings[i].name, name) == 0)
			return meanings[i].meaning;
	return NULL;
}
