/* SPDX-License-Identifier: ISC */

#include "common/quote.h"

#include <bsd/string.h>
#include <bsd/vis.h>

const char *
quote(const char *text, char buf[QUOTE_SIZE])
{
	char cut[QUOTE_MAX];

	(void)strlcpy(cut, text, sizeof cut);
	(void)strvis(buf, cut, VIS_CSTYLE | VIS_NL | VIS_TAB);
	return buf;
}
