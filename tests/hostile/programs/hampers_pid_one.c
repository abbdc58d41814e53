// verdict: AC
// answer: nothing
// Limits, priority and affinity of PID 1 and of the runner's other processes.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
int main(void) {
    struct rlimit none = {0, 0};
    struct sched_param p = {0};
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    if (!prlimit(1, RLIMIT_NOFILE, &none, 0)) puts("prlimit");
    if (!setpriority(PRIO_PROCESS, 1, 19)) puts("nice");
    if (!sched_setscheduler(1, SCHED_IDLE, &p)) puts("scheduler");
    if (!sched_setaffinity(1, sizeof one, &one)) puts("affinity");
    if (!kill(1, 0)) puts("kill");
    puts("nothing");
    return 0;
}
