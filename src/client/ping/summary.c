/* SPDX-License-Identifier: ISC */

#include "client/ping/summary.h"

#include <inttypes.h>

#include "common/clock.h"

static double
milliseconds(double nanoseconds)
{
	return nanoseconds / MSEC;
}

static void
print_spread(FILE *out, const char *name, const struct histogram *h)
{
	(void)fprintf(out, "%s min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n",
	    name, milliseconds((double)h->min), milliseconds(histogram_mean(h)),
	    milliseconds((double)h->max), milliseconds(histogram_deviation(h)));
}

static void
print_percentiles(FILE *out, const struct histogram *h)
{
	(void)fprintf(out, "rtt p50/p90/p99 = %.3f/%.3f/%.3f ms\n",
	    milliseconds(histogram_percentile(h, 50)),
	    milliseconds(histogram_percentile(h, 90)),
	    milliseconds(histogram_percentile(h, 99)));
}

void
ping_summary(FILE *out, const struct results *r)
{
	results_text(out, r,
	    "\n--- {host} echo statistics ---\n"
	    "{sent} sent, {answered} received, {lost} lost ({loss_percent}%), "
	    "{wrong} wrong, {connects} connections, time {seconds} s\n");
	if (r->reconnections > 0 || r->outages > 0)
		results_text(out, r,
		    "reconnections {reconnections}, outages {outages} of"
		    " {outage_seconds} in all\n");
	if (r->raw.count > 0) {
		print_spread(out, "rtt", &r->raw);
		print_percentiles(out, &r->raw);
	}
	if (r->connect_each && r->connect.count > 0)
		print_spread(out, "connect", &r->connect);
	if (r->tcp.known)
		(void)fprintf(out,
		    "kernel's rtt/rttvar = %.3f/%.3f ms, "
		    "%" PRIu64 " retransmits (TCP_INFO)\n",
		    milliseconds((double)r->tcp.rtt),
		    milliseconds((double)r->tcp.rttvar), r->tcp.retransmits);
}

void
ping_summary_interim(FILE *out, struct results *r)
{
	results_derive(r);
	results_text(out, r,
	    "{answered}/{sent} answers, {loss_percent}% lost, {wrong} wrong, "
	    "min/avg/max = ");
	(void)fprintf(out, "%.3f/%.3f/%.3f ms\n",
	    milliseconds((double)r->raw.min),
	    milliseconds(histogram_mean(&r->raw)),
	    milliseconds((double)r->raw.max));
}
