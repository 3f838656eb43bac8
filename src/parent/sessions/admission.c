/* SPDX-License-Identifier: ISC */

/* Runs in the parent; every function is pure. */

#include "parent/sessions/admission.h"

#include "common/clock.h"

/*
 * The rate limit is a token bucket, stored as the instant at which it will be
 * full again (the "generic cell rate algorithm", ITU-T I.371): each session
 * moves that instant forward by 1/per_second, and it may be at most burst such
 * steps ahead of now.
 */
static int64_t
step(const struct rate *rate)
{
	return SEC / rate->per_second;
}

int64_t
admission_charge(const struct rate *rate, int64_t rate_clear, int64_t now)
{
	if (rate->per_second == 0)
		return rate_clear;
	/* A reload may have raised the rate; then forget the old debt. */
	if (rate_clear < now || rate_clear > now + step(rate) * rate->burst)
		rate_clear = now;
	return rate_clear + step(rate);
}

static bool
is_within_rate(const struct rate *rate, int64_t rate_clear, int64_t now)
{
	return rate->per_second == 0 ||
	       admission_charge(rate, rate_clear, now) - now <=
		   step(rate) * rate->burst;
}

enum verdict
admission_check(const struct config *config, const struct addr *peer,
    struct account account, int64_t now)
{
	if (!access_list_allows(&config->clients, peer))
		return REFUSED_DENIED;
	if (config->proxy_protocol == PROXY_REQUIRED)
		/*
		 * A proxy carries many clients, so per-source limits do not
		 * apply to it.
		 */
		return access_list_allows(&config->proxies, peer)
			   ? ADMITTED
			   : REFUSED_PROXY;
	if (config->max_per_source != 0 &&
	    account.sessions >= config->max_per_source)
		return REFUSED_SESSIONS;
	if (!is_within_rate(&config->rate_per_source, account.rate_clear, now))
		return REFUSED_RATE;
	return ADMITTED;
}

const char *
admission_reason(enum verdict verdict)
{
	static const char *const reasons[NVERDICTS] = {
	    [REFUSED_DENIED] = "denied",
	    [REFUSED_PROXY] = "proxy-from",
	    [REFUSED_SESSIONS] = "max-per-source",
	    [REFUSED_RATE] = "rate-per-source",
	    [REFUSED_HEADER] = "proxy-header",
	};

	return reasons[verdict];
}
