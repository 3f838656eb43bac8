/* SPDX-License-Identifier: ISC */

/*
 * The floor: what a process per client costs when nothing else is done.  A
 * static program without a libc that accepts, forks, reads, writes and exits
 * on port 7: no reaping (SIGCHLD is ignored, so the kernel does it), no log,
 * no limit, no confinement.  Whatever a real server takes longer is the price
 * of what it does more.
 */

#include <sys/syscall.h>

enum {
	FAMILY_INET = 2,
	TYPE_STREAM = 1,
	LEVEL_SOCKET = 1,
	OPTION_REUSEADDR = 2,
	SIGNAL_CHLD = 17,
	BACKLOG = 4096,
	BUFFER_SIZE = 64 * 1024
};

struct address {
	unsigned short family;
	unsigned char port[2];
	unsigned char host[4];
	unsigned char padding[8];
};

struct action {
	long handler, flags, restorer, mask;
};

static char buffer[BUFFER_SIZE];

#if defined(__x86_64__)
static long
call(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long result;

	__asm__ volatile(
	    "syscall"
	    : "=a"(result)
	    : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
	    : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
static long
call(long number, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
}
#else
#error "no system call convention for this machine"
#endif

static _Noreturn void
leave(int status)
{
	for (;;)
		(void)call(SYS_exit, status, 0, 0, 0, 0);
}

static _Noreturn void
echo(long fd)
{
	long count;

	while (
	    (count = call(SYS_read, fd, (long)buffer, sizeof buffer, 0, 0)) > 0)
		for (long sent, done = 0; done < count; done += sent) {
			sent = call(SYS_write, fd, (long)buffer + done,
			    count - done, 0, 0);
			if (sent <= 0)
				leave(1);
		}
	leave(0);
}

static long
listen_on_port_7(void)
{
	struct address any = {.family = FAMILY_INET, .port = {0, 7}};
	int on = 1;
	long fd = call(SYS_socket, FAMILY_INET, TYPE_STREAM, 0, 0, 0);

	(void)call(SYS_setsockopt, fd, LEVEL_SOCKET, OPTION_REUSEADDR,
	    (long)&on, sizeof on);
	if (call(SYS_bind, fd, (long)&any, sizeof any, 0, 0) != 0 ||
	    call(SYS_listen, fd, BACKLOG, 0, 0, 0) != 0)
		leave(1);
	return fd;
}

_Noreturn void _start(void);

#if defined(__x86_64__)
__attribute__((force_align_arg_pointer))
#endif
_Noreturn void
_start(void)
{
	struct action ignore = {.handler = 1};
	long listener = listen_on_port_7();

	(void)call(SYS_rt_sigaction, SIGNAL_CHLD, (long)&ignore, 0, 8, 0);
	for (;;) {
		long fd = call(SYS_accept, listener, 0, 0, 0, 0);
		if (fd < 0)
			continue;
		if (call(SYS_clone, SIGNAL_CHLD, 0, 0, 0, 0) == 0)
			echo(fd);
		(void)call(SYS_close, fd, 0, 0, 0, 0);
	}
}
