/* Makers of the suite tree, called by the parser's rules; private to suite.y. Lists are built at their tail: the
 * *_add functions keep a circular list (tail->next is the head), *_first cuts it open. */
#ifndef ESPY_RUNNER_SUITE_TREE_H
#define ESPY_RUNNER_SUITE_TREE_H

#include "runner/suite_parse.h"

struct expr *expr_leaf(struct arena *a, int kind, const char *text, struct place at);
struct expr *expr_number(struct arena *a, const char *digits, struct place at);
struct expr *expr_string(struct arena *a, const char *p, size_t n, struct place at);
struct expr *expr_pair(struct arena *a, int kind, char op, struct expr *l, struct expr *r, struct place at);
struct expr *expr_call(struct arena *a, const char *name, struct expr *arg, struct place at);

struct arg *arg_new(struct arena *a, const char *name, struct expr *value, struct place at);
struct arg *args_add(struct arg *tail, struct arg *more);
struct arg *args_first(struct arg *tail);
struct layer_spec *layer_new(struct arena *a, const char *name, struct arg *args, struct place at);
struct layer_spec *layer_payload(struct arena *a, struct expr *value, struct place at);
struct layer_spec *layer_quote(struct arena *a, struct layer_spec *quoted, struct expr *size, struct place at);
struct layer_spec *layers_add(struct layer_spec *tail, struct layer_spec *more);
struct layer_spec *layers_first(struct layer_spec *tail);
struct packet_spec *packet_spec_new(struct arena *a, struct layer_spec *layers, bool bare, struct place at);
struct mod *mod_new(struct arena *a, const char *name, struct place at);
bool mod_atom(struct mod *m, struct expr *atom);
struct mod *mods_add(struct mod *tail, struct mod *more);
struct mod *mods_first(struct mod *tail);

struct condition *condition_new(struct arena *a, struct expr *l, unsigned rel, struct expr *r);
struct condition *condition_and(struct condition *c, struct condition *more);

struct step *step_new(struct arena *a, int kind, struct place at);
struct step *step_send_new(struct arena *a, struct place at, struct packet_spec *p);
/* Cuts the list of sends open and puts them all on a link. */
struct step *predictions_on(unsigned link, struct step *tail);
struct step *step_expectation(struct arena *a, struct place at, unsigned link, struct packet_spec *p);
/* A word behind the port of an application socket. False: there is no such option. */
bool step_app_option(struct arena *a, struct step *st, const char *word, struct place at);
void step_app_policy(struct arena *a, struct step *st, const char *api, const char *text, struct place at);
struct step *step_text(struct scan *s, struct step *st);
struct step *step_message(struct scan *s, struct place at, const char *socket, struct packet_spec *message,
			  struct word_list *without);
struct step *steps_add(struct step *tail, struct step *more);
struct step *steps_first(struct step *tail);
unsigned link_number(struct scan *s, const struct SUITE_YYLTYPE *at, const char *digits);

struct axis *axis_add(struct scan *s, struct axis *x, struct expr *value, struct expr *end);
struct axis *axis_name(struct axis *x, const char *name, struct place at);
struct clause *clause_new(struct arena *a, const char *document, const char *section);
struct word_list *words_add(struct arena *a, struct word_list *list, const char *word, struct place at);

void suite_begin(struct suite *s, const char *name, const char *title, struct clause *c);
void suite_add_axis(struct suite *s, struct axis *x);
void suite_add_setup(struct suite *s, const char *name, struct step *steps, uint64_t digest, struct place at);
bool suite_begin_case(struct suite *s, const char *name, const char *level, const char *title, struct place at);
void suite_case_clause(struct suite *s, struct clause *c);
void suite_case_decides(struct suite *s, struct word_list *w);
void suite_profiles(struct suite *s, struct word_list *w);
void suite_case_profiles(struct suite *s, struct word_list *w);
void suite_case_needs(struct suite *s, struct word_list *w);
void suite_case_when(struct suite *s, struct condition *c);
void suite_case_setup(struct suite *s, const char *name);
void suite_case_uncalibrated(struct suite *s);
void suite_case_axis(struct suite *s, struct axis *x);
void suite_case_steps(struct suite *s, struct step *steps, uint64_t digest);

#endif
