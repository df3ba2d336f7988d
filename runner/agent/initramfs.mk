# espy-agent, and the initial file system that boots it as the init of a User-Mode Linux kernel.
# Included by the top Makefile; $(B) is its build directory.

UML_MODULES ?= $(lastword $(sort $(wildcard /usr/lib/uml/modules/*)))
UML_PROGRAM := $(filter-out runner/agent/mkinitramfs.c,$(wildcard runner/agent/*.c))
UML_NEEDS   := $(wildcard runner/agent/*.h) reference/wire/cursor.h

# Static, so that it runs in a machine that holds nothing else; never with sanitizers, which cannot.
$(B)/espy-agent: $(UML_PROGRAM) $(UML_NEEDS)
	@mkdir -p $(@D)
	$(CC) -Ireference -I. -DESPY_VERSION='"$(VERSION)"' $(STD) $(WARN) -O2 -static -s -o $@ $(UML_PROGRAM)

MKINITRAMFS := runner/agent/mkinitramfs.c runner/target/initramfs.c reference/wire/err.c
$(B)/mkinitramfs: $(MKINITRAMFS) runner/target/initramfs.h
	@mkdir -p $(@D)
	$(CC) -Ireference -I. $(STD) $(WARN) -O2 -o $@ $(MKINITRAMFS)

# An espy that finds no initramfs.cpio beside itself makes one when it needs it, and has the list in itself for that.
$(B)/gen/runner/agent/modules_list.h: runner/agent/modules.list
	@mkdir -p $(@D)
	@{ echo 'static const char modules_list[] ='; sed 's/#.*//; s/["\\]/\\&/g; s/.*/"&\\n"/' $<; echo ';'; } >$@
$(B)/o/runner/target/initramfs_make.o: $(B)/gen/runner/agent/modules_list.h

# Without the package there is nothing to boot: say so and go on, the other targets work.
ifeq ($(UML_MODULES),)
$(B)/initramfs.cpio:
	@echo "no $@: the Linux target needs user-mode-linux: apt-get install user-mode-linux" >&2
.PHONY: $(B)/initramfs.cpio
else
$(B)/initramfs.cpio: $(B)/espy-agent $(B)/mkinitramfs runner/agent/modules.list $(UML_MODULES)/modules.dep
	$(B)/mkinitramfs $@ $(B)/espy-agent runner/agent/modules.list $(UML_MODULES)
endif

# For -t qemu, of another kernel: make initramfs-qemu QEMU_MODULES=/lib/modules/VERSION
$(B)/initramfs-qemu.cpio: $(B)/espy-agent $(B)/mkinitramfs runner/agent/modules.list runner/agent/modules-qemu.list
	@test -f "$(QEMU_MODULES)/modules.dep" || { echo "$@: QEMU_MODULES must be a folder with a modules.dep" >&2; exit 1; }
	cat runner/agent/modules-qemu.list runner/agent/modules.list >$(B)/modules-qemu.list
	$(B)/mkinitramfs $@ $(B)/espy-agent $(B)/modules-qemu.list $(QEMU_MODULES)

initramfs-qemu: ## the same for a kernel under QEMU: QEMU_MODULES=/lib/modules/VERSION
	@rm -f $(B)/initramfs-qemu.cpio
	@$(MAKE) -s $(B)/initramfs-qemu.cpio
.PHONY: initramfs-qemu

initramfs: $(B)/initramfs.cpio ## the initial file system of the Linux target
.PHONY: initramfs

$(B)/tests/runner/target/channel_agent_test: | $(B)/espy-agent
$(B)/tests/runner/target/target_linux_test: | $(B)/initramfs.cpio
