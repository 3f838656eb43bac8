/* SPDX-License-Identifier: ISC */

#include "common/signals.h"

#include <sys/signalfd.h>

#include <stddef.h>
#include <unistd.h>

#include "common/calls.h"
#include "common/confined.h"

static const int parents[] = {
    SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD};
static const int requests[] = {SIGHUP, SIGUSR1, SIGUSR2};
static const int sessions[] = {SIGTERM, SIGALRM, SIGUSR1};

enum {
	NPARENTS = sizeof parents / sizeof *parents,
	NSESSIONS = sizeof sessions / sizeof *sessions,
	NREQUESTS = sizeof requests / sizeof *requests
};

static int descriptor = -1;
static sigset_t session;
static volatile sig_atomic_t caught[NSIG];

CONFINED static void
note(int signo)
{
	caught[signo] = 1;
}

#ifdef CALLS_ARE_DIRECT

/* Returns from note(); libc's own function for that is not CONFINED. */
void signals_return(void);
__asm__(
    ".pushsection confined_text, \"ax\", @progbits\n"
    ".globl signals_return\n" /* -flto may compile note_each() apart */
    ".hidden signals_return\n"
    "signals_return:\n"
    "	mov	$15, %rax\n" /* SYS_rt_sigreturn, as debuggers know it */
    "	syscall\n"
    ".popsection\n");

static bool
note_each(int signo)
{
	enum {
		HAS_RESTORER = 0x04000000 /* the kernel's SA_RESTORER */
	};
	const struct { /* the kernel's struct sigaction */
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} action = {note, HAS_RESTORER, signals_return, 0};

	errno = -(int)call_kernel(
	    SYS_rt_sigaction, signo, (intptr_t)&action, 0, KERNEL_SIGSET_SIZE);
	return errno == 0;
}

#else

static bool
note_each(int signo)
{
	struct sigaction action = {.sa_handler = note};

	return sigaction(signo, &action, NULL) == 0;
}

#endif

static void
reset_inherited(void)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};

	for (int signo = 1; signo < NSIG; signo++)
		(void)sigaction(
		    signo, &standard, NULL); /* fails for KILL and STOP */
}

void
signals_hold_requests(void)
{
	sigset_t held;

	(void)sigemptyset(&held);
	for (size_t i = 0; i < NREQUESTS; i++)
		(void)sigaddset(&held, requests[i]);
	(void)sigprocmask(SIG_BLOCK, &held, NULL);
}

bool
signals_init(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t parent, blocked;

	reset_inherited();
	(void)sigemptyset(&parent);
	for (size_t i = 0; i < NPARENTS; i++)
		(void)sigaddset(&parent, parents[i]);
	(void)sigemptyset(&session);
	blocked = parent;
	for (size_t i = 0; i < NSESSIONS; i++) {
		(void)sigaddset(&session, sessions[i]);
		(void)sigaddset(&blocked, sessions[i]);
	}
	if (sigprocmask(SIG_SETMASK, &blocked, NULL) == -1)
		return false;
	for (size_t i = 0; i < NSESSIONS; i++)
		if (!note_each(sessions[i]))
			return false;
	if (sigaction(SIGPIPE, &ignore, NULL) == -1 ||
	    sigaction(SIGXFSZ, &ignore, NULL) ==
		-1) /* a log file may reach its limit */
		return false;
	descriptor = signalfd(-1, &parent, SFD_NONBLOCK | SFD_CLOEXEC);
	return descriptor != -1;
}

int
signals_fd(void)
{
	return descriptor;
}

void
signals_receive(sigset_t *came)
{
	struct signalfd_siginfo info[NPARENTS];
	ssize_t size = read(descriptor, info, sizeof info);

	(void)sigemptyset(came);
	for (size_t i = 0; size > 0 && i < (size_t)size / sizeof *info; i++)
		(void)sigaddset(came, (int)info[i].ssi_signo);
}

bool
signals_session(void)
{
	return call_sigprocmask(SIG_UNBLOCK, &session) == 0;
}

CONFINED bool
signals_take(int signo)
{
	if (caught[signo] == 0)
		return false; /* no write: the page stays shared */
	caught[signo] = 0;
	return true;
}
