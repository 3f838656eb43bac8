/* SPDX-License-Identifier: ISC */

/*
 * Becoming a daemon, as daemon(7) has it for System V style daemons: the
 * command that was started returns when the service can be used, with status
 * 0, or when it cannot, with the status and the messages of the failure.
 */

#ifndef DAEMON_H
#define DAEMON_H

/*
 * Makes sure that descriptors 0, 1 and 2 are open, if only to /dev/null; ends
 * the program if they cannot be.
 */
void daemon_claim_standard_descriptors(void);

/* Closes what the starter has left open behind them and count passed ones. */
void daemon_close_inherited(int count);

/*
 * Goes on in a process of its own, which has no terminal, while the caller's
 * process waits for it.  Returns what daemon_ready() takes.
 */
int daemon_detach(void);

/*
 * Sends the waiting process home and lets go of standard error.  Ends the
 * program unless that process answers within ten seconds: it will report a
 * failure.
 */
void daemon_ready(int lifeline);

/* Sends it home with the status of a start that has failed. */
void daemon_failed(int lifeline, int status);

#endif
