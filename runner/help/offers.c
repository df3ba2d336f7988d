#include "runner/help/offers.h"

#include <stdio.h>
#include <string.h>

#include "config/format.h"
#include "host/profile.h"
#include "pfkey/pfkey.h"
#include "reports/report.h"
#include "wire/layouts.h"

/* A name that stands for two layouts, one a family, is not in the table. */
void
offer_layers(struct suggest *s)
{
	static const char *const both[] = { "ip", "icmp", "echo", "echo-reply", "data" };
	for (size_t i = 0; i < sizeof both / sizeof both[0]; i++)
		suggest_offer(s, both[i]);
	for (size_t i = 0; layouts[i] != NULL; i++)
		suggest_offer(s, layouts[i]->name);
}

void
offer_layout(struct suggest *s, const struct layout *lay)
{
	for (unsigned i = 0; lay != NULL && i < lay->n; i++)
		suggest_offer(s, lay->fields[i].name);
}

void
offer_fields(struct suggest *s, const char *layer)
{
	suggest_offer(s, "size");
	offer_layout(s, layout_by_name(layer, 4));
	offer_layout(s, layout_by_name(layer, 6));
}

/* With or without its "x_". */
static void
offer_pfkey(struct suggest *s, const char *name)
{
	suggest_offer(s, strncmp(name, "x_", 2) == 0 && strncmp(s->given, "x_", 2) != 0 ? name + 2 : name);
}

void
offer_messages(struct suggest *s)
{
	for (int t = PFKEY_GETSPI; t < PFKEY_TYPE_N; t++)
		offer_pfkey(s, pfkey_type_name((enum pfkey_type)t));
	suggest_offer(s, "write");
}

void
offer_extensions(struct suggest *s)
{
	for (int x = EXT_SA; x < EXT_N; x++)
		offer_pfkey(s, pfkey_ext_name((enum pfkey_ext)x));
}

void
offer_extension_fields(struct suggest *s, int kind)
{
	static const struct dialect *const dialects[] = { &dialect_linux, &dialect_openbsd };
	for (size_t i = 0; i < sizeof dialects / sizeof dialects[0]; i++)
		for (uint8_t family = 4; family <= 6; family += 2)
			offer_layout(s, pfkey_ext_layout(dialects[i], (enum pfkey_ext)kind, family));
}

void
offer_profiles(struct suggest *s)
{
	for (const struct profile *p = profiles; p->name != NULL; p++)
		suggest_offer(s, p->name);
}

void
offer_dialects(struct suggest *s)
{
	static const struct dialect *const all[] = { &dialect_reference, &dialect_linux,   &dialect_kame,
						     &dialect_freebsd,   &dialect_openbsd, &dialect_solaris };
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		suggest_offer(s, all[i]->name);
}

void
offer_config_formats(struct suggest *s)
{
	for (size_t i = 0; i < CONFIG_FORMATS; i++)
		suggest_offer(s, config_format_names[i]);
}

const struct report_format *
offer_report_format(const char *name, struct err *e)
{
	const struct report_format *f = report_format_find(name, e);
	struct suggest near = { .given = name };
	if (f != NULL)
		return f;
	for (const struct report_format *k = report_formats; k->name != NULL; k++)
		suggest_offer(&near, k->name);
	size_t n = strlen(e->text);
	suggest_print(&near, e->text + n, sizeof e->text - n);
	return NULL;
}
