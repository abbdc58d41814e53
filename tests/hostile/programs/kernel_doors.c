// verdict: AC
// answer: nothing
// Interfaces that run-times probe for, and that exploits love: all of them must be shut, none may kill.
#define _GNU_SOURCE
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    char big[256] = {0};
    struct perf_event_attr perf = {.size = sizeof perf};
    if (syscall(SYS_io_uring_setup, 8, big) >= 0) puts("io_uring");
    if (syscall(SYS_keyctl, 0, -3, 1) >= 0) puts("keyctl");
    if (syscall(SYS_add_key, "user", "x", "y", 1, -3) >= 0) puts("add_key");
    if (syscall(SYS_perf_event_open, &perf, 0, -1, -1, 0) >= 0) puts("perf");
    if (syscall(SYS_userfaultfd, 0) >= 0) puts("userfaultfd");
    if (shmget(1, 4096, IPC_CREAT | 0666) >= 0) puts("shm");
    if (msgget(1, IPC_CREAT | 0666) >= 0) puts("msg");
    if (syscall(SYS_mq_open, "x", 0102, 0666, 0) >= 0) puts("mq");
    if (syscall(SYS_fanotify_init, 0, 0) >= 0) puts("fanotify");
    puts("nothing");
    return 0;
}
