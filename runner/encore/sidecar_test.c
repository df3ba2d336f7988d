#include "runner/encore/sidecar.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define SA "add 192.0.2.2 192.0.2.1 esp 0x1001 -E null \"\" -A hmac-md5 0x000102030405060708090a0b0c0d0e0f ;\n"

static bool
read_text(struct sidecar *s, const char *text, struct err *e)
{
	char path[64];
	snprintf(path, sizeof path, "/tmp/espy-sidecar-%d.setkey", (int)getpid());
	FILE *f = fopen(path, "w");
	cr_assert(f != NULL);
	fputs(text, f);
	fclose(f);
	*s = (struct sidecar){ 0 };
	*e = (struct err){ 0 };
	bool ok = sidecar_read(s, path, e);
	unlink(path);
	return ok;
}

Test(sidecar, plain_setkey_text_comes_before_the_first_frame)
{
	struct sidecar s;
	struct err e;
	cr_assert(read_text(&s, "# a comment\n" SA, &e), "%s", e.text);
	cr_assert(s.first != NULL && s.first->next == NULL);
	cr_expect(eq(ulong, s.first->frame, 1));
	cr_expect(eq(u8, s.first->kind, SIDECAR_SETKEY));
	cr_expect(eq(uint, s.sas, 1));
	cr_expect(eq(uint, setkey_first(s.first->script)->line, 2));
	sidecar_free(&s);
}

Test(sidecar, steps_keep_their_order_and_their_place_among_frames)
{
	struct sidecar s;
	struct err e;
	cr_assert(read_text(&s,
			    "#! do tunable net.ipv4.ip_forward 1\n" SA
			    "#! do manager xfrm\n#! frame 3 at 1500\nspdflush ;\n"
			    "#! pfkey 0x0209\n#! do udp-send s 192.0.2.2 9 0x6869\n",
			    &e),
		  "%s", e.text);
	const struct sidecar_step *st = s.first;
	cr_expect(eq(u8, st->kind, SIDECAR_DO));
	cr_expect(eq(str, (char *)(uintptr_t)st->words, "tunable net.ipv4.ip_forward 1"));
	st = st->next;
	cr_expect(eq(u8, st->kind, SIDECAR_SETKEY));
	cr_expect(eq(ulong, st->frame, 1));
	cr_expect(eq(str, (char *)(uintptr_t)st->manager, "xfrm"));
	st = st->next;
	cr_expect(eq(u8, st->kind, SIDECAR_SETKEY));
	cr_expect(eq(ulong, st->frame, 3));
	cr_expect(eq(u64, st->us, 1500));
	cr_expect(eq(ptr, (void *)(uintptr_t)st->manager, NULL));
	st = st->next;
	cr_expect(eq(u8, st->kind, SIDECAR_PFKEY));
	cr_expect(eq(sz, st->octets.n, 2));
	st = st->next;
	cr_expect(eq(str, (char *)(uintptr_t)st->words, "udp-send s 192.0.2.2 9"));
	cr_expect(bytes_equal(st->octets, (struct bytes){ (const uint8_t *)"hi", 2 }));
	cr_expect(eq(ptr, st->next, NULL));
	cr_expect(eq(uint, s.messages, 1));
	sidecar_free(&s);
}

Test(sidecar, mistakes_are_named_with_their_line)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "\n#! fly\n", ":2: #! fly: want frame, pfkey or do" },
		{ "#! frame x at 1\n", ":1: #! frame: want \"N at MICROSECONDS\" in order, got \"x at 1\"" },
		{ "#! frame 2 at 1\n#! frame 1 at 2\n", ":2: #! frame" },
		{ "#! frame 1 at 1 more\n", ":1: #! frame" },
		{ "#! pfkey 0x0\n", ":1: octets: want hexadecimal digits in pairs" },
		{ "#! pfkey 0xzz\n", ":1: octets" },
		{ "#! frame 1 at 1\n\nadd nonsense ;\n", ":3:" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sidecar s;
		struct err e;
		cr_expect(not(read_text(&s, rows[i].text, &e)), "row %zu", i);
		cr_expect(strstr(e.text, rows[i].words) != NULL, "row %zu: %s", i, e.text);
		sidecar_free(&s);
	}
}
