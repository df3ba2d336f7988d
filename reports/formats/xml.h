/* Writing XML 1.0: every text goes through here. */
#ifndef ESPY_REPORTS_FORMATS_XML_H
#define ESPY_REPORTS_FORMATS_XML_H

#include <stdio.h>

/*
 * Escaped for an element's content, or for an attribute in double quotes. Characters that XML 1.0 section 2.2 forbids even
 * escaped are written as \xNN, for people.
 */
void xml_text(FILE *out, const char *utf8);
void xml_attribute(FILE *out, const char *name, const char *utf8); /* a blank, name="value" */

#endif
