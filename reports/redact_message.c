/* Where keys stand in messages to and from a kernel. What breaks the framing is masked as a whole. */
#include <linux/netlink.h>
#include <linux/xfrm.h>

#include "pfkey/pfkey_dissect.h"
#include "reports/redact.h"

static void
cover(struct bytes octets, uint8_t *mask, size_t from, size_t to)
{
	struct wr w = wr_of(mask, octets.n);
	w.n = octets.n;
	for (size_t i = from; i < to && i < octets.n; i++)
		(void)wr_patch(&w, i, 1, 1);
}

/* --- PF_KEY --------------------------------------------------------------------------------------- */

#define PFKEY_BASE 16 /* octets of the base header, RFC 2367 2.3 */

void
redact_pfkey(const struct dialect *d, bool swap, struct bytes octets, uint8_t *mask)
{
	struct dissection *x = d != NULL ? pfkey_dissect(d, octets, swap, NULL) : NULL;
	memset(mask, 0, octets.n);
	if (x == NULL)
		cover(octets, mask, PFKEY_BASE, octets.n);
	for (size_t i = 0; x != NULL && i < x->n; i++)
		if (x->row[i].secret && x->row[i].placed)
			cover(octets, mask, x->row[i].bit / 8, (x->row[i].bit + x->row[i].bits + 7) / 8);
	dissect_free(x);
}

/* --- XFRM ----------------------------------------------------------------------------------------- */

enum { HEAD = 16, ERROR_HEAD = 4, ATTR_HEAD = 4, ALG_NAME = 64 };

/* This machine's byte order, as netlink has it. */
static uint64_t
rd_host(struct rd *r, unsigned octets)
{
	uint64_t v = rd_uint(r, octets);
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? cursor_swap(v) >> (64 - 8 * octets) : v;
}

/* Octets in front of the attributes; SIZE_MAX: not known. */
static size_t
fixed_part(unsigned type)
{
	static const struct {
		unsigned type;
		size_t octets;
	} rows[] = {
		{ XFRM_MSG_NEWSA, sizeof(struct xfrm_usersa_info) },
		{ XFRM_MSG_UPDSA, sizeof(struct xfrm_usersa_info) },
		{ XFRM_MSG_DELSA, sizeof(struct xfrm_usersa_id) },
		{ XFRM_MSG_GETSA, sizeof(struct xfrm_usersa_id) },
		{ XFRM_MSG_NEWPOLICY, sizeof(struct xfrm_userpolicy_info) },
		{ XFRM_MSG_UPDPOLICY, sizeof(struct xfrm_userpolicy_info) },
		{ XFRM_MSG_DELPOLICY, sizeof(struct xfrm_userpolicy_id) },
		{ XFRM_MSG_GETPOLICY, sizeof(struct xfrm_userpolicy_id) },
		{ XFRM_MSG_ALLOCSPI, sizeof(struct xfrm_userspi_info) },
		{ XFRM_MSG_ACQUIRE, sizeof(struct xfrm_user_acquire) },
		{ XFRM_MSG_EXPIRE, sizeof(struct xfrm_user_expire) },
		{ XFRM_MSG_POLEXPIRE, sizeof(struct xfrm_user_polexpire) },
		{ XFRM_MSG_FLUSHSA, sizeof(struct xfrm_usersa_flush) },
		{ XFRM_MSG_FLUSHPOLICY, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].type == type)
			return (rows[i].octets + 3) / 4 * 4;
	return SIZE_MAX;
}

/* From which octet of an attribute's payload on it may be a key; SIZE_MAX: none of it. */
static size_t
key_from(unsigned attribute)
{
	switch (attribute) {
	case XFRMA_ALG_CRYPT:
	case XFRMA_ALG_AUTH: return ALG_NAME + 4;
	case XFRMA_ALG_AEAD:
	case XFRMA_ALG_AUTH_TRUNC: return ALG_NAME + 8;
	default: return attribute > XFRMA_MAX ? 0 : SIZE_MAX;
	}
}

/* Attributes from `at` on; false: they are no such thing. */
static bool
cover_attributes(struct bytes octets, uint8_t *mask, size_t at, size_t end)
{
	while (at < end) {
		struct rd r = rd_of(bytes_slice(octets, at, end - at));
		size_t n = (size_t)rd_host(&r, 2);
		unsigned type = (unsigned)rd_host(&r, 2) & 0x3fff; /* without the flags NESTED and NET_BYTEORDER */
		if (r.bad || n < ATTR_HEAD || n > end - at)
			return false;
		size_t from = key_from(type);
		if (from != SIZE_MAX)
			cover(octets, mask, at + ATTR_HEAD + from, at + n);
		at += (n + 3) / 4 * 4;
	}
	return true;
}

/* One message in [at, end); what carries another (an error quotes the request) is one level deeper. */
static void
cover_message(struct bytes octets, uint8_t *mask, size_t at, size_t end, unsigned depth)
{
	struct rd r = rd_of(bytes_slice(octets, at, end - at));
	rd_skip(&r, 4);
	unsigned type = (unsigned)rd_host(&r, 2);
	size_t body = at + HEAD, fixed = fixed_part(type);
	if (type == NLMSG_ERROR && depth == 0 && end - body >= ERROR_HEAD + HEAD)
		cover_message(octets, mask, body + ERROR_HEAD, end, 1);
	else if (type == NLMSG_ERROR || type == NLMSG_DONE || type == NLMSG_NOOP)
		return;
	else if (end - body == 0)
		return;
	else if (fixed > end - body || !cover_attributes(octets, mask, body + fixed, end))
		cover(octets, mask, body, end);
}

void
redact_xfrm(struct bytes octets, uint8_t *mask)
{
	memset(mask, 0, octets.n);
	for (size_t at = 0; at < octets.n;) {
		struct rd r = rd_of(bytes_slice(octets, at, SIZE_MAX));
		size_t n = (size_t)rd_host(&r, 4);
		if (r.bad || n < HEAD || n > octets.n - at) {
			cover(octets, mask, at, octets.n);
			return;
		}
		cover_message(octets, mask, at, at + n, 0);
		at += (n + 3) / 4 * 4;
	}
}
