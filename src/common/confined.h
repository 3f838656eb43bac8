/* SPDX-License-Identifier: ISC */

/*
 * Marks the functions that a session runs once it is confined.  The linker puts
 * them in a page of their own (child/layout.ld), and a session then unmaps all
 * other code.  So they call only each other, and nothing of libc.
 */

#ifndef CONFINED_H
#define CONFINED_H

#define CONFINED __attribute__((section("confined_text")))

#endif
