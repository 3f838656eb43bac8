/* SPDX-License-Identifier: ISC */

/*
 * Instructions of the parent's and the sessions' seccomp(2) filters.
 * FILTER_ARCH is the kernel's name for the processor and its calling
 * convention; it is undefined for processors on which the filters were not
 * tested.
 */

#ifndef FILTER_H
#define FILTER_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <endian.h>
#include <stddef.h>

#if defined(__x86_64__) && !defined(__ILP32__)
#define FILTER_ARCH AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define FILTER_ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define FILTER_ARCH AUDIT_ARCH_AARCH64
#elif defined(__arm__) && defined(__ARMEL__)
#define FILTER_ARCH AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define FILTER_ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER == __LITTLE_ENDIAN
#define FILTER_ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define FILTER_ARCH AUDIT_ARCH_S390X
#endif

/* Loads a member of struct seccomp_data into the accumulator. */
#define FILTER_LOAD(member)                                                    \
	BPF_STMT(                                                              \
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))

/* Load half of a member of 64 bits; the kernel uses the low one of an int. */
#define FILTER_LOAD_LOW(member)                                                \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                                     \
	    (unsigned)(offsetof(struct seccomp_data, member) +                 \
		       (__BYTE_ORDER == __BIG_ENDIAN ? sizeof(__u32) : 0)))
#define FILTER_LOAD_HIGH(member)                                               \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                                     \
	    (unsigned)(offsetof(struct seccomp_data, member) +                 \
		       (__BYTE_ORDER == __BIG_ENDIAN ? 0 : sizeof(__u32))))

#define FILTER_AND(mask) BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (mask))

/* Skips so many instructions unless the accumulator equals the value. */
#define FILTER_SKIP_UNLESS(value, count)                                       \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (count))
#define FILTER_SKIP_IF(value, count)                                           \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (count), 0)
#define FILTER_SKIP_UNLESS_ABOVE(value, count)                                 \
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (value), 0, (count))

#define FILTER_RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))

#endif
