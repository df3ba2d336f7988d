/* The words there are where a misspelt one stands: of the suite language (suite_check.c), and of options. */
#ifndef ESPY_RUNNER_HELP_OFFERS_H
#define ESPY_RUNNER_HELP_OFFERS_H

#include "runner/help/suggest.h"
#include "wire/field.h"

/* Each offers every word of its kind that is known. */
void offer_layers(struct suggest *s);
void offer_fields(struct suggest *s, const char *layer);
void offer_layout(struct suggest *s, const struct layout *lay);
void offer_messages(struct suggest *s);
void offer_extensions(struct suggest *s);
void offer_extension_fields(struct suggest *s, int kind);
void offer_alterations(struct suggest *s);         /* alter.c */
void offer_message_alterations(struct suggest *s); /* alter.c */
void offer_questions(struct suggest *s);           /* steps_packet.c */
void offer_audit_words(struct suggest *s);         /* steps_audit.c */
void offer_profiles(struct suggest *s);
void offer_dialects(struct suggest *s);
void offer_config_formats(struct suggest *s);

struct report_format;
/* report_format_find(), whose error then also says what was probably meant. */
const struct report_format *offer_report_format(const char *name, struct err *e) MUST_USE;

#endif
