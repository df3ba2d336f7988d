/*
 * One User-Mode Linux kernel as a family of child processes: finding the program and its initramfs,
 * starting it on given descriptors, and ending all of it. Knows nothing of what the machine is for.
 */
#ifndef ESPY_RUNNER_TARGET_UML_H
#define ESPY_RUNNER_TARGET_UML_H

#include <stddef.h>
#include <sys/types.h>

#include "wire/err.h"

#define UML_NICS 3
#define UML_MEMORY_MB 128

struct uml_wiring {
	int line;          /* the machine's end of its serial line */
	int nic[UML_NICS]; /* the machine's ends of vec0, vec1, .. */
	const char *mac[UML_NICS];
	int console;       /* where its console goes */
	unsigned cpu;      /* instances with different numbers get different processors */
	const char *words; /* what the agent is told, added to the command line */
};

struct uml {
	/* our only direct child; ends the kernel's group when the leash breaks */
	pid_t keeper;
	int leash;
};

/* Paths of what is needed. ERR_UNSUPPORTED says what to install or build. */
bool uml_find_kernel(const char *given, char *path, size_t cap, struct err *e) MUST_USE;
bool uml_find_initramfs(char *path, size_t cap, struct err *e) MUST_USE;

/* Where the kernel's memory can be: a file system with room, and not mounted noexec; NULL: nowhere. */
const char *uml_memory_directory(void);

/* The wiring's descriptors stay the caller's, who closes them when this returns. */
bool uml_start(struct uml *u, const char *kernel, const char *initramfs, const struct uml_wiring *w,
	       struct err *e) MUST_USE;
/* Ends every process of the kernel and waits until they are gone. Safe twice. */
void uml_stop(struct uml *u);

#endif
