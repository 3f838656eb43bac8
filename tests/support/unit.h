/* SPDX-License-Identifier: ISC */

/*
 * What every unit test of the daemon includes: cmocka, behind the headers it
 * needs, and the capture of standard error, where the log writes.
 */

#ifndef UNIT_H
#define UNIT_H

/* cmocka.h needs those before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

#include <sys/mman.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* By the address sanitizer; gcc and clang say it differently. */
#if defined(__SANITIZE_ADDRESS__)
#define INSTRUMENTED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define INSTRUMENTED
#endif
#endif

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define assert_text_contains(text, part)                                       \
	do {                                                                   \
		if (strstr((text), (part)) == NULL)                            \
			fail_msg("\"%s\" not in \"%s\"", (part), (text));      \
	} while (0)

/* As tests/run has found: see tests/support/seccomp.py. */
static inline void
skip_if_filters_hang(void)
{
	if (getenv("ECHOD_FILTERS") != NULL)
		skip();
}

static int capture_saved = -1;

/* From here on, standard error goes to the given descriptor. */
static inline void
stderr_to(int fd)
{
	if (capture_saved == -1)
		capture_saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	assert_int_not_equal(capture_saved, -1);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
}

static inline void
stderr_restore(void)
{
	assert_int_equal(dup2(capture_saved, STDERR_FILENO), STDERR_FILENO);
	(void)close(capture_saved);
	capture_saved = -1;
}

/* From here on, standard error goes to memory. */
static inline void
capture_start(void)
{
	int fd = memfd_create("captured", MFD_CLOEXEC);

	assert_int_not_equal(fd, -1);
	stderr_to(fd);
	(void)close(fd);
}

/* What came since capture_start(); good until the next call. */
static inline const char *
capture_end(void)
{
	static char text[64 * 1024];
	ssize_t length = pread(STDERR_FILENO, text, sizeof text - 1, 0);

	stderr_restore();
	assert_true(length >= 0);
	text[length] = '\0';
	return text;
}

#endif
