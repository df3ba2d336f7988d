%code requires {
#include "runner/suite_parse.h"
}
%code {
#include "runner/suite.lex.h"
#include "runner/help/suggest.h"
#include "runner/suite_tree.h"
#include <stdio.h>
#include <string.h>
static void suite_yyerror(struct SUITE_YYLTYPE *at, struct scan *s, void *scanner, const char *msg);
#define AT(loc) ((struct place){ (unsigned)(loc).first_line, (unsigned)(loc).first_column })
#define A (&s->suite->arena)
}
%define api.pure full
%define api.prefix {suite_yy}
%define parse.error custom
%locations
%parse-param { struct scan *s } { void *scanner }
%lex-param { void *scanner }
%expect 0

%union {
	const char *text;
	struct { const char *p; size_t n; } string;
	struct expr *expr;
	struct arg *arg;
	struct layer_spec *layer;
	struct mod *mod;
	struct packet_spec *packet;
	struct condition *condition;
	struct step *step;
	struct axis *axis;
	struct clause *clause;
	struct word_list *words;
	unsigned number;
}

%token <text> T_WORD "a word" T_NUMBER "a number" T_VAR "$variable" T_BIND "?name" T_SETKEY "setkey block"
%token <string> T_STRING "a string"
%token T_NL "end of line" YYEOF 0 "end of file"
%token T_DOTS ".." T_EQ "==" T_NE "!=" T_LE "<=" T_GE ">="
%token <text> T_SUITE "suite" T_CASE "case" T_SETUP "setup" T_FOR "for" T_IN "in" T_CLAUSE "clause" T_DECIDES "decides"
%token <text> T_NEEDS "needs" T_WHEN "when" T_UNCALIBRATED "uncalibrated" T_PROFILE "profile" T_PREDICT "predict" T_PFKEY "pfkey" T_APP "app"
%token <text> T_DELIVER "deliver" T_TUNABLE "tunable" T_WAIT "wait" T_REPEAT "repeat" T_UNTIL "until" T_SHUFFLE "shuffle" T_OF "of"
%token <text> T_AS "as" T_MODEL "model" T_ANY "any" T_IF "if" T_ELSE "else" T_AND "and" T_AUDIT "audit" T_LET "let"
%token <text> T_CHECK "check"
%token <text> T_ALIVE "alive" T_NOTE "note" T_LINK "link" T_BARE "bare" T_NOTHING "nothing" T_WITHOUT "without"
%token <text> T_WHATEVER "whatever" T_QUOTE "quote"
%token <text> T_SIZE "size" T_UDP "udp" T_BIND_KW "bind" T_POLICY "policy" T_SEND "send" T_CLOSE "close" T_TO "to"

%type <text> bind_opt word extension socket_opt app_api
%type <expr> expr term alternatives atom
%type <arg> arg args args_opt
%type <layer> layer layers
%type <mod> mod mods
%type <packet> packet bound altered
%type <condition> condition test
%type <step> steps step block plain send expect pfkey app app_open app_set else_opt predictions
%type <axis> axis axis_values
%type <clause> clause
%type <words> words without extensions
%type <number> link_opt rel

%%

file: nl_opt suite items cases ;
nl_opt: %empty | nl_opt T_NL ;

suite: T_SUITE word T_STRING clause T_NL
	{ suite_begin(s->suite, $2, $3.p, $4); }
	| T_SUITE word T_STRING T_NL
	{ suite_begin(s->suite, $2, $3.p, NULL); }
	;
clause: word word	{ $$ = clause_new(A, $1, $2); }
	| word T_NUMBER	{ $$ = clause_new(A, $1, $2); }
	;

items: %empty | items item ;
item: T_NL
	| axis T_NL		{ suite_add_axis(s->suite, $1); }
	| T_PROFILE words T_NL	{ suite_profiles(s->suite, $2); }
	| T_SETUP word block T_NL	{ suite_add_setup(s->suite, $2, $3, scan_digest(s, &@3), AT(@1)); }
	| T_SETUP block T_NL		{ suite_add_setup(s->suite, "default", $2, scan_digest(s, &@2), AT(@1)); }
	;

axis: T_FOR word T_IN axis_values	{ $$ = axis_name($4, $2, AT(@1)); } ;
axis_values: atom			{ $$ = axis_add(s, NULL, $1, NULL); }
	| atom T_DOTS atom		{ $$ = axis_add(s, NULL, $1, $3); }
	| axis_values atom		{ $$ = axis_add(s, $1, $2, NULL); }
	| axis_values atom T_DOTS atom	{ $$ = axis_add(s, $1, $2, $4); }
	;

cases: %empty | cases case ;
case: case_head attrs block T_NL nl_opt { suite_case_steps(s->suite, $3, scan_digest(s, &@3)); } ;
case_head: T_CASE word T_WORD T_STRING T_NL
	{
		if (!suite_begin_case(s->suite, $2, $3, $4.p, AT(@1)))
			scan_error(s, &@3, "case %s: want a level MUST, SHOULD, MAY or INFO, got '%s'", $2, $3);
	}
	;
attrs: %empty | attrs attr ;
attr: T_NL
	| T_CLAUSE clause T_NL	{ suite_case_clause(s->suite, $2); }
	| T_DECIDES words T_NL	{ suite_case_decides(s->suite, $2); }
	| T_NEEDS words T_NL	{ suite_case_needs(s->suite, $2); }
	| T_PROFILE words T_NL	{ suite_case_profiles(s->suite, $2); }
	| T_WHEN condition T_NL	{ suite_case_when(s->suite, $2); }
	| T_SETUP word T_NL	{ suite_case_setup(s->suite, $2); }
	| T_UNCALIBRATED T_NL	{ suite_case_uncalibrated(s->suite); }
	| axis T_NL		{ suite_case_axis(s->suite, $1); }
	;
words: word		{ $$ = words_add(A, NULL, $1, AT(@1)); }
	| words word	{ $$ = words_add(A, $1, $2, AT(@2)); }
	;
word: T_WORD | T_IN | T_UDP | T_SIZE | T_POLICY | T_ANY | T_LINK | T_SEND | T_MODEL | T_PROFILE | T_PREDICT ;


block: '{' steps '}'		{ $$ = steps_first($2); }
	| '{' steps plain '}'	{ $$ = steps_first(steps_add($2, step_text(s, $3))); }
	;
steps: %empty		{ $$ = NULL; }
	| steps T_NL	{ $$ = $1; }
	| steps step	{ $$ = steps_add($1, $2); }
	;
step: plain T_NL		{ $$ = step_text(s, $1); }
	| T_FOR word T_IN axis_values block T_NL
		{ $$ = step_new(A, STEP_FOR, AT(@1)); $$->axis = axis_name($4, $2, AT(@1)); $$->body = $5; }
	| T_REPEAT atom block T_NL
		{ $$ = step_new(A, STEP_REPEAT, AT(@1)); $$->value = $2; $$->body = $3; }
	| T_REPEAT atom block T_UNTIL T_PFKEY socket_opt '<' packet without T_NL
		{ $$ = step_new(A, STEP_REPEAT, AT(@1)); $$->value = $2; $$->body = $3;
		  $$->otherwise = step_text(s, step_message(s, AT(@5), $6, $8, $9)); }
	| T_SHUFFLE atom T_OF atom T_DOTS atom T_AS T_VAR block T_NL
		{ $$ = step_new(A, STEP_SHUFFLE, AT(@1)); $$->value = $2; $$->value2 = $4; $$->value3 = $6;
		  $$->name = $8; $$->body = $9; }
	| T_ANY block T_NL
		{ $$ = step_new(A, STEP_ANY, AT(@1)); $$->body = $2; }
	| T_IF condition block else_opt
		{ $$ = step_new(A, STEP_IF, AT(@1)); $$->condition = $2; $$->body = $3; $$->otherwise = $4; }
	| error T_NL		{ $$ = NULL; yyerrok; }
	;
else_opt: T_NL			{ $$ = NULL; }
	| T_ELSE block T_NL	{ $$ = $2; }
	;

plain: T_SETKEY
		{ $$ = step_new(A, STEP_SETKEY, AT(@1)); $$->raw = $1; $$->raw_line = s->raw_line; $$->name = s->raw_name; }
	| send | expect | pfkey | app
	| T_DELIVER T_NOTHING T_TO word
		{ $$ = step_new(A, STEP_DELIVER, AT(@1)); $$->name = $4; }
	| T_DELIVER expr T_TO word
		{ $$ = step_new(A, STEP_DELIVER, AT(@1)); $$->value = $2; $$->name = $4; }
	| T_TUNABLE T_STRING '=' expr
		{ $$ = step_new(A, STEP_TUNABLE, AT(@1)); $$->name = $2.p; $$->value = $4; }
	| T_TUNABLE word '=' expr
		{ $$ = step_new(A, STEP_TUNABLE, AT(@1)); $$->name = $2; $$->value = $4; }
	| T_TUNABLE T_STRING T_EQ expr
		{ $$ = step_new(A, STEP_TUNABLE_IS, AT(@1)); $$->name = $2.p; $$->value = $4; }
	| T_TUNABLE word T_EQ expr
		{ $$ = step_new(A, STEP_TUNABLE_IS, AT(@1)); $$->name = $2; $$->value = $4; }
	| T_WAIT atom
		{ $$ = step_new(A, STEP_WAIT, AT(@1)); $$->value = $2; }
	| T_MODEL word word '=' expr
		{ $$ = step_new(A, STEP_MODEL, AT(@1)); $$->name = $2; $$->value = $5; }
	| T_AUDIT word
		{ $$ = step_new(A, STEP_AUDIT, AT(@1)); $$->name = $2; }
	| T_AUDIT word T_AS word
		{ $$ = step_new(A, STEP_AUDIT, AT(@1)); $$->name = $2; $$->raw = $4; }
	| T_AUDIT word '(' args ')'
		{ $$ = step_new(A, STEP_AUDIT, AT(@1)); $$->name = $2; $$->fields = args_first($4); }
	| T_AUDIT T_WITHOUT word '(' args ')'
		{ $$ = step_new(A, STEP_AUDIT, AT(@1)); $$->name = $3; $$->fields = args_first($5);
		  $$->want = WANT_NOTHING; }
	| T_LET word '=' expr
		{ $$ = step_new(A, STEP_LET, AT(@1)); $$->name = $2; $$->value = $4; }
	| T_CHECK condition
		{ $$ = step_new(A, STEP_CHECK, AT(@1)); $$->condition = $2; }
	| link_opt T_PREDICT '>' predictions
		{ $$ = step_new(A, STEP_PREDICT, AT(@2)); $$->link = $1; $$->body = predictions_on($1, $4); }
	| T_ALIVE
		{ $$ = step_new(A, STEP_ALIVE, AT(@1)); }
	| T_NOTE T_STRING
		{ $$ = step_new(A, STEP_NOTE, AT(@1)); $$->name = $2.p; }
	;

predictions: altered
		{ $$ = steps_add(NULL, step_send_new(A, AT(@1), $1)); }
	| predictions ',' altered
		{ $$ = steps_add($1, step_send_new(A, AT(@3), $3)); }
	;

link_opt: %empty	{ $$ = 1; }
	| T_LINK T_NUMBER	{ $$ = link_number(s, &@2, $2); }
	;
send: link_opt '>' altered
		{ $$ = step_new(A, STEP_SEND, AT(@2)); $$->link = $1; $$->packet = $3; }
	;
expect: link_opt '<' bound
		{ $$ = step_expectation(A, AT(@2), $1, $3); }
	| link_opt '<' packet T_SIZE rel expr bind_opt
		{ $$ = step_expectation(A, AT(@2), $1, $3); $$->size_relation = (uint8_t)$5; $$->size = $6; $3->bound = $7; }
	| link_opt '<' bound T_IF condition T_ELSE T_NOTHING
		{ $$ = step_expectation(A, AT(@2), $1, $3); $$->condition = $5; }
	| link_opt '<' T_NOTHING
		{ $$ = step_expectation(A, AT(@2), $1, NULL); $$->want = WANT_NOTHING; }
	| link_opt '<' T_WHATEVER
		{ $$ = step_expectation(A, AT(@2), $1, NULL); $$->want = WANT_WHATEVER; }
	| link_opt '<' bound T_IF T_MODEL
		{ $$ = step_expectation(A, AT(@2), $1, $3); $$->want = WANT_MODEL; }
	;
pfkey: T_PFKEY socket_opt '>' altered
		{ $$ = step_new(A, STEP_PFKEY_SEND, AT(@1)); $$->name = $2; $$->packet = $4; }
	| T_PFKEY socket_opt '<' packet without
		{ $$ = step_message(s, AT(@1), $2, $4, $5); }
	| T_PFKEY socket_opt '<' T_NOTHING
		{ $$ = step_new(A, STEP_PFKEY_EXPECT, AT(@1)); $$->name = $2; $$->want = WANT_NOTHING; }
	| T_PFKEY word T_CLOSE
		{ $$ = step_new(A, STEP_PFKEY_CLOSE, AT(@1)); $$->name = $2; }
	;
socket_opt: %empty { $$ = NULL; } | word ;
without: %empty { $$ = NULL; } | T_WITHOUT extensions { $$ = $2; } ;
extensions: extension		{ $$ = words_add(A, NULL, $1, AT(@1)); }
	| extensions extension	{ $$ = words_add(A, $1, $2, AT(@2)); }
	;
extension: word | T_VAR		{ $$ = arena_printf(A, "$%s", $1); } ;

app: app_open | app_set
	| app_set mods
		{ $$ = $1; $$->said->mods = mods_first($2); }
	| T_APP word app_api word T_EQ atom
		{ $$ = step_new(A, STEP_APP_POLICY_IS, AT(@1)); $$->name = $2; step_app_policy(A, $$, $3, NULL, AT(@3));
		  $$->direction = $4; $$->value = $6; }
	| T_APP word T_SEND expr T_TO atom atom
		{ $$ = step_new(A, STEP_APP_SEND, AT(@1)); $$->name = $2; $$->value = $4; $$->value2 = $6; $$->value3 = $7; }
	| T_APP word T_SEND T_SIZE expr T_TO atom atom
		{ $$ = step_new(A, STEP_APP_SEND, AT(@1)); $$->name = $2; $$->size = $5; $$->value2 = $7; $$->value3 = $8; }
	| T_APP word T_CLOSE
		{ $$ = step_new(A, STEP_APP_CLOSE, AT(@1)); $$->name = $2; }
	;

/* Options stand behind the port, in any order. */
app_open: T_APP word '=' T_UDP T_BIND_KW atom
		{ $$ = step_new(A, STEP_APP_OPEN, AT(@1)); $$->name = $2; $$->value = $6; }
	| app_open app_api T_STRING
		{ $$ = $1; step_app_policy(A, $1, $2, $3.p, AT(@2)); }
	| app_open T_AS word
		{ $$ = $1; $$->user = $3; }
	| app_open word
		{ $$ = $1; if (!step_app_option(A, $1, $2, AT(@2))) scan_error(s, &@2, "app: no option '%s'", $2); }
	;
app_set: T_APP word app_api T_STRING
		{ $$ = step_new(A, STEP_APP_POLICY, AT(@1)); $$->name = $2; step_app_policy(A, $$, $3, $4.p, AT(@3)); }
	| app_set word
		{ $$ = $1; if (!step_app_option(A, $1, $2, AT(@2))) scan_error(s, &@2, "app: no option '%s'", $2); }
	;
app_api: T_POLICY | T_WORD ;

altered: packet without			{ $$ = $1; $$->without = $2; }
	| packet without mods		{ $$ = $1; $$->without = $2; $$->mods = mods_first($3); }
	;
packet: layers			{ $$ = packet_spec_new(A, layers_first($1), false, AT(@1)); }
	| T_BARE layers		{ $$ = packet_spec_new(A, layers_first($2), true, AT(@1)); }
	;
bind_opt: %empty { $$ = NULL; } | T_BIND ;
bound: packet
	| packet T_BIND		{ $$ = $1; $$->bound = $2; }
	;
layers: layer			{ $$ = layers_add(NULL, $1); }
	| layers '/' layer	{ $$ = layers_add($1, $3); }
	;
layer: word args_opt		{ $$ = layer_new(A, $1, $2, AT(@1)); }
	| T_QUOTE '(' layers ')'	{ $$ = layer_quote(A, layers_first($3), NULL, AT(@1)); }
	| T_QUOTE '(' layers ',' T_SIZE '=' expr ')'
		{ $$ = layer_quote(A, layers_first($3), $7, AT(@1)); }
	| T_STRING		{ $$ = layer_payload(A, expr_string(A, $1.p, $1.n, AT(@1)), AT(@1)); }
	| T_NUMBER		{ $$ = layer_payload(A, expr_number(A, $1, AT(@1)), AT(@1)); }
	| T_VAR			{ $$ = layer_payload(A, expr_leaf(A, E_VAR, $1, AT(@1)), AT(@1)); }
	;
args_opt: %empty { $$ = NULL; } | '(' ')' { $$ = NULL; } | '(' args ')' { $$ = args_first($2); } ;
args: arg			{ $$ = args_add(NULL, $1); }
	| args ',' arg		{ $$ = args_add($1, $3); }
	;
arg: word '=' alternatives	{ $$ = arg_new(A, $1, $3, AT(@1)); }
	| alternatives		{ $$ = arg_new(A, NULL, $1, AT(@1)); }
	;
alternatives: expr
	| T_BIND		{ $$ = expr_leaf(A, E_BIND, $1, AT(@1)); }
	| alternatives '|' expr	{ $$ = expr_pair(A, E_ALTERNATIVES, '|', $1, $3, AT(@2)); }
	;

mods: '|' mod			{ $$ = mods_add(NULL, $2); }
	| mods '|' mod		{ $$ = mods_add($1, $3); }
	;
mod: word			{ $$ = mod_new(A, $1, AT(@1)); }
	| mod atom
		{ $$ = $1; if (!mod_atom($1, $2)) scan_error(s, &@2, "| %s: too many words", $1->name); }
	;

atom: T_NUMBER			{ $$ = expr_number(A, $1, AT(@1)); }
	| word			{ $$ = expr_leaf(A, E_WORD, $1, AT(@1)); }
	| T_VAR			{ $$ = expr_leaf(A, E_VAR, $1, AT(@1)); }
	| T_STRING		{ $$ = expr_string(A, $1.p, $1.n, AT(@1)); }
	| '(' expr ')'		{ $$ = $2; }
	;
term: atom
	| term '*' atom		{ $$ = expr_pair(A, E_OP, '*', $1, $3, AT(@2)); }
	;
expr: term
	| expr '+' term		{ $$ = expr_pair(A, E_OP, '+', $1, $3, AT(@2)); }
	| expr '-' term		{ $$ = expr_pair(A, E_OP, '-', $1, $3, AT(@2)); }
	;

condition: test			{ $$ = $1; }
	| condition T_AND test	{ $$ = condition_and($1, $3); }
	;
test: expr rel expr		{ $$ = condition_new(A, $1, $2, $3); }
	| word '(' expr ')'	{ $$ = condition_new(A, expr_call(A, $1, $3, AT(@1)), REL_NONE, NULL); }
	;
rel: T_EQ { $$ = REL_EQ; } | T_NE { $$ = REL_NE; } | '<' { $$ = REL_LT; } | T_LE { $$ = REL_LE; } | '>' { $$ = REL_GT; }
	| T_GE { $$ = REL_GE; }
	;

%%

#define EXPECTED_MAX 8   /* more say nothing */
#define EXPECTED_ALL 100 /* but a keyword among them may have been meant */

/* The keywords that could stand here in place of a word; what names no keyword has an article or is punctuation. */
static void
suggest_keyword(const yypcontext_t *c, const char *given, char *out, size_t cap)
{
	yysymbol_kind_t want[EXPECTED_ALL];
	struct suggest near = { .given = given };
	int n = yypcontext_expected_tokens(c, want, EXPECTED_ALL);
	for (int i = 0; i < n; i++)
		if (strspn(yysymbol_name(want[i]), "abcdefghijklmnopqrstuvwxyz") == strlen(yysymbol_name(want[i])))
			suggest_offer(&near, yysymbol_name(want[i]));
	suggest_print(&near, out, cap);
}

static int
yyreport_syntax_error(const yypcontext_t *c, struct scan *s, void *scanner)
{
	yysymbol_kind_t want[EXPECTED_MAX];
	int n = yypcontext_expected_tokens(c, want, EXPECTED_MAX);
	bool word = yypcontext_token(c) == YYSYMBOL_T_WORD;
	const char *given = suite_yyget_text(scanner);
	char text[200] = "", hint[200] = "";
	size_t at = 0;
	for (int i = 0; i < n && at < sizeof text; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", i == 0 ? "want " : i + 1 < n ? ", " : " or ",
				       yysymbol_name(want[i]));
	if (word)
		suggest_keyword(c, given, hint, sizeof hint);
	if (word && n == 0)
		scan_error(s, yypcontext_location(c), "unexpected '%s'%s", given, hint);
	else
		scan_error(s, yypcontext_location(c), "%s%s%s%s", text, n > 0 ? ", got " : "unexpected ",
			   yysymbol_name(yypcontext_token(c)), hint);
	return 0;
}

/* Only for what is no syntax error: memory. */
static void
suite_yyerror(struct SUITE_YYLTYPE *at, struct scan *s, void *scanner, const char *msg)
{
	(void)scanner;
	scan_error(s, at, "%s", msg);
}
