/* SPDX-License-Identifier: ISC */

#include "client/ping/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/clock.h"
#include "common/units.h"

static double
milliseconds(double nanoseconds)
{
	return nanoseconds / MSEC;
}

static void
begin_line(const struct ping_line *line)
{
	struct timespec ts;

	if (!line->timestamp)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	(void)printf("[%jd.%06ld] ", (intmax_t)ts.tv_sec, ts.tv_nsec / 1000);
}

void
ping_report_answer(
    const struct ping_line *line, uint64_t size, int64_t connect, int64_t time)
{
	begin_line(line);
	(void)printf("%" PRIu64 " bytes from %s: seq=%" PRIu64, size,
	    line->peer, line->seq);
	if (connect >= 0)
		(void)printf(" connect=%.3f ms", milliseconds((double)connect));
	(void)printf(" time=%.3f ms\n", milliseconds((double)time));
}

void
ping_report_loss(const struct ping_line *line, const char *why)
{
	begin_line(line);
	(void)printf("no answer from %s: seq=%" PRIu64 " lost: %s\n",
	    line->peer, line->seq, why);
}

void
ping_report_outage(const struct ping_line *line, int64_t span, uint64_t lost)
{
	char buf[UNITS_STRLEN];

	begin_line(line);
	(void)printf("%s answers again after an outage of %s, %" PRIu64
		     " lost\n",
	    line->peer, units_format_span((double)span, buf), lost);
}

void
ping_report_wrong(const struct ping_line *line, uint64_t offset, uint8_t got,
    uint8_t expected)
{
	begin_line(line);
	(void)printf("wrong answer from %s: seq=%" PRIu64
		     " first difference at offset %" PRIu64
		     ": 0x%02x instead of 0x%02x\n",
	    line->peer, line->seq, offset, got, expected);
}

void
ping_report_unasked(const struct ping_line *line, uint64_t bytes)
{
	begin_line(line);
	(void)printf("wrong answer from %s: after seq=%" PRIu64 " %" PRIu64
		     " bytes that were never sent\n",
	    line->peer, line->seq, bytes);
}

static double
percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}

static void
print_spread(const char *name, const struct histogram *h)
{
	(void)printf("%s min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n", name,
	    milliseconds((double)h->min), milliseconds(histogram_mean(h)),
	    milliseconds((double)h->max), milliseconds(histogram_deviation(h)));
}

static void
print_percentiles(const struct histogram *h)
{
	(void)printf("rtt p50/p90/p99 = %.3f/%.3f/%.3f ms\n",
	    milliseconds(histogram_percentile(h, 50)),
	    milliseconds(histogram_percentile(h, 90)),
	    milliseconds(histogram_percentile(h, 99)));
}

void
ping_report_summary(
    const struct ping_stats *stats, const char *host, bool connect_each)
{
	(void)printf("\n--- %s echo statistics ---\n", host);
	(void)printf("%" PRIu64 " sent, %" PRIu64 " received, %" PRIu64
		     " lost (%.4g%%), ",
	    stats->sent, stats->received, stats->lost,
	    percent(stats->lost, stats->sent));
	(void)printf("%" PRIu64 " wrong, %" PRIu64
		     " connections, time %.3f s\n",
	    stats->wrong, stats->connections,
	    (double)(clock_now() - stats->began) / SEC);
	if (stats->times.count > 0) {
		print_spread("rtt", &stats->times);
		print_percentiles(&stats->times);
	}
	if (connect_each && stats->connects.count > 0)
		print_spread("connect", &stats->connects);
	if (stats->have_tcp)
		(void)printf("kernel's rtt/rttvar = %.3f/%.3f ms, "
			     "%" PRIu64 " retransmits (TCP_INFO)\n",
		    milliseconds((double)(stats->tcp_rtt * USEC)),
		    milliseconds((double)(stats->tcp_rttvar * USEC)),
		    stats->tcp_retransmits);
}

void
ping_report_interim(const struct ping_stats *stats)
{
	const struct histogram *h = &stats->times;

	(void)fprintf(stderr,
	    "%" PRIu64 "/%" PRIu64 " answers, %.4g%% lost, %" PRIu64
	    " wrong, min/avg/max = %.3f/%.3f/%.3f ms\n",
	    stats->received, stats->sent, percent(stats->lost, stats->sent),
	    stats->wrong, milliseconds((double)h->min),
	    milliseconds(histogram_mean(h)), milliseconds((double)h->max));
}
