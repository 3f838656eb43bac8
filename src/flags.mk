# SPDX-License-Identifier: ISC
#
# What the compiler and the linker are asked for, and probes of what they can do.

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
LAYOUT = off
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
LAYOUT ?= on
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
