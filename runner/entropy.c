#include "runner/entropy.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void
entropy_fill(struct random *unused, uint8_t *p, size_t n)
{
	(void)unused;
	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);
		if (got < 0 && errno != EINTR)
			abort();
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
}
