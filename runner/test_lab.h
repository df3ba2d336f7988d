/* A reference target with its engine, and a stage on it, for the tests of the engine's files. */
#ifndef ESPY_RUNNER_TEST_LAB_H
#define ESPY_RUNNER_TEST_LAB_H

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "runner/stage.h"
#include "runner/transform.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define PLAIN "aes-cbc-128+hmac-sha1-96"

struct lab {
	struct target target;
	struct engine engine;
	struct random_seeded random;
	struct evidence evidence;
	struct outcome outcome;
	struct suite *suite;
	struct plan plan;
	struct stage stage;
	uint8_t store[STAGE_STORE];
};

static inline void
lab_open(struct lab *x)
{
	const struct target_options o = { 0 };
	struct err e = { 0 };
	memset(x, 0, sizeof *x);
	random_seeded_init(&x->random, 1);
	cr_assert(target_open(&x->target, "reference", &o, &e), "%s", e.text);
	cr_assert(engine_open(&x->engine, &x->target, 1, &x->random.random, &e), "%s", e.text);
}

/* Forgets suite and stage, keeps target and engine. */
static inline void
lab_clear(struct lab *x)
{
	sad_free(x->stage.sad);
	memset(&x->stage, 0, sizeof x->stage);
	plan_free(&x->plan);
	memset(&x->plan, 0, sizeof x->plan);
	suite_free(x->suite);
	x->suite = NULL;
}

static inline void
lab_close(struct lab *x)
{
	lab_clear(x);
	evidence_free(&x->evidence);
	engine_close(&x->engine);
	if (x->target.close != NULL)
		x->target.close(&x->target);
}

static inline void
lab_suite(struct lab *x, const char *text)
{
	struct err e = { 0 };
	const struct selection all = { 0 };
	lab_clear(x);
	x->suite = suite_parse("t.suite", text, strlen(text), &e);
	cr_assert(x->suite != NULL, "%s", e.text);
	cr_assert(plan_make(&x->plan, x->suite, &all, &e), "%s", e.text);
}

/* Runs item n of the suite read last. */
static inline const struct outcome *
lab_run(struct lab *x, unsigned n)
{
	cr_assert(n < x->plan.n);
	engine_run(&x->engine, &x->plan.items[n], &x->evidence, &x->outcome);
	return &x->outcome;
}

/* A suite of one case: header lines, then the steps behind a setkey block of two SAs in the mode of the case. */
static inline const struct outcome *
lab_case(struct lab *x, const char *level, const char *header, const char *steps)
{
	char text[8192];
	snprintf(
		text, sizeof text,
		"suite t \"t\"\n  for transform in " PLAIN "\n%s\ncase c %s \"c\"\n{\n setkey {\n"
		"  add $tester $target esp 0x1001 -m transport -r 32 $keys_in ;\n  add $target $tester esp 0x1002 -m transport $keys_out ;\n"
		"  spdadd $tester $target $icmp -P in ipsec esp/transport//require ;\n"
		"  spdadd $target $tester $icmp -P out ipsec esp/transport//require ;\n }\n%s\n}\n",
		header, level, steps);
	lab_suite(x, text);
	return lab_run(x, 0);
}

/*
 * A stage with two ESP SAs, 0x1001 to the target and 0x1002 from it, and AH beside them (0x2001, 0x2002), the mode of all the same;
 * `step` is the only one of its case.
 */
static inline const struct step *
lab_stage(struct lab *x, uint8_t family, bool tunnel, const char *step)
{
	char text[2048], setkey[4096], refused[400];
	const char *ends[2][2] = { { "192.0.2.2", "192.0.2.1" }, { "2001:db8:1::2", "2001:db8:1::1" } };
	const char *tester = ends[family == 6][0], *target = ends[family == 6][1],
		   *mode = tunnel ? "tunnel" : "transport";
	struct stage *s = &x->stage;
	struct err e = { 0 };
	snprintf(text, sizeof text, "suite t \"t\"\ncase c MUST \"c\"\n{\n%s\n}\n", step);
	lab_suite(x, text);
	evidence_reset(&x->evidence);
	*s = (struct stage){ .g = &x->engine,
			     .item = &x->plan.items[0],
			     .o = &x->outcome,
			     .arena = &x->evidence.arena,
			     .scratch = &x->evidence.arena,
			     .ev = &x->evidence,
			     .family = family,
			     .inner = family,
			     .sad = sad_new() };
	s->vars.arena = s->arena;
	s->store = wr_of(x->store, sizeof x->store);
	cr_assert(s->sad != NULL);
	vars_set(&s->vars, "mode", val_text(mode));
	vars_set(&s->vars, "transform", val_text(PLAIN));
	vars_set(&s->vars, "n", val_number(5));
	const char *in = transform_setkey(s->arena, PLAIN, 1, 0, &e),
		   *out = transform_setkey(s->arena, PLAIN, 1, 1, &e);
	const char *ah = transform_setkey(s->arena, "hmac-sha1-96", 1, 0, &e);
	snprintf(setkey, sizeof setkey,
		 "add %s %s esp 0x1001 -m %s %s ;\nadd %s %s esp 0x1002 -m %s %s ;\n"
		 "add %s %s ah 0x2001 -m %s %s ;\nadd %s %s ah 0x2002 -m %s %s ;\n",
		 tester, target, mode, in, target, tester, mode, out, tester, target, mode, ah, target, tester, mode,
		 ah);
	cr_assert(setup_flush(s, &e) && setup_apply(s, setkey, "t.suite", 1, refused, sizeof refused, &e), "%s",
		  e.text);
	cr_assert(refused[0] == '\0', "%s", refused);
	return x->suite->cases->steps;
}

#endif
