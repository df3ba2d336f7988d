/*
 * Wireshark's table of ESP SAs (the file esp_sa of a profile): a line of quoted values each, "protocol", "src", "dst", "spi",
 * "cipher", "key", "integrity", "key". It has neither AH nor modes, windows, policies.
 */
#ifndef ESPY_CONFIG_ESP_SA_H
#define ESPY_CONFIG_ESP_SA_H

#include "config/entries.h"

/*
 * One line with its end. ERR_UNSUPPORTED for what Wireshark could not use at all (AH, IPComp, a cipher it does not know); *left_out,
 * unless NULL, names what else it cannot say, or is NULL. Keys are written only with show_keys. snprintf convention by *n.
 */
bool esp_sa_print(const struct sa_spec *sa, bool show_keys, char *text, size_t cap, size_t *n, const char **left_out,
		  struct err *e) MUST_USE;

/* A whole file; '*' for an address or SPI is refused: an SA has its own. NULL with "NAME:LINE: want .., got ..". */
struct config_entries *esp_sa_parse(const char *text, size_t n, const char *name, struct err *e);

#endif
