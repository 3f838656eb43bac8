# SPDX-License-Identifier: ISC
#
#: make               builds ./echod and ./echoc
#: make deps run      installs what is needed (Debian, as root), then runs echod on port 7007
#: make deps check    ... then runs every test that takes seconds or minutes
#: make deps GOAL...  installs what any other goal below needs, then makes it
#:
#: CC, CPPFLAGS, CFLAGS, LDFLAGS, DESTDIR, prefix, sysconfdir and the like are the
#: user's, with their GNU meanings, from the environment too.  Further switches:
#:   LINK=static|dynamic   how both programs are linked.  By default echod is a static PIE
#:                         where libbsd.a exists, and echoc is dynamic
#:   LAYOUT=on|off         whether a static echod keeps what sessions touch close together,
#:                         by means that depend on glibc's insides; see src/child/layout.ld
#:   SANITIZE=LIST         for example address,undefined; give it a BUILD of its own
#:   COVERAGE=1            notes the lines that run; give it a BUILD of its own
#:   V=1                   shows the commands
#:   BUILD=DIR             where everything is built; programs land there too unless it is "build"
#:
#: Goals:

VERSION = 1.0

# Below another prefix, such as $HOME/.local, everything stays in there.
prefix = /usr/local
ROOT := $(if $(filter-out /usr /usr/local,$(prefix)),$(prefix))
exec_prefix = $(prefix)
bindir = $(exec_prefix)/bin
sbindir = $(exec_prefix)/sbin
datarootdir = $(prefix)/share
mandir = $(datarootdir)/man
docdir = $(datarootdir)/doc/echod
sysconfdir = $(ROOT)/etc
runstatedir = $(ROOT)/run
unitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
bashcompdir = $(datarootdir)/bash-completion/completions
zshcompdir = $(datarootdir)/zsh/site-functions
fishcompdir = $(datarootdir)/fish/vendor_completions.d
INSTALL = install

BUILD = build
PYTHON = /usr/bin/python3
PKG_CONFIG = pkg-config
CFLAGS ?= -O2 -g

# The goals beside "deps" wait for the packages and are left to another make:
# this one has looked for a compiler and its abilities too early.
DEPS := $(filter deps deps-%,$(MAKECMDGOALS))
AFTER_DEPS := $(filter-out $(DEPS),$(MAKECMDGOALS))
ifneq ($(and $(DEPS),$(AFTER_DEPS)),)

.PHONY: $(AFTER_DEPS) after-deps
$(AFTER_DEPS): after-deps ; @:
after-deps: $(DEPS)
	@$(MAKE) $(AFTER_DEPS)

else

# ---- sources, grouped by the process that runs them -------------------------

COMMON = $(wildcard src/common/*.c)
ECHOD = $(COMMON) $(wildcard src/parent/*.c src/parent/*/*.c src/child/*.c)
ECHOC = $(wildcard src/client/*.c src/client/*/*.c) \
	$(addprefix src/common/,addr.c host_port.c units.c value.c option_table.c quote.c)

# ---- flags ------------------------------------------------------------------

comma = ,
try = $(shell echo '$(or $(2),int main(void){return 0;})' | \
	$(CC) -Werror $(1) -x c - -o /dev/null 2>/dev/null && echo '$(1)')
# For VARIABLE = $(call once,VARIABLE,VALUE): evaluated at its first use, so
# that only goals which compile pay for looking at the compiler.
once = $(eval $(1) := $(2))$($(1))

WARN = $(call once,WARN,-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wvla -Wformat=2 -Wundef \
	-Wcast-align -Wcast-qual -Wwrite-strings -Wpointer-arith \
	-Wimplicit-fallthrough -Wdouble-promotion -Wnull-dereference \
	$(call try,-Wlogical-op) $(call try,-Wduplicated-cond))
HARDEN = $(call once,HARDEN,-fPIE -fstack-protector-strong \
	$(call try,-fstack-clash-protection) $(call try,-fcf-protection) \
	$(call try,-mbranch-protection=standard))
# What libc may lack.  fork() differs from _Fork() by its handlers.
LIBC = $(call once,LIBC,$(if $(call try,-include unistd.h -D_GNU_SOURCE,int main(void){return (int)_Fork();}),,-D_Fork=fork))
HARDEN_LD = -Wl,-z,now -Wl,-z,relro -Wl,-z,noexecstack
DEFINES = $(LIBC) -D_GNU_SOURCE -DLIBBSD_OPENBSD_VIS -DVERSION='"$(VERSION)"' \
	-DCONFIG_FILE='"$(sysconfdir)/echod.conf"' -DPIDFILE='"$(runstatedir)/echod.pid"'

ifdef SANITIZE
LINK = dynamic
INSTRUMENT = -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
else ifdef COVERAGE
INSTRUMENT = -fsanitize-coverage=trace-pc
# The tracer; it must not trace itself.
COVERAGE_OBJECT = $(BUILD)/tests/support/trace.o
$(COVERAGE_OBJECT): INSTRUMENT =
else ifeq ($(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS))$(filter -O0,$(CFLAGS)),)
DEFINES += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif

LIBBSD = $(call once,LIBBSD,$(shell $(PKG_CONFIG) --libs libbsd))
LIBBSD_STATIC = $(call once,LIBBSD_STATIC,$(shell $(PKG_CONFIG) --static --libs libbsd))
ifndef LINK
LINK = $(call once,LINK,$(if $(call try,-static-pie $(LIBBSD_STATIC)),static,dynamic))
echoc_LINK = dynamic
else
echoc_LINK = $(LINK)
endif

LIBS_dynamic = $(LIBBSD)
LIBS_static = $(LIBBSD_STATIC)
PIE_dynamic = -pie
PIE_static = $(call once,PIE_static,$(or $(call try,-static-pie),-static))
LAYOUT = on
LAYOUT_on_static = $(call once,LAYOUT_on_static,$(call try,-Wl$(comma)-T$(comma)src/child/layout.ld) \
	$(if $(call try,-static-pie -Wl$(comma)--require-defined=_dl_early_allocate), \
	    -Wl$(comma)-u$(comma)_dl_early_allocate$(comma)--wrap=_dl_early_allocate))
LAYOUT_on_dynamic = $(call once,LAYOUT_on_dynamic,$(call try,-Wl$(comma)-T$(comma)src/child/layout.ld))
LAYOUT_FLAGS = $(LAYOUT_$(LAYOUT)_$(LINK))
# The linker warns that a static getaddrinfo(3) needs files for some names.
QUIET_dynamic =
QUIET_static = $(call once,QUIET_static,$(call try,-Wl$(comma)--no-warnings))

COMPILE = $(CC) -std=c17 $(DEFINES) $(CPPFLAGS) $(WARN) $(HARDEN) $(INSTRUMENT) \
	'-ffile-prefix-map=$(CURDIR)=.' $(CFLAGS)
LINK_C = $(CC) $(HARDEN) $(INSTRUMENT) $(CFLAGS) $(HARDEN_LD) $(LDFLAGS)
Q = $(if $(V),,@)
say = @printf '  %-5s %s\n'
BIN = $(if $(filter build,$(BUILD)),.,$(BUILD))

# ---- programs ---------------------------------------------------------------

all: $(BIN)/echod $(BIN)/echoc

$(BIN)/echod: $(BUILD)/src/echod.o $(ECHOD:%.c=$(BUILD)/%.o) $(COVERAGE_OBJECT) \
	    src/child/layout.ld
	$(say) LINK $@
	$(Q)$(LINK_C) $(PIE_$(LINK)) $(LAYOUT_FLAGS) -o $@ $(filter %.o,$^) $(LIBS_$(LINK))

$(BIN)/echoc: $(BUILD)/src/echoc.o $(ECHOC:%.c=$(BUILD)/%.o) $(COVERAGE_OBJECT)
	$(say) LINK $@
	$(Q)$(LINK_C) $(PIE_$(echoc_LINK)) $(QUIET_$(echoc_LINK)) -o $@ $^ \
	    $(LIBS_$(echoc_LINK)) -lm

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p '$(@D)'
	$(say) CC $<
	$(Q)$(COMPILE) -Isrc -MMD -MP -c -o $@ $<

# Changed flags rebuild everything; unchanged ones nothing.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(COMPILE) / $(LINK_C) $(LINK) $(LAYOUT_FLAGS) $(echoc_LINK)' > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)

#: static             both programs without any library, for containers
static:
	$(MAKE) LINK=static all

#: run                echod in the foreground, on port 7007
run: all
	$(BIN)/echod --foreground --listen 7007

# ---- installation -----------------------------------------------------------

# Mode, source and target of every file but echod.conf.
FILES = \
	755:$(BIN)/echod:$(sbindir)/echod \
	755:$(BIN)/echoc:$(bindir)/echoc \
	644:man/echod.8:$(mandir)/man8/echod.8 \
	644:man/echod.conf.5:$(mandir)/man5/echod.conf.5 \
	644:man/echoc.1:$(mandir)/man1/echoc.1 \
	644:$(BUILD)/echod.service:$(unitdir)/echod.service \
	644:$(BUILD)/echod@.service:$(unitdir)/echod@.service \
	644:systemd/echod.socket:$(unitdir)/echod.socket \
	644:systemd/echod-upgrade.service:$(unitdir)/echod-upgrade.service \
	644:systemd/echod.sysusers.conf:$(sysusersdir)/echod.conf \
	644:systemd/echod.tmpfiles.conf:$(tmpfilesdir)/echod.conf \
	644:systemd/socket-only.conf:$(docdir)/socket-only.conf \
	644:etc/echod.apparmor:$(docdir)/echod.apparmor \
	644:etc/echod.alerts.yml:$(docdir)/echod.alerts.yml \
	644:etc/echod.dashboard.json:$(docdir)/echod.dashboard.json \
	644:etc/LICENSE:$(docdir)/LICENSE \
	644:etc/NEWS:$(docdir)/NEWS \
	644:etc/echoc.schema.json:$(docdir)/echoc.schema.json \
	$(COMPLETIONS)

# They are made by running the programs, so for another processor say COMPLETIONS= .
COMPLETIONS = $(foreach program,echod echoc, \
	644:$(BUILD)/completions/$(program).bash:$(bashcompdir)/$(program) \
	644:$(BUILD)/completions/$(program).zsh:$(zshcompdir)/_$(program) \
	644:$(BUILD)/completions/$(program).fish:$(fishcompdir)/$(program).fish)

fields = $(foreach file,$(FILES),$(word $(1),$(subst :, ,$(file))))

#: install uninstall  below prefix, or DESTDIR and prefix
# An echod.conf that is there already stays as it is.
install: all $(call fields,2)
	@umask 022; for file in $(FILES:%='%'); do \
	    IFS=:; set -- $$file; echo "  INSTALL $(DESTDIR)$$3"; \
	    $(INSTALL) -D -m "$$1" "$$2" "$(DESTDIR)$$3" || exit 1; \
	done; \
	[ -e "$(DESTDIR)$(sysconfdir)/echod.conf" ] || \
	    $(INSTALL) -D -m 644 etc/echod.conf "$(DESTDIR)$(sysconfdir)/echod.conf"

# An echod.conf that was changed is not ours to take away.
uninstall:
	rm -f $(patsubst %,"$(DESTDIR)%",$(call fields,3))
	if cmp -s etc/echod.conf "$(DESTDIR)$(sysconfdir)/echod.conf"; then \
	    rm -f "$(DESTDIR)$(sysconfdir)/echod.conf"; fi
	rmdir --ignore-fail-on-non-empty $(foreach dir,$(docdir) $(bashcompdir) \
	    $(zshcompdir) $(fishcompdir),"$(DESTDIR)$(dir)" "$(DESTDIR)$(dir $(dir))") \
	    2>/dev/null || true

SUBSTITUTE = sed -e 's|@sbindir@|$(sbindir)|g' -e 's|@docdir@|$(docdir)|g' \
	-e 's|@sysconfdir@|$(sysconfdir)|g' \
	-e '/@calls@/{' -e 'r $(BUILD)/echod.calls' -e 'd' -e '}'

# What the parent's own filter allows, as lines of the unit.
$(BUILD)/echod.calls: src/parent/process/syscall_filter.c
	@mkdir -p $(@D)
	$(Q)sed -n '/KILL\|ABSENT/d; s/^.*{CALL(\([a-z0-9_]*\)).*/\1/p' $< | sort -u | \
	    paste -sd' ' | fold -sw 62 | sed 's/^/SystemCallFilter=/; s/ *$$//' > $@

$(BUILD)/echod.service: systemd/echod.service.in $(BUILD)/echod.calls FORCE
	@mkdir -p $(@D)
	$(Q)$(SUBSTITUTE) -e 's| *@options@||' $< > $@

$(BUILD)/echod@.service: systemd/echod.service.in $(BUILD)/echod.calls FORCE
	@mkdir -p $(@D)
	$(Q)$(SUBSTITUTE) -e 's|@options@|--config=$(sysconfdir)/echod/%i.conf|' $< > $@

# From --help, which the option tables make.
$(BUILD)/completions/%.bash $(BUILD)/completions/%.zsh $(BUILD)/completions/%.fish: \
    $(BIN)/% etc/completions.awk
	@mkdir -p $(@D) && rm -f $(@D)/$**.help
	$(Q)'$(abspath $<)' --help > $(@D)/$*.help
	$(Q)for command in $$(sed -n 's/^  \([a-z]*\)  .*/\1/p' $(@D)/$*.help); do \
	    '$(abspath $<)' $$command --help > $(@D)/$*-$$command.help || exit 1; done
	$(Q)for shell in bash zsh fish; do awk -v shell=$$shell -v program=$* \
	    -f etc/completions.awk $(@D)/$**.help > $(@D)/$*.$$shell || exit 1; done

endif

# ---- the rest ---------------------------------------------------------------

include etc/package.mk $(wildcard tests/*.mk)

# What every goal needs; tests/*.mk have what others need besides, by goal or
# suite: PACKAGES_x to install, PEERS_x to unpack in build/peers only, since
# their packages start services.
PACKAGES = gcc libc6-dev make pkgconf libbsd-dev
NEEDS = $(foreach goal,$(AFTER_DEPS) $(DEPS:deps-%=%),$(or $(NEEDS_$(goal)),$(goal)))
PEERS = $(sort $(foreach need,$(NEEDS),$(PEERS_$(need))))

#: deps deps-GOAL     installs the packages only
$(or $(DEPS),deps):
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	    $(sort $(PACKAGES) $(foreach need,$(NEEDS),$(PACKAGES_$(need))))
	$(if $(PEERS),tests/support/fetch_peers build/peers $(PEERS))

help:
	@sed -n 's/^#: \{0,1\}//p' Makefile etc/package.mk $(wildcard tests/*.mk)

clean:
	rm -rf build echod echoc

.SECONDARY:
.PHONY: all static run install uninstall deps $(DEPS) help clean FORCE
