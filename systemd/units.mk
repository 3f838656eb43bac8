# SPDX-License-Identifier: ISC
#
# The units, with the directories and the calls that the parent's filter allows.

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
