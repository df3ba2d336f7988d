/*
 * Reading an event without trust: a member that is missing or of another type reads as empty, since journals outlive the
 * espy that wrote them. Also what several reports say alike.
 */
#ifndef ESPY_REPORTS_EVENT_H
#define ESPY_REPORTS_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "reports/journal.h"
#include "wire/cursor.h"

const char *event_text(const json_t *event, const char *key); /* "" if there is none */
double event_number(const json_t *event, const char *key);    /* 0 if there is none */
/* Of lines, links and counts: 0 also of what no such thing can be, since a double that no long holds must not become one. */
long event_whole(const json_t *event, const char *key);
long event_line(const json_t *event);         /* of the step that decided, or of the case; 0: not known */
const char *event_suite(const json_t *event); /* "espy" if there is none */
bool event_is(const json_t *event, const char *verdict);
bool event_unmet(const json_t *event); /* a verdict that somebody must look at */

bool event_has_exhibit(const json_t *event, const char *kind);
bool exhibit_is(const json_t *exhibit, const char *kind);
/* A datagram, sent or received. */
bool exhibit_is_frame(const json_t *exhibit);
/* What its hexadecimal says, in a room that is to be freed. False (and NULL): it is none, or memory is out. */
bool exhibit_octets(const json_t *exhibit, uint8_t **room, struct bytes *octets) MUST_USE;

/* "esp.icv: want 16, got 12", or the reason: one line with control characters escaped. */
void event_why(const json_t *event, char *out, size_t cap);

/* The nth hint at what may be behind a failure, "" behind the last. */
const char *event_hint(const json_t *event, size_t n);

/* Takes the rest of a UTF-8 sequence off the end, where the end of a buffer cut it. */
void trim_cut_sequence(char *text);

/* Text with control characters as \xNN: a target's octets must not steer a terminal. Newlines too if `one_line`. */
void put_printable(FILE *out, const char *text, bool one_line);

/* The counter of a verdict's word; NULL: no such verdict. */
unsigned *tally_of(struct tally *t, const char *verdict);

/* How often this name came before, counting in the JSON object `book`. */
unsigned names_seen(json_t *book, const char *name);

/*
 * Folder of a case below DIR: "cases/esp.replay/duplicate/ipv4". '/' stays, what a file system or shell could trip over becomes
 * '_' with a hash of the name behind it, so that different cases never share a folder. nth: 0, or how often the id came before.
 */
void case_path(const char *full_id, unsigned nth, char *out, size_t cap);

#endif
