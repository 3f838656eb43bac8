# SPDX-License-Identifier: ISC
#
# Other processors and another C library; see tests/cross/run.

PROCESSORS = arm64 armhf i386 ppc64el riscv64 s390x

ifeq ($(and $(DEPS),$(AFTER_DEPS)),)
#: check-cross        cross builds for PROCESSORS, judged by echoc under qemu-user
check-cross:
	tests/cross/run build/cross $(PROCESSORS)

#: check-musl         the same for a static musl
check-musl:
	tests/cross/run build/cross musl

.PHONY: check-cross check-musl
endif

PACKAGES_check-cross = qemu-user-static gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf \
	gcc-i686-linux-gnu gcc-powerpc64le-linux-gnu gcc-riscv64-linux-gnu \
	gcc-s390x-linux-gnu libc6-dev-arm64-cross libc6-dev-armhf-cross \
	libc6-dev-i386-cross libc6-dev-ppc64el-cross libc6-dev-riscv64-cross \
	libc6-dev-s390x-cross dpkg-dev xz-utils
PACKAGES_check-musl = musl-tools dpkg-dev xz-utils
