/* The suite language: what every construct of espy-suite(5) becomes, and what is said about one that cannot be read. */
#include "runner/suite.h"

#include <glob.h>
#include <stdlib.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "runner/suite_source.h"

#define HEAD "suite t.one \"a title\" rfc4303 3.4.3\n"
#define CASE "case c MUST \"claims\"\n{\n"
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct suite *
parsed(const char *text)
{
	struct err e = { 0 };
	struct suite *s = suite_parse("t.suite", text, strlen(text), &e);
	cr_assert(s != NULL, "%s: %s", text, e.text);
	return s;
}

static struct suite *
parsed_steps(const char *steps)
{
	static char text[8192];
	snprintf(text, sizeof text, HEAD CASE "%s\n}\n", steps);
	return parsed(text);
}

/* --- the tree -------------------------------------------------------------------------------- */

Test(suite, header_axes_and_setups)
{
	struct suite *s = parsed(HEAD "  for family in ipv4 ipv6\n  for n in 3..5 9 (1 + 2)\n  for transform in @one\n"
				      "setup { note \"one\" }\nsetup two {\n note \"two\"\n}\n" CASE "}\n");
	cr_expect(eq(str, (char *)s->name, "t.one"));
	cr_expect(eq(str, (char *)s->title, "a title"));
	cr_expect(eq(str, (char *)s->clauses->document, "rfc4303"));
	cr_expect(eq(str, (char *)s->clauses->section, "3.4.3"));
	const struct axis *family = s->axes, *n = family->next, *transform = n->next;
	cr_assert(eq(u32, family->n, 2));
	cr_expect(eq(str, (char *)family->values[1]->text, "ipv6"));
	cr_assert(eq(u32, n->n, 3));
	cr_expect(eq(u64, n->values[0]->number, 3));
	cr_expect(eq(u64, n->range_end[0]->number, 5));
	cr_expect(n->range_end[1] == NULL);
	cr_expect(eq(u8, n->values[2]->kind, E_OP));
	cr_expect(eq(str, (char *)transform->values[0]->text, "@one"));
	cr_expect(eq(str, (char *)s->setups->name, "default"));
	cr_expect(eq(str, (char *)s->setups->next->name, "two"));
	cr_expect(eq(u8, s->setups->next->steps->kind, STEP_NOTE));
	suite_free(s);
}

Test(suite, attributes_of_a_case)
{
	struct suite *s = parsed(
		HEAD
		"setup other { alive }\ncase c SHOULD \"claims\"\n  clause rfc4302 2.1\n  clause rfc4301 7\n"
		"  decides SQ-01 REQ-2\n  decides X\n  needs esn link2\n  when $mode == tunnel and $n > 3\n"
		"  when $n < 9\n  for mode in tunnel\n  setup other\n  uncalibrated\n{ }\ncase d INFO \"d\"\n{ }\n");
	const struct case_spec *c = s->cases;
	cr_expect(eq(u8, c->level, CASE_SHOULD));
	cr_expect(eq(u8, c->next->level, CASE_INFO));
	cr_expect(eq(str, (char *)c->clauses->document, "rfc4302"));
	cr_expect(eq(str, (char *)c->clauses->next->section, "7"));
	cr_expect(eq(str, (char *)c->decides->next->next->word, "X"));
	cr_expect(eq(str, (char *)c->needs->next->word, "link2"));
	unsigned tests = 0;
	for (const struct condition *k = c->when; k != NULL; k = k->and_next)
		tests++;
	cr_expect(eq(u32, tests, 3));
	cr_expect(eq(str, (char *)c->axes->name, "mode"));
	cr_expect(eq(str, (char *)c->setup, "other"));
	cr_expect(c->raw_transform);
	cr_expect(not(c->next->raw_transform));
	cr_expect(eq(u32, c->at.line, 3));
	suite_free(s);
}

/* Every step of the language by its line; the kind alone says that the right rule took it. */
static const struct {
	const char *line;
	uint8_t kind;
} steps[] = {
	{ "setkey { flush ; }", STEP_SETKEY },
	{ "> esp(seq=1)/echo", STEP_SEND },
	{ "link 2 > udp(7)/\"x\" | flip icv octet 0 bit 7 | times 2", STEP_SEND },
	{ "> bare ip4(ttl=1)/data(size=8)", STEP_SEND },
	{ "> 0x4500", STEP_SEND },
	{ "> ip4/$payload", STEP_SEND },
	{ "< esp/echo-reply", STEP_EXPECT },
	{ "< nothing", STEP_EXPECT },
	{ "< whatever", STEP_EXPECT },
	{ "< echo if $a == 1 else nothing", STEP_EXPECT },
	{ "< echo if model", STEP_EXPECT },
	{ "< echo size <= 100", STEP_EXPECT },
	{ "any { < echo\n < udp }", STEP_ANY },
	{ "alive", STEP_ALIVE },
	{ "pfkey > add(seq=7)/sa(spi=0x1001)/rest without key_auth $x | truncate 8", STEP_PFKEY_SEND },
	{ "pfkey two < add(errno=EINVAL|EEXIST)/sa(spi=?spi) without key_auth key_encrypt", STEP_PFKEY_EXPECT },
	{ "pfkey two < nothing", STEP_PFKEY_EXPECT },
	{ "pfkey < write(errno=EMSGSIZE)", STEP_PFKEY_EXPECT },
	{ "pfkey two close", STEP_PFKEY_CLOSE },
	{ "app a = udp bind 5000", STEP_APP_OPEN },
	{ "app a = udp bind 5000 policy \"in bypass\"", STEP_APP_OPEN },
	{ "app a = udp bind 5000 as user policy \"in bypass\" policy \"out entrust\" refused EACCES EPERM encap",
	  STEP_APP_OPEN },
	{ "app a policy \"in bypass\"", STEP_APP_POLICY },
	{ "app a policy \"in bypass\" refused EACCES", STEP_APP_POLICY },
	{ "app a policy in == \"in bypass\"", STEP_APP_POLICY_IS },
	{ "app a policy out == $x", STEP_APP_POLICY_IS },
	{ "app a send \"x\" to $tester 7", STEP_APP_SEND },
	{ "app a send size 100 to $tester 7", STEP_APP_SEND },
	{ "app a close", STEP_APP_CLOSE },
	{ "deliver \"x\" to a", STEP_DELIVER },
	{ "deliver nothing to a", STEP_DELIVER },
	{ "tunable \"net.ipv4.ip_forward\" = 1", STEP_TUNABLE },
	{ "tunable pmtu = off", STEP_TUNABLE },
	{ "tunable \"policy.logged\" == 1", STEP_TUNABLE_IS },
	{ "ipsecconf { { raddr $tester } ipsec { encr_algs aes } }", STEP_SETKEY },
	{ "ipseckey { flush }", STEP_SETKEY },
	{ "app a ip_sec_opt \"esp=required\"", STEP_APP_POLICY },
	{ "app a ip_sec_opt both == \"\"", STEP_APP_POLICY_IS },
	{ "audit replay", STEP_AUDIT },
	{ "audit log", STEP_AUDIT },
	{ "model replay window = 64", STEP_MODEL },
	{ "for n in 1..3 7 { alive }", STEP_FOR },
	{ "repeat 3 { alive }", STEP_REPEAT },
	{ "repeat 3 { alive } until pfkey a < expire(satype=esp)/sa(spi=1) without lifetime_hard", STEP_REPEAT },
	{ "shuffle 3 of 1..9 as $n { alive }", STEP_SHUFFLE },
	{ "if $n >= 2 { alive } else { note \"no\" }", STEP_IF },
	{ "if mutable($octet) { alive }", STEP_IF },
	{ "let n = 1 + 2 * 3", STEP_LET },
	{ "check $a != $b and $c == 1", STEP_CHECK },
	{ "wait 1", STEP_WAIT },
	{ "note \"words\"", STEP_NOTE },
};

Test(suite, every_step_is_known_by_its_line)
{
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct suite *s = parsed_steps(steps[i].line);
		const struct step *st = s->cases->steps;
		cr_expect(eq(u8, st->kind, steps[i].kind), "%s", steps[i].line);
		cr_expect(st->next == NULL, "%s", steps[i].line);
		cr_expect(eq(u32, st->at.line, 4), "%s", steps[i].line);
		suite_free(s);
	}
}

Test(suite, a_packet_is_layers_with_arguments_and_alterations)
{
	struct suite *s = parsed_steps(
		"link 2 > bare esp(0x1001, seq=1|2, iv=?iv)/data(size=(3 + 4))/\"a\\x41\\n\" | flip icv last | cut 3");
	const struct step *st = s->cases->steps;
	const struct packet_spec *p = st->packet;
	cr_expect(eq(u32, st->link, 2));
	cr_expect(p->bare);
	const struct arg *g = p->layers->args;
	cr_expect(g->name == NULL && g->value->kind == E_NUMBER && g->value->number == 0x1001);
	cr_expect(eq(str, (char *)g->next->name, "seq"));
	cr_expect(eq(u8, g->next->value->kind, E_ALTERNATIVES));
	cr_expect(eq(u8, g->next->next->value->kind, E_BIND));
	cr_expect(eq(str, (char *)g->next->next->value->text, "iv"));
	const struct layer_spec *payload = p->layers->next->next;
	cr_assert(payload->name == NULL);
	cr_expect(eq(sz, payload->payload->text_n, 3));
	cr_expect(eq(str, (char *)payload->payload->text, "aA\n"));
	cr_expect(eq(str, (char *)p->mods->name, "flip"));
	cr_expect(eq(u32, p->mods->n, 2));
	cr_expect(eq(str, (char *)p->mods->next->name, "cut"));
	suite_free(s);
}

Test(suite, operators_bind_as_in_arithmetic)
{
	struct suite *s = parsed_steps("let a = 1 + 2 * 3 - 4");
	const struct expr *x = s->cases->steps->value;
	cr_assert(x->kind == E_OP && x->op == '-');
	cr_assert(x->left->kind == E_OP && x->left->op == '+');
	cr_expect(x->left->right->op == '*');
	cr_expect(eq(u64, x->right->number, 4));
	suite_free(s);
}

Test(suite, numbers)
{
	static const struct {
		const char *text;
		uint8_t kind;
		uint64_t number;
	} rows[] = {
		{ "0", E_NUMBER, 0 },
		{ "010", E_NUMBER, 10 }, /* nobody means octal */
		{ "0x10", E_NUMBER, 16 },
		{ "18446744073709551615", E_NUMBER, UINT64_MAX },
		{ "0xffffffffffffffffffff", E_WORD, 0 }, /* octets */
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char line[100];
		snprintf(line, sizeof line, "let a = %s", rows[i].text);
		struct suite *s = parsed_steps(line);
		const struct expr *x = s->cases->steps->value;
		cr_expect(eq(u8, x->kind, rows[i].kind), "%s", rows[i].text);
		cr_expect(eq(u64, x->number, rows[i].number), "%s", rows[i].text);
		cr_expect(eq(str, (char *)x->text, (char *)rows[i].text));
		suite_free(s);
	}
}

Test(suite, lines_go_on_in_parentheses_and_after_a_backslash)
{
	struct suite *s = parsed_steps("> esp(seq=1, # the first\n  spi=2)/echo \\\n | times 2\nalive # and \"this\"");
	const struct step *st = s->cases->steps;
	cr_expect(st->packet->mods != NULL);
	cr_expect(eq(u8, st->next->kind, STEP_ALIVE));
	cr_expect(eq(u32, st->next->at.line, 7));
	suite_free(s);
}

Test(suite, a_setkey_block_is_raw_text_from_where_it_begins)
{
	struct suite *s = parsed_steps("alive\nsetkey {\n  add ${a}b # not \"ours\"\n}\nalive");
	const struct step *st = s->cases->steps->next;
	cr_expect(eq(str, (char *)st->raw, "\n  add ${a}b # not \"ours\"\n"));
	cr_expect(eq(u32, st->raw_line, 5));
	cr_expect(eq(u32, st->at.line, 5));
	cr_expect(eq(str, (char *)st->text, "setkey {"));
	cr_expect(eq(u32, st->next->at.line, 8));
	suite_free(s);
}

Test(suite, blocks_hold_their_own_steps)
{
	struct suite *s = parsed_steps(
		"if $a == 1 {\n alive\n note \"x\" } else { alive }\nfor n in 1 2 {\n  repeat 2 { alive }\n}");
	const struct step *st = s->cases->steps;
	cr_expect(eq(u8, st->body->next->kind, STEP_NOTE));
	cr_expect(eq(u8, st->otherwise->kind, STEP_ALIVE));
	cr_expect(eq(u8, st->next->body->kind, STEP_REPEAT));
	cr_expect(eq(u8, st->next->body->body->kind, STEP_ALIVE));
	suite_free(s);
}

Test(suite, a_file_without_cases_is_a_suite_and_its_last_line_needs_no_end)
{
	struct suite *s = parsed("\n# a comment\nsuite t \"t\"");
	cr_expect(s->cases == NULL);
	cr_expect(s->clauses == NULL);
	suite_free(s);
}

/* --- what cannot be read --------------------------------------------------------------------- */

static const struct {
	const char *id, *text, *want;
} bad[] = {
	{ "empty file", "", "t.suite:1:1: want end of line or suite, got end of file" },
	{ "unknown layer", HEAD CASE "> esp/ehco\n}\n", "t.suite:4:7: no layer 'ehco': did you mean echo?" },
	{ "unknown field", HEAD CASE "< esp(seq=1, sqe=1)/echo\n}\n",
	  "t.suite:4:14: no field 'sqe' in esp: did you mean seq?" },
	{ "sa= of a layer without one", HEAD CASE "> udp(sa=1)\n}\n", "t.suite:4:7: no field 'sa' in udp" },
	{ "unknown counter", HEAD CASE "audit repaly\n}\n",
	  "t.suite:4:1: no counter or auditable event 'repaly': did you mean replay?" },
	{ "unknown field of a record", HEAD CASE "audit log\naudit replay(sip=1)\n}\n",
	  "t.suite:5:14: no field 'sip' in audit" },
	{ "a MUST that judges a counter", HEAD CASE "audit replay as n\n}\n",
	  "t.suite:2:1: case c judges counters or audit records: want SHOULD, MAY or INFO" },
	{ "unknown field of data", HEAD CASE "> data(n=1)\n}\n", "t.suite:4:8: no field 'n' in data" },
	{ "unknown message", HEAD CASE "pfkey > ad/rest\n}\n", "t.suite:4:9: no PF_KEY message 'ad'" },
	{ "payload for a message", HEAD CASE "pfkey > \"x\"\n}\n", "t.suite:4:9: no PF_KEY message '..'" },
	{ "unknown field of a message", HEAD CASE "pfkey > add(sqe=1)\n}\n",
	  "t.suite:4:13: no field 'sqe' in add: did you mean seq?" },
	{ "unknown extension", HEAD CASE "pfkey > add/sax\n}\n", "t.suite:4:13: no PF_KEY extension 'sax'" },
	{ "unknown field of an extension", HEAD CASE "pfkey < add/sa(sip=1)\n}\n",
	  "t.suite:4:16: no field 'sip' in sa" },
	{ "a value without a name", HEAD CASE "pfkey < add/sa(7)\n}\n", "t.suite:4:16: no field '(no name)' in sa" },
	{ "unknown without, sending", HEAD CASE "pfkey > add/rest without kex\n}\n",
	  "t.suite:4:26: no PF_KEY extension 'kex'" },
	{ "unknown without, expecting", HEAD CASE "pfkey < add without kex\n}\n",
	  "t.suite:4:1: no PF_KEY extension 'kex'" },
	{ "unknown alteration", HEAD CASE "> esp | filp icv\n}\n",
	  "t.suite:4:9: no alteration 'filp': did you mean flip or fill?" },
	{ "alteration of packets on a message", HEAD CASE "pfkey > add/rest | flip icv\n}\n",
	  "t.suite:4:20: no alteration of a message 'flip'" },
	{ "alteration of messages on a packet", HEAD CASE "> esp | octet 3 1\n}\n",
	  "t.suite:4:9: no alteration 'octet'" },
	{ "too many words", HEAD CASE "> esp | set a b c d e f g\n}\n", "t.suite:4:25: | set: too many words" },
	{ "unknown level", HEAD "case c MUTS \"x\"\n{\n}\n",
	  "t.suite:2:8: case c: want a level MUST, SHOULD, MAY or INFO, got 'MUTS'" },
	{ "unknown setup", HEAD "case c MUST \"x\"\n  setup gone\n{ }\n", "t.suite:2:1: no setup 'gone' in c" },
	{ "unknown feature", HEAD "case c MUST \"x\"\n  needs esn lnik2\n{ }\n",
	  "t.suite:3:13: no feature 'lnik2' in c: did you mean link2?" },
	{ "unknown question", HEAD CASE "if mutabel(3) { alive }\n}\n",
	  "t.suite:4:4: no question 'mutabel': did you mean mutable?" },
	{ "duplicate case", HEAD CASE "}\n" CASE "}\n", "t.suite:5:1: case c is already there at line 2" },
	{ "duplicate setup", HEAD "setup { }\nsetup default { }\n",
	  "t.suite:3:1: setup default is already there at line 2" },
	{ "misspelt step", HEAD CASE "alvie\n}\n", "t.suite:4:1: unexpected 'alvie': did you mean alive?" },
	{ "misspelt attribute", HEAD "case c MUST \"x\"\n  decied A-1\n{ }\n",
	  "t.suite:3:3: unexpected 'decied': did you mean decides?" },
	{ "misspelt PF_KEY message", HEAD CASE "pfkey > spdad/sa\n}\n",
	  "t.suite:4:9: no PF_KEY message 'spdad': did you mean spdadd?" },
	{ "misspelt PF_KEY extension", HEAD CASE "pfkey > add/lifetime_hrad\n}\n",
	  "t.suite:4:13: no PF_KEY extension 'lifetime_hrad': did you mean lifetime_hard?" },
	{ "misspelt profile", HEAD "case c MUST \"x\"\n  profile kmae\n{ }\n",
	  "t.suite:3:11: no profile 'kmae': did you mean kame?" },
	{ "bad link", HEAD CASE "link 3 > echo\n}\n", "t.suite:4:6: link: want 1 or 2, got 3" },
	{ "missing closing brace", HEAD CASE "alive\n", "t.suite:5:1: unexpected end of file" },
	{ "missing opening brace", HEAD "case c MUST \"x\"\nalive\n}\n", "t.suite:3:1: " },
	{ "unterminated string", HEAD CASE "note \"abc\n}\n",
	  "t.suite:4:6: string: want a closing '\"' on the same line" },
	{ "unterminated setkey block", HEAD CASE "setkey {\n add ;\n",
	  "t.suite:4:1: setkey block: want '}', got the end of the file" },
	{ "unterminated ipsecconf block", HEAD CASE "ipsecconf {\n { raddr ::1 } drop {}\n",
	  "t.suite:4:1: ipsecconf block: want '}', got the end of the file" },
	{ "two words where one may be", HEAD CASE "alive now\n}\n",
	  "t.suite:4:7: want end of line or '}', got a word" },
	{ "not ours", HEAD CASE "%\n}\n", "t.suite:4:1: want a step or a value, got the character '%'" },
	{ "binary",
	  "\x7f"
	  "ELF\x02\x01",
	  "t.suite:1:1: want a step or a value, got the octet 0x7f" },
	{ "two errors", HEAD CASE "> ehco\n> ehco\n}\n",
	  "t.suite:4:3: no layer 'ehco': did you mean echo? (and 1 more)" },
	{ "two lines that cannot be read", HEAD CASE "alive x\nalive\nalive y\n}\n",
	  "t.suite:4:7: want end of line or '}', got a word (and 1 more)" },
	{ "nine extensions", HEAD CASE "pfkey < add without sa sa sa sa sa sa sa sa sa\n}\n",
	  "t.suite:4:45: without: want at most 8 extensions" },
};

Test(suite, an_error_names_file_line_and_column)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct err e = { 0 };
		struct suite *s = suite_parse("t.suite", bad[i].text, strlen(bad[i].text), &e);
		cr_expect(s == NULL, "%s: was read", bad[i].id);
		cr_expect(strncmp(e.text, bad[i].want, strlen(bad[i].want)) == 0, "%s: want %s, got %s", bad[i].id,
			  bad[i].want, e.text);
		suite_free(s);
		s = suite_parse("t.suite", bad[i].text, strlen(bad[i].text), NULL);
		cr_expect(s == NULL, "%s: was read", bad[i].id);
		suite_free(s);
	}
}

Test(suite, nothing_behind_a_zero_octet_is_lost)
{
	static const char text[] = HEAD CASE "alive\n\0\n}\n";
	struct err e = { 0 };
	cr_expect(suite_parse("t.suite", text, sizeof text - 1, &e) == NULL);
	cr_expect(eq(str, e.text, "t.suite:5:1: want a step or a value, got the octet 0x00"));
}

Test(suite, more_values_than_an_axis_holds_are_an_error)
{
	static char text[8192] = HEAD "  for n in";
	for (unsigned i = 0; i < 513; i++)
		strcat(text, " 1");
	strcat(text, "\n" CASE "}\n");
	struct err e = { 0 };
	cr_expect(suite_parse("t.suite", text, strlen(text), &e) == NULL);
	cr_expect(strstr(e.text, ": for: want at most 512 values") != NULL, "%s", e.text);
}

Test(suite, a_file_that_is_not_there_is_named)
{
	struct err e = { 0 };
	cr_expect(suite_load("/nonexistent/x.suite", &e) == NULL);
	cr_expect(eq(str, e.text, "/nonexistent/x.suite: No such file or directory"));
	cr_expect(suite_load("/", &e) == NULL);
	cr_expect(eq(str, e.text, "/: Is a directory"));
}

/* --- every beginning of a file --------------------------------------------------------------- */

static void
try_prefixes(const char *file, const char *text, size_t n, size_t stride)
{
	for (size_t k = 0; k <= n; k += stride) {
		struct err e = { 0 };
		char *part = malloc(k + 1); /* its own block: reading one octet too many shows */
		memcpy(part, text, k);
		struct suite *s = suite_parse(file, part, k, &e);
		cr_assert(s != NULL || e.text[0] != '\0', "%s cut at %zu: neither read nor refused", file, k);
		suite_free(s);
		free(part);
	}
}

Test(suite, every_beginning_of_a_file_is_read_or_refused)
{
	static char all[8192] = HEAD "  for family in ipv4 ipv6\nsetup {\n setkey { add ${tester} ; }\n}\n" CASE;
	for (size_t i = 0; i < COUNT(steps); i++) {
		strcat(all, steps[i].line);
		strcat(all, "\n");
	}
	strcat(all, "}\n");
	suite_free(parsed(all));
	try_prefixes("all steps", all, strlen(all), 1);
}

Test(suite, beginnings_of_the_suites_are_read_or_refused)
{
	glob_t g;
	if (glob("suites/*.suite", 0, NULL, &g) != 0)
		cr_skip_test("no suites/ below the current folder");
	for (size_t i = 0; i < g.gl_pathc; i++) {
		char *text = NULL;
		size_t n = 0;
		struct err e = { 0 };
		cr_assert(source_read(g.gl_pathv[i], &text, &n, &e), "%s", e.text);
		try_prefixes(g.gl_pathv[i], text, n, 211);
		free(text);
	}
	globfree(&g);
}
