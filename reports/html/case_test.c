/* What a reader finds of one case, and what a journal may do to it. */
#include "reports/html/case.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "config/setkey.h"
#include "ipsec/datagram.h"
#include "pfkey/pfkey.h"
#include "reports/sample_test.h"
#include "wire/text.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ENC_KEY "8b448e00f68c01b448c7b182ceb2f405"
#define AUTH_KEY "a011ad1ee97336d023e80f3934b25ce6149477ab"
#define SETKEY                                                                                                         \
	"\n    add 192.0.2.1 192.0.2.2 esp 0x1001 -m transport -E rijndael-cbc 0x" ENC_KEY " -A hmac-sha1 0x" AUTH_KEY \
	" ;\n    spdadd 192.0.2.1 192.0.2.2 any -P in ipsec esp/transport//require ;\n  "
static struct run_record run;
static struct report_wish wish = { .folder = "" };

static void
text_hex(char *out, size_t cap, struct bytes b)
{
	struct text t = text_of(out, cap);
	for (struct rd r = rd_of(b); rd_left(&r) > 0;)
		text_add(&t, "%02x", (unsigned)rd_uint(&r, 1));
}

/* An echo request under the SA of SETKEY. */
static const char *
sealed(void)
{
	static char hex[400];
	static uint8_t clear_room[64], room[200];
	struct random_seeded rnd;
	struct err e = { 0 };
	struct wr clear = wr_of(clear_room, sizeof clear_room), w = wr_of(room, sizeof room);
	struct setkey_script *s = setkey_parse(SETKEY, strlen(SETKEY), "test", 1, &e);
	cr_assert(s != NULL, "%s", e.text);
	struct sa *sa = sa_open(&setkey_first(s)->sa, &e);
	cr_assert(sa != NULL, "%s", e.text);
	cr_assert(text_read_hex("45000020000000004001"
				"b6da"
				"c0000201c0000202"
				"0800"
				"3334"
				"00020003"
				"61626364",
				&clear));
	random_seeded_init(&rnd, 3);
	cr_assert(eq(int, datagram_protect(sa, wr_done(&clear), 0, &rnd.random, &w), ACCEPT));
	text_hex(hex, sizeof hex, wr_done(&w));
	sa_close(sa);
	setkey_free(s);
	return hex;
}

static const char *
pfkey_add(void)
{
	static char hex[800];
	static struct pfkey_msg m;
	uint8_t store[400], room[400];
	struct err e = { 0 };
	struct wr borrowed = wr_of(store, sizeof store), w = wr_of(room, sizeof room);
	struct setkey_script *s = setkey_parse(SETKEY, strlen(SETKEY), "test", 1, &e);
	pfkey_msg_init(&m, &dialect_linux, PFKEY_ADD, SATYPE_ESP);
	cr_assert(pfkey_msg_from_sa(&m, &setkey_first(s)->sa, &borrowed, &e), "%s", e.text);
	cr_assert(pfkey_msg_put(&m, false, &w, &e), "%s", e.text);
	text_hex(hex, sizeof hex, wr_done(&w));
	setkey_free(s);
	return hex;
}

static json_t *
exhibit(const char *kind, double t, int line, int link, const char *octets, const char *text)
{
	return json_pack("{s:s,s:f,s:i,s:i,s:s,s:s}", "kind", kind, "t_us", t, "line", line, "link", link, "octets",
			 octets, "text", text);
}

/* A case that has one of everything. */
static json_t *
event_of(const char *got)
{
	json_t *x = json_array(), *deciding = exhibit("frame-in", 900, 32, 1, sealed(), "< esp(seq=7)/echo");
	json_array_append_new(
		x, exhibit("pfkey-out", 10, 0, 1, "02090000020000005b01000000000000", "flush(seq=347, pid=0)"));
	json_array_append_new(x, exhibit("setkey", 20, 9, 0, "", SETKEY));
	json_array_append_new(x, exhibit("pfkey-out", 30, 10, 1, pfkey_add(), "add(satype=esp)"));
	json_array_append_new(x, exhibit("pfkey-in", 40, 0, 1, pfkey_add(), "add(errno=EEXIST, satype=esp)"));
	json_array_append_new(x,
			      exhibit("pfkey-out", 200, 30, 3, pfkey_add(), "add(satype=esp)/key_encrypt(bits=128)"));
	json_array_append_new(x, exhibit("frame-out", 400, 31, 2,
					 "45000020000000004001b6dac0000201c000020208003334000200036162636",
					 "half an octet"));
	json_array_append_new(x, exhibit("frame-out", 500, 31, 2,
					 "45000020000000004001b6dac0000201c0000202080033340002000361626364", "> echo"));
	json_array_append_new(x, exhibit("sentinel", 800, 32, 1, "", "it came back"));
	json_array_append_new(x, exhibit("sentinel", 850, 32, 1, "", "it came back"));
	json_object_set_new(deciding, "decides", json_true());
	json_array_append_new(x, deciding);
	json_array_append_new(x, exhibit("app", 950, 33, 5, ENC_KEY, "delivered"));
	json_array_append_new(x, exhibit("note", 960, 33, 0, "", "key 0x" AUTH_KEY " <script>alert(1)</script>"));
	return json_pack(
		"{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:{s:i,s:s},s:s,s:s,s:[{s:s,s:s,s:s,s:s,s:i}],s:o}",
		"event", "case", "id", "esp.out/seq", "full_id", "esp.out/seq/ipv4/it's", "suite", "esp.out", "title",
		"t", "level", "MUST", "clause", "RFC 4303 2.2, RFC 4301 5", "verdict", "FAIL", "reason",
		"esp.seq: want 7, got 1  [RFC 4303 2.2]", "file", "suites/esp-out.suite", "seed", "x", "line", 12,
		"step", "line", 32, "text", "< esp(seq=7)/echo", "want", "ip4/esp(seq=7)/echo", "got", got, "diff",
		"field", "esp.seq", "want", "7", "got", "1", "clause", "RFC 4303 2.2", "layer", 2, "exhibits", x);
}

static void
begin(void)
{
	static const char *const lines[] = { SAMPLE_START, NULL };
	run = sample_run(lines);
	json_object_set_new(json_object_get(run.start, "target"), "dialect", json_string("linux"));
}

static void
end(void)
{
	run_free(&run);
}

TestSuite(html_case, .init = begin, .fini = end);

static char *
rendered(const json_t *event, bool keys)
{
	static char *text;
	static size_t n;
	FILE *out = open_memstream(&text, &n);
	struct html h = { .run = &run, .wish = &wish };
	wish.show_keys = keys;
	html_case(out, &h, event);
	fclose(out);
	return text;
}

/* --- XML's own demands ------------------------------------------------------------------------------- */

/* Elements nest, attributes are quoted, and no text is left over: what a reader of XML would say, in short. */
static const char *
fault_of(const char *p)
{
	static char open[64][24];
	unsigned depth = 0;
	for (; *p != '\0'; p++) {
		if (*p == '&' && strcspn(p, ";") > 8)
			return "an ampersand";
		if (*p != '<')
			continue;
		bool closing = p[1] == '/';
		const char *name = p + 1 + closing;
		size_t n = strcspn(name, " />\n"), at = 0;
		bool quoted = false;
		for (; name[n + at] != '\0' && (quoted || name[n + at] != '>'); at++) {
			quoted ^= name[n + at] == '"';
			if (name[n + at] == '<')
				return "a tag in a tag";
		}
		if (n == 0 || n >= sizeof open[0] || name[n + at] != '>')
			return "a tag that does not end";
		if (!closing && name[n + at - 1] != '/') {
			if (depth == COUNT(open))
				return "too deep";
			snprintf(open[depth++], sizeof open[0], "%.*s", (int)n, name);
		} else if (closing && (depth == 0 || strncmp(open[--depth], name, n) != 0 || open[depth][n] != '\0')) {
			return p;
		}
		p = name + n + at;
	}
	return depth == 0 ? NULL : open[depth - 1];
}

static void
expect(const char *html, const char *what)
{
	cr_expect(strstr(html, what) != NULL, "want %s in\n%s", what, html);
}

static void
expect_not(const char *html, const char *what)
{
	const char *at = strstr(html, what);
	cr_expect(at == NULL, "there is %s: %.200s", what, at);
}

Test(html_case, marks_what_differs_in_the_octets_and_in_the_table)
{
	json_t *event = event_of("ip4/esp(seq=1)/echo");
	char *html = rendered(event, false);
	expect(html, "<mark title=\"esp.seq: want 7\"><i class=\"sec e\">00 00 00 01</i></mark>");
	expect(html, "<tr class=\"d\"><td>24</td><td>seq</td><td><mark>1</mark> <strong>\xe2\x9c\x97 want 7</strong>");
	expect(html, "https://www.rfc-editor.org/rfc/rfc4303#section-2.2");
	expect(html, "esp 0x1001, decrypted");
	expect(html, "<td>payload</td><td>&quot;abcd&quot;</td>");
	expect(html, "\xe2\x9c\x97 esp.seq: want 7, got 1</text>");
	expect(html, "<code>esp(spi=0x1001, seq=1)/echo/4 octets</code>");
	cr_expect(eq(ptr, (void *)(uintptr_t)fault_of(html), NULL), "%s", fault_of(html));
	free(html);
	json_decref(event);
}

Test(html_case, has_a_chart_with_a_list_that_says_the_same)
{
	json_t *event = event_of("ip4/esp(seq=1)/echo");
	char *html = rendered(event, false);
	expect(html, "<svg class=\"case-chart\" role=\"img\" aria-labelledby=\"x1-t\" aria-describedby=\"x1-list\"");
	expect(html, "<ol class=\"case-list\" id=\"x1-list\">");
	expect(html, "configured: 1 SA, 1 policy, 1 answer with an error");
	expect(html, ">link 2</text>");
	expect(html, "sentinel: it came back, 2 times");
	expect(html, "0.90 ms");
	free(html);
	json_decref(event);
}

Test(html_case, silence_that_decided_stands_behind_its_sentinel)
{
	json_t *event = event_of("nothing");
	json_object_del(event, "diff");
	char *html = rendered(event, false);
	const char *silence = strstr(html, "<span class=\"way\">silence</span>"),
		   *sentinel = strstr(html, "<span class=\"way\">sentinel</span>");
	cr_assert(silence != NULL && sentinel != NULL && sentinel < silence);
	cr_expect(silence < strstr(html, "<code>esp(spi=0x1001, seq=1)/echo/4 octets</code>"),
		  "what came later stands behind it");
	expect(silence, "\xe2\x9c\x97 this decided");
	free(html);
	json_decref(event);
}

Test(html_case, shows_keys_only_where_asked)
{
	json_t *event = event_of("key 0x" ENC_KEY " and " AUTH_KEY);
	char *html = rendered(event, false), *open = rendered(event, true);
	expect_not(html, ENC_KEY);
	expect_not(html, AUTH_KEY);
	expect_not(html, "8b 44 8e");
	expect_not(html, "a0 11 ad");
	expect(html, "-E rijndael-cbc 0x&lt;128-bit key&gt; -A hmac-sha1 0x&lt;160-bit key&gt; ;\nspdadd");
	expect(html, "160 bits, not shown");
	expect(html, "16 octets with a key among them");
	expect(open, "-E rijndael-cbc 0x" ENC_KEY);
	expect(open, "8b 44 8e");
	free(html);
	free(open);
	json_decref(event);
}

Test(html_case, text_of_a_target_is_text)
{
	json_t *event = event_of("<script>alert('x')</script>\"><img src=x>");
	json_object_set_new(event, "full_id", json_string("esp/\"><script>/'$(id)'"));
	json_object_set_new(event, "file", json_string("</small><script>"));
	char *html = rendered(event, false);
	expect_not(html, "<script");
	expect_not(html, "<img");
	expect(html, "&lt;script&gt;");
	cr_expect(eq(ptr, (void *)(uintptr_t)fault_of(html), NULL), "%s", fault_of(html));
	free(html);
	json_decref(event);
}

Test(html_case, gives_the_commands_that_repeat_it)
{
	json_t *event = event_of("ip4/esp(seq=1)/echo");
	json_object_set_new(json_object_get(run.start, "target"), "name", json_string("netns:a b"));
	json_object_set_new(run.start, "argv",
			    json_pack("[s,s,s,s,s]", "espy", "run", "--manager", "xfrm", "my.suite"));
	char *html = rendered(event, false);
	expect(html, "espy run 'esp.out/seq/ipv4/it'\\''s' -t 'netns:a b' --seed 7 --manager xfrm my.suite</code>");
	expect(html, "espy replay cases/");
	expect(html, "/sa.setkey -t 'netns:a b'</code>");
	expect(html, "espy explain esp.out/seq my.suite</code>");
	expect(html, "data-copy=\"x1-c0\"");
	expect(html, "/plain.pcapng\">plain.pcapng</a>");
	free(html);
	json_decref(event);
}

static size_t
occurrences(const char *text, const char *what)
{
	size_t n = 0;
	for (const char *p = text; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

Test(html_case, says_what_it_leaves_out)
{
	json_t *event = event_of("ip4/esp(seq=1)/echo"), *x = json_object_get(event, "exhibits"), *long_one;
	static char hex[2 * 9000 + 1];
	for (unsigned i = 0; i < 500; i++)
		json_array_append_new(x, exhibit("frame-out", 2000 + i, 40, 1, sealed(), "> esp"));
	char *html = rendered(event, false);
	cr_expect(le(sz, occurrences(html, "<span class=\"when\">"), 41));
	expect(html, "more, not shown here: all packets are in packets.pcapng");
	expect(html, "are not shown octet by octet here");
	cr_expect(lt(sz, strlen(html), 120000));
	cr_expect(eq(ptr, (void *)(uintptr_t)fault_of(html), NULL), "%s", fault_of(html));
	free(html);
	memset(hex, 'a', sizeof hex - 1);
	long_one = exhibit("frame-in", 1, 32, 1, hex, "");
	json_object_set_new(long_one, "decides", json_true());
	json_array_insert_new(x, 0, long_one);
	html = rendered(event, false);
	expect(html, "6,952 more octets, not shown here");
	free(html);
	json_decref(event);
}

/* --- whatever a journal may hold --------------------------------------------------------------------- */

static json_t *
odd_value(unsigned *seed)
{
	switch (rand_r(seed) % 9) {
	case 0: return json_null();
	case 1: return json_true();
	case 2: return json_integer(-1);
	case 3: return json_real(1e300);
	case 4: return json_string("");
	case 5: return json_string("45");
	case 6: return json_pack("[s,{s:s}]", "x", "kind", "frame-in");
	case 7: return json_pack("{s:s}", "field", "esp.seq");
	default: return json_string("\xe2\x80\xae<&\"' \x01 00112233445566778899aabbccddeeff");
	}
}

/* Goes down at random and spoils what it comes to. */
static void
spoil(json_t *j, unsigned *seed)
{
	size_t n = json_is_object(j) ? json_object_size(j) : json_array_size(j),
	       pick = n > 0 ? (size_t)rand_r(seed) % n : 0;
	if (n == 0)
		return;
	json_t *child = json_array_get(j, pick);
	void *at = json_object_iter(j);
	for (size_t i = 0; json_is_object(j) && i < pick; i++)
		at = json_object_iter_next(j, at);
	if (json_is_object(j))
		child = json_object_iter_value(at);
	if ((json_is_object(child) || json_is_array(child)) && rand_r(seed) % 4 != 0) {
		spoil(child, seed);
		return;
	}
	json_t *value = odd_value(seed);
	const char *old = json_is_string(child) ? json_string_value(child) : "";
	if (old[0] != '\0' && rand_r(seed) % 2 == 0) {
		json_decref(value);
		value = json_stringn_nocheck(old, (size_t)rand_r(seed) % strlen(old));
	}
	if (json_is_array(j))
		json_array_set_new(j, pick, value);
	else if (rand_r(seed) % 4 == 0)
		json_decref(value), json_object_del(j, json_object_iter_key(at));
	else
		json_object_iter_set_new(j, at, value);
}

Test(html_case, survives_every_member_missing_cut_or_of_another_type)
{
	unsigned seed = 5;
	json_t *whole = event_of("ip4/esp(seq=1)/echo");
	/* What an application got may be a key only to who knows that it is one. */
	json_array_remove(json_object_get(whole, "exhibits"), 10);
	for (unsigned round = 0; round < 2500; round++) {
		json_t *event = json_deep_copy(whole);
		for (unsigned k = rand_r(&seed) % 6; k > 0; k--)
			spoil(event, &seed);
		char *html = rendered(event, false);
		const char *fault = fault_of(html);
		cr_assert(eq(ptr, (void *)(uintptr_t)fault, NULL), "round %u: %.100s in\n%s", round, fault, html);
		cr_assert(eq(ptr, strstr(html, ENC_KEY), NULL), "round %u: %s", round, strstr(html, ENC_KEY));
		free(html);
		json_decref(event);
	}
	json_decref(whole);
}

Test(html_case, clauses_are_links_where_they_are_of_an_rfc)
{
	static const struct {
		const char *clause, *html;
	} rows[] = {
		{ "RFC 4303 3.4.3, RFC 2367 3.1",
		  "<a href=\"https://www.rfc-editor.org/rfc/rfc4303#section-3.4.3\">RFC 4303 3.4.3</a>, "
		  "<a href=\"https://www.rfc-editor.org/rfc/rfc2367#section-3.1\">RFC 2367 3.1</a>" },
		{ "RFC 768", "<a href=\"https://www.rfc-editor.org/rfc/rfc768\">RFC 768</a>" },
		{ "RFC 792 page 14", "<a href=\"https://www.rfc-editor.org/rfc/rfc792\">RFC 792 page 14</a>" },
		{ "", "" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = NULL;
		size_t n = 0;
		FILE *out = open_memstream(&text, &n);
		html_clause(out, rows[i].clause);
		fclose(out);
		cr_expect(eq(str, text, (char *)rows[i].html), "%s", rows[i].clause);
		free(text);
	}
}
