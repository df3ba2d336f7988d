/*
 * One datagram without what hid its contents, for a capture that any analyser reads. ESP and IPComp are taken away, transport mode getting
 * its header back and tunnel mode giving the inner datagram; AH stays where it hides nothing, and goes where ESP is inside it. What a
 * receiver would refuse is opened too as far as the keys allow it, and the text says what was wrong.
 */
#ifndef ESPY_REPORTS_CASE_PLAIN_H
#define ESPY_REPORTS_CASE_PLAIN_H

#include "ipsec/datagram.h"

struct plain;                     /* room to work in */
struct plain *plain_new(void);    /* NULL: out of memory */
void plain_free(struct plain *p); /* NULL is fine; what was opened is wiped */

/*
 * text: what was taken away, a line for each header: "ESP spi 0x00001001 seq 2, tunnel, aes-cbc hmac-sha1-96: ICV good"; empty for what was
 * never protected. snprintf convention is not kept: it is cut. Borrows the datagram; the result lives until the next call.
 */
struct bytes plain_open(struct plain *p, struct sad *sad, struct bytes datagram, char *text, size_t cap);

#endif
