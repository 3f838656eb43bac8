# SPDX-License-Identifier: ISC
#
# make               builds ./echod and ./echoc
# make deps run      installs what is needed (Debian, as root), then runs echod on port 7007
# make deps check    ... then runs every test that takes seconds or minutes
# make help          lists the other targets
#
# CC, CPPFLAGS, CFLAGS, LDFLAGS, DESTDIR, prefix, sysconfdir & co. are the
# user's, with their GNU meanings.  Further switches:
#   LINK=static|dynamic   how echod is linked; static (a static PIE) where libbsd.a exists
#   SANITIZE=LIST         for example address,undefined; give it a BUILD of its own
#   COVERAGE=1            line counts by gcov; give it a BUILD of its own
#   V=1                   shows the commands
#   BUILD=DIR             where everything is built; programs land there too unless it is "build"

VERSION = 1.0

prefix = /usr/local
exec_prefix = $(prefix)
bindir = $(exec_prefix)/bin
sbindir = $(exec_prefix)/sbin
datarootdir = $(prefix)/share
mandir = $(datarootdir)/man
docdir = $(datarootdir)/doc/echod
sysconfdir = /etc
runstatedir = /run
INSTALL = install

BUILD = build
PYTHON = /usr/bin/python3
PKG_CONFIG = pkg-config
CLANG_FORMAT = clang-format
CFLAGS = -O2 -g

# ---- sources, grouped by the process that runs them -------------------------

COMMON = $(wildcard src/common/*.c)
ECHOD = $(COMMON) $(wildcard src/parent/*.c src/parent/*/*.c src/child/*.c)
ECHOC = $(wildcard src/client/*.c src/client/*/*.c) src/common/addr.c
UNITS = $(wildcard tests/unit/test_*.c)
HEADERS = $(wildcard src/*/*.h src/*/*/*.h)
C_FILES = $(wildcard src/*.[ch] src/*/*.[ch] src/*/*/*.[ch] tests/*/*.[ch])

# ---- flags ------------------------------------------------------------------

comma = ,
try = $(shell echo 'int main(void){return 0;}' | \
	$(CC) -Werror $(1) -x c - -o /dev/null 2>/dev/null && echo '$(1)')

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wvla -Wformat=2 -Wundef \
	-Wcast-align -Wcast-qual -Wwrite-strings -Wpointer-arith \
	-Wimplicit-fallthrough -Wdouble-promotion -Wnull-dereference \
	$(call try,-Wlogical-op) $(call try,-Wduplicated-cond)
HARDEN := -fPIE -fstack-protector-strong \
	$(call try,-fstack-clash-protection) $(call try,-fcf-protection)
DEFINES = -D_GNU_SOURCE -DLIBBSD_OPENBSD_VIS -DVERSION='"$(VERSION)"' \
	-DCONFIG_FILE='"$(sysconfdir)/echod.conf"' -DPIDFILE='"$(runstatedir)/echod.pid"'
HARDEN_LD := -Wl,-z,now -Wl,-z,relro -Wl,-z,noexecstack

ifdef SANITIZE
LINK = dynamic
HARDEN += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
else ifdef COVERAGE
LINK = dynamic
HARDEN += --coverage -O0
# See there for what is wrapped, and why.
COVERAGE_OBJECT = $(BUILD)/tests/support/coverage.o
HARDEN_LD += -Wl,--wrap=syscall,--wrap=prctl,--wrap=setrlimit,--wrap=madvise
else
DEFINES += -D_FORTIFY_SOURCE=2
endif

LIBBSD = $(shell $(PKG_CONFIG) --libs libbsd)
LIBBSD_STATIC = $(shell $(PKG_CONFIG) --static --libs libbsd)
LINK := $(if $(LINK),$(LINK),$(if $(call try,-static-pie $(LIBBSD_STATIC)),static,dynamic))
PIE = -pie
LIBS = $(LIBBSD)
ifeq ($(LINK),static)
echod_PIE := -static-pie $(call try,-Wl$(comma)-T$(comma)src/child/layout.ld) \
	-Wl,-u,_dl_early_allocate,--wrap=_dl_early_allocate
echod_LIBS = $(LIBBSD_STATIC)
else
echod_PIE = $(PIE)
echod_LIBS = $(LIBS)
endif

COMPILE = $(CC) -std=c17 $(DEFINES) $(CPPFLAGS) $(WARN) $(HARDEN) $(CFLAGS)
LINK_C = $(CC) $(HARDEN) $(CFLAGS) $(HARDEN_LD) $(LDFLAGS)
Q = $(if $(V),,@)
say = @printf '  %-5s %s\n'
BIN = $(if $(filter build,$(BUILD)),.,$(BUILD))
ALL = $(BIN)/echod $(BIN)/echoc

# ---- programs ---------------------------------------------------------------

all: $(ALL)

$(BIN)/echod: $(BUILD)/src/echod.o $(ECHOD:%.c=$(BUILD)/%.o) $(COVERAGE_OBJECT) \
	    src/child/layout.ld
	$(say) LINK $@
	$(Q)$(LINK_C) $(echod_PIE) -o $@ $(filter %.o,$^) $(echod_LIBS)

$(BIN)/echoc: $(BUILD)/src/echoc.o $(ECHOC:%.c=$(BUILD)/%.o) $(COVERAGE_OBJECT)
	$(say) LINK $@
	$(Q)$(LINK_C) $(PIE) -o $@ $^ $(LIBS) -lm

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(COMPILE) -Isrc -MMD -MP -c -o $@ $<

# Changed flags rebuild everything; unchanged ones nothing.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(COMPILE) / $(LINK_C) $(echod_PIE)' | cmp -s - $@ || \
		echo '$(COMPILE) / $(LINK_C) $(echod_PIE)' > $@

-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)

run: $(BIN)/echod
	$(BIN)/echod --foreground --listen 7007

# ---- tests ------------------------------------------------------------------

# The suites besides the unit tests; all: functional system torture fuzz
SUITES = functional
TEST_PROGRAMS = $(UNITS:tests/unit/%.c=$(BUILD)/unit/%)
UNIT_OBJECTS = $(ECHOD:%.c=$(BUILD)/%.o) \
	$(filter-out $(BUILD)/src/common/%,$(ECHOC:%.c=$(BUILD)/%.o))

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(UNIT_OBJECTS) $(COVERAGE_OBJECT)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(LINK_C) $(PIE) -o $@ $^ $(LIBS) -lcmocka -lm

check: all $(TEST_PROGRAMS) $(if $(filter fuzz,$(SUITES)),fuzz)
	ECHOD=$(abspath $(BIN)/echod) ECHOC=$(abspath $(BIN)/echoc) \
	    tests/run $(BUILD) $(PYTHON) $(SUITES:%=tests/%)

check-system:
	$(MAKE) check SUITES=system UNITS=

torture:
	$(MAKE) check SUITES=torture UNITS= TORTURE=all

# A million connections and 100 GB, with hashes; about six minutes.
soak: all
	ECHOD=$(abspath $(BIN)/echod) $(PYTHON) tests/torture/soak.py

# Side by side with the floor and with peers; see tests/bench/README.md.
bench: all
	$(MAKE) BUILD=build/dynamic LINK=dynamic all
	tests/bench/fetch_peers build/peers
	$(PYTHON) tests/bench/bench.py --echod $(abspath $(BIN)/echod) \
	    --echod-dynamic build/dynamic/echod --peers build/peers \
	    --out build/bench $(BENCHFLAGS)

# What an honest client feels of 3,000 hostile ones; what refusals cost.
abuse: all
	$(PYTHON) tests/bench/abuse.py --echod $(abspath $(BIN)/echod)

# Line coverage of src/ by the whole suite.  Sessions, which are run by another
# user, write down their counts as well: any user may write to the directory.
coverage:
	$(MAKE) BUILD=build/coverage COVERAGE=1 all
	find build/coverage -type d -exec chmod 777 {} +
	umask 0; build/coverage/echod --version; build/coverage/echoc --help
	-umask 0; $(MAKE) BUILD=build/coverage COVERAGE=1 check
	gcovr --root . --filter src/ --object-directory build/coverage --sort-percentage

# One sanitized program a harness; tests/fuzz says how they are run.
FUZZ = $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_CC = clang -std=c17 $(DEFINES) -Isrc -O1 -g -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=all
fuzz: $(FUZZ:tests/fuzz/%.c=$(BUILD)/fuzz/%)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(ECHOD) $(ECHOC) $(HEADERS)
	@mkdir -p $(@D)
	$(say) FUZZ $@
	$(Q)$(FUZZ_CC) -o $@ $< $(sort $(ECHOD) $(ECHOC)) $(LIBBSD) -lm

# cppcheck does not see that log_fatal() never returns, nor what memset() sets.
CPPCHECK_FALSE = --suppress=nullPointerRedundantCheck:src/parent/process/privileges.c \
	--suppress=ctuuninitvar:src/parent/settings/config.c

# Formatting, headers that stand alone, manual pages, and two analysers.
lint:
	$(CLANG_FORMAT) --dry-run --Werror $(C_FILES)
	for header in $(HEADERS); do \
	    $(COMPILE) -Isrc -Wno-unused-function -fsyntax-only -x c $$header || exit 1; \
	done
	printf '%s\n' $(filter src/%.c,$(C_FILES)) | xargs -P $$(nproc) -I {} \
	    $(COMPILE) -Isrc $(call try,-fanalyzer) -Werror -c -o /dev/null {}
	! mandoc -Tlint man/* | grep -v 'referenced manual not found'
	printf '%s\n' $(filter src/%.c,$(C_FILES)) | xargs -P $$(nproc) -I {} \
	    clang-tidy --quiet --warnings-as-errors='*' {} -- -std=c17 $(DEFINES) -Isrc
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -Isrc $(DEFINES) \
	    --enable=warning,performance,portability '-DRB_GENERATE_INTERNAL(a,b,c,d,e)=' \
	    $(CPPCHECK_FALSE) src

format:
	$(CLANG_FORMAT) -i $(C_FILES)

# ---- installation -----------------------------------------------------------

UNITDIR = $(or $(shell $(PKG_CONFIG) --variable=systemdsystemunitdir systemd 2>/dev/null),/usr/lib/systemd/system)
SYSUSERSDIR = $(or $(shell $(PKG_CONFIG) --variable=sysusersdir systemd 2>/dev/null),/usr/lib/sysusers.d)

SUBSTITUTE = sed -e 's|@sbindir@|$(sbindir)|g' -e 's|@docdir@|$(docdir)|g' \
	-e 's|@sysconfdir@|$(sysconfdir)|g'
INSTALLED = $(sbindir)/echod $(bindir)/echoc \
	$(mandir)/man8/echod.8 $(mandir)/man5/echod.conf.5 $(mandir)/man1/echoc.1 \
	$(UNITDIR)/echod.service $(UNITDIR)/echod@.service $(UNITDIR)/echod.socket \
	$(SYSUSERSDIR)/echod.conf $(docdir)/socket-only.conf

# An echod.conf that is there already stays as it is.
install: all
	$(INSTALL) -d $(sort $(dir $(INSTALLED:%=$(DESTDIR)%))) $(DESTDIR)$(sysconfdir)
	$(INSTALL) -m 755 $(BIN)/echod $(DESTDIR)$(sbindir)/echod
	$(INSTALL) -m 755 $(BIN)/echoc $(DESTDIR)$(bindir)/echoc
	$(INSTALL) -m 644 man/echod.8 $(DESTDIR)$(mandir)/man8/echod.8
	$(INSTALL) -m 644 man/echod.conf.5 $(DESTDIR)$(mandir)/man5/echod.conf.5
	$(INSTALL) -m 644 man/echoc.1 $(DESTDIR)$(mandir)/man1/echoc.1
	$(SUBSTITUTE) -e 's| *@options@||' systemd/echod.service.in \
	    > $(DESTDIR)$(UNITDIR)/echod.service
	$(SUBSTITUTE) -e 's|@options@|--config=$(sysconfdir)/echod/%i.conf|' \
	    systemd/echod.service.in > $(DESTDIR)$(UNITDIR)/echod@.service
	$(INSTALL) -m 644 systemd/echod.socket $(DESTDIR)$(UNITDIR)/echod.socket
	$(INSTALL) -m 644 systemd/echod.sysusers.conf $(DESTDIR)$(SYSUSERSDIR)/echod.conf
	$(INSTALL) -m 644 systemd/socket-only.conf $(DESTDIR)$(docdir)/socket-only.conf
	test -e $(DESTDIR)$(sysconfdir)/echod.conf || \
	    $(INSTALL) -m 644 etc/echod.conf $(DESTDIR)$(sysconfdir)/echod.conf

# An echod.conf that was changed is not ours to take away.
uninstall:
	rm -f $(INSTALLED:%=$(DESTDIR)%)
	if cmp -s etc/echod.conf $(DESTDIR)$(sysconfdir)/echod.conf; then \
	    rm -f $(DESTDIR)$(sysconfdir)/echod.conf; fi
	if [ -d $(DESTDIR)$(docdir) ]; then \
	    rmdir --ignore-fail-on-non-empty $(DESTDIR)$(docdir); fi

# Debian, as root.  The second line is for the tests only, the third for lint,
# sanitizers and fuzzing, the fourth for the booted systemd, the fifth for the
# proxies and peers, the sixth for torture.
deps:
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	    gcc libc6-dev make pkg-config libbsd-dev \
	    libcmocka-dev python3 python3-pytest python3-pytest-xdist strace gdb procps iproute2 mandoc \
	    clang clang-format clang-tidy cppcheck valgrind libclang-rt-14-dev gcovr \
	    debootstrap systemd-container \
	    haproxy socat ncat xinetd netcat-openbsd \
	    libfaketime util-linux mount

help:
	@sed -n '2,/^VERSION/s/^# \{0,1\}//p' Makefile
	@echo 'Targets: all run deps check check-system torture soak bench abuse coverage fuzz'
	@echo '         lint format install uninstall clean help'

clean:
	rm -rf build echod echoc

.SECONDARY:
.PHONY: all run check check-system torture soak bench abuse coverage fuzz lint format \
	install uninstall deps help clean FORCE
