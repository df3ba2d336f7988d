/*
 * Any Linux kernel in a machine of QEMU's, by software emulation. Its first file system has our agent as init, as User-Mode Linux's
 * has. A link is a virtio card on one end of a SOCK_DGRAM pair, one Ethernet frame a datagram; the agent speaks on a virtio console,
 * which is QEMU's standard input and output; what the kernel says on its serial port goes to the console log.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runner/target/console.h"
#include "runner/target/machine_words.h"
#include "runner/target/target_child.h"

#define PROGRAM "qemu-system-x86_64"
#define NOT_INSTALLED PROGRAM " is not installed: apt-get install qemu-system-x86"
#define BOOT_MS 60000 /* an emulated processor is some thirty times slower than the one it runs on */
#define MEMORY_MB 256
#define FIRST_LENT 3 /* as process.h hands them on */

/* --- its parts ------------------------------------------------------------------------------- */

struct image {
	char kernel[400], initrd[400]; /* initrd: "" when the kernel brings its own */
};

static bool
is_executable(const char *directory, size_t n)
{
	char path[600];
	int used = snprintf(path, sizeof path, "%.*s/" PROGRAM, (int)n, directory);
	return used > 0 && (size_t)used < sizeof path && access(path, X_OK) == 0;
}

static bool
find_program(struct err *e)
{
	const char *at = getenv("PATH");
	while (at != NULL && *at != '\0') {
		size_t n = strcspn(at, ":");
		if (n > 0 && is_executable(at, n))
			return true;
		at += n + (at[n] == ':');
	}
	return fail(e, ERR_UNSUPPORTED, NOT_INSTALLED);
}

/* Its path goes through a shell between single quotes, and through QEMU's own commas. */
static bool
take_file(char *to, size_t cap, const char *path, size_t n, struct err *e)
{
	if (n == 0 || n >= cap)
		return fail(e, ERR_SYNTAX, "want KERNEL[,INITRD], got a path of %zu octets", n);
	snprintf(to, cap, "%.*s", (int)n, path);
	if (strpbrk(to, "',") != NULL)
		return fail(e, ERR_SYNTAX, "%s: a path with a quote or a second comma cannot be passed on", to);
	if (access(to, R_OK) != 0)
		return fail(e, ERR_UNSUPPORTED, "%s: %s", to, strerror(errno));
	return true;
}

static bool
find_image(struct image *m, const char *argument, struct err *e)
{
	size_t n = strcspn(argument, ",");
	m->initrd[0] = '\0';
	if (!take_file(m->kernel, sizeof m->kernel, argument, n, e))
		return false;
	const char *initrd = argument + n + 1;
	return argument[n] == '\0' || take_file(m->initrd, sizeof m->initrd, initrd, strlen(initrd), e);
}

/* --- its command line ------------------------------------------------------------------------ */

/* The cards' places on the bus order them: eth0 is link 1. */
static size_t
add_card(char *command, size_t cap, unsigned link)
{
	char mac[18];
	machine_mac_text(machine_target_macs[link], mac);
	int n = snprintf(command, cap,
			 " -netdev dgram,id=n%u,local.type=fd,local.str=%u"
			 " -device virtio-net-pci,netdev=n%u,mac=%s,addr=%u,romfile=",
			 link, FIRST_LENT + link, link, mac, 4 + link);
	return n > 0 ? (size_t)n : 0;
}

/*
 * With one port alone the console is there when its driver is, and not some messages later. A panic ends the machine (panic=-1 and
 * -no-reboot): that is what tells us of one.
 */
static bool
print_command(char *command, size_t cap, const struct image *m, const struct target_options *o, struct err *e)
{
	char words[2048], initrd[sizeof m->initrd + 16] = "";
	(void)machine_words(words, sizeof words, "eth", o);
	if (m->initrd[0] != '\0')
		snprintf(initrd, sizeof initrd, " -initrd '%s'", m->initrd);
	size_t n = (size_t)snprintf(command, cap,
				    "exec " PROGRAM " -M pc -accel tcg -m %d -nodefaults -display none -no-reboot"
				    " -chardev stdio,id=line,signal=off -chardev file,id=log,path=/dev/fd/2,append=on"
				    " -serial chardev:log -device virtio-serial-pci,max_ports=1,addr=6"
				    " -device virtconsole,chardev=line -kernel '%s'%s",
				    MEMORY_MB, m->kernel, initrd);
	for (unsigned i = 0; i < TARGET_LINKS && n < cap; i++)
		n += add_card(command + n, cap - n, i);
	if (n < cap)
		n += (size_t)snprintf(command + n, cap - n,
				      " -append 'console=ttyS0 panic=-1 mitigations=off quiet loglevel=4"
				      " espy.line=/dev/hvc0%s'",
				      words);
	return n < cap || fail(e, ERR_RANGE, "its command line is longer than %zu octets", cap);
}

/* --- up and down ----------------------------------------------------------------------------- */

static bool
cards_open(struct target *t, const struct target_options *o, int theirs[PROCESS_LENT], struct err *e)
{
	for (unsigned i = 0; i < TARGET_LINKS; i++) {
		struct wr target = wr_of(t->link[i].target_mac, 6), tester = wr_of(t->link[i].tester_mac, 6);
		if (!link_fd_pair(&t->link[i], SOCK_DGRAM, &theirs[i], e))
			return false;
		t->links++;
		wr_bytes(&target, BYTES_OF(machine_target_macs[i]));
		wr_bytes(&tester, BYTES_OF(machine_tester_macs[i]));
		t->net[i] = *target_net_of(o, i);
	}
	return true;
}

static bool
start(struct target *t, const struct target_options *o, const struct image *m, struct err *e)
{
	struct child *c = t->impl;
	char command[5000], how[400];
	struct process_setup s = { .command = command, .console = c->console, .lent = { -1, -1 } };
	bool ok = print_command(command, sizeof command, m, o, e) && cards_open(t, o, s.lent, e) &&
		  child_say_hello(t, &s, o->timeout_ms ? o->timeout_ms : BOOT_MS, e);
	/* The command is too long for a message that is to end with the kernel's last words. */
	if (!ok && t->ended(t, how, sizeof how))
		(void)fail(e, ERR_DEAD, "before hello the machine %s", how);
	/* Without our copies the end of theirs shows. */
	for (unsigned i = 0; i < PROCESS_LENT; i++)
		if (s.lent[i] >= 0)
			close(s.lent[i]);
	return ok;
}

bool
target_qemu_open(struct target *t, const struct target_options *o, struct err *e)
{
	struct image image;
	if (!find_program(e) || !find_image(&image, o->argument, e) || !child_target_new(t, "qemu", "the machine", e))
		return false;
	struct child *c = t->impl;
	c->stays = true;
	c->console = console_open(o, e);
	if (c->console >= 0 && start(t, o, &image, e))
		return true;
	t->close(t);
	return false;
}
