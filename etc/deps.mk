# SPDX-License-Identifier: ISC
#
# Packages of Debian: "make deps GOAL" installs what the goal needs, then makes it.

# The goals beside "deps" wait for the packages and are left to another make:
# this one has looked for a compiler and its abilities too early.
DEPS := $(filter deps deps-%,$(MAKECMDGOALS))
AFTER_DEPS := $(filter-out $(DEPS),$(MAKECMDGOALS))

ifneq ($(and $(DEPS),$(AFTER_DEPS)),)
.PHONY: $(AFTER_DEPS) after-deps
$(AFTER_DEPS): after-deps ; @:
after-deps: $(DEPS)
	@$(MAKE) $(AFTER_DEPS)
endif

# What every goal needs; tests/*.mk have what others need besides, by goal or
# suite: PACKAGES_x to install, PEERS_x to unpack in build/peers only, since
# their packages start services.
PACKAGES = gcc libc6-dev make pkgconf libbsd-dev
NEEDS = $(foreach goal,$(AFTER_DEPS) $(DEPS:deps-%=%),$(or $(NEEDS_$(goal)),$(goal)))
PEERS = $(sort $(foreach need,$(NEEDS),$(PEERS_$(need))))

#: deps deps-GOAL     installs the packages only
$(or $(DEPS),deps):
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	    $(sort $(PACKAGES) $(foreach need,$(NEEDS),$(PACKAGES_$(need))))
	$(if $(PEERS),tests/support/fetch_peers build/peers $(PEERS))

.PHONY: deps $(DEPS)
