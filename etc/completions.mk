# SPDX-License-Identifier: ISC
#
# Completions of three shells.

# They are made by running the programs, so for another processor say COMPLETIONS= .
COMPLETIONS = $(foreach program,echod echoc, \
	644:$(BUILD)/completions/$(program).bash:$(bashcompdir)/$(program) \
	644:$(BUILD)/completions/$(program).zsh:$(zshcompdir)/_$(program) \
	644:$(BUILD)/completions/$(program).fish:$(fishcompdir)/$(program).fish)

# From --help, which the option tables make.
$(BUILD)/completions/%.bash $(BUILD)/completions/%.zsh $(BUILD)/completions/%.fish: \
    $(BIN)/% etc/completions.awk
	@mkdir -p $(@D) && rm -f $(@D)/$**.help
	$(Q)'$(abspath $<)' --help > $(@D)/$*.help
	$(Q)for command in $$(sed -n 's/^  \([a-z]*\)  .*/\1/p' $(@D)/$*.help); do \
	    '$(abspath $<)' $$command --help > $(@D)/$*-$$command.help || exit 1; done
	$(Q)for shell in bash zsh fish; do awk -v shell=$$shell -v program=$* \
	    -f etc/completions.awk $(@D)/$**.help > $(@D)/$*.$$shell || exit 1; done
