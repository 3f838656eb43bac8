/* SPDX-License-Identifier: ISC */

/*
 * load: the bench's clients of an echo server on port 7 of this host.
 *
 *   load churn CLIENTS MS SIZE   each client connects, exchanges one message
 *                                and closes, over and over
 *   load rtt MS SIZE             one connection, message by message
 *   load bulk CLIENTS MS         each client sends and receives as fast as it
 *                                can
 *   load hold COUNT              opens COUNT sessions, exchanges a message on
 *                                each and says so; then, for each line of
 *                                standard input, exchanges another; closes
 *                                all at its end
 *
 * A thread for each client, blocking calls only: nothing is cheaper for the
 * processor that the server has to share.  Prints one line of key=value.
 */

#include <sys/socket.h>
#include <sys/time.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	ECHO_PORT = 7,
	CLIENTS_MAX = 256,
	OPENERS = 8,  /* threads that open the sessions to hold */
	HOSTS = 100,  /* addresses of the loopback network in turn, since
			 each has only so many ports in TIME-WAIT */
	TIMEOUT = 10, /* seconds without an answer are a failure */
	BULK_SIZE = 128 * 1024,
	WARM_UP = 10 /* round trips that are not counted */
};

struct client {
	pthread_t thread;
	unsigned number;
	uint64_t done, failed;
	uint32_t *spans; /* ns, of what was done */
	size_t nspans, room;
};

static struct client clients[CLIENTS_MAX];
static size_t message_size;
static uint64_t end; /* ns */
static int *held;
static size_t hold_count;
static atomic_size_t hold_next;

static uint64_t
now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void
note(struct client *client, uint64_t span)
{
	if (client->nspans == client->room) {
		client->room = client->room * 2 + 1024;
		client->spans = reallocarray(
		    client->spans, client->room, sizeof *client->spans);
		if (client->spans == NULL)
			err(EXIT_FAILURE, "no memory");
	}
	client->spans[client->nspans++] =
	    span > UINT32_MAX ? UINT32_MAX : (uint32_t)span;
}

/* ---- the client's calls ------------------------------------------------- */

static int
open_connection(unsigned turn)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(ECHO_PORT),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK + turn % HOSTS)};
	struct timeval timeout = {.tv_sec = TIMEOUT};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd == -1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static bool
exchange(int fd, char *message)
{
	size_t got = 0;
	ssize_t count;

	if (send(fd, message, message_size, MSG_NOSIGNAL) !=
	    (ssize_t)message_size)
		return false;
	while (got < message_size) {
		count = recv(fd, message + got, message_size - got, 0);
		if (count <= 0)
			return false;
		got += (size_t)count;
	}
	return true;
}

static char *
make_message(void)
{
	char *message = malloc(message_size);

	if (message == NULL)
		err(EXIT_FAILURE, "no memory");
	memset(message, 'e', message_size);
	return message;
}

/* ---- what a client does ------------------------------------------------- */

static void *
churn(void *argument)
{
	struct client *client = argument;
	char *message = make_message();
	unsigned turn = client->number;
	uint64_t start;

	while ((start = now()) < end) {
		int fd = open_connection(turn++);
		if (fd != -1 && exchange(fd, message)) {
			client->done++;
			note(client, now() - start);
		} else {
			client->failed++;
		}
		if (fd != -1)
			(void)close(fd);
	}
	free(message);
	return NULL;
}

static void *
ping(void *argument)
{
	struct client *client = argument;
	char *message = make_message();
	int fd = open_connection(0);
	uint64_t start;

	if (fd == -1)
		err(EXIT_FAILURE, "connect");
	while ((start = now()) < end) {
		if (!exchange(fd, message))
			errx(EXIT_FAILURE, "no answer");
		if (client->done++ >= WARM_UP)
			note(client, now() - start);
	}
	(void)close(fd);
	free(message);
	return NULL;
}

/*
 * Sends what there is room for and then waits for some to come back: after
 * EAGAIN something is always on its way.
 */
static void *
flood(void *argument)
{
	struct client *client = argument;
	char *data = calloc(1, BULK_SIZE);
	int fd = open_connection(client->number);

	if (fd == -1 || data == NULL)
		err(EXIT_FAILURE, "connect");
	while (now() < end) {
		while (
		    send(fd, data, BULK_SIZE, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
			;
		ssize_t count = recv(fd, data, BULK_SIZE, 0);
		if (count <= 0)
			err(EXIT_FAILURE, "receive");
		client->done += (uint64_t)count;
	}
	(void)close(fd);
	free(data);
	return NULL;
}

static void *
open_held(void *argument)
{
	char *message = make_message();
	size_t i;

	(void)argument;
	while ((i = atomic_fetch_add(&hold_next, 1)) < hold_count)
		if ((held[i] = open_connection((unsigned)i)) == -1 ||
		    !exchange(held[i], message))
			err(EXIT_FAILURE, "session %zu", i);
	free(message);
	return NULL;
}

/* ---- all of them -------------------------------------------------------- */

static void
run_clients(unsigned count, void *(*work)(void *))
{
	for (unsigned i = 0; i < count; i++) {
		clients[i].number = i * HOSTS / count;
		errno =
		    pthread_create(&clients[i].thread, NULL, work, &clients[i]);
		if (errno != 0)
			err(EXIT_FAILURE, "pthread_create");
	}
	for (unsigned i = 0; i < count; i++)
		(void)pthread_join(clients[i].thread, NULL);
}

static int
compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Moves everything noted to the first client, in order. */
static void
merge(void)
{
	for (size_t i = 1; i < CLIENTS_MAX; i++) {
		clients[0].done += clients[i].done;
		clients[0].failed += clients[i].failed;
		for (size_t j = 0; j < clients[i].nspans; j++)
			note(&clients[0], clients[i].spans[j]);
	}
	if (clients[0].nspans > 0)
		qsort(clients[0].spans, clients[0].nspans,
		    sizeof *clients[0].spans, compare);
}

static double
percentile(double percent)
{
	const struct client *all = &clients[0];

	if (all->nspans == 0)
		return 0;
	return all->spans[(size_t)(percent / 100 * (double)(all->nspans - 1))] /
	       1000.0;
}

static void
print_result(uint64_t start)
{
	double seconds = (double)(now() - start) / 1e9;

	merge();
	(void)printf("seconds=%.6f done=%ju failed=%ju p50=%.2f p99=%.2f"
		     " p99.9=%.2f\n",
	    seconds, (uintmax_t)clients[0].done, (uintmax_t)clients[0].failed,
	    percentile(50), percentile(99), percentile(99.9));
}

static void
hold(void)
{
	char *message = make_message(), line[80];

	if ((held = calloc(hold_count, sizeof *held)) == NULL)
		err(EXIT_FAILURE, "no memory");
	run_clients(OPENERS, open_held);
	do {
		(void)printf("held=%zu\n", hold_count);
		(void)fflush(stdout);
		if (fgets(line, sizeof line, stdin) == NULL)
			break;
		for (size_t i = 0; i < hold_count; i++)
			if (!exchange(held[i], message))
				err(EXIT_FAILURE, "session %zu", i);
	} while (true);
	free(message);
}

/* ---- command line ------------------------------------------------------- */

static unsigned
number(const char *text, unsigned most)
{
	char *rest;
	unsigned long value = strtoul(text, &rest, 10);

	if (*rest != '\0' || value == 0 || value > most)
		errx(2, "%s: not a number of 1 to %u", text, most);
	return (unsigned)value;
}

static void
run_for(const char *milliseconds, unsigned count, void *(*work)(void *))
{
	uint64_t start = now();

	end = start + (uint64_t)number(milliseconds, 600000) * 1000000;
	run_clients(count, work);
	print_result(start);
}

int
main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	message_size = 64;
	if (strcmp(mode, "churn") == 0 && argc == 5) {
		message_size = number(argv[4], 1 << 20);
		run_for(argv[3], number(argv[2], CLIENTS_MAX), churn);
	} else if (strcmp(mode, "rtt") == 0 && argc == 4) {
		message_size = number(argv[3], 1 << 20);
		run_for(argv[2], 1, ping);
	} else if (strcmp(mode, "bulk") == 0 && argc == 4) {
		run_for(argv[3], number(argv[2], CLIENTS_MAX), flood);
	} else if (strcmp(mode, "hold") == 0 && argc == 3) {
		hold_count = number(argv[2], 100000);
		hold();
	} else {
		errx(2, "wrong arguments: see the head of load.c");
	}
	return EXIT_SUCCESS;
}
