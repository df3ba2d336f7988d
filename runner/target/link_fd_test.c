#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <sys/socket.h>
#include <unistd.h>

#include "runner/target/link.h"

static struct link l;
static int far;
static struct err e;

static void
pair(int type)
{
	int fds[2];
	cr_assert(eq(int, socketpair(AF_UNIX, type, 0, fds), 0));
	cr_assert(link_fd_open(&l, fds[0], &e), "%s", e.text);
	far = fds[1];
}

static void
seqpacket_pair(void)
{
	pair(SOCK_SEQPACKET);
}

static void
hang_up(void)
{
	l.ops->close(&l);
	l.ops->close(&l);
}

TestSuite(link_fd, .init = seqpacket_pair, .fini = hang_up);

Test(link_fd, keeps_frames_whole_and_apart)
{
	static const uint8_t first[60] = { 1, 2, 3 }, second[1514] = { 9, 8 };
	uint8_t buf[2048];
	cr_assert(l.ops->send(&l, BYTES_OF(first), &e));
	cr_assert(l.ops->send(&l, BYTES_OF(second), &e));
	cr_assert(eq(long, (long)recv(far, buf, sizeof buf, 0), 60));
	cr_assert(eq(long, (long)recv(far, buf, sizeof buf, 0), 1514));
	cr_assert(eq(long, (long)send(far, second, sizeof second, 0), 1514));
	cr_assert(eq(long, (long)send(far, first, sizeof first, 0), 60));
	cr_assert(eq(long, l.ops->recv(&l, buf, sizeof buf, &e), 1514));
	cr_assert(bytes_equal((struct bytes){ buf, 1514 }, BYTES_OF(second)));
	cr_assert(eq(long, l.ops->recv(&l, buf, sizeof buf, &e), 60));
	cr_assert(eq(long, l.ops->recv(&l, buf, sizeof buf, &e), 0), "a third frame out of two");
}

Test(link_fd, receiving_never_blocks)
{
	uint8_t buf[64];
	cr_assert(eq(long, l.ops->recv(&l, buf, sizeof buf, &e), 0));
}

Test(link_fd, carries_the_largest_frame)
{
	static uint8_t big[LINK_FRAME_MAX], buf[LINK_FRAME_MAX];
	memset(big, 0x5a, sizeof big);
	cr_assert(l.ops->send(&l, BYTES_OF(big), &e), "%s", e.text);
	cr_assert(eq(long, (long)recv(far, buf, sizeof buf, 0), LINK_FRAME_MAX));
	cr_assert(eq(long, (long)send(far, big, sizeof big, 0), LINK_FRAME_MAX));
	cr_assert(eq(long, l.ops->recv(&l, buf, sizeof buf, &e), LINK_FRAME_MAX));
}

Test(link_fd, a_frame_longer_than_the_buffer_is_an_error_and_not_cut)
{
	uint8_t big[200] = { 0 }, buf[100];
	cr_assert(eq(long, (long)send(far, big, sizeof big, 0), 200));
	cr_assert(eq(long, l.ops->recv(&l, buf, sizeof buf, &e), -1));
	cr_assert(eq(int, (int)e.code, ERR_RANGE));
	cr_assert(eq(str, e.text, "link: a frame of 200 octets, want at most 100"));
}

Test(link_fd, a_closed_far_end_is_a_dead_link)
{
	uint8_t buf[64] = { 0 };
	close(far);
	cr_assert(eq(long, l.ops->recv(&l, buf, sizeof buf, &e), -1));
	cr_assert(eq(int, (int)e.code, ERR_DEAD));
	e.code = ERR_NONE;
	cr_assert(not(l.ops->send(&l, BYTES_OF(buf), &e)));
	cr_assert(eq(int, (int)e.code, ERR_DEAD));
}

Test(link_fd, a_far_end_that_takes_nothing_is_a_dead_link)
{
	static const uint8_t frame[1500];
	unsigned sent = 0;
	while (l.ops->send(&l, BYTES_OF(frame), &e))
		cr_assert(lt(uint, sent++, 1000000u), "the pair never fills");
	cr_assert(eq(int, (int)e.code, ERR_DEAD));
	cr_assert(eq(str, e.text, "link: the target took no frame for 2000 ms"));
}

Test(link_fd_types, a_byte_stream_is_refused_and_datagrams_are_not)
{
	int fds[2];
	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0));
	cr_assert(not(link_fd_open(&l, fds[0], &e)));
	cr_assert(eq(int, (int)e.code, ERR_UNSUPPORTED));
	close(fds[0]);
	close(fds[1]);
	pair(SOCK_DGRAM);
	hang_up();
}
