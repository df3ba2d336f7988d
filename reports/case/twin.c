#include <stdlib.h>

#include "reports/case/folder.h"
#include "reports/event.h"
#include "reports/case/plain.h"

static bool
put_frame(FILE *out, const struct case_folder *f, struct plain *p, size_t at, const json_t *x)
{
	char text[1500];
	struct bytes octets;
	uint8_t *room;
	if (!exhibit_octets(x, &room, &octets))
		return false;
	struct sad *sad = case_sas_for(f->sas, at, octets);
	if (sad != NULL)
		packets_put(out, f, at, x, plain_open(p, sad, octets, text, sizeof text), text);
	free(room);
	return sad != NULL;
}

bool
report_plain(const struct case_folder *f, struct err *e)
{
	const json_t *x;
	struct atomic_file a;
	size_t at;
	struct plain *p = plain_new();
	bool ok = p != NULL;
	if (!ok)
		return fail(e, ERR_IO, "out of memory");
	if (!atomic_file_begin(&a, e)) {
		plain_free(p);
		return false;
	}
	packets_begin(a.out, f, "Decrypted by espy: frame N was frame N of packets.pcapng.");
	json_array_foreach(json_object_get(f->event, "exhibits"), at, x)
		if (ok && exhibit_is_frame(x))
			ok = put_frame(a.out, f, p, at, x);
	plain_free(p);
	if (ok)
		return new_folder_put(&f->to, &a, "plain.pcapng", 0666, e);
	atomic_file_drop(&a);
	return fail(e, ERR_SYNTAX, "case %s: a frame cannot be read", event_text(f->event, "full_id"));
}
