# SPDX-License-Identifier: ISC
#
# Completions of three shells.

# Made by running the programs; for another processor set COMPLETIONS= .
COMPLETIONS = $(foreach program,echod echoc, \
	644:$(BUILD)/completions/$(program).bash:$(bashcompdir)/$(program) \
	644:$(BUILD)/completions/$(program).zsh:$(zshcompdir)/_$(program) \
	644:$(BUILD)/completions/$(program).fish:$(fishcompdir)/$(program).fish)

$(BUILD)/completions/%.bash $(BUILD)/completions/%.zsh $(BUILD)/completions/%.fish: \
    $(BIN)/% etc/completions.awk
	@mkdir -p $(@D) && rm -f $(@D)/$**.help
	$(Q)'$(abspath $<)' --help > $(@D)/$*.help
	$(Q)for command in $$(sed -n 's/^  \([a-z]*\)  .*/\1/p' $(@D)/$*.help); do \
	    '$(abspath $<)' $$command --help > $(@D)/$*-$$command.help || exit 1; done
	$(Q)for shell in bash zsh fish; do awk -v shell=$$shell -v program=$* \
	    -f etc/completions.awk $(@D)/$**.help > $(@D)/$*.$$shell || exit 1; done
