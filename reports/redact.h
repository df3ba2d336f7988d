/*
 * Keys do not leave the journal. One place says how: text that configures SAs is given back with every key replaced by a mark of its
 * length ("0x<160-bit key>", "\"<8-octet key>\""), octets of PF_KEY and XFRM messages get a mask of what must not be shown, and free text
 * (what was wanted, reasons, notes) loses whatever a case's keys look like. In doubt it is masked.
 */
#ifndef ESPY_REPORTS_REDACT_H
#define ESPY_REPORTS_REDACT_H

#include <jansson.h>

#include "pfkey/pfkey.h"

/*
 * setkey.conf, ipseckey.conf or ip-xfrm(8) text without its keys; everything else octet by octet as it was. Where a key stands is known by
 * the words in front of it; beyond that every hexadecimal number longer than any other number can be (64 bits) is taken for a key, so that
 * text which is no command loses its keys too. NULL only when memory is out; to be freed.
 */
char *redact_setkey(const char *text);

/* mask[i] becomes 1 where octet i is of a key or may be; it has octets.n elements, all set. d NULL: the dialect is not known. swap: the
 * other byte order. */
void redact_pfkey(const struct dialect *d, bool swap, struct bytes octets, uint8_t *mask);
void redact_xfrm(struct bytes octets,
		 uint8_t *mask); /* netlink messages, one behind the other, in this machine's byte order */

/* The keys that one case's event tells of, wherever they stand in it: in its setkey text, in its messages. */
struct redact;
/* start: the run's start event, for the dialect of its messages; NULL: not known. show: everything is left as it is. NULL: out of memory. */
struct redact *redact_new(const json_t *start, const json_t *event, bool show);
void redact_free(struct redact *r); /* NULL is fine; keys are wiped */
/*
 * Any text of the event without its keys, whole or in pieces of 8 octets and more: hexadecimal of either case, or the string that a key
 * was given as, and what follows the words of a configuration. NULL: out of memory; to be freed.
 */
char *redact_text(const struct redact *r, const char *text);
/* Of an exhibit's octets: a message by its kind, anything but a frame by the keys that are known. All of mask is set. */
void redact_octets(const struct redact *r, const json_t *exhibit, struct bytes octets, uint8_t *mask);

/* --- between the files of this group ------------------------------------------------------------- */

/* For every key in configuration text: where it stands without quotes and 0x, and its length. prose: text that is mostly something else. */
typedef void redact_key_function(void *ctx, size_t at, size_t n, bool is_string, size_t octets, size_t bits);
void redact_scan(const char *text, bool prose, redact_key_function *found, void *ctx);
char *redact_marked(const char *text, bool prose); /* redact_setkey of either */

#endif
