#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/target/target.h"
#include "runner/target/target_child.h"

/* What boots is skipped where QEMU is not there or ESPY_QEMU does not name an image: "/boot/vmlinuz,build/initramfs-qemu.cpio". */

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct target t;
static struct err e;

static void
shut_down(void)
{
	if (t.close != NULL)
		t.close(&t);
}

TestSuite(target_qemu, .fini = shut_down, .timeout = 120);

static void
boot(void)
{
	const char *image = getenv("ESPY_QEMU");
	char spec[1000];
	if (image == NULL || *image == '\0')
		cr_skip_test("ESPY_QEMU names no KERNEL,INITRD");
	snprintf(spec, sizeof spec, "qemu:%s", image);
	const struct target_options plain = { .worker = 0 };
	if (target_open(&t, spec, &plain, &e))
		return;
	if (e.code == ERR_UNSUPPORTED)
		cr_skip_test("%s", e.text);
	cr_fatal("%s", e.text);
}

/* A directory with a program of QEMU's name that does nothing but `script`: what comes ahead of it needs no QEMU. */
static char directory[] = "/tmp/espy-qemu-XXXXXX", program[64];

static void
stand_in(const char *script)
{
	char path[300];
	cr_assert(ne(ptr, mkdtemp(directory), NULL));
	snprintf(program, sizeof program, "%s/qemu-system-x86_64", directory);
	FILE *f = fopen(program, "w");
	cr_assert(ne(ptr, f, NULL));
	fprintf(f, "#!/bin/sh\n%s\n", script);
	fchmod(fileno(f), 0755);
	fclose(f);
	snprintf(path, sizeof path, "%s:/usr/bin:/bin", directory);
	setenv("PATH", path, 1);
}

static void
stand_down(void)
{
	unlink(program);
	rmdir(directory);
}

Test(target_qemu, what_is_wrong_with_an_image_is_said)
{
	static const struct {
		const char *spec, *want;
	} rows[] = {
		{ "qemu:/nonexistent/vmlinuz", "/nonexistent/vmlinuz: No such file" },
		{ "qemu:/dev/null,/nonexistent/initrd", "/nonexistent/initrd: No such file" },
		{ "qemu:/dev/null,", "want KERNEL[,INITRD]" },
		{ "qemu:,/dev/null", "want KERNEL[,INITRD]" },
		{ "qemu:/dev/null,a,b", "cannot be passed on" },
		{ "qemu:/it's", "cannot be passed on" },
	};
	const struct target_options plain = { .worker = 0 };
	stand_in("exit 3");
	for (size_t i = 0; i < COUNT(rows); i++) {
		cr_expect(not(target_open(&t, rows[i].spec, &plain, &e)), "%s", rows[i].spec);
		cr_expect(strstr(e.text, rows[i].want) != NULL, "%s: %s", rows[i].spec, e.text);
	}
	stand_down();
}

Test(target_qemu, without_it_the_package_is_named)
{
	const struct target_options plain = { .worker = 0 };
	setenv("PATH", "/nonexistent", 1);
	cr_expect(not(target_open(&t, "qemu:/dev/null", &plain, &e)));
	cr_expect(eq(int, (int)e.code, ERR_UNSUPPORTED));
	cr_expect(strstr(e.text, "apt-get install qemu-system-x86") != NULL, "%s", e.text);
}

Test(target_qemu, a_machine_that_does_not_come_up_is_told_with_its_last_words)
{
	const struct target_options plain = { .worker = 0 };
	stand_in("echo no such machine >&2; exit 3");
	cr_expect(not(target_open(&t, "qemu:/dev/null", &plain, &e)));
	cr_expect(strstr(e.text, "ended with exit status 3; its console ends: no such machine") != NULL, "%s", e.text);
	stand_down();
}

/* Its arguments, as the kernel and QEMU get them: both cards on what process.h lends, and the words of the agent. */
Test(target_qemu, the_machine_gets_its_cards_and_its_words)
{
	static const char *const wants[] = {
		"-kernel /dev/null",
		"-initrd /dev/zero",
		"local.str=3 -device virtio-net-pci,netdev=n0,mac=02:00:00:00:01:01,addr=4",
		"local.str=4 -device virtio-net-pci,netdev=n1,mac=02:00:00:00:02:01,addr=5",
		"espy.line=/dev/hvc0",
		"espy.address=eth0,192.0.2.1,24",
		"espy.address=eth1,2001:db8:2::11,64",
		"espy.neighbour=eth1,198.51.100.2,02:00:00:00:02:02",
	};
	const struct target_options o = { .dir = directory };
	char log[64], text[5000] = "";
	stand_in("echo \"$*\" >&2; exit 3");
	cr_expect(not(target_open(&t, "qemu:/dev/null,/dev/zero", &o, &e)));
	snprintf(log, sizeof log, "%s/console-0.log", directory);
	FILE *f = fopen(log, "r");
	cr_assert(ne(ptr, f, NULL));
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	fclose(f);
	unlink(log);
	stand_down();
	for (size_t i = 0; i < COUNT(wants); i++)
		cr_expect(strstr(text, wants[i]) != NULL, "%s is not in: %s", wants[i], text);
}

Test(target_qemu, a_kernel_comes_up_and_says_who_it_is)
{
	boot();
	cr_expect(eq(str, t.os, (char *)"linux"));
	cr_expect(eq(str, (char *)t.profile, (char *)"linux"));
	cr_expect(eq(int, (int)t.links, TARGET_LINKS));
	cr_expect(t.has_channel);
}

Test(target_qemu, a_machine_that_is_killed_is_told)
{
	char how[400] = "";
	boot();
	const struct child *c = t.impl;
	cr_expect(not(t.ended(&t, how, sizeof how)), "%s", how);
	kill(c->process.pid, SIGKILL);
	cr_expect(t.ended(&t, how, sizeof how));
	cr_expect(strstr(how, "was killed by signal 9") != NULL, "%s", how);
}

Test(target_qemu, nothing_is_left_of_it_when_it_is_closed)
{
	boot();
	const pid_t pid = ((const struct child *)t.impl)->process.pid;
	t.close(&t);
	cr_expect(ne(int, kill(pid, 0), 0));
	t.close(&t);
}
