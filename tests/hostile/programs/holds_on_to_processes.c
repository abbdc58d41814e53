// verdict: AC
// answer: nothing
// A descriptor of PID 1, and what it could be used for.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    int one = syscall(SYS_pidfd_open, 1, 0);
    for (int fd = 0; fd < 8; fd++) if (syscall(SYS_pidfd_getfd, one, fd, 0) >= 0) puts("pidfd_getfd");
    if (syscall(SYS_pidfd_send_signal, one, SIGKILL, 0, 0) == 0) puts("signal");
    if (syscall(SYS_kcmp, 1, getpid(), 0, 0, 0) >= 0) puts("kcmp");
    if (syscall(SYS_process_madvise, one, 0, 0, 0, 0) >= 0) puts("madvise");
    if (syscall(SYS_move_pages, 1, 0, 0, 0, 0, 0) >= 0) puts("move_pages");
    if (syscall(SYS_process_mrelease, one, 0) == 0) puts("mrelease");
    puts("nothing");
    return 0;
}
