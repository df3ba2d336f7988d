/*
 * The initial file system of the Linux target: the agent as /init, kernel modules, and the order to load them in. It needs no root, no
 * cpio and no kmod, and the same inputs give the same octets.
 */
#ifndef ESPY_RUNNER_TARGET_INITRAMFS_H
#define ESPY_RUNNER_TARGET_INITRAMFS_H

#include <stddef.h>
#include <stdio.h>

#include "wire/err.h"

struct initramfs {
	const char *agent;   /* path of espy-agent, statically linked */
	const char *list;    /* text: names of modules, blanks and lines between them, # before a remark */
	const char *modules; /* folder with a modules.dep */
	FILE *missing;       /* is told of modules that the kernel does not have; NULL: nobody is */
};

/* A "newc" archive. What was written before a failure stays in out. */
bool initramfs_write(FILE *out, const struct initramfs *i, struct err *e) MUST_USE;

/*
 * One made of the espy-agent beside this program and the modules of the installed User-Mode Linux, in memory: so it always fits the kernel.
 * Once a process; `path` names it for this process and for children that keep initramfs_fd(). ERR_UNSUPPORTED: what is missing here.
 */
bool initramfs_make(char *path, size_t cap, struct err *e) MUST_USE;
int initramfs_fd(void); /* -1: none was made */

#endif
