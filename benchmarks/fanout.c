// Many browsers in one process: WebSockets on loopback, read by epoll. fanout PORT COUNT PATH
// Commands, one a line:  w BYTES  everyone waits for so many bytes: answers "armed", then [median, p99, last] in ns of the monotonic clock
//                        s COUNT  the first so many never read again: answers "ok"
// It looks at its sockets every half millisecond: a reader that woke for each message would make every send() pay for waking it,
// which no network card does.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct browser { int line; long missing; long heard; };

static long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

static int compare(const void *a, const void *b) {
    long x = *(const long *)a, y = *(const long *)b;
    return x < y ? -1 : x > y;
}

static int fail(const char *why) {
    perror(why);
    return 1;
}

int main(int count_of_words, char **words) {
    static char buffer[1 << 17], request[4096], line[256];
    if (count_of_words != 4) return 2;
    int port = atoi(words[1]), count = atoi(words[2]), one = 1, asleep = 0, poll = epoll_create1(0);
    struct browser *all = calloc(count, sizeof *all);
    long *times = calloc(count, sizeof *times);
    struct rlimit files = {0};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    int length = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", words[3]);
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int first = 0; first < count; first += 64) {
        int end = first + 64 < count ? first + 64 : count;
        for (int i = first; i < end; i++) {
            all[i].line = socket(AF_INET, SOCK_STREAM, 0);
            if (connect(all[i].line, (void *)&there, sizeof there)) return fail("connect");
            setsockopt(all[i].line, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            if (write(all[i].line, request, length) != length) return fail("write");
        }
        for (int i = first; i < end; i++) {
            int got = 0;
            while (got < 4 || memcmp(buffer + got - 4, "\r\n\r\n", 4)) {
                if (got > 4000 || read(all[i].line, buffer + got, 1) != 1) return fail("handshake");
                got++;
            }
            if (memcmp(buffer + 9, "101", 3)) return fail(buffer);
        }
    }
    for (int i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        fcntl(all[i].line, F_SETFL, O_NONBLOCK);
        epoll_ctl(poll, EPOLL_CTL_ADD, all[i].line, &event);
    }
    printf("\"ready\"\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        long number = atol(line + 2);
        if (line[0] == 's') {
            for (asleep = 0; asleep < number; asleep++) epoll_ctl(poll, EPOLL_CTL_DEL, all[asleep].line, NULL);
            printf("\"ok\"\n");
            fflush(stdout);
            continue;
        }
        int waiting = count - asleep, heard = 0;
        for (int i = asleep; i < count; i++) all[i].missing += number, all[i].heard = 0;
        printf("\"armed\"\n");
        fflush(stdout);
        for (long end = now() + 20000000000L; waiting > 0 && now() < end;) {
            struct epoll_event events[512];
            usleep(500);
            int ready = epoll_wait(poll, events, 512, 1000);
            for (int k = 0; k < ready; k++) {
                struct browser *one_of = &all[events[k].data.u32];
                long got = read(one_of->line, buffer, sizeof buffer);
                if (got <= 0) {
                    if (got == 0 || errno != EAGAIN) return fail("closed");
                    continue;
                }
                int was_waiting = one_of->missing > 0;
                one_of->missing -= got;
                if (was_waiting && one_of->missing <= 0) one_of->heard = now(), waiting--;
            }
        }
        for (int i = asleep; i < count; i++)
            if (all[i].heard) times[heard++] = all[i].heard;
        qsort(times, heard, sizeof *times, compare);
        if (heard) printf("[%ld, %ld, %ld, %d]\n", times[heard / 2], times[heard * 99 / 100], times[heard - 1], heard);
        else printf("[0, 0, 0, 0]\n");
        fflush(stdout);
    }
    return 0;
}
