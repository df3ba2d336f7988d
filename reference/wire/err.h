/*
 * Errors of the third kind: "could not do it". A protocol outcome is a value (enum drop), our own bug is
 * an assert; this is for everything else, and it belongs to the caller. Functions that can fail return
 * bool, are must-use, and take `struct err *e` last. Callers prefix context with err_prefix().
 */
#ifndef ESPY_WIRE_ERR_H
#define ESPY_WIRE_ERR_H

#include <stdbool.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum err_code {
	ERR_NONE,
	ERR_SHORT,       /* input ended early */
	ERR_SYNTAX,      /* input that cannot be read: text, JSON, capture */
	ERR_RANGE,       /* a value that does not fit its field */
	ERR_UNKNOWN,     /* a name or number nobody defined */
	ERR_UNSUPPORTED, /* understood, and not available here */
	ERR_REFUSED,     /* the target answered with an errno */
	ERR_DEAD,        /* the target or its agent is gone */
	ERR_IO,          /* the operating system said no */
	ERR_CRYPTO,      /* libcrypto said no */
};

struct err {
	enum err_code code;
	int os_errno; /* errno of ERR_IO, or the sadb_msg_errno of ERR_REFUSED; else 0 */
	char text[400];
};

/* Fills e (which may be NULL) and returns false, so that a check is one statement. */
bool fail(struct err *e, enum err_code code, const char *fmt, ...) PRINTF(3, 4);

/* fail() with ERR_IO and strerror(errno) appended. */
bool fail_errno(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* Puts context in front of a text already there ("adding SA 0x1001: ..") and returns false. */
bool err_prefix(struct err *e, const char *fmt, ...) PRINTF(2, 3);

#endif
