/* The formats of this folder by name, and by the first words of a text. */
#ifndef ESPY_CONFIG_FORMAT_H
#define ESPY_CONFIG_FORMAT_H

#include "config/entries.h"

enum config_format { FORMAT_SETKEY, FORMAT_IPSECKEY, FORMAT_IPSECCONF, FORMAT_XFRM, FORMAT_ESP_SA, CONFIG_FORMATS };

extern const char *const config_format_names[CONFIG_FORMATS]; /* "setkey", "ipseckey", "ipsecconf", "xfrm", "esp_sa" */

/* False: no such format. */
bool config_format_by_name(const char *name, enum config_format *f);
/* By what each format's statements begin with; setkey where nothing else fits. */
enum config_format config_format_of(const char *text, size_t n);

/*
 * The SAs and policies that a text adds; what it deletes or flushes is passed over. NULL with "NAME:LINE..: want .., got .." for the
 * first thing that is wrong.
 */
struct config_entries *config_format_read(enum config_format f, const char *text, size_t n, const char *name,
					  struct err *e);

#endif
