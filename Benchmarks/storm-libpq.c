/*
 * The trial `storm` of `Benchmarks` on libpq: all connects begun at once, without blocking, one thread that polls.
 * Each time counts from the moment when the first began. `Benchmarks/storm-libpq` compiles and runs it.
 */
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec / 1e6; }

static int order(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static double percentile(const double *times, int count, double part) {
    int place = (int)(count * part + 0.999999) - 1;
    return times[place < 0 ? 0 : place < count ? place : count - 1];
}

static void fail(PGconn *connection) {
    fprintf(stderr, "storm-libpq: %s", PQerrorMessage(connection));
    exit(1);
}

static void report(const char *round, int count, double *times, int total) {
    qsort(times, total, sizeof *times, order);
    printf("{\"trial\":\"storm\",\"peer\":\"libpq\",\"round\":%s,\"connects\":%d,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
           "\"max_ms\":%.3f", round, count, percentile(times, total, 0.5), percentile(times, total, 0.99),
           times[total - 1]);
}

int main(int arguments, char **words) {
    int count = arguments > 1 ? atoi(words[1]) : 200;
    if (count < 1 || count > 100000) return 2;
    PGconn **connections = calloc(count, sizeof *connections);
    struct pollfd *polls = calloc(count, sizeof *polls);
    double *times = calloc(count, sizeof *times), *all = calloc(count * 5, sizeof *all);
    if (!connections || !polls || !times || !all) return 1;

    /* What a first connection takes once for all. */
    PGconn *first = PQconnectdb("");
    if (PQstatus(first) != CONNECTION_OK) fail(first);
    PQfinish(first);

    for (int round = 1; round <= 5; round++) {
        struct rusage before, after;
        getrusage(RUSAGE_SELF, &before);
        double start = now();
        for (int i = 0; i < count; i++) {
            connections[i] = PQconnectStart("");
            if (!connections[i] || PQstatus(connections[i]) == CONNECTION_BAD) fail(connections[i]);
            polls[i].fd = PQsocket(connections[i]);
            polls[i].events = POLLOUT;
        }
        for (int open = 0; open < count;) {
            if (poll(polls, count, -1) < 0) return 1;
            for (int i = 0; i < count; i++) {
                if (polls[i].fd < 0 || !polls[i].revents) continue;
                PostgresPollingStatusType status = PQconnectPoll(connections[i]);
                polls[i].fd = PQsocket(connections[i]);
                switch (status) {
                case PGRES_POLLING_READING: polls[i].events = POLLIN; break;
                case PGRES_POLLING_WRITING: polls[i].events = POLLOUT; break;
                case PGRES_POLLING_OK:
                    times[i] = now() - start;
                    polls[i].fd = -1;
                    open++;
                    break;
                default: fail(connections[i]);
                }
            }
        }
        getrusage(RUSAGE_SELF, &after);
        for (int i = 0; i < count; i++) PQfinish(connections[i]);
        memcpy(all + (round - 1) * count, times, count * sizeof *times);
        char name[2] = {'0' + round, 0};
        report(name, count, times, count);
        printf(",\"cpu_user_s\":%.3f,\"cpu_sys_s\":%.3f}\n", seconds(after.ru_utime) - seconds(before.ru_utime),
               seconds(after.ru_stime) - seconds(before.ru_stime));
        sleep(1);
    }
    report("\"all\"", count, all, count * 5);
    printf("}\n");
    return 0;
}
