/*
 * Whether the kernel of this machine has ESP, AH and IPComp: an SA of each is asked for in a network namespace that is gone when the
 * answer has come, so nothing of the machine's own IPsec is touched.
 */
#include "runner/help/doctor.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROBES = 6, KEY_MAX = 32 };
static const struct probe {
	uint8_t protocol, family;
} probes[PROBES] = {
	{ IPPROTO_ESP, AF_INET }, { IPPROTO_ESP, AF_INET6 }, { IPPROTO_AH, AF_INET },
	{ IPPROTO_AH, AF_INET6 }, { IPPROTO_COMP, AF_INET }, { IPPROTO_COMP, AF_INET6 },
};

static void
put_algorithm(struct nlmsghdr *n, uint16_t attribute, const char *name, unsigned octets)
{
	_Alignas(struct xfrm_algo) char room[sizeof(struct xfrm_algo) + KEY_MAX];
	struct xfrm_algo *a = (struct xfrm_algo *)room;
	memset(room, 0x5a, sizeof room);
	memset(a->alg_name, 0, sizeof a->alg_name);
	snprintf(a->alg_name, sizeof a->alg_name, "%s", name);
	a->alg_key_len = octets * 8;
	mnl_attr_put(n, attribute, sizeof *a + octets, a);
}

/* The plainest SA of each protocol that a kernel may refuse only for not having it. */
static struct nlmsghdr *
put_sa(char *room, const struct probe *p)
{
	struct nlmsghdr *n = mnl_nlmsg_put_header(room);
	n->nlmsg_type = XFRM_MSG_NEWSA;
	n->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	n->nlmsg_seq = p->protocol;
	struct xfrm_usersa_info *sa = mnl_nlmsg_put_extra_header(n, sizeof *sa);
	sa->family = p->family;
	sa->id.proto = p->protocol;
	sa->id.spi = htonl(p->protocol == IPPROTO_COMP ? 0x1001 : 0x10001);
	sa->id.daddr.a4 = sa->saddr.a4 = htonl(INADDR_LOOPBACK);
	sa->sel.family = p->family;
	sa->lft.soft_byte_limit = sa->lft.hard_byte_limit = XFRM_INF;
	sa->lft.soft_packet_limit = sa->lft.hard_packet_limit = XFRM_INF;
	if (p->protocol == IPPROTO_COMP)
		put_algorithm(n, XFRMA_ALG_COMP, "deflate", 0);
	else if (p->protocol == IPPROTO_AH)
		put_algorithm(n, XFRMA_ALG_AUTH, "hmac(sha1)", 20);
	else
		put_algorithm(n, XFRMA_ALG_CRYPT, "ecb(cipher_null)", 0);
	return n;
}

/* 0, or the errno with which the kernel refuses. */
static int
ask(struct mnl_socket *s, const struct probe *p)
{
	char room[4096], answer[8192];
	struct nlmsghdr *n = put_sa(room, p);
	if (mnl_socket_sendto(s, n, n->nlmsg_len) < 0)
		return errno;
	ssize_t got = mnl_socket_recvfrom(s, answer, sizeof answer);
	if (got < 0)
		return errno;
	return mnl_cb_run(answer, (size_t)got, p->protocol, mnl_socket_get_portid(s), NULL, NULL) < 0 ? errno : 0;
}

static void __attribute__((noreturn)) probe_all(int out)
{
	int found[PROBES];
	struct mnl_socket *s;
	if (unshare(CLONE_NEWNET) != 0 || (s = mnl_socket_open(NETLINK_XFRM)) == NULL ||
	    mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) != 0)
		_exit(1);
	for (unsigned i = 0; i < PROBES; i++)
		found[i] = ask(s, &probes[i]);
	_exit(write(out, found, sizeof found) == (ssize_t)sizeof found ? 0 : 1);
}

/* False: it cannot be asked without more rights. */
static bool
probe(int found[PROBES])
{
	int p[2], status = 0;
	if (pipe(p) != 0)
		return false;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		probe_all(p[1]);
	close(p[1]);
	bool ok = child > 0 && read(p[0], found, PROBES * sizeof *found) == (ssize_t)(PROBES * sizeof *found);
	close(p[0]);
	return child > 0 && waitpid(child, &status, 0) == child && ok;
}

bool
doctor_xfrm(struct doctor *d)
{
	static const char *const names[] = { "ESP", "AH", "IPComp" };
	int found[PROBES];
	if (!probe(found))
		return false;
	for (unsigned i = 0; i < 3; i++) {
		int four = found[2 * i], six = found[2 * i + 1];
		if (four == 0 && six == 0)
			doctor_say(d, FINDING_OK, names[i], NULL, "an SA can be made, over IPv4 and IPv6");
		else
			doctor_say(d, FINDING_MISSING, names[i],
				   "a kernel that has it, or -t linux, which brings its own", "IPv4: %s; IPv6: %s",
				   four == 0 ? "ok" : strerror(four), six == 0 ? "ok" : strerror(six));
	}
	return true;
}
