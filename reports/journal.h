/*
 * The journal of a run, DIR/events.jsonl: one JSON object a line, appended and flushed as it happens, readable after a
 * crash. It is the truth; every other file of the run directory is made of it by this room, which knows the journal and not
 * the engine. Events:
 *
 * {"event":"start","schema":"espy-events/1","tool":{"name","version"},"argv":[..],"seed":N,"started":"2026-11-21T20:19:00Z",
 *  "target":{"name","driver","os","release","manager","profile":"linux","dialect":"linux","byte_order":"little|big"},
 *  "suites":{"n":55,"hash":"91a4f.."},"planned":N,"jobs":N,"keep":"failed|all","shard":{"index":2,"of":4,"cases":N,"plan":"5be0c.."}}
 *  (dialect, byte_order: what pfkey-out and pfkey-in octets are in; keep: of which cases there are folders)
 * {"event":"case","n":N,"id":"esp.replay/duplicate","full_id":"..","suite":"esp.replay","params":{"family":"ipv4"},"title","level":"MUST",
 *  "clause":"RFC 4303 3.4.3","decides":["SQ-09"],"revision":"ae1cd419df35af40","verdict":"PASS|FAIL|INCONCLUSIVE|SKIP|ERROR","reason":"..","wall_ms":0.8,"worker":0,
 *  "file":"suites/esp-replay.suite","line":12,"known":{..},
 *  (revision changes when the case does: runner/revision.h; known: a baseline lists this failure: known.h)
 *  and for every case that did not pass or skip (or all, with -v):
 *  "step":{"line":31,"text":"< esp/echo-reply"},"want":"..","got":"..",
 *  "hints":["what may be behind a FAIL, for whoever runs the target",..],"steady":true   (a FAIL asked twice: with the same end)
 *  "diff":[{"field":"ah.seq","want":"2","got":"1","clause":"RFC 4302 2.5","layer":2}],   (layer: which header of the packet, from 1)
 *  "exhibits":[{"kind":"frame-out|frame-in|pfkey-out|pfkey-in|xfrm-out|xfrm-in|audit|setkey|app|counter|note|do|sentinel","t_us":12.5,"line":31,"link":1,"octets":"hex","text":"..","decides":true}]}
 *  (decides: the packet that `got` and `diff` are of; sentinel: it came back, so all that was sent before has been dealt with)
 *  (frames are IP datagrams without their link header, with the text of the step that sent them or waited for them; setkey text carries the keys)
 * {"event":"restart","worker":0,"reason":".."}                      the target died and was started again
 * {"event":"baseline",..}                                           what became of a list of known failures: known.h
 * {"event":"end","wall_s":3.2,"complete":true}
 */
#ifndef ESPY_REPORTS_JOURNAL_H
#define ESPY_REPORTS_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "reports/colour.h"
#include "wire/err.h"

#define JOURNAL_SCHEMA "espy-events/1"

struct journal;

/* Makes DIR (and parents) and opens DIR/events.jsonl for writing from the start. dir may be NULL: events are only counted. */
struct journal *journal_open(const char *dir, struct err *e);
/* Appends one line (without its end) and flushes. A full disk is ERR_IO naming the file: the caller goes on and exits 3, nothing
 * already written is lost. */
bool journal_append(struct journal *j, const char *line, size_t n, struct err *e) MUST_USE;
bool journal_close(struct journal *j, struct err *e) MUST_USE;
/* A JSON string of any octets, for building events: what is not UTF-8 (json_string() would give NULL) becomes U+FFFD. NULL text is
 * JSON's null. */
json_t *journal_text(const char *text);

/* Octets of a well-formed UTF-8 sequence at s (RFC 3629 4), 0 if there is none. */
size_t utf8_sequence(const unsigned char *s, size_t left);

/* A run read back, or built up event by event while it runs. */
struct tally {
	unsigned pass, fail, inconclusive, skip, error, xfail, xpass, total;
};

struct run_record {
	json_t *start;     /* the start event, or NULL */
	json_t *cases;     /* array of case events, in file order */
	json_t *end;       /* NULL: the run was cut short */
	json_t *baseline;  /* the baseline event, or NULL: known.h */
	unsigned torn;     /* lines that could not be read (a crash mid-line) */
	unsigned restarts; /* the target died and was started again */
	struct tally tally;
};

/* Both expect a record that is zeroed or has events; run_read starts it anew and frees it when it fails. */
/* Reads DIR/events.jsonl, or the journal itself where that is named. A torn last line is counted, not fatal; any other unreadable line is ERR_SYNTAX with its number. */
bool run_read(struct run_record *r, const char *dir, struct err *e) MUST_USE;
bool run_add(struct run_record *r, const char *line, size_t n, struct err *e) MUST_USE; /* one event */
void run_free(struct run_record *r);

/*
 * cases/FULL_ID/ for every case that failed (known failures too), was inconclusive or an error; where the start event says "keep":"all"
 * also for those that passed. packets.pcapng and plain.pcapng, the same decrypted, are always in it; sa.setkey (0600) where something
 * configured the target, and wireshark/, a profile that opens packets.pcapng decrypted, where there are frames and SAs of ESP. Folders of a run
 * before this one go first.
 */
bool report_cases(const struct run_record *r, const char *dir, struct err *e) MUST_USE;
/* What an earlier run left there: a run that begins has no cases yet. Files that are not ours stay. */
void report_cases_clear(const char *dir);

/* Text: one line a failure as it happens, progress, the summary. */
struct progress;
struct progress *progress_new(FILE *results, FILE *status, unsigned planned, bool quiet, unsigned verbose);
/* What --color says of results; the default is auto. */
void progress_set_colour(struct progress *p, enum colour_wish wish);
void progress_case(struct progress *p, const json_t *event);
void progress_note(struct progress *p, const char *text);
/* Repeats failures with the command that repeats them; the last line is alone: "N passed, N failed, N skipped" and what else there was. */
void progress_end(struct progress *p, const struct run_record *r, const char *dir);
void progress_free(struct progress *p);

#endif
