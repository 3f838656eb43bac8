# SPDX-License-Identifier: ISC
"""Which errors a system call can return, as its manual page says.

The numbers after a name are those of man-pages 6.03, section 2, "ERRORS".
EFAULT is there only where the kernel copies more than the caller's own stack
or static memory would explain.  Calls that cannot fail have an empty row: they
are delayed and interrupted by signals, but not failed.
"""

ERRNOS = {
    # files
    "openat": "EACCES EINTR EISDIR ELOOP EMFILE ENAMETOOLONG ENFILE ENODEV "
              "ENOENT ENOMEM ENOSPC ENOTDIR ENXIO EOVERFLOW EPERM EROFS "
              "ETXTBSY EDQUOT EINVAL EBUSY",
    "close": "EBADF EINTR EIO ENOSPC EDQUOT",
    "close_range": "EINVAL EMFILE ENOMEM ENOSYS",
    "read": "EAGAIN EBADF EFAULT EINTR EINVAL EIO EISDIR",
    "write": "EAGAIN EBADF EFAULT EFBIG EINTR EINVAL EIO ENOSPC EPERM EPIPE",
    "pwrite64": "EBADF EFBIG EINTR EINVAL EIO ENOSPC EDQUOT ESPIPE",
    "lseek": "EBADF EINVAL EOVERFLOW ESPIPE",
    "newfstatat": "EACCES EBADF EFAULT ELOOP ENAMETOOLONG ENOENT ENOMEM "
                  "ENOTDIR EOVERFLOW",
    "fchmod": "EBADF EIO EPERM EROFS",
    "ftruncate": "EINTR EINVAL EFBIG EIO EPERM EROFS EBADF",
    "ioctl": "EBADF EFAULT EINVAL ENOTTY",
    "fcntl": "EACCES EAGAIN EBADF EINVAL EINTR ENOLCK EPERM",
    "unlink": "EACCES EBUSY EFAULT EIO EISDIR ELOOP ENOENT ENOMEM ENOTDIR "
              "EPERM EROFS",
    "readlink": "EACCES EFAULT EINVAL EIO ELOOP ENOENT ENOMEM ENOTDIR",
    "chdir": "EACCES EFAULT EIO ELOOP ENOENT ENOMEM ENOTDIR",
    "umask": "",
    "dup2": "EBADF EBUSY EINTR EMFILE",
    "poll": "EFAULT EINTR EINVAL ENOMEM",
    "ppoll": "EFAULT EINTR EINVAL ENOMEM",
    # sockets
    "socket": "EACCES EAFNOSUPPORT EINVAL EMFILE ENFILE ENOBUFS ENOMEM "
              "EPROTONOSUPPORT",
    "socketpair": "EAFNOSUPPORT EFAULT EMFILE ENFILE EOPNOTSUPP "
                  "EPROTONOSUPPORT",
    "connect": "EACCES EPERM EADDRNOTAVAIL EAGAIN EALREADY EBADF ECONNREFUSED "
               "EFAULT EINPROGRESS EINTR EISCONN ENETUNREACH ENOTSOCK "
               "EPROTOTYPE ETIMEDOUT ENOENT",
    "bind": "EACCES EADDRINUSE EBADF EINVAL ENOTSOCK EADDRNOTAVAIL EFAULT",
    "listen": "EADDRINUSE EBADF ENOTSOCK EOPNOTSUPP",
    "accept4": "EAGAIN EBADF ECONNABORTED EFAULT EINTR EINVAL EMFILE ENFILE "
               "ENOBUFS ENOMEM ENOTSOCK EOPNOTSUPP EPERM EPROTO ENETDOWN "
               "ENOPROTOOPT EHOSTDOWN ENONET EHOSTUNREACH ENETUNREACH "
               "ETIMEDOUT",
    "getsockname": "EBADF EFAULT EINVAL ENOBUFS ENOTSOCK",
    "getsockopt": "EBADF EFAULT EINVAL ENOPROTOOPT ENOTSOCK",
    "setsockopt": "EBADF EFAULT EINVAL ENOPROTOOPT ENOTSOCK ENOMEM",
    "shutdown": "EBADF EINVAL ENOTCONN ENOTSOCK",
    "sendto": "EACCES EAGAIN EBADF ECONNREFUSED ECONNRESET EDESTADDRREQ "
              "EFAULT EINTR EINVAL EISCONN EMSGSIZE ENOBUFS ENOMEM ENOTCONN "
              "ENOTSOCK EOPNOTSUPP EPIPE",
    "recvfrom": "EAGAIN EBADF ECONNREFUSED EFAULT EINTR EINVAL ENOMEM "
                "ENOTCONN ENOTSOCK",
    "recvmmsg": "EAGAIN EBADF ECONNREFUSED EFAULT EINTR EINVAL ENOMEM "
                "ENOTCONN ENOTSOCK",
    # processes
    "clone": "EAGAIN ENOMEM",
    "wait4": "ECHILD EINTR EINVAL",
    "waitid": "EAGAIN ECHILD EINTR EINVAL ESRCH",
    "kill": "EINVAL EPERM ESRCH",
    "setsid": "EPERM",
    "prctl": "EACCES EFAULT EINVAL EPERM",
    "seccomp": "EACCES EFAULT EINVAL ENOMEM",
    "prlimit64": "EFAULT EINVAL EPERM ESRCH",
    "setitimer": "EFAULT EINVAL",
    "landlock_create_ruleset": "E2BIG EFAULT EINVAL ENOMSG EOPNOTSUPP",
    "landlock_add_rule": "EBADF EBADFD EFAULT EINVAL EOPNOTSUPP EPERM",
    "landlock_restrict_self": "E2BIG EBADF EBADFD EINVAL EOPNOTSUPP EPERM",
    "capget": "EFAULT EINVAL EPERM ESRCH",
    "capset": "EFAULT EINVAL EPERM",
    "setgroups": "EFAULT EINVAL ENOMEM EPERM",
    "setresgid": "EAGAIN EINVAL EPERM",
    "setresuid": "EAGAIN EINVAL EPERM",
    "setuid": "EAGAIN EINVAL EPERM",
    "getpid": "",
    "getppid": "",
    "getuid": "",
    "geteuid": "",
    "exit": "",
    "exit_group": "",
    # memory
    "brk": "ENOMEM",
    "mmap": "EACCES EAGAIN EBADF EINVAL ENFILE ENODEV ENOMEM EOVERFLOW EPERM",
    "munmap": "EINVAL ENOMEM",
    "mprotect": "EACCES EINVAL ENOMEM",
    "madvise": "EACCES EAGAIN EBADF EINVAL EIO ENOMEM EPERM",
    # signals
    "signalfd4": "EBADF EINVAL EMFILE ENFILE ENODEV ENOMEM",
    "rt_sigaction": "EFAULT EINVAL",
    "rt_sigprocmask": "EFAULT EINVAL",
    "rt_sigreturn": "",
    # the C library's own beginnings
    "arch_prctl": "EFAULT EINVAL EPERM",
    "set_tid_address": "",
    "set_robust_list": "EINVAL",
    "rseq": "EINVAL EFAULT EPERM EBUSY ENOSYS",
    "getrandom": "EAGAIN EFAULT EINTR EINVAL",
    "access": "EACCES EFAULT EINVAL EIO ELOOP ENOENT ENOMEM ENOTDIR EROFS",
    "pread64": "EBADF EINTR EINVAL EIO EISDIR",
    "getcwd": "EACCES ENOENT ENOMEM ERANGE",
}

# Not the program's: strace starts it with this one.
NOT_OURS = {"execve"}


def errnos(call):
    """A call that is not in the table has to be looked up and put there."""
    return ERRNOS[call].split()
