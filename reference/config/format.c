#include "config/format.h"

#include <stdlib.h>
#include <string.h>

#include "config/esp_sa.h"
#include "config/ip_xfrm.h"
#include "config/ipsecconf.h"
#include "config/ipseckey.h"
#include "config/setkey.h"

const char *const config_format_names[CONFIG_FORMATS] = {
	[FORMAT_SETKEY] = "setkey", [FORMAT_IPSECKEY] = "ipseckey", [FORMAT_IPSECCONF] = "ipsecconf",
	[FORMAT_XFRM] = "xfrm",     [FORMAT_ESP_SA] = "esp_sa",
};

bool
config_format_by_name(const char *name, enum config_format *f)
{
	for (unsigned i = 0; i < CONFIG_FORMATS; i++)
		if (strcmp(config_format_names[i], name) == 0) {
			*f = (enum config_format)i;
			return true;
		}
	return false;
}

/* --- by the first words ----------------------------------------------------------------------- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Behind blanks and comments. */
static const char *
first_word(const char *p, const char *end)
{
	while (p < end && (is_blank(*p) || *p == '#')) {
		const char *eol = *p == '#' ? memchr(p, '\n', (size_t)(end - p)) : p;
		p = eol != NULL ? eol + 1 : end;
	}
	return p;
}

/* A blank of `words` stands for any number of them. */
static bool
begins(const char *p, const char *end, const char *words)
{
	for (; *words != '\0'; words++) {
		if (p == end || (*words == ' ' ? !is_blank(*p) : *p != *words))
			return false;
		p++;
		while (*words == ' ' && p < end && is_blank(*p))
			p++;
	}
	return true;
}

enum config_format
config_format_of(const char *text, size_t n)
{
	static const struct {
		const char *words;
		enum config_format format;
	} signs[] = {
		{ "\"", FORMAT_ESP_SA },
		{ "ip ", FORMAT_XFRM },
		{ "src ", FORMAT_XFRM },
		{ "{", FORMAT_IPSECCONF },
		{ "add esp ", FORMAT_IPSECKEY },
		{ "add ah ", FORMAT_IPSECKEY },
		{ "update esp ", FORMAT_IPSECKEY },
		{ "update ah ", FORMAT_IPSECKEY },
	};
	const char *end = text + n, *p = first_word(text, end);
	/* ipseckey and setkey have it; setkey's ends with a semicolon. */
	while (begins(p, end, "flush")) {
		const char *eol = memchr(p, '\n', (size_t)(end - p)), *stop = eol != NULL ? eol : end;
		if (memchr(p, ';', (size_t)(stop - p)) != NULL)
			return FORMAT_SETKEY;
		p = first_word(stop, end);
		if (p == end)
			return FORMAT_IPSECKEY;
	}
	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
		if (begins(p, end, signs[i].words))
			return signs[i].format;
	return FORMAT_SETKEY;
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool
setkey_keep(struct config_entries *l, const struct setkey_command *c, struct err *e)
{
	switch (c->verb) {
	case SETKEY_ADD:
	case SETKEY_UPDATE: return config_entries_add_sa(l, &c->sa, c->line, e);
	case SETKEY_SPDADD:
	case SETKEY_SPDUPDATE: return config_entries_add_policy(l, &c->policy, c->line, e);
	default: return true; /* says what goes, not what is */
	}
}

static bool
setkey_read(struct config_entries *l, const char *text, size_t n, const char *name, struct err *e)
{
	struct setkey_script *s = setkey_parse(text, n, name, 1, e);
	bool ok = s != NULL;
	for (const struct setkey_command *c = ok ? setkey_first(s) : NULL; ok && c != NULL; c = c->next)
		ok = setkey_keep(l, c, e);
	setkey_free(s);
	return ok;
}

static bool
ipseckey_read(struct config_entries *l, const char *text, size_t n, const char *name, struct err *e)
{
	struct ipseckey_script *s = ipseckey_parse(text, n, name, 1, e);
	bool ok = s != NULL;
	for (const struct ipseckey_command *c = ok ? ipseckey_first(s) : NULL; ok && c != NULL; c = c->next)
		if (c->verb == IPSECKEY_ADD || c->verb == IPSECKEY_UPDATE)
			ok = config_entries_add_sa(l, &c->sa, c->line, e);
	ipseckey_free(s);
	return ok;
}

static bool
ipsecconf_read(struct config_entries *l, const char *text, size_t n, const char *name, struct err *e)
{
	struct ipsecconf_script *s = ipsecconf_parse(text, n, name, 1, e);
	struct spd_entry *out = calloc(IPSECCONF_SPD, sizeof *out);
	bool ok = s != NULL && (out != NULL || fail(e, ERR_IO, "out of memory"));
	for (const struct ipsecconf_entry *c = ok ? ipsecconf_first(s) : NULL; ok && c != NULL; c = c->next) {
		unsigned count = ipsecconf_expand(c, out);
		for (unsigned i = 0; ok && i < count; i++)
			ok = config_entries_add_policy(l, &out[i], c->line, e);
	}
	free(out);
	ipsecconf_free(s);
	return ok;
}

static struct config_entries *
read_into(bool (*read)(struct config_entries *, const char *, size_t, const char *, struct err *), const char *text,
	  size_t n, const char *name, struct err *e)
{
	struct config_entries *l = config_entries_new(e);
	if (l != NULL && read(l, text, n, name, e))
		return l;
	config_entries_free(l);
	return NULL;
}

struct config_entries *
config_format_read(enum config_format f, const char *text, size_t n, const char *name, struct err *e)
{
	switch (f) {
	case FORMAT_IPSECKEY: return read_into(ipseckey_read, text, n, name, e);
	case FORMAT_IPSECCONF: return read_into(ipsecconf_read, text, n, name, e);
	case FORMAT_XFRM: return ip_xfrm_parse(text, n, name, e);
	case FORMAT_ESP_SA: return esp_sa_parse(text, n, name, e);
	default: return read_into(setkey_read, text, n, name, e);
	}
}
