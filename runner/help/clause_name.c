#include "runner/help/clause_name.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool
copy(char *out, const char *text, size_t n)
{
	if (n >= CLAUSE_ROOM)
		return false;
	memcpy(out, text, n);
	out[n] = '\0';
	return true;
}

/* "rfc4303", "RFC 4303" or "4303" in front; how much of the text that is, 0 if it is another document. */
static size_t
read_rfc(const char *text, struct clause_name *c)
{
	size_t at = strncasecmp(text, "rfc", 3) == 0 ? 3 : 0;
	at += at > 0 ? strspn(text + at, " -") : 0;
	size_t digits = strspn(text + at, "0123456789");
	if (digits < 3 || digits > 5 || isalpha((unsigned char)text[at + digits]) || text[at + digits] == '.')
		return 0;
	strcpy(c->document, "rfc");
	memcpy(c->document + 3, text + at, digits);
	c->document[3 + digits] = '\0';
	return at + digits;
}

/* "setkey(8)" is document setkey, section 8. */
static bool
read_manual(const char *text, struct clause_name *c)
{
	size_t n = strcspn(text, "(/");
	if (n == 0 || text[n] == '\0')
		return false;
	if (text[n] == '/')
		return copy(c->document, text, n) && copy(c->section, text + n + 1, strlen(text + n + 1));
	size_t page = strcspn(text + n + 1, ")");
	return text[n + 1 + page] == ')' && text[n + page + 2] == '\0' && copy(c->document, text, n) &&
	       copy(c->section, text + n + 1, page);
}

bool
clause_name_read(const char *text, struct clause_name *c)
{
	*c = (struct clause_name){ .document = "" };
	size_t at = read_rfc(text, c);
	if (at == 0)
		return read_manual(text, c);
	at += strspn(text + at, " ,/");
	if (strncmp(text + at, "\xc2\xa7", 2) == 0) /* the sign of a section */
		at += 2;
	at += strncasecmp(text + at, "section ", 8) == 0 ? 8 : 0;
	size_t n = strlen(text + at);
	bool section = n == 0 || (strspn(text + at + 1, "0123456789.") + 1 == n && isalnum((unsigned char)text[at]));
	return section && copy(c->section, text + at, n);
}

bool
clause_name_covers(const struct clause_name *c, const char *document, const char *section)
{
	size_t n = strlen(c->section);
	return strcasecmp(c->document, document) == 0 && strncasecmp(c->section, section, n) == 0 &&
	       (n == 0 || section[n] == '\0' || section[n] == '.' || section[n] == ' ');
}

bool
clause_name_holds(const struct clause *k, const struct clause_name *c)
{
	return clause_name_covers(c, k->document, k->section);
}
