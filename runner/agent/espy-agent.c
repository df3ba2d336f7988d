/*
 * espy-agent lends the sockets, counters and tunables of the system it runs on to an espy at the other end
 * of its standard input and output. It listens on nothing. As process 1 of a Linux virtual machine it first
 * makes the machine ready and then speaks on its serial line. The protocol is espy-agent(8).
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner/agent/machine.h"
#include "runner/agent/serve.h"

static int
help(FILE *to)
{
	fputs("usage: espy-agent [--help | --version]\n"
	      "\n"
	      "Lends this system's sockets to espy, over standard input and output; listens on nothing.\n"
	      "Usually started by espy, here or through ssh. The protocol is described in espy-agent(8).\n"
	      "\n"
	      "exit status: 0 the peer closed or asked for the end, 1 it sent what is not the protocol,\n"
	      "             2 usage\n",
	      to);
	return to == stdout ? 0 : 2;
}

int
main(int argc, char **argv)
{
	(void)signal(SIGPIPE, SIG_IGN);
#ifdef __linux__
	if (getpid() == 1)
		machine_run();
#endif
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return help(stdout);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("espy-agent " ESPY_VERSION);
		return 0;
	}
	if (argc > 1)
		return help(stderr);
	enum serve_end end = serve(STDIN_FILENO, STDOUT_FILENO);
	return end == SERVE_EOF || end == SERVE_SHUTDOWN ? 0 : 1;
}
