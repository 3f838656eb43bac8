# SPDX-License-Identifier: ISC
#
# Measurements; see tests/bench/README.md.

ifeq ($(and $(DEPS),$(AFTER_DEPS)),)
#: bench              side by side with the floor and with peers
bench: all
	$(MAKE) BUILD=build/dynamic LINK=dynamic all
	$(PYTHON) tests/bench/bench.py --echod "$(abspath $(BIN))/echod" \
	    --echod-dynamic build/dynamic/echod --peers build/peers \
	    --out build/bench $(BENCHFLAGS)

#: abuse              what an honest client feels of hostile ones, and of attacks on the parent
abuse: all
	$(PYTHON) tests/bench/abuse.py --echod "$(abspath $(BIN))/echod"

.PHONY: bench abuse
endif

PACKAGES_bench = python3 procps iproute2 util-linux mount socat ncat
PEERS_bench = xinetd inetutils-inetd
PACKAGES_abuse = python3 procps iproute2 haproxy
