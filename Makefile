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
# Debugging information says ./runner/x.c wherever the tree was built.
MAP     := -fdebug-prefix-map=$(CURDIR)=.
CFLAGS   = $(STD) $(WARN) $(OPT) $(MAP) $(SAN)
LDFLAGS += $(SAN)
LIBS     = -lcrypto -ljansson -lpcap -lz -lmnl -lnet -pthread

REF_SRC  := $(filter-out %_test.c %_bench.c,$(wildcard reference/*/*.c))
GEN_SRC  := $(patsubst %.y,$(B)/gen/%.tab.c,$(wildcard reference/*/*.y runner/*.y)) \
            $(patsubst %.l,$(B)/gen/%.lex.c,$(wildcard reference/*/*.l runner/*.l))
# runner/agent, runner/bench and runner/preload are programs of their own.
RUN_DIRS := runner runner/target runner/observe runner/live runner/encore runner/help reports reports/formats reports/html reports/compare reports/case
RUN_SRC  := $(filter-out %_test.c %_bench.c runner/main.c,$(wildcard $(addsuffix /*.c,$(RUN_DIRS))))
TEST_SRC := $(wildcard reference/*/*_test.c $(addsuffix /*_test.c,$(RUN_DIRS)))
AGENT_SRC := $(wildcard runner/agent/*.c)
BENCH_SRC := $(wildcard runner/bench/*.c)

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

all: $(B)/espy $(B)/espy-agent $(B)/libespy-pfkey.so ## build everything

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | expand -t 14

$(B)/libespyref.a: $(REF_OBJ)
	@rm -f $@ && ar rcs $@ $^
$(B)/librunner.a: $(RUN_OBJ)
	@rm -f $@ && ar rcs $@ $^
$(B)/espy: $(B)/o/runner/main.o $(B)/librunner.a $(B)/libespyref.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
# An example is one file that anybody can compile without the rest.
$(B)/exec-target: examples/exec-target.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(STD) $(WARN) $(OPT) -o $@ $<
$(B)/tests/runner/target/target_exec_test: | $(B)/espy $(B)/exec-target
$(B)/tests/runner/worker_test: | $(B)/exec-target
$(B)/tests/runner/target/target_raw_test: | $(B)/espy-agent
$(B)/espy-bench: $(call obj,$(BENCH_SRC)) $(B)/libespyref.a
	$(call say,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# Loaded into programs that know nothing of sanitizers.
$(B)/libespy-pfkey.so: runner/preload/espy-pfkey.c
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(STD) $(WARN) $(OPT) $(MAP) $(filter-out $(SAN),$(LDFLAGS)) -fPIC -shared -fvisibility=default -o $@ $<

$(B)/o/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
# The assembler reads these; the compiler, which writes the .d files, does not see them.
$(B)/o/reports/html/assets.o: $(wildcard reports/html/*.css reports/html/*.js)
# Generated scanners and parsers do not hold our warning level; their inputs are checked by bison -Werror.
$(B)/o/gen/%.o: $(B)/gen/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) -I$(dir $<) $(STD) $(OPT) $(MAP) $(SAN) -MMD -MP -c -o $@ $<
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
# Allocations of ours go through the test, which counts them.
$(B)/tests/reference/ipsec/esp_alloc_test: LDFLAGS += $(foreach f,malloc calloc realloc aligned_alloc strdup \
	CRYPTO_malloc CRYPTO_zalloc CRYPTO_realloc EVP_CIPHER_CTX_new EVP_MD_CTX_new,-Wl,--wrap=$(f))
# It loads the library.
$(B)/tests/runner/live/pfkey_server_test: | $(B)/libespy-pfkey.so
# gcc sees narrowing inside Criterion's own assertion macros; the code under test keeps the full level.
$(B)/o/%_test.o: WARN += -Wno-conversion
# clang, unlike gcc, wants every field of a row that is written by position.
$(B)/o/%_test.o: WARN += -Wno-missing-field-initializers

unit: $(TESTS) ## build and run the unit tests
	@sh runner/ci/unit.sh $(TESTS)

unit-build: $(TESTS)

# --- what people type ---------------------------------------------------------------------------
PACKAGES := gcc make libc6-dev libssl-dev libpcap-dev libjansson-dev uthash-dev zlib1g-dev libmnl-dev libnet1-dev flex bison
PACKAGES_TEST := libcriterion-dev clang clang-format cppcheck gcovr mandoc libxml2-utils tshark iproute2 iputils-ping ethtool tcpreplay \
	shellcheck build-essential debhelper lintian pkg-config chromium chromium-driver python3-selenium python3-yaml python3-jsonschema perl zsh fish
ESPY     = $(B)/espy
JOBS    := -j$(shell nproc)

deps: ## install what the build and the default target need
	@sh runner/ci/deps.sh $(PACKAGES) optional user-mode-linux
deps-test:
	@sh runner/ci/deps.sh $(PACKAGES) $(PACKAGES_TEST) optional user-mode-linux

run: deps ## boot a kernel, run every suite against it, leave a report in build/run
	@$(MAKE) --no-print-directory -s $(JOBS) all initramfs
	@sh runner/ci/run.sh $(ESPY) $(B)/run

suites-reference: $(ESPY) ## every suite on the reference, and each profile's own cases under it: nothing may fail
	@sh runner/ci/reference.sh $(ESPY) $(B)/run-reference
vectors: $(ESPY) ## every vector through the reference
	@$(ESPY) vectors
LINUX_KNOWN := suites/baselines/linux-6.1.txt
suites-linux: $(ESPY) initramfs ## every suite on the kernel: only known departures may fail
	@$(ESPY) run -q -t linux --baseline $(LINUX_KNOWN) -o $(B)/run-linux
	@$(ESPY) baseline lint $(LINUX_KNOWN) --run $(B)/run-linux

live: $(ESPY) ## espy host as host and gateway for plain kernels in network namespaces; needs root
	@sh runner/ci/live.sh $(ESPY)

targets: $(ESPY) $(B)/espy-agent $(B)/exec-target ## the same cases by exec, raw and netns, as far as this machine allows
	@sh runner/ci/targets.sh $(B)

dissector: $(ESPY) ## tshark's opinion on the packets of the reference
	@sh runner/ci/dissector.sh $(ESPY) $(B)/dissector

ike: $(ESPY) $(B)/libespy-pfkey.so ## two OpenIKEDs, each behind a bump in the wire, key two references
	@sh runner/ci/ike.sh $(B)

replay: $(ESPY) $(if $(shell command -v linux.uml),initramfs) ## golden captures, and the failing cases of a run, sent again: the answers must be the same
	@sh runner/ci/replay.sh $(B)

pcaps: $(ESPY) $(B)/libespy-pfkey.so initramfs ## record the golden captures of pcaps/ anew
	@sh runner/ci/pcaps.sh $(B)

browser: $(ESPY) ## report.html in headless Chromium: a click path, with and without scripts, and screenshots in build/shots
	@sh runner/ci/browser.sh $(B)

check: unit vectors suites-reference ## what `make test` does for one build
asan: ## the same under address and undefined-behaviour sanitizers
	@ASAN_OPTIONS=detect_stack_use_after_return=1 $(MAKE) --no-print-directory -s $(JOBS) B=build-asan OPT="-O1 -g" \
		SAN="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" check
lint: ## formatting, static analysis, manual pages, scripts, and a build with clang
	@sh runner/ci/lint.sh
cover: ## line coverage of the unit tests, vectors and suites on the reference
	@$(MAKE) --no-print-directory -s $(JOBS) B=build-cover OPT="-O0 -g" SAN=--coverage check
	@gcovr --root . --object-directory build-cover --filter 'reference/' --filter 'runner/' --filter 'reports/' \
		--exclude '.*_test\.c' --exclude '.*_bench\.c' -s >build-cover/report.txt; cat build-cover/report.txt
	@gcovr --root . --object-directory build-cover --filter 'reference/' --exclude '.*_test\.c' --fail-under-line 90 \
		-s | grep '^lines' | sed 's/^/reference: /'
mutants: ## every planted fault must turn a case red
	@$(MAKE) --no-print-directory -s $(JOBS) all
	@sh suites/mutants/run.sh $(B)

test: deps-test ## everything a change must pass
	@sh runner/ci/test.sh

bench: ## ESP beside a bare libcrypto loop, espy check beside tshark: packets per second, and build/bench.json
	@$(MAKE) --no-print-directory -s $(JOBS) B=build-bench OPT=-O2 build-bench/espy-bench build-bench/espy
	@mkdir -p $(B) && build-bench/espy-bench -e build-bench/espy -o $(B)/bench.json

-include runner/agent/initramfs.mk
include install.mk
-include $(shell find $(B) -name '*.d' 2>/dev/null)

clean: ## remove build/
	rm -rf build build-*

.PHONY: all help unit unit-build clean deps deps-test run bench suites-reference vectors suites-linux check asan lint cover mutants test dissector browser ike live targets replay pcaps
.SECONDARY:
