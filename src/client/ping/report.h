/* SPDX-License-Identifier: ISC */

/*
 * What ping says: one line for each answer or loss, and the summary.  The
 * words are those of ping(8) where it has them.
 */

#ifndef PING_REPORT_H
#define PING_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "client/histogram.h"

struct ping_stats {
	uint64_t sent, received, lost, wrong, connections;
	int64_t began;
	struct histogram times;    /* message to answer */
	struct histogram connects; /* SYN to connected */
	/* of the last connection, by the kernel (TCP_INFO), in microseconds */
	bool have_tcp;
	uint32_t tcp_rtt, tcp_rttvar;
	uint64_t tcp_retransmits; /* of all connections */
};

struct ping_line {
	bool timestamp; /* begin with the time of day */
	const char *peer;
	uint64_t seq;
};

void ping_report_answer(
    const struct ping_line *, uint64_t size, int64_t connect, int64_t time);
void ping_report_loss(const struct ping_line *, const char *why);
void ping_report_outage(const struct ping_line *, int64_t span, uint64_t lost);

/* got is at offset of the message where expected should be. */
void ping_report_wrong(
    const struct ping_line *, uint64_t offset, uint8_t got, uint8_t expected);
void ping_report_unasked(const struct ping_line *, uint64_t bytes);

/* The whole summary on stdout, or one line of it on stderr. */
void ping_report_summary(
    const struct ping_stats *, const char *host, bool connect_each);
void ping_report_interim(const struct ping_stats *);

#endif
