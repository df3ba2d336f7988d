# espy: an IPsec conformance harness with a userspace reference implementation.
#
#   make run     boot a real Linux kernel as a process, run every suite against it, leave a report
#   make test    install what is missing, build, unit tests, vectors, suites on the reference, sanitizers
#
# `make help` lists the rest. Sources are found by wildcard: a new file needs no edit here.

# No built-in rules: `%.c: %.y` would write over suite.c.
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:

B      ?= build
ifeq ($(origin CC),default)
CC     := gcc
endif
STD    := -std=c11 -D_GNU_SOURCE
WARN   := -Wall -Wextra -Wconversion -Wshadow -Werror
OPT    ?= -O2 -g
SAN    :=
VERSION := 0.1.0
CPPFLAGS += -Ireference -I. -I$(B)/gen -DESPY_VERSION='"$(VERSION)"'
CFLAGS   = $(STD) $(WARN) $(OPT) $(SAN)
LDFLAGS  = $(SAN)
LIBS     = -lcrypto -ljansson -lpcap -lz

REF_SRC  := $(filter-out %_test.c %_bench.c,$(wildcard reference/*/*.c))
GEN_SRC  := $(patsubst %.y,$(B)/gen/%.tab.c,$(wildcard reference/*/*.y runner/*.y)) \
            $(patsubst %.l,$(B)/gen/%.lex.c,$(wildcard reference/*/*.l runner/*.l))
RUN_SRC  := $(filter-out %_test.c %_bench.c runner/main.c,$(wildcard runner/*.c reports/*.c))
TEST_SRC := $(wildcard reference/*/*_test.c runner/*_test.c reports/*_test.c)
AGENT_SRC := $(wildcard runner/agent/*.c)

REF_GEN  := $(filter $(B)/gen/reference/%,$(GEN_SRC))
RUN_GEN  := $(filter $(B)/gen/runner/%,$(GEN_SRC))
obj       = $(patsubst %.c,$(B)/o/%.o,$(patsubst $(B)/gen/%,gen/%,$(1)))
REF_OBJ  := $(call obj,$(REF_SRC) $(REF_GEN))
RUN_OBJ  := $(call obj,$(RUN_SRC) $(RUN_GEN))
TESTS    := $(patsubst %.c,$(B)/tests/%,$(TEST_SRC))

ifndef V
Q := @
say = @printf '  %-4s %s\n' $(1) $@
else
say = @:
endif

all: $(B)/espy $(B)/espy-agent ## build everything

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | expand -t 14

$(B)/libespyref.a: $(REF_OBJ)
	@rm -f $@ && ar rcs $@ $^
$(B)/librunner.a: $(RUN_OBJ)
	@rm -f $@ && ar rcs $@ $^
$(B)/espy: $(B)/o/runner/main.o $(B)/librunner.a $(B)/libespyref.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/o/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
# Generated scanners and parsers do not hold our warning level; their inputs are checked by bison -Werror.
$(B)/o/gen/%.o: $(B)/gen/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) -I$(dir $<) $(STD) $(OPT) $(SAN) -MMD -MP -c -o $@ $<
$(B)/gen/%.tab.c: %.y
	@mkdir -p $(@D)
	$(call say,YACC)
	$(Q)bison -Werror -Wno-error=deprecated --defines=$(@:.c=.h) -o $@ $<
$(B)/gen/%.lex.c: %.l
	@mkdir -p $(@D)
	$(call say,LEX)
	$(Q)flex --header-file=$(@:.c=.h) -o $@ $<
# A scanner sees its parser's tokens and the parser its scanner: both are made before either is compiled.
$(call obj,$(GEN_SRC)): $(GEN_SRC)
$(REF_OBJ) $(RUN_OBJ): | $(GEN_SRC)

# --- unit tests: each x_test.c is one Criterion program -----------------------------------------
$(B)/tests/%: $(B)/o/%.o $(B)/librunner.a $(B)/libespyref.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) -lcriterion
# gcc sees narrowing inside Criterion's own assertion macros; the code under test keeps the full level.
$(B)/o/%_test.o: WARN += -Wno-conversion

unit: $(TESTS) ## build and run the unit tests
	@sh runner/ci/unit.sh $(TESTS)

-include runner/agent/initramfs.mk
-include $(shell find $(B) -name '*.d' 2>/dev/null)

clean: ## remove build/
	rm -rf build build-*

.PHONY: all help unit clean
.SECONDARY:
