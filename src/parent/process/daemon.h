/* SPDX-License-Identifier: ISC */

/*
 * Becomes a daemon, as daemon(7) describes it for System V style daemons: the
 * command returns with status 0 once clients can connect, or with the status
 * and the messages of the failure.
 */

#ifndef DAEMON_H
#define DAEMON_H

/*
 * Opens those of descriptors 0, 1 and 2 that are closed to /dev/null; ends the
 * program on failure.
 */
void daemon_claim_standard_descriptors(void);

/*
 * Closes all descriptors above those and count passed ones, which the program
 * inherited.
 */
void daemon_close_inherited(int count);

/*
 * Continues in a new process without a terminal, while the calling process, the
 * launcher, waits.  Returns the lifeline to the launcher.
 */
int daemon_detach(void);

/*
 * Lets the launcher exit with status 0, and releases standard error.  Ends the
 * program unless the launcher answers within ten seconds, because it would
 * report a failure.
 */
void daemon_ready(int lifeline);

/* Lets the launcher exit with the status of a failed start. */
void daemon_failed(int lifeline, int status);

#endif
