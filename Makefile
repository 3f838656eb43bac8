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
	pidfile privileges refusals reload server sources systemd trial trouble
CHILD = sandbox session
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

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(ECHOD:%.c=$(BUILD)/%.o) $(COVERAGE_OBJECT)
	@mkdir -p $(@D)
	$(LINK_C) $(PIE) -o $@ $^ $(LIBS) -lcmocka

check: all
	tests/run $(BUILD) $(PYTHON)

check-unit: $(UNITS:tests/unit/%.c=$(BUILD)/unit/%)

.SECONDARY:
.PHONY: all run check check-unit FORCE
