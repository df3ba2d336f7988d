/*
 * The agent as process 1 of a Linux virtual machine: mounts, modules, addresses, tunables, then the
 * protocol on the serial line, then power off. What to configure stands on the kernel's command line:
 *
 *   espy.line=/dev/ttyS0                             where to speak
 *   espy.address=vec0,192.0.2.1,24                   repeated; interfaces named here are brought up
 *   espy.neighbour=vec0,192.0.2.2,02:00:00:00:00:01  repeated; permanent entries
 *   espy.carrier=vec2                                brought up without addresses, for MOVE
 */
#ifndef ESPY_AGENT_MACHINE_H
#define ESPY_AGENT_MACHINE_H

#include <stdbool.h>

void machine_run(void) __attribute__((noreturn));

/* machine_net.c. Each returns 0 or an errno. */
int machine_link_up(const char *interface);
int machine_address(const char *interface, const char *address, unsigned prefix);
bool machine_is_local(const char *address);
int machine_neighbour(const char *interface, const char *address, const char *mac);

#endif
