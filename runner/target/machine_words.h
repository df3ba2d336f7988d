/* What the agent that is the init of a machine reads on its kernel's command line: see agent/machine.h. */
#ifndef ESPY_RUNNER_TARGET_MACHINE_WORDS_H
#define ESPY_RUNNER_TARGET_MACHINE_WORDS_H

#include "runner/target/target.h"

/* The stations of both links, the same on every machine that we boot. */
extern const uint8_t machine_target_macs[TARGET_LINKS][6], machine_tester_macs[TARGET_LINKS][6];

void machine_mac_text(const uint8_t mac[6], char text[18]);

/* Addresses and neighbours of its interfaces NIC0, NIC1; how many octets, with a space ahead of each word. */
size_t machine_words(char *words, size_t cap, const char *nic, const struct target_options *o);

#endif
