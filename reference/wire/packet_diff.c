#include "wire/packet.h"
#include "wire/text.h"

#define DIFF_MAX (sizeof((struct packet_diff *)0)->d / sizeof(struct field_diff))

/* A payload differs like a field of a layer called "payload". */
static const struct field payload_fields[] = { { "octets", 0, F_BYTES, NULL, NULL } };
static const struct layout layout_payload = {
	.name = "payload",
	.title = "Payload",
	.fields = payload_fields,
	.n = 1,
};

static bool
same_shape(const struct packet *a, const struct packet *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned i = 0; i < a->n; i++) {
		if (a->layer[i].lay != b->layer[i].lay)
			return false;
	}
	return true;
}

static void
print_shape(struct text *t, const struct packet *p)
{
	for (unsigned i = 0; i < p->n; i++)
		text_add(t, "%s%s", i > 0 ? "/" : "", p->layer[i].lay->name);
	if (p->n == 0)
		text_add(t, "payload");
}

size_t
packet_shape(const struct packet *p, char *text, size_t cap)
{
	struct text t = text_of(text, cap);
	print_shape(&t, p);
	return t.n;
}

static void
diff_payload(struct packet_diff *d, struct bytes want, struct bytes got)
{
	struct hdr w = hdr_of(&layout_payload), g = w;
	hdr_set_bytes(&w, 0, want);
	hdr_set_bytes(&g, 0, got);
	struct field_diff *at = d->n < DIFF_MAX ? &d->d[d->n] : NULL;
	if (hdr_diff(&w, &g, at, at != NULL) == 0)
		return;
	d->n++;
	char text[2][sizeof at->want];
	/* Short ones read better as the text they may be. */
	if (at != NULL && payload_print(want, text[0], sizeof text[0]) < sizeof text[0] &&
	    payload_print(got, text[1], sizeof text[1]) < sizeof text[1] && want.n <= 40 && got.n <= 40) {
		memcpy(at->want, text[0], sizeof at->want);
		memcpy(at->got, text[1], sizeof at->got);
	}
}

bool
packet_agree(const struct packet *want, const struct packet *got, struct packet_diff *d)
{
	d->n = 0;
	d->shape[0] = '\0';
	if (!same_shape(want, got)) {
		struct text t = text_of(d->shape, sizeof d->shape);
		text_add(&t, "want ");
		print_shape(&t, want);
		text_add(&t, ", got ");
		print_shape(&t, got);
		text_mark_cut(&t);
		return false;
	}
	for (unsigned i = 0; i < want->n; i++) {
		unsigned room = d->n < DIFF_MAX ? (unsigned)DIFF_MAX - d->n : 0;
		unsigned n = hdr_diff(&want->layer[i], &got->layer[i], room > 0 ? &d->d[d->n] : NULL, room);
		for (unsigned k = 0; k < n && k < room; k++)
			d->d[d->n + k].layer = i + 1;
		d->n += n;
	}
	if (want->payload_given)
		diff_payload(d, want->payload, got->payload);
	return d->n == 0;
}
