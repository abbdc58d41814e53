/* relay: carries bytes between two programs that talk to each other, and lets neither hear of the other's end before it is told to.
 *
 *   relay FROM_A TO_A FROM_B TO_B HEAD MOST        descriptors, then: bytes to keep of the talk, bytes that A may say in all
 *
 * A is the one who is judged, B judges. Whoever writes to one who reads no more is not stopped: what he says is swallowed, from B at most
 * `SWALLOWED` bytes. B's silence is passed on to A at once, A's silence to B only on order. On stdin come orders, a byte each:
 *   a   B may hear that A will say nothing more        ?   has B taken everything that was handed to it?        end of file: it is over
 * On stdout go events, a byte each:
 *   m   A will say nothing more, and B was handed all of it        f   A said more than it may        c   B was cut off: nobody listens
 *   y, n   yes and no        R   it is over; after it the report: `report`, then pieces of the talk, each a `piece` and its bytes
 * It never looks at a path, a clock or a process; its layout is mirrored in flows/relaying.py.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MAGIC 0x52454c32u /* "REL2" */
#define BUFFER 65536
#define SWALLOWED (1 << 20)
enum { A, B };

struct report { uint32_t magic, kept; uint64_t said[2]; };
struct piece { uint32_t speaker, length; };

/* One direction: what `speaker` writes, `from` here, goes `to` the other. */
static struct way { int from, to; size_t at, length; uint64_t said; char held[BUFFER]; } ways[2];
static char *kept; /* pieces of the talk, one after another: a head, its bytes */
static size_t kept_length, most_kept, last;
static int last_speaker = -1;

static void keep(int speaker, const char *bytes, size_t length)
{
    struct piece head = {speaker, 0};
    if (speaker != last_speaker) {
        if (most_kept - kept_length <= sizeof head) { most_kept = kept_length; return; }
        last = kept_length;
        kept_length += sizeof head;
        last_speaker = speaker;
    } else memcpy(&head, kept + last, sizeof head);
    if (length > most_kept - kept_length) length = most_kept - kept_length;
    memcpy(kept + kept_length, bytes, length);
    kept_length += length;
    head.length += length;
    memcpy(kept + last, &head, sizeof head);
}

static void shut(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static void put(const void *bytes, size_t length)
{
    for (const char *at = bytes; length;) {
        ssize_t n = write(1, at, length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) _exit(5);
        at += n;
        length -= n;
    }
}

/* Nobody reads there any more: what is said from now on is swallowed. */
static void forget(struct way *w)
{
    shut(&w->to);
    w->length = 0;
}

static const char *taken(void)
{
    int left = 0;
    return !ways[A].length && (ways[A].to < 0 || (!ioctl(ways[A].to, FIONREAD, &left) && !left)) ? "y" : "n";
}

int main(int argc, char **argv)
{
    if (argc != 7) return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    ways[A].from = atoi(argv[1]);
    ways[B].to = atoi(argv[2]);
    ways[B].from = atoi(argv[3]);
    ways[A].to = atoi(argv[4]);
    most_kept = strtoul(argv[5], NULL, 10);
    uint64_t most = strtoull(argv[6], NULL, 10), swallowed = 0;
    kept = malloc(most_kept + 1);
    if (!kept) return 3;
    for (int i = 0; i < 2; i++) {
        fcntl(ways[i].from, F_SETFL, O_NONBLOCK);
        fcntl(ways[i].to, F_SETFL, O_NONBLOCK);
    }
    int is_told = 0, is_mute = 0, is_flood = 0;
    for (;;) {
        struct pollfd polled[5];
        for (int i = 0; i < 2; i++) {
            polled[2 * i] = (struct pollfd){ways[i].length ? -1 : ways[i].from, POLLIN, 0};
            polled[2 * i + 1] = (struct pollfd){ways[i].to, ways[i].length ? POLLOUT : 0, 0};
        }
        polled[4] = (struct pollfd){0, POLLIN, 0};
        if (poll(polled, 5, -1) < 0) {
            if (errno == EINTR) continue;
            return 4;
        }
        for (int i = 0; i < 2; i++) {
            struct way *w = &ways[i];
            if (w->to >= 0 && polled[2 * i + 1].revents & POLLERR) forget(w);
            if (!w->length && w->from >= 0 && polled[2 * i].revents) {
                ssize_t n = read(w->from, w->held, BUFFER);
                if (n > 0) {
                    size_t room = i == B ? (size_t)n : w->said < most ? most - w->said : 0;
                    w->said += n;
                    if ((size_t)n > room) {
                        n = room;
                        if (!is_flood) put("f", 1);
                        is_flood = 1;
                    }
                    if (n) keep(i, w->held, n);
                    w->at = 0;
                    w->length = w->to >= 0 ? n : 0;
                    if (i == B && w->to < 0 && (swallowed += n) > SWALLOWED) {
                        put("c", 1);
                        shut(&w->from);
                    }
                } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) shut(&w->from);
            }
            if (w->length && w->to >= 0) {
                ssize_t n = write(w->to, w->held + w->at, w->length);
                if (n > 0) {
                    w->at += n;
                    w->length -= n;
                } else if (n < 0 && errno != EAGAIN && errno != EINTR) forget(w);
            }
            if (w->from < 0 && !w->length) {
                if (i == A && !is_mute) {
                    put("m", 1);
                    is_mute = 1;
                }
                if (i == B || is_told) shut(&w->to);
            }
        }
        if (polled[4].revents) {
            char order;
            ssize_t n = read(0, &order, 1);
            if (n == 0 || (n < 0 && errno != EINTR)) break;
            if (n == 1 && order == '?') put(taken(), 1);
            if (n == 1 && order == 'a') {
                is_told = 1;
                if (is_mute) shut(&ways[A].to);
            }
        }
    }
    struct report r = {MAGIC, kept_length, {ways[A].said, ways[B].said}};
    put("R", 1);
    put(&r, sizeof r);
    put(kept, kept_length);
    return 0;
}
