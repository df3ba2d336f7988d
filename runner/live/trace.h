/* Frames as they come and go, into a capture file of whole Ethernet frames. */
#ifndef ESPY_RUNNER_LIVE_TRACE_H
#define ESPY_RUNNER_LIVE_TRACE_H

#include "wire/cursor.h"
#include "wire/err.h"

struct trace;

struct trace *trace_open(const char *path, struct err *e);
void trace_frame(struct trace *t, struct bytes frame); /* NULL: not traced */
void trace_flush(struct trace *t);                     /* what was written can be read */
void trace_close(struct trace *t);                     /* NULL allowed */

#endif
