#include "runner/target/uml.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/target/initramfs.h"
#include "runner/paths.h"

/* With 64 the kernel has threads too few to test its built-in algorithms, and then refuses AES and SHA. */
#define MEMORY_MB UML_MEMORY_MB
#define ARGS_MAX 32
#define ARGS_ROOM 4096 /* the kernel's own limit for its command line */
#define REAP_MS 2000
#define NOT_INSTALLED "user-mode-linux is not installed: apt-get install user-mode-linux"

static bool
found(const char *directory, size_t n, const char *name, char *path, size_t cap)
{
	int used = snprintf(path, cap, "%.*s/%s", (int)n, directory, name);
	return used > 0 && (size_t)used < cap && access(path, X_OK) == 0;
}

static bool
found_in_path(const char *name, char *path, size_t cap)
{
	const char *at = getenv("PATH");
	while (at != NULL && *at != '\0') {
		size_t n = strcspn(at, ":");
		if (n > 0 && found(at, n, name, path, cap))
			return true;
		at += n + (at[n] == ':');
	}
	return false;
}

bool
uml_find_kernel(const char *given, char *path, size_t cap, struct err *e)
{
	if (given != NULL && *given != '\0') {
		int n = snprintf(path, cap, "%s", given);
		if (n > 0 && (size_t)n < cap && access(path, X_OK) == 0)
			return true;
		return fail(e, ERR_UNSUPPORTED, "linux:%s: %s", given, strerror(errno));
	}
	if (found_in_path("linux.uml", path, cap) || found("/usr/bin", 8, "linux.uml", path, cap) ||
	    found("/usr/bin", 8, "linux", path, cap))
		return true;
	return fail(e, ERR_UNSUPPORTED, NOT_INSTALLED);
}

/* What the variable says, what `make` left beside the program, or one made now. */
bool
uml_find_initramfs(char *path, size_t cap, struct err *e)
{
	const char *given = getenv("ESPY_INITRAMFS");
	char self[512];
	if (given != NULL && *given != '\0') {
		snprintf(path, cap, "%s", given);
		return access(path, R_OK) == 0 ||
		       fail(e, ERR_UNSUPPORTED, "ESPY_INITRAMFS=%s: %s", given, strerror(errno));
	}
	if (paths_own_folder(self, sizeof self)) {
		snprintf(path, cap, "%s/initramfs.cpio", self);
		if (access(path, R_OK) == 0)
			return true;
	}
	return initramfs_make(path, cap, e);
}

/*
 * The kernel keeps its memory in an unlinked file that it maps executable, and dies of SIGBUS when the file
 * system is full; containers like to mount /dev/shm small and noexec. So each candidate is tried out.
 */
static bool
can_hold_memory(const char *directory)
{
	struct statvfs s;
	char name[256];
	if (directory == NULL || *directory == '\0' || statvfs(directory, &s) != 0 ||
	    (uint64_t)s.f_bavail * s.f_frsize < (uint64_t)MEMORY_MB << 20)
		return false;
	snprintf(name, sizeof name, "%s/espy-XXXXXX", directory);
	int fd = mkstemp(name);
	if (fd < 0)
		return false;
	(void)unlink(name);
	bool ok = ftruncate(fd, 4096) == 0;
	void *p = ok ? mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED, fd, 0) : MAP_FAILED;
	if (p != MAP_FAILED)
		munmap(p, 4096);
	close(fd);
	return p != MAP_FAILED;
}

const char *
uml_memory_directory(void)
{
	const char *candidates[] = { getenv("TMPDIR"), "/dev/shm", "/tmp", "/var/tmp" };
	for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++)
		if (can_hold_memory(candidates[i]))
			return candidates[i];
	return NULL;
}

/*
 * This kernel keeps the floating point state of its processes in XSTATE_ROOM octets and asks for it by
 * PTRACE_GETREGSET. PTRACE_SETREGSET wants the size that the processor has: with AMX that is 11,008, and the
 * machine's init dies with "ptrace set fp regs failed, errno = 14". When NT_X86_XSTATE is not to be had the
 * kernel falls back to PTRACE_GETFPREGS, so there it is made not to be had. What is lost is the upper part of
 * the vector registers at a page fault; see NO_VECTORS.
 */
#define XSTATE_ROOM 2696

/* Keeps the C library of the agent in the machine from using what hide_xstate() loses. */
#define NO_VECTORS "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-AVX512BW,-AVX512VL,-AVX_Fast_Unaligned_Load"

#ifdef __x86_64__
static bool
has_large_xstate(void)
{
	unsigned a, b, c, d;
	return __get_cpuid_count(0xd, 0, &a, &b, &c, &d) && b > XSTATE_ROOM;
}

static void
hide_xstate(void)
{
	enum { XSTATE = 0x202 };
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PTRACE_GETREGSET, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, XSTATE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof code / sizeof code[0], code };
	if (has_large_xstate() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		(void)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}
#else
static void
hide_xstate(void)
{
}
#endif

struct args {
	char room[ARGS_ROOM];
	size_t n;
	char *v[ARGS_MAX + 1];
	unsigned c;
	unsigned cpu;
	bool full;
};

static void PRINTF(2, 3) arg(struct args *a, const char *fmt, ...)
{
	va_list ap;
	size_t room = sizeof a->room - a->n;
	va_start(ap, fmt);
	int n = vsnprintf(a->room + a->n, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room || a->c == ARGS_MAX) {
		a->full = true;
		return;
	}
	a->v[a->c++] = a->room + a->n;
	a->n += (size_t)n + 1;
}

static void
arg_words(struct args *a, const char *words)
{
	while (*(words += strspn(words, " ")) != '\0') {
		size_t n = strcspn(words, " ");
		arg(a, "%.*s", (int)n, words);
		words += n;
	}
}

static void
command_line(struct args *a, const char *kernel, const char *initramfs, const struct uml_wiring *w)
{
	arg(a, "%s", kernel);
	arg(a, "mem=%dM", MEMORY_MB);
	arg(a, "initrd=%s", initramfs);
	/* No directory for its pid file and management socket: nothing then stays behind on disk. */
	arg(a, "uml_dir=/dev/null/");
	arg(a, "con=null");
	arg(a, "con0=null,fd:2");
	arg(a, "ssl=null");
	arg(a, "ssl0=fd:%d,fd:%d", w->line, w->line);
	for (int i = 0; i < UML_NICS; i++)
		arg(a, "vec%d:transport=fd,fd=%d,mac=%s", i, w->nic[i], w->mac[i]);
	/*
	 * What a boot otherwise spends nearly all its time on: the kernel measures its RAID checksums
	 * (0.85 s) and its delay loop (0.04 s). Neither serves a machine without disks and devices.
	 */
	arg(a, "initcall_blacklist=raid6_select_algo,calibrate_xor_blocks,init_zswap");
	arg(a, "lpj=20000000");
	arg(a, "lsm=");
	arg(a, "panic=-1");
	arg(a, "noreboot");
	arg(a, NO_VECTORS);
	arg_words(a, w->words);
	a->v[a->c] = NULL;
}

static void
pass_on(int fd)
{
	(void)fcntl(fd, F_SETFD, 0);
}

/*
 * The kernel and its processes are several host processes that hand each other every system call. On one
 * processor that is a switch, across two it is a wake-up: pinned, everything takes less than half the time.
 */
static void
stay_on_one_cpu(unsigned turn)
{
	cpu_set_t allowed, one;
	if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
		return;
	unsigned skip = turn % (unsigned)CPU_COUNT(&allowed);
	CPU_ZERO(&one);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && skip-- == 0) {
			CPU_SET(cpu, &one);
			(void)sched_setaffinity(0, sizeof one, &one);
			return;
		}
}

/* In the child that becomes the kernel. */
static void __attribute__((noreturn)) become_kernel(struct args *a, const struct uml_wiring *w)
{
	static const char message[] = "espy: the kernel could not be started\n";
	sigset_t none;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	int null = open("/dev/null", O_RDONLY);
	(void)dup2(null, 0);
	(void)dup2(w->console, 1);
	(void)dup2(w->console, 2);
	pass_on(w->line);
	pass_on(initramfs_fd());
	for (int i = 0; i < UML_NICS; i++)
		pass_on(w->nic[i]);
	/* With a random break it takes the gap below its heap for memory, and sets up a gigabyte of it. */
	(void)personality(ADDR_NO_RANDOMIZE);
	stay_on_one_cpu(a->cpu);
	hide_xstate();
	execv(a->v[0], a->v);
	(void)!write(2, message, sizeof message - 1);
	_exit(127);
}

/* Everything but what the kernel gets, so that this process keeps no other machine's sockets open. */
static void
close_others(int leash, const struct uml_wiring *w)
{
	long most = sysconf(_SC_OPEN_MAX);
	if (most < 0 || most > 65536)
		most = 65536;
	for (int fd = 3; fd < most; fd++) {
		bool keep = fd == leash || fd == w->line || fd == w->console || fd == initramfs_fd();
		for (int i = 0; i < UML_NICS; i++)
			keep = keep || fd == w->nic[i];
		if (!keep)
			close(fd);
	}
}

static void
reap_all(pid_t group)
{
	pid_t gone;
	for (int ms = 0; ms < REAP_MS; ms++) {
		(void)kill(-group, SIGKILL);
		while ((gone = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (gone < 0 && errno == ECHILD)
			return;
		usleep(1000);
	}
}

/*
 * The keeper stands between espy and the kernel's processes: it adopts those whose parent ends, and ends all
 * of them when its leash breaks, whether espy let go or was killed.
 */
static void __attribute__((noreturn)) keep(struct args *a, const struct uml_wiring *w, int leash)
{
	char octet;
	ssize_t n;
	(void)setpgid(0, 0);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	close_others(leash, w);
	pid_t kernel = fork();
	if (kernel == 0)
		become_kernel(a, w);
	(void)setpgid(kernel, kernel);
	close(w->line);
	for (int i = 0; i < UML_NICS; i++)
		close(w->nic[i]);
	do
		n = read(leash, &octet, 1);
	while (n > 0 || (n < 0 && errno == EINTR));
	if (kernel > 0)
		reap_all(kernel);
	_exit(kernel > 0 ? 0 : 1);
}

bool
uml_start(struct uml *u, const char *kernel, const char *initramfs, const struct uml_wiring *w, struct err *e)
{
	static const char *const no_room = "no directory can hold the kernel's memory of %d MB: "
					   "set TMPDIR to one with room and without noexec";
	int leash[2];
	struct args a = { .n = 0, .cpu = w->cpu };
	const char *memory = uml_memory_directory();
	if (memory == NULL)
		return fail(e, ERR_UNSUPPORTED, no_room, MEMORY_MB);
	command_line(&a, kernel, initramfs, w);
	if (a.full)
		return fail(e, ERR_RANGE, "%s: its command line is longer than %d octets", kernel, ARGS_ROOM);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, leash) != 0)
		return fail_errno(e, "socketpair");
	u->keeper = fork();
	if (u->keeper == 0) {
		close(leash[0]);
		(void)setenv("TMPDIR", memory, 1);
		keep(&a, w, leash[1]);
	}
	close(leash[1]);
	if (u->keeper < 0) {
		close(leash[0]);
		return fail_errno(e, "fork");
	}
	u->leash = leash[0];
	return true;
}

void
uml_stop(struct uml *u)
{
	if (u->keeper <= 0)
		return;
	close(u->leash);
	while (waitpid(u->keeper, NULL, 0) < 0 && errno == EINTR)
		;
	u->keeper = 0;
}
