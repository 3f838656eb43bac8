# SPDX-License-Identifier: ISC
#
# The tests: unit tests and the pytest suites, through tests/run.

# The suites besides the unit tests; all: functional system torture fuzz
SUITES = functional
UNITS = $(wildcard tests/unit/test_*.c)
TEST_PROGRAMS = $(UNITS:tests/unit/%.c=$(BUILD)/unit/%)
UNIT_OBJECTS = $(ECHOD:%.c=$(BUILD)/%.o) \
	$(filter-out $(BUILD)/src/common/%,$(ECHOC:%.c=$(BUILD)/%.o))

ifeq ($(and $(DEPS),$(AFTER_DEPS)),)

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(UNIT_OBJECTS) $(COVERAGE_OBJECT)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(LINK_C) -pie -o $@ $^ $(LIBBSD) -lcmocka -lm

# What an upgrade leads to; see tests/support/upgrades.py.
OTHER = $(BUILD)/version-1.1
$(OTHER)/echod: FORCE
	$(Q)$(MAKE) --no-print-directory VERSION=1.1 BUILD=$(OTHER) $@

#: check              unit tests and SUITES (functional; all: functional system torture fuzz)
check: all $(TEST_PROGRAMS) $(if $(filter fuzz,$(SUITES)),fuzz) \
	    $(if $(filter functional functional/test_upgrade%,$(SUITES)),$(OTHER)/echod)
	ECHOD="$(abspath $(BIN))/echod" ECHOC="$(abspath $(BIN))/echoc" \
	    tests/run $(BUILD) $(PYTHON) $(SUITES:%=tests/%)

#: check-unit         unit tests only: needs libcmocka and python3, no root, no network
check-unit:
	$(MAKE) check SUITES=

#: check-system       in a booted systemd
check-system:
	$(MAKE) check SUITES=system UNITS=

#: torture            every system call failed in turn
torture:
	$(MAKE) check SUITES=torture UNITS= TORTURE=all

#: soak               a million connections and 100 GB, with hashes; about six minutes
soak: all
	ECHOD="$(abspath $(BIN))/echod" $(PYTHON) tests/torture/soak.py

#: coverage           the share of lines in src/ that unit and functional tests run
coverage:
	$(PYTHON) tests/mutate coverage

#: mutate             alters N lines at random and lists what no test notices; SEED FROM FILES
N = 40
mutate:
	SEED="$(SEED)" FROM="$(FROM)" FILES="$(FILES)" $(PYTHON) tests/mutate $(N)

#: fuzz               builds one sanitized program a harness; check SUITES=fuzz runs them
# The sources are compiled once, and linked with each harness.
FUZZ = $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_CC = clang -std=c17 $(DEFINES) -Isrc -O1 -g -fno-sanitize-recover=all
FUZZ_OBJECTS = $(patsubst %.c,$(BUILD)/fuzz/%.o,$(sort $(ECHOD) $(ECHOC)))
fuzz: $(FUZZ:tests/fuzz/%.c=$(BUILD)/fuzz/%)

$(BUILD)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(say) FUZZ $<
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/tests/fuzz/fuzz_%.o $(FUZZ_OBJECTS)
	$(say) LINK $@
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBBSD) -lm

.PHONY: check check-unit check-system torture soak coverage mutate fuzz
endif

# ---- what they need ---------------------------------------------------------

NEEDS_check = unit $(foreach suite,$(SUITES),$(firstword $(subst /, ,$(suite))))
NEEDS_check-unit = unit
NEEDS_check-system = system
NEEDS_coverage = unit functional mutate
NEEDS_mutate = unit functional mutate
PYTEST_PACKAGES = python3 python3-pytest python3-pytest-xdist
PACKAGES_unit = libcmocka-dev python3
PACKAGES_functional = $(PYTEST_PACKAGES) strace gdb procps iproute2 mandoc mount ncat socat nftables \
	python3-jsonschema libmonitoring-plugin-perl librsvg2-bin
PEERS_functional = haproxy xinetd prometheus prometheus-node-exporter
PACKAGES_system = $(PYTEST_PACKAGES) procps jq debootstrap systemd-container
PACKAGES_torture = $(PYTEST_PACKAGES) strace procps iproute2 mount libfaketime
PACKAGES_fuzz = $(PYTEST_PACKAGES) clang libclang-rt-dev
PACKAGES_soak = python3
PACKAGES_mutate = binutils util-linux
