/*
 * Inside of the setkey parser: a lexer with one token in hand and what the statement parsers share. Every
 * function that returns bool fails with "FILE:LINE:COLUMN: want .., got .." and leaves the bad token in hand;
 * setkey.c skips to the next semicolon and goes on, so that one run tells about every bad statement.
 */
#ifndef ESPY_CONFIG_SETKEY_PARSE_H
#define ESPY_CONFIG_SETKEY_PARSE_H

#include "config/setkey.h"
#include "wire/text.h"

enum token_kind {
	TOK_END,
	TOK_WORD,
	TOK_STRING,
	TOK_SEMI,
	TOK_SLASH,
	TOK_COMMA,
	TOK_OPEN,
	TOK_CLOSE,
	TOK_LBRACE,
	TOK_RBRACE,
	TOK_BAD
};

struct token {
	enum token_kind kind;
	struct bytes text;     /* strings without their quotes */
	unsigned line, column; /* of the first octet, from 1; a tab counts one */
	bool glued;            /* nothing between it and the token before */
};

struct parser {
	struct rd in;
	const char *name;
	unsigned line, column; /* of in's next octet */
	struct token tok;
	bool braces;    /* { } and ( ) are marks, as in ipsecconf.conf */
	struct wr keys; /* the script's key storage */
	struct err *e;
};

/* Where a script's keys stand; wiped when it is freed. */
struct key_store {
	uint8_t *octets;
	size_t cap;
};

/* --- setkey_lex.c --- */

/* Room for the keys of n octets of text: no key is longer than its text. */
bool key_store_open(struct key_store *k, size_t n, const char *name, struct err *e) MUST_USE;
void key_store_close(struct key_store *k);

/* In front of the text's first token (lex_next), whose place in the file `name` is this line and column. */
struct parser parser_of(struct bytes text, const char *name, unsigned line, unsigned column, struct err *e);

/* To the next token. */
void lex_next(struct parser *p);

/* Cuts the word in hand before its first c, which starts the next token then. False if it has none. */
bool lex_split(struct parser *p, char c);

/* A word whose first octet is c loses it; false, and nothing happens, if it starts otherwise. */
bool lex_drop(struct parser *p, char c);

/* The token in hand as a word; false for anything else. */
bool token_is(const struct token *t, const char *word);

/* --- setkey_words.c --- */

struct word {
	const char *text;
	uint32_t value;
};

/* "FILE:LINE:COLUMN: want .., got .." about the token in hand, or with a `got` of the caller's. False. */
bool want(struct parser *p, const char *what);
bool want_got(struct parser *p, enum err_code code, const struct token *at, const char *what, const char *got);

/* The token in hand must be of this kind; to the next one. */
bool take_kind(struct parser *p, enum token_kind kind, const char *what);

/* One of the words; says all of them when it is none. */
bool take_word(struct parser *p, const struct word *words, unsigned n, const char *what, uint32_t *value);

/* A decimal or 0x number from low to high. */
bool take_number(struct parser *p, const char *what, uint64_t low, uint64_t high, uint64_t *v);

/* [-46n] between verb and addresses: the family asked for, 0 if none. */
uint8_t take_family(struct parser *p);

/* A numeric address, of family unless that is 0. */
bool take_address(struct parser *p, uint8_t family, struct addr *a);

/* [port] or [any] right behind an address, if there; *port untouched if not. */
bool take_port(struct parser *p, uint32_t *port, bool *given);

/* --- the statements: from behind the verb to the semicolon, which stays in hand --- */

bool setkey_parse_sa(struct parser *p, struct setkey_command *c);
bool setkey_parse_cipher(struct parser *p, struct sa_spec *sa);    /* behind -E */
bool setkey_parse_integrity(struct parser *p, struct sa_spec *sa); /* behind -A */
bool setkey_parse_spd(struct parser *p, struct setkey_command *c);
bool setkey_parse_requests(struct parser *p, struct spd_entry *e); /* behind ipsec: one or more */

/*
 * setkey_selector.c: SOURCE[PORTS] DESTINATION[PORTS] PROTOCOL [TYPES]; family 0: whichever. What the packet says, separated by commas,
 * and whose traffic it is. Printing puts a blank in front of pfp only.
 */
bool setkey_parse_selector(struct parser *p, uint8_t family, struct selector *s);
bool setkey_parse_pfp(struct parser *p, uint8_t *pfp);
bool setkey_parse_name(struct parser *p, char name[SELECTOR_NAME_MAX]);
struct text;
void setkey_print_selector(struct text *t, const struct selector *s);
void setkey_print_pfp(struct text *t, uint8_t pfp);

/* " PROTOCOL/MODE/[SRC-DST]/LEVEL", of a policy of either kind. */
struct text;
void setkey_print_request(struct text *t, const struct spd_request *r);

/* Names of IP protocols, AH and ESP among them; printing takes the first with its number. */
extern const struct word setkey_protocols[];
extern const unsigned setkey_protocols_n;
const char *word_of(const struct word *words, unsigned n, uint32_t value); /* NULL: it has no name */

#endif
