/*
 * Our own host as a stack in a process of its own: the agent protocol on standard input and output, network cards on SOCK_SEQPACKET
 * descriptors that were inherited (ESPY_LINKS), or on real interfaces. It is the reference target of this program with its channel and
 * links carried further, so that it behaves the same here and there.
 */
#ifndef ESPY_RUNNER_LIVE_HOST_AGENT_H
#define ESPY_RUNNER_LIVE_HOST_AGENT_H

#include <stdbool.h>

/* Whether `espy host` is to be this: --exec among its arguments, or ESPY_LINKS in the environment. */
bool host_agent_is_meant(int argc, char **argv);

/* espy host [--exec [IFACE[,IFACE2]]] [--profile NAME[/OS]]: returns the exit status. */
int host_agent_main(int argc, char **argv);

#endif
