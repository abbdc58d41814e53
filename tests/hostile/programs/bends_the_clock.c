// verdict: AC
// answer: nothing
// Slows time down, softly; or lives in another one.
#include <stdio.h>
#include <sys/timex.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
int main(void) {
    struct timex t = {.modes = ADJ_FREQUENCY, .freq = 1 << 16};
    if (adjtimex(&t) >= 0) puts("adjtimex");
    if (clock_adjtime(CLOCK_REALTIME, &t) >= 0) puts("clock_adjtime");
    if (write(open("/proc/self/timens_offsets", O_WRONLY), "monotonic 9 0", 13) > 0) puts("timens");
    if (open("/dev/rtc", O_RDONLY) >= 0 || open("/dev/rtc0", O_RDONLY) >= 0) puts("rtc");
    puts("nothing");
    return 0;
}
