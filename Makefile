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

.DEFAULT_GOAL = all
include etc/deps.mk
ifeq ($(and $(DEPS),$(AFTER_DEPS)),)

# ---- sources, grouped by the process that runs them -------------------------

COMMON = $(wildcard src/common/*.c)
ECHOD = $(COMMON) $(wildcard src/parent/*.c src/parent/*/*.c src/child/*.c)
ECHOC = $(wildcard src/client/*.c src/client/*/*.c) \
	$(addprefix src/common/,addr.c host_port.c units.c value.c option_table.c quote.c)

include src/flags.mk

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

include systemd/units.mk etc/completions.mk

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
endif

# ---- the rest ---------------------------------------------------------------

include etc/package.mk $(wildcard tests/*.mk)

help:
	@sed -n 's/^#: \{0,1\}//p' Makefile etc/deps.mk etc/package.mk $(wildcard tests/*.mk)

clean:
	rm -rf build echod echoc

.SECONDARY:
.PHONY: all static run install uninstall help clean FORCE
