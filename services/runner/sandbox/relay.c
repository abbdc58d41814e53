/* relay: carries bytes between two programs that talk to each other, and tells afterwards how it went.
 *
 *   relay FROM_A TO_A FROM_B TO_B HEAD MOST        descriptors, then: bytes to keep of the talk, bytes that A may say in all
 *
 * Neither can react to the end of the other before the relay has seen it, so the order in which they ended is exact.
 * The report goes to stdout when nobody can say anything any more: `report`, then pieces of the talk, each a `piece` and its bytes.
 * It never looks at a path, a clock or a process; its layout is mirrored in flows/talk.py.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MAGIC 0x52454c31u /* "REL1" */
#define BUFFER 65536
enum { NOBODY = 0, A = 1, B = 2, BOTH = 3 };

struct report { uint32_t magic, first, is_over, kept; uint64_t said[2]; };
struct piece { uint32_t speaker, length; };

/* One direction: what `speaker` writes, `from` here, goes `to` the other. */
static struct way { int from, to; size_t at, length; uint64_t said; char held[BUFFER]; } ways[2];
static char *kept; /* pieces of the talk, one after another: a head, its bytes */
static size_t kept_length, most_kept, last;
static int last_speaker = -1;
static uint32_t gone, first;

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

static int put(const void *bytes, size_t length)
{
    for (const char *at = bytes; length;) {
        ssize_t n = write(1, at, length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return 1;
        at += n;
        length -= n;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 7) return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    ways[0].from = atoi(argv[1]);
    ways[1].to = atoi(argv[2]);
    ways[1].from = atoi(argv[3]);
    ways[0].to = atoi(argv[4]);
    most_kept = strtoul(argv[5], NULL, 10);
    uint64_t most = strtoull(argv[6], NULL, 10);
    kept = malloc(most_kept + 1);
    if (!kept) return 3;
    for (int i = 0; i < 2; i++) {
        fcntl(ways[i].from, F_SETFL, O_NONBLOCK);
        fcntl(ways[i].to, F_SETFL, O_NONBLOCK);
    }
    int is_over = 0;
    while (!is_over && (ways[0].from >= 0 || ways[1].from >= 0 || ways[0].length || ways[1].length)) {
        struct pollfd polled[4];
        for (int i = 0; i < 2; i++) {
            struct way *w = &ways[i];
            int is_known = gone & (i ? B : A); /* that its speaker is gone: do not be woken by it again while bytes are left */
            polled[2 * i] = (struct pollfd){w->length && is_known ? -1 : w->from, w->length ? 0 : POLLIN, 0};
            polled[2 * i + 1] = (struct pollfd){w->to, w->length ? POLLOUT : 0, 0};
        }
        if (poll(polled, 4, -1) < 0) {
            if (errno == EINTR) continue;
            return 4;
        }
        uint32_t now = 0; /* whoever closed an end: as a writer of his own way, or as the reader of the other */
        if (polled[0].revents & (POLLHUP | POLLERR) || polled[3].revents & POLLERR) now |= A;
        if (polled[2].revents & (POLLHUP | POLLERR) || polled[1].revents & POLLERR) now |= B;
        if (!first) first = now;
        gone |= now;
        for (int i = 0; i < 2; i++) {
            struct way *w = &ways[i];
            if (w->to >= 0 && polled[2 * i + 1].revents & POLLERR) { /* nobody reads: the speaker shall notice */
                shut(&w->to);
                shut(&w->from);
                w->length = 0;
                continue;
            }
            if (!w->length && w->from >= 0 && polled[2 * i].revents) {
                ssize_t n = read(w->from, w->held, BUFFER);
                if (n > 0) {
                    w->said += n;
                    if (i == 0 && w->said > most) is_over = 1;
                    keep(i, w->held, n);
                    w->at = 0;
                    w->length = n;
                } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
                    shut(&w->from);
                    shut(&w->to);
                }
            }
            if (w->length && w->to >= 0) {
                ssize_t n = write(w->to, w->held + w->at, w->length);
                if (n > 0) {
                    w->at += n;
                    w->length -= n;
                } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
                    continue; /* the next poll says so, and whose end it is */
                }
            }
        }
    }
    struct report r = {MAGIC, first, is_over, kept_length, {ways[0].said, ways[1].said}};
    return put(&r, sizeof r) || put(kept, kept_length);
}
