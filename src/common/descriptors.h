/* SPDX-License-Identifier: ISC */

/*
 * Closes ranges of descriptors, in the parent and in its children, even where
 * close_range(2) is missing or refused.
 */

#ifndef ECHOD_COMMON_DESCRIPTORS_H
#define ECHOD_COMMON_DESCRIPTORS_H

/*
 * Closes the descriptors from first to last, both included; UINT_MAX as last
 * closes all from first on.  Without close_range(2), those above the soft
 * limit of open files stay open.  An empty range is allowed.
 */
void descriptors_close(unsigned first, unsigned last);

#endif
