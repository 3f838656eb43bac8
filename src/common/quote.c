/* SPDX-License-Identifier: ISC */

#include "common/quote.h"

#include <bsd/string.h>
#include <bsd/vis.h>

const char *
quote(const char *text, char buf[QUOTE_SIZE])
{
	char start[QUOTE_MAX];

	(void)strlcpy(start, text, sizeof start);
	(void)strvis(buf, start, VIS_CSTYLE | VIS_NL | VIS_TAB);
	return buf;
}
