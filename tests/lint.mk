# SPDX-License-Identifier: ISC
#
# Formatting, and what analysers say of the sources.

ifeq ($(and $(DEPS),$(AFTER_DEPS)),)
CLANG_FORMAT = clang-format
HEADERS = $(wildcard src/*/*.h src/*/*/*.h)
C_FILES = $(wildcard src/*.[ch] src/*/*.[ch] src/*/*/*.[ch] tests/*/*.[ch])

#: lint               formatting, who includes and uses what, manual pages, analysers
lint: all
	tests/lint/includes.py
	tests/lint/timers.py
	tests/lint/exported.py $(BUILD)
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
	    --enable=warning,performance,portability '-DRB_GENERATE_INTERNAL(a,b,c,d,e)=' src

#: format             by clang-format 14
format:
	$(CLANG_FORMAT) -i $(C_FILES)

.PHONY: lint format
endif

PACKAGES_lint = clang clang-format clang-tidy cppcheck mandoc
PACKAGES_format = clang-format
