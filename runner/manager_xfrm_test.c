/* Setkey commands as XFRM netlink messages, read back with libmnl; and what the kernel answers. */
#include "runner/manager.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/xfrm.h>
#include <errno.h>
#include <sys/socket.h>

#include "runner/test_lab.h"

#define ENDS "192.0.2.2 192.0.2.1 "
#define KEY16 "0x000102030405060708090a0b0c0d0e0f"

static struct lab lab;
static _Alignas(8) uint8_t room[8192];
static struct err e;

static void
begin(void)
{
	lab_open(&lab);
	(void)lab_stage(&lab, 4, false, "note \"n\"");
}

static void
end(void)
{
	lab_close(&lab);
}

TestSuite(manager_xfrm, .init = begin, .fini = end);

/* The message of one command, or NULL with e. */
static const struct nlmsghdr *
said(const char *text)
{
	struct wr w = wr_of(room, sizeof room);
	struct setkey_script *script = setkey_parse(text, strlen(text), "t", 1, &e);
	cr_assert(script != NULL, "%s", e.text);
	bool ok = manager_xfrm.say(&lab.stage, setkey_first(script), 77, &w, &e);
	setkey_free(script);
	if (!ok)
		return NULL;
	const struct nlmsghdr *n = (const struct nlmsghdr *)room;
	cr_assert(mnl_nlmsg_ok(n, (int)w.n), "%s", text);
	cr_assert(eq(u32, n->nlmsg_seq, 77));
	cr_assert(eq(u32, n->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK));
	return n;
}

static const void *
attribute(const struct nlmsghdr *n, size_t head, uint16_t type)
{
	const struct nlattr *at = mnl_nlmsg_get_payload_offset(n, head);
	for (; xfrm_attribute_ok(n, at); at = mnl_attr_next(at))
		if (mnl_attr_get_type(at) == type)
			return mnl_attr_get_payload(at);
	return NULL;
}

Test(manager_xfrm, every_algorithm_goes_out_under_the_kernels_name)
{
	static const struct {
		const char *command, *name;
		uint16_t type;
		uint32_t key_bits, icv_bits;
	} rows[] = {
		{ "esp 1 -E aes-gcm-16 " KEY16 "10111213", "rfc4106(gcm(aes))", XFRMA_ALG_AEAD, 160, 128 },
		{ "esp 1 -E aes-gcm-8 " KEY16 "10111213", "rfc4106(gcm(aes))", XFRMA_ALG_AEAD, 160, 64 },
		{ "esp 1 -E aes-ccm-12 " KEY16 "101112", "rfc4309(ccm(aes))", XFRMA_ALG_AEAD, 152, 96 },
		{ "esp 1 -E aes-gmac " KEY16 "10111213", "rfc4543(gcm(aes))", XFRMA_ALG_AEAD, 160, 128 },
		{ "esp 1 -E aes-ctr " KEY16 "10111213 -A aes-cmac " KEY16, "rfc3686(ctr(aes))", XFRMA_ALG_CRYPT, 160,
		  0 },
		{ "esp 1 -E aes-cbc " KEY16 " -A aes-cmac " KEY16, "cmac(aes)", XFRMA_ALG_AUTH_TRUNC, 128, 96 },
		{ "ah 1 -A hmac-md5 " KEY16, "hmac(md5)", XFRMA_ALG_AUTH_TRUNC, 128, 96 },
		{ "ah 1 -A hmac-sha2-256 " KEY16 "101112131415161718191a1b1c1d1e1f", "hmac(sha256)",
		  XFRMA_ALG_AUTH_TRUNC, 256, 128 },
		{ "esp 1 -E null -A hmac-md5 " KEY16, "ecb(cipher_null)", XFRMA_ALG_CRYPT, 0, 0 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[400];
		snprintf(text, sizeof text, "add " ENDS "%s ;", rows[i].command);
		const struct nlmsghdr *n = said(text);
		cr_assert(n != NULL, "%s: %s", text, e.text);
		const struct xfrm_algo_aead *a = attribute(n, sizeof(struct xfrm_usersa_info), rows[i].type);
		cr_assert(a != NULL, "%s", text);
		cr_expect(eq(str, (char *)(uintptr_t)a->alg_name, (char *)(uintptr_t)rows[i].name));
		cr_expect(eq(u32, a->alg_key_len, rows[i].key_bits), "%s", text);
		if (rows[i].type != XFRMA_ALG_CRYPT)
			cr_expect(eq(u32, a->alg_icv_len, rows[i].icv_bits), "%s", text);
	}
}

Test(manager_xfrm, an_sa_has_its_mode_flags_window_and_counters)
{
	static const struct {
		const char *command;
		uint32_t flags, legacy, window, oseq_hi, oseq, words;
		uint8_t mode;
	} rows[] = {
		{ "esp 1 -m transport -r 32 -E null", 0, 32, 0, 0, 0, 0, XFRM_MODE_TRANSPORT },
		{ "esp 1 -m tunnel -r 33 -E null", 0, 0, 33, 0, 0, 2, XFRM_MODE_TUNNEL },
		{ "esp 1 -m tunnel -esn -r 64 -E null", XFRM_STATE_ESN, 0, 64, 0, 0, 2, XFRM_MODE_TUNNEL },
		{ "esp 1 -esn -r 64 -seq 0x1fffffffe -E null", XFRM_STATE_ESN, 0, 64, 1, 0xfffffffd, 2,
		  XFRM_MODE_TRANSPORT },
		{ "esp 1 -seq 7 -E null", 0, 0, 0, 0, 6, 0, XFRM_MODE_TRANSPORT },
		{ "ah 1 -r 8", XFRM_STATE_ALIGN4, 8, 0, 0, 0, 0, XFRM_MODE_TRANSPORT },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[300];
		snprintf(text, sizeof text, "add " ENDS "%s -A hmac-md5 " KEY16 " ;", rows[i].command);
		const struct nlmsghdr *n = said(text);
		cr_assert(n != NULL, "%s: %s", text, e.text);
		cr_assert(eq(u32, n->nlmsg_type, XFRM_MSG_NEWSA));
		const struct xfrm_usersa_info *p = mnl_nlmsg_get_payload(n);
		cr_expect(eq(u32, ntohl(p->id.spi), 1));
		cr_expect(eq(u32, p->family, AF_INET));
		cr_expect(eq(u32, ntohl(p->id.daddr.a4), 0xc0000201), "%s", text);
		cr_expect(eq(u32, ntohl(p->saddr.a4), 0xc0000202), "%s", text);
		cr_expect(eq(u32, p->flags, rows[i].flags), "%s", text);
		cr_expect(eq(u32, p->mode, rows[i].mode), "%s", text);
		cr_expect(eq(u32, p->replay_window, rows[i].legacy), "%s", text);
		cr_expect(eq(u64, p->lft.hard_byte_limit, XFRM_INF), "%s", text);
		const struct xfrm_replay_state_esn *r = attribute(n, sizeof *p, XFRMA_REPLAY_ESN_VAL);
		cr_assert(eq(int, r != NULL, rows[i].window != 0 || rows[i].oseq != 0), "%s", text);
		if (r == NULL)
			continue;
		cr_expect(eq(u32, r->replay_window, rows[i].window), "%s", text);
		cr_expect(eq(u32, r->bmp_len, rows[i].words), "%s", text);
		cr_expect(eq(u32, r->oseq, rows[i].oseq), "%s", text);
		cr_expect(eq(u32, r->oseq_hi, rows[i].oseq_hi), "%s", text);
	}
}

Test(manager_xfrm, a_policy_has_its_selector_and_templates)
{
	const struct nlmsghdr *n = said("spdadd 192.0.2.0/24[any] 192.0.2.1[53] udp -P out ipsec "
					"esp/tunnel/192.0.2.1-192.0.2.2/unique:9 ah/transport//use ;");
	cr_assert(n != NULL, "%s", e.text);
	cr_assert(eq(u32, n->nlmsg_type, XFRM_MSG_NEWPOLICY));
	const struct xfrm_userpolicy_info *p = mnl_nlmsg_get_payload(n);
	cr_expect(eq(u32, p->dir, XFRM_POLICY_OUT));
	cr_expect(eq(u32, p->action, XFRM_POLICY_ALLOW));
	cr_expect(eq(u32, p->sel.prefixlen_s, 24));
	cr_expect(eq(u32, p->sel.prefixlen_d, 32));
	cr_expect(eq(u32, p->sel.proto, IPPROTO_UDP));
	cr_expect(eq(u32, ntohs(p->sel.dport), 53));
	cr_expect(eq(u32, p->sel.dport_mask, 0xffff));
	cr_expect(eq(u32, p->sel.sport_mask, 0));
	const struct xfrm_user_tmpl *t = attribute(n, sizeof *p, XFRMA_TMPL);
	cr_assert(t != NULL);
	cr_expect(eq(u32, t[0].id.proto, 50));
	cr_expect(eq(u32, t[0].mode, XFRM_MODE_TUNNEL));
	cr_expect(eq(u32, t[0].reqid, 9));
	cr_expect(eq(u32, t[0].optional, 0));
	cr_expect(eq(u32, ntohl(t[0].id.daddr.a4), 0xc0000202));
	cr_expect(eq(u32, t[1].id.proto, 51));
	cr_expect(eq(u32, t[1].mode, XFRM_MODE_TRANSPORT));
	cr_expect(eq(u32, t[1].optional, 1));
	n = said("spdadd 192.0.2.0/24 192.0.2.1 any -P in discard ;");
	cr_assert(n != NULL, "%s", e.text);
	p = mnl_nlmsg_get_payload(n);
	cr_expect(eq(u32, p->action, XFRM_POLICY_BLOCK));
	cr_expect(eq(ptr, (void *)(uintptr_t)attribute(n, sizeof *p, XFRMA_TMPL), NULL));
}

Test(manager_xfrm, what_it_cannot_say_is_unsupported_with_the_reason)
{
	static const struct {
		const char *command, *why;
	} rows[] = {
		{ "add " ENDS "esp 1 -r 5000 -E null -A hmac-md5 " KEY16 " ;", "5000 packets" },
		{ "add " ENDS "ah 1 -A aes-gmac " KEY16 "10111213 ;", "aes-128-gmac" },
		{ "dump ;", "dumps" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		cr_expect(said(rows[i].command) == NULL, "%s", rows[i].command);
		cr_expect(eq(int, (int)e.code, ERR_UNSUPPORTED), "%s", rows[i].command);
		cr_expect(strstr(e.text, rows[i].why) != NULL, "%s: %s", rows[i].command, e.text);
	}
}

/* An answer with the kernel's words behind it, as NETLINK_EXT_ACK and NETLINK_CAP_ACK make it. */
static struct bytes
answer(int error, const char *words)
{
	struct nlmsghdr *n = mnl_nlmsg_put_header(room);
	n->nlmsg_type = NLMSG_ERROR;
	n->nlmsg_seq = 78;
	n->nlmsg_flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	struct nlmsgerr *p = mnl_nlmsg_put_extra_header(n, sizeof *p);
	p->error = -error;
	mnl_attr_put_strz(n, NLMSGERR_ATTR_MSG, words);
	return (struct bytes){ room, n->nlmsg_len };
}

Test(manager_xfrm, answers_carry_errno_and_words)
{
	struct manager_answer a;
	struct bytes octets = answer(EINVAL, "ESN replay window must be > 0");
	char text[200];
	cr_assert(manager_xfrm.hear(&lab.engine, octets, &a, &e), "%s", e.text);
	cr_expect(eq(u32, a.seq, 78));
	cr_expect(eq(int, a.number, EINVAL));
	cr_expect(eq(str, a.text, "ESN replay window must be > 0"));
	manager_xfrm_print(octets, text, sizeof text);
	cr_expect(eq(str, text, "answer to 78: Invalid argument"));
	for (size_t n = 0; n < octets.n; n++) {
		bool heard = manager_xfrm.hear(&lab.engine, bytes_slice(octets, 0, n), &a, &e);
		cr_expect(not(heard), "%zu octets", n);
	}
}

Test(manager_xfrm, messages_are_printed_without_keys)
{
	char text[400];
	const struct nlmsghdr *n = said("add " ENDS "esp 0x1001 -esn -r 64 -E aes-gcm-16 " KEY16 "10111213 ;");
	manager_xfrm_print((struct bytes){ room, n->nlmsg_len }, text, sizeof text);
	cr_expect(eq(str, text,
		     "newsa 77: spi=0x00001001 proto=50 192.0.2.2 > 192.0.2.1 mode=0 flags=0x80 window=0 reqid=0 "
		     "rfc4106(gcm(aes))(key=160 bits) replay(window=64 oseq=0x0000000000000000)"));
	cr_expect(eq(sz, manager_xfrm_print(BYTES_NONE, text, sizeof text), strlen("(cannot be read)")));
}
