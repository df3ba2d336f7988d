/* One setkey command as one PF_KEY message: what every writer of PF_KEY shares. It knows no sockets. */
#ifndef ESPY_RUNNER_LIVE_COMMAND_H
#define ESPY_RUNNER_LIVE_COMMAND_H

#include "config/setkey.h"
#include "pfkey/pfkey.h"

/*
 * In a dialect; octets behind fields go to store, which outlives m. ERR_UNSUPPORTED: the dialect cannot say it, or it is no single
 * message.
 */
bool command_message(const struct dialect *d, const struct setkey_command *c, struct wr *store, struct pfkey_msg *m,
		     struct err *e) MUST_USE;

/* The command for people, without keys, on one line. */
const char *command_text(const struct setkey_command *c, char *text, size_t cap);

#endif
