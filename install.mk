# make install: what goes where, once, in the rows below; `make uninstall` reads the same rows.
#
#   make install PREFIX=/usr DESTDIR=/tmp/stage
#
# The program finds its data beside itself (../share/espy), so an installed tree may be moved; DATADIR elsewhere is compiled in.

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(DATADIR)/man
DOCDIR     ?= $(DATADIR)/doc/espy
INSTALL    ?= install

# Headers of the library keep their folders. Those that only its own sources include stay at home, and so do those that include them.
REF_PRIVATE := %parts.h %_parse.h %_words.h %_table.h
REF_HEADERS  = $(shell grep -L '"[a-z]*/[a-z_]*parts\.h"' \
	$(filter-out $(REF_PRIVATE) $(wildcard reference/*/test_*.h),$(wildcard reference/*/*.h)))
DATA_FILES   = $(shell find $(wildcard suites vectors pcaps) -type f ! -path 'suites/mutants/*')
EXAMPLES     = $(shell find examples -type f)

# Completions are what `espy completion SHELL` prints; each shell looks for its own by a name of its own.
BASHDIR ?= $(DATADIR)/bash-completion/completions
ZSHDIR  ?= $(DATADIR)/zsh/site-functions
FISHDIR ?= $(DATADIR)/fish/vendor_completions.d
COMPLETIONS := $(B)/install/bash/espy $(B)/install/zsh/_espy $(B)/install/fish/espy.fish
$(COMPLETIONS): $(B)/espy
	@mkdir -p $(@D)
	$(Q)$(B)/espy completion $(notdir $(@D)) >$@.new && mv $@.new $@

INSTALL_MADE := $(B)/espy $(B)/espy-agent $(B)/libespy-pfkey.so $(B)/libespyref.a $(B)/install/espyref.pc $(COMPLETIONS)

# MODE:FILE:FOLDER
INSTALL_ROWS = \
	755:$(B)/espy:$(BINDIR) \
	755:$(B)/espy-agent:$(BINDIR) \
	644:$(B)/libespy-pfkey.so:$(LIBDIR)/espy \
	644:$(B)/libespyref.a:$(LIBDIR) \
	644:$(B)/install/espyref.pc:$(LIBDIR)/pkgconfig \
	$(foreach f,$(REF_HEADERS),644:$(f):$(INCLUDEDIR)/espyref/$(patsubst %/,%,$(dir $(patsubst reference/%,%,$(f))))) \
	$(foreach f,$(DATA_FILES),644:$(f):$(DATADIR)/espy/$(patsubst %/,%,$(dir $(f)))) \
	$(foreach f,$(wildcard man/*.[1-9]),644:$(f):$(MANDIR)/man$(lastword $(subst ., ,$(f)))) \
	$(foreach f,README.md DESIGN.md LICENSE,644:$(f):$(DOCDIR)) \
	$(foreach f,$(EXAMPLES),644:$(f):$(DOCDIR)/$(patsubst %/,%,$(dir $(f)))) \
	644:$(B)/install/bash/espy:$(BASHDIR) \
	644:$(B)/install/zsh/_espy:$(ZSHDIR) \
	644:$(B)/install/fish/espy.fish:$(FISHDIR)

# Recorded values: what is made of one is made anew when it changes, and only then.
RECORD_version = $(VERSION)
RECORD_places  = $(DATADIR) $(LIBDIR) $(INCLUDEDIR) $(PREFIX)
RECORDS       := $(B)/gen/version $(B)/gen/places
$(RECORDS):
	@mkdir -p $(@D)
	@echo '$(RECORD_$(@F))' >$@
$(foreach r,$(RECORDS),$(if $(subst |$(RECORD_$(notdir $(r)))|,,|$(file <$(r))|),$(eval $(r): FORCE)))
FORCE:
$(call obj,$(shell grep -lw ESPY_VERSION $(RUN_SRC) runner/main.c)) $(B)/espy-agent $(B)/install/espyref.pc: $(B)/gen/version
$(B)/o/runner/paths.o $(B)/install/espyref.pc: $(B)/gen/places
$(B)/o/runner/paths.o: CPPFLAGS += -DESPY_DATADIR='"$(DATADIR)/espy"'

# Relative to ${prefix} where it can be said so, for pkg-config --define-prefix.
$(B)/install/espyref.pc:
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' \
		'libdir=$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))' \
		'includedir=$(patsubst $(PREFIX)/%,$${prefix}/%,$(INCLUDEDIR))' '' \
		'Name: espyref' 'Description: AH, ESP and PF_KEY in memory: the reference of espy' 'Version: $(VERSION)' \
		'Requires: libcrypto zlib' 'Cflags: -I$${includedir}/espyref' 'Libs: -L$${libdir} -lespyref' >$@

# A list may be longer than one argument of a shell.
rows = $(file >$(B)/install/rows,$(strip $(INSTALL_ROWS)))tr ' ' '\n' <$(B)/install/rows

install: $(INSTALL_MADE) ## install under PREFIX (/usr/local), staged in DESTDIR; see install.mk
	@$(rows) | while IFS=: read -r mode from to; do $(INSTALL) -D -m "$$mode" -t "$(DESTDIR)$$to" "$$from" || exit 1; done
	@echo "installed in $(DESTDIR)$(PREFIX)"

# Files that somebody else put beside ours stay, and with them their folders.
uninstall: ## take away what `make install` with the same PREFIX and DESTDIR has put there
	@mkdir -p $(B)/install
	@$(rows) | while IFS=: read -r mode from to; do rm -f "$(DESTDIR)$$to/$${from##*/}"; done
	@for d in "$(DESTDIR)$(DATADIR)/espy" "$(DESTDIR)$(DOCDIR)" "$(DESTDIR)$(INCLUDEDIR)/espyref" "$(DESTDIR)$(LIBDIR)/espy"; do \
		[ ! -d "$$d" ] || find "$$d" -depth -type d -exec rmdir --ignore-fail-on-non-empty {} +; done

package: ## build, lint and try the Debian packages; make package KEEP=DIR leaves them there
	@sh runner/ci/package.sh $(KEEP)

installed: all ## make install and uninstall into a folder of their own, and the installed espy without the tree
	@sh runner/ci/install.sh $(B)

version: ## the version, which stands in the Makefile and nowhere else
	@echo $(VERSION)

.PHONY: version install uninstall installed package FORCE
