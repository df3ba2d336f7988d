/*
 * From the notation to octets and back: packets as stacks of layers, with SAs for the esp and ah layers. The
 * tester builds every packet here, right or wrong, and takes apart what the target sent.
 */
#ifndef ESPY_IPSEC_COMPOSE_H
#define ESPY_IPSEC_COMPOSE_H

#include "ipsec/datagram.h"
#include "wire/packet.h"

/* Where each layer ended up in the finished octets, for alterations after the ICV (`| flip icv`). */
struct span {
	size_t at, n;
};
struct composed {
	struct span layer
		[PACKET_LAYERS]; /* header octets; for esp: from the SPI to the end of the ICV; ipcomp: to the end */
	struct span icv[PACKET_LAYERS]; /* esp, ah */
	struct span iv[PACKET_LAYERS];
	struct span body[PACKET_LAYERS]; /* esp: ciphertext; ipcomp: what was compressed */
	struct span payload;             /* of the last layer, where it is not inside a ciphertext */
};

/*
 * Builds p outermost first into out. sa[i] is the SA for layer i (esp, ah, ipcomp), else NULL: an esp or ah layer without an SA goes
 * out with its given fields and payload unprotected. Fields not given are computed. c may be NULL.
 */
bool packet_compose(const struct packet *p, struct sa *const sa[PACKET_LAYERS], struct random *rnd, struct wr *out,
		    struct composed *c, struct err *e) MUST_USE;

/* A dissected datagram: layers behind esp are there when an SA opened it. */
struct dissected {
	struct packet packet;
	enum verdict verdict;         /* of the esp/ah layers: ACCEPT, or why one could not be opened */
	struct sa *sa[PACKET_LAYERS]; /* that opened layer i */
	/* Of layers that ESP or IPComp hid, by the one that hid them: its octets from its header to its end, and what they hid, in
	 * clear (of ESP with padding, pad length and next header). */
	struct hiding {
		struct bytes sealed, clear;
	} hiding[PACKET_LAYERS];
};

/*
 * Takes a datagram apart with the keys of sad, without replay checks or state. esp layers get every field of
 * layout_esp given; seq is the full number. work must hold packet_dissect_room octets and outlives d. With ESN the high
 * half is inferred from the SA's own replay state.
 */
size_t packet_dissect_room(const struct sad *sad, size_t datagram_n); /* 2 * datagram_n where sad has no IPComp */
bool packet_dissect(struct dissected *d, const struct sad *sad, struct bytes datagram, uint8_t *work, size_t work_n,
		    struct err *e) MUST_USE;

#endif
