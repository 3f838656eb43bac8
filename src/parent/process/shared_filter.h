/* SPDX-License-Identifier: ISC */

/*
 * The seccomp(2) filter that all sessions share; child/sandbox.h tells how it
 * works.  A process has each filter that it enters for good, also after an
 * upgrade, when the page of the confined code is elsewhere: so each program
 * enters one for its own page.
 *
 * A call of the parent ends the daemon if it comes from where an earlier
 * program had that page.  Addresses are random: on x86-64, one upgrade in a
 * million meets that, for each earlier program.  If an administrator has made
 * them not random, the test of another version meets it first, and the upgrade
 * fails.
 */

#ifndef SHARED_FILTER_H
#define SHARED_FILTER_H

/*
 * Call this before there are sessions, when all code has been loaded.  Needs
 * no_new_privs.  If there can be no shared filter (another processor, a build
 * with LAYOUT=off, no /proc, many upgrades), each session enters its own.
 */
void shared_filter_enter(void);

#endif
