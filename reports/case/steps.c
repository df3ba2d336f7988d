#include "reports/case/steps.h"

#include <string.h>

#include "reports/event.h"

static void
put_marker(FILE *out, struct case_steps *s, const json_t *exhibit)
{
	if (s->marked == s->frames + 1)
		return;
	s->marked = s->frames + 1;
	fprintf(out, "#! frame %u at %.0f\n", s->marked, event_number(exhibit, "t_us"));
}

static void
put_octets(FILE *out, const json_t *exhibit)
{
	const char *hex = event_text(exhibit, "octets");
	if (hex[0] != '\0' && strspn(hex, "0123456789abcdef") == strlen(hex))
		fprintf(out, " 0x%s", hex);
	fputc('\n', out);
}

/* The flush in front of a case goes by the socket that configures, and by none of the case's lines. */
static bool
is_setup(struct case_steps *s, const json_t *exhibit)
{
	long socket = event_whole(exhibit, "link");
	if (!s->has_setup && event_number(exhibit, "line") == 0) {
		s->has_setup = true;
		s->setup_socket = socket;
	}
	return s->has_setup && socket == s->setup_socket;
}

void
case_steps_put(FILE *out, struct case_steps *s, const json_t *exhibit)
{
	const char *kind = event_text(exhibit, "kind");
	if (strcmp(kind, "frame-out") == 0 || strcmp(kind, "frame-in") == 0) {
		s->frames++;
	} else if (strcmp(kind, "setkey") == 0) {
		put_marker(out, s, exhibit);
	} else if (strcmp(kind, "pfkey-out") == 0 && !is_setup(s, exhibit)) {
		put_marker(out, s, exhibit);
		fputs("#! pfkey", out);
		put_octets(out, exhibit);
	} else if (strcmp(kind, "do") == 0) {
		put_marker(out, s, exhibit);
		fputs("#! do ", out);
		put_printable(out, event_text(exhibit, "text"), true);
		put_octets(out, exhibit);
	}
}
