#include "reports/colour.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_MAX 1000

bool
colour_wish_parse(const char *word, enum colour_wish *wish, struct err *e)
{
	static const char *const words[] = { "auto", "always", "never" };
	for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(word, words[i]) == 0) {
			*wish = (enum colour_wish)i;
			return true;
		}
	return fail(e, ERR_UNKNOWN, "--color: want auto, always or never, got '%s'", word);
}

bool
colour_drawable(FILE *f)
{
	const char *term = getenv("TERM");
	return isatty(fileno(f)) && (term == NULL || strcmp(term, "dumb") != 0);
}

static bool
is_set(const char *name)
{
	const char *value = getenv(name);
	return value != NULL && value[0] != '\0';
}

/* no-color.org and bixense.com/clicolors: of the two NO_COLOR is the stronger. */
bool
colour_wanted(FILE *f, enum colour_wish wish)
{
	if (wish != COLOUR_AUTO)
		return wish == COLOUR_ALWAYS;
	if (is_set("NO_COLOR"))
		return false;
	return (is_set("CLICOLOR_FORCE") && strcmp(getenv("CLICOLOR_FORCE"), "0") != 0) || colour_drawable(f);
}

unsigned
colour_columns(FILE *f, unsigned without)
{
	struct winsize size = { 0 };
	const char *said = getenv("COLUMNS");
	if (ioctl(fileno(f), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	unsigned long n = said != NULL ? strtoul(said, NULL, 10) : 0;
	return n > 0 && n <= COLUMNS_MAX ? (unsigned)n : without;
}
