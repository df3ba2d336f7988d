/* The kernel's randomness as a struct random of the reference, which draws none itself. */
#ifndef ESPY_RUNNER_ENTROPY_H
#define ESPY_RUNNER_ENTROPY_H

#include "ipsec/esp.h"

/* Fills p; ends the process where the kernel has none, since nothing true could be sent then. */
void entropy_fill(struct random *unused, uint8_t *p, size_t n);

#endif
