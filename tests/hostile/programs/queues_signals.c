// verdict: AC
// answer: done
// Signals that wait are memory of the kernel; timers too.
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
int main(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, 0);
    union sigval v = {0};
    for (int i = 0; i < 200000 && !sigqueue(getpid(), SIGRTMIN, v); i++) {}
    timer_t t;
    struct itimerspec often = {{0, 1000}, {0, 1000}};
    for (int i = 0; i < 2000 && !timer_create(CLOCK_MONOTONIC, 0, &t); i++) timer_settime(t, 0, &often, 0);
    puts("done");
    return 0;
}
