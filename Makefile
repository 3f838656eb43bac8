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

COMMON = addr config duration log signals value
PARENT = admission children daemon drain events inetd intake listener memory \
	naming pidfile privileges refusals reload server sources systemd trial trouble
CHILD = proxy sandbox session
CLIENT =

ECHOD = $(COMMON:%=src/common/%.c) $(PARENT:%=src/parent/%.c) \
	$(CHILD:%=src/child/%.c)
ECHOC = $(CLIENT:%=src/client/%.c) src/common/addr.c src/common/duration.c
UNITS = $(wildcard tests/unit/test_*.c)
HEADERS = $(wildcard src/*/*.h)
C_FILES = $(wildcard src/*.[ch] src/*/*.[ch] tests/*/*.[ch])

# ---- flags ------------------------------------------------------------------

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
# A child leaves by the bare system call, past gcov's atexit handler.
COVERAGE_OBJECT = $(BUILD)/tests/support/coverage.o
HARDEN_LD += -Wl,--wrap=syscall
else
DEFINES += -D_FORTIFY_SOURCE=2
endif

LIBBSD = $(shell $(PKG_CONFIG) --libs libbsd)
LIBBSD_STATIC = $(shell $(PKG_CONFIG) --static --libs libbsd)
LINK := $(if $(LINK),$(LINK),$(if $(call try,-static-pie $(LIBBSD_STATIC)),static,dynamic))
PIE = -pie
LIBS = $(LIBBSD)
ifeq ($(LINK),static)
echod_PIE = -static-pie
echod_LIBS = $(LIBBSD_STATIC)
else
echod_PIE = $(PIE)
echod_LIBS = $(LIBS)
endif

COMPILE = $(CC) -std=c17 $(DEFINES) $(CPPFLAGS) $(WARN) $(HARDEN) $(CFLAGS)
LINK_C = $(CC) $(HARDEN) $(CFLAGS) $(HARDEN_LD) $(LDFLAGS)
BIN = $(if $(filter build,$(BUILD)),.,$(BUILD))
ALL = $(BIN)/echod $(if $(CLIENT),$(BIN)/echoc)

# ---- programs ---------------------------------------------------------------

all: $(ALL)

$(BIN)/echod: $(BUILD)/src/echod.o $(ECHOD:%.c=$(BUILD)/%.o) $(COVERAGE_OBJECT)
	$(LINK_C) $(echod_PIE) -o $@ $^ $(echod_LIBS)

$(BIN)/echoc: $(BUILD)/src/echoc.o $(ECHOC:%.c=$(BUILD)/%.o)
	$(LINK_C) $(PIE) -o $@ $^ $(LIBS) -lm

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -Isrc -MMD -MP -c -o $@ $<

# Changed flags rebuild everything; unchanged ones nothing.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(COMPILE) / $(LINK_C) $(echod_PIE)' | cmp -s - $@ || \
		echo '$(COMPILE) / $(LINK_C) $(echod_PIE)' > $@

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

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
	$(LINK_C) $(PIE) -o $@ $^ $(LIBS) -lcmocka -lm

check: all $(TEST_PROGRAMS)
	ECHOD=$(abspath $(BIN)/echod) ECHOC=$(abspath $(BIN)/echoc) \
	    tests/run $(BUILD) $(PYTHON) $(SUITES:%=tests/%)

check-system:
	$(MAKE) check SUITES=system UNITS=

torture:
	$(MAKE) check SUITES=torture UNITS= TORTURE=all

# Line coverage of src/ by the whole suite.  Sessions are run by another user
# and may not open files when confined, so the sandbox is off and the
# directories are open to all.
coverage:
	$(MAKE) BUILD=build/coverage COVERAGE=1 all
	chmod -R a+rwX build/coverage
	-ECHOD_SANDBOX=off $(MAKE) BUILD=build/coverage COVERAGE=1 check
	gcovr --root . --filter src/ --object-directory build/coverage --sort-percentage

# One sanitized program a harness; tests/fuzz says how they are run.
FUZZ = $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_CC = clang -std=c17 $(DEFINES) -Isrc -O1 -g -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=all
fuzz: $(FUZZ:tests/fuzz/%.c=$(BUILD)/fuzz/%)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(ECHOD) $(ECHOC) $(HEADERS)
	@mkdir -p $(@D)
	$(FUZZ_CC) -o $@ $< $(sort $(ECHOD) $(ECHOC)) $(LIBBSD) -lm

# Formatting, headers that stand alone, manual pages, and two analysers.
lint:
	$(CLANG_FORMAT) --dry-run --Werror $(C_FILES)
	for header in $(HEADERS); do \
	    $(COMPILE) -Isrc -Wno-unused-function -fsyntax-only -x c $$header || exit 1; \
	done
	! mandoc -Tlint man/* | grep -v 'referenced manual not found'
	clang-tidy --quiet --warnings-as-errors='*' $(filter src/%.c,$(C_FILES)) -- \
	    -std=c17 $(DEFINES) -Isrc
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -Isrc \
	    --enable=warning,performance,portability $(DEFINES) src

format:
	$(CLANG_FORMAT) -i $(C_FILES)

# ---- installation -----------------------------------------------------------

UNITDIR = $(or $(shell $(PKG_CONFIG) --variable=systemdsystemunitdir systemd 2>/dev/null),/usr/lib/systemd/system)
SYSUSERSDIR = $(or $(shell $(PKG_CONFIG) --variable=sysusersdir systemd 2>/dev/null),/usr/lib/sysusers.d)

# Debian, as root.  The second line is for the tests only, the third for lint,
# sanitizers and fuzzing, the fourth for the booted systemd, the fifth for proxies.
deps:
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	    gcc libc6-dev make pkg-config libbsd-dev \
	    libcmocka-dev python3 python3-pytest strace gdb procps iproute2 mandoc \
	    clang clang-format clang-tidy cppcheck valgrind libclang-rt-14-dev gcovr \
	    debootstrap systemd-container \
	    haproxy socat ncat xinetd netcat-openbsd

clean:
	rm -rf build echod echoc

.SECONDARY:
.PHONY: all run check check-system torture coverage fuzz lint format deps clean FORCE
