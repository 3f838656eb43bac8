# SPDX-License-Identifier: ISC
#
# What packagers take: a tar of the sources, and Debian's package.

ifeq ($(and $(DEPS),$(AFTER_DEPS)),)

NAME = echod-$(VERSION)

#: dist               build/dist/echod-VERSION.tar.gz of the last commit, reproducible
dist:
	@mkdir -p build/dist
	git -c tar.umask=022 archive --format=tar --prefix=$(NAME)/ HEAD | \
	    gzip -9n > build/dist/$(NAME).tar.gz
	@sha256sum build/dist/$(NAME).tar.gz

#: deb                build/deb/echod_VERSION_*.deb of the tree as it is, and what checkers say
deb:
	rm -rf build/deb && mkdir -p build/deb/$(NAME)
	tar -c --exclude=./build --exclude=./.git --exclude=./echod --exclude=./echoc . | \
	    tar -x --no-same-owner -C build/deb/$(NAME)
	cp -r etc/debian build/deb/$(NAME)/debian
	cd build/deb/$(NAME) && umask 022 && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
	    dpkg-buildpackage --unsigned-source --unsigned-changes --build=binary \
	    > ../build.log 2>&1 || { tail -30 ../build.log; exit 1; }
	lintian --fail-on error,warning build/deb/*.changes
	blhc --all build/deb/build.log
	shellcheck etc/debian/p*
	shellcheck --shell=bash build/deb/$(NAME)/build/completions/*.bash
	/usr/sbin/apparmor_parser --quiet --skip-kernel-load --skip-cache etc/echod.apparmor
	@ls build/deb/*.deb

#: check-deb          installs, upgrades, removes and purges it in a booted system
check-deb: deb
	$(MAKE) check UNITS= SUITES=system/test_package.py

.PHONY: dist deb check-deb
endif

PACKAGES_dist = git
PACKAGES_deb = build-essential debhelper libbsd-dev libcmocka-dev python3 lintian blhc \
	shellcheck apparmor
NEEDS_check-deb = deb system
