/* The agent's loop: requests in, operations done, events and replies out. Returns when the peer is gone. */
#ifndef ESPY_AGENT_SERVE_H
#define ESPY_AGENT_SERVE_H

enum serve_end { SERVE_EOF, SERVE_SHUTDOWN, SERVE_BAD_FRAME, SERVE_BROKEN };

enum serve_end serve(int in, int out);

#endif
