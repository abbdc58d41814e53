// verdict: AC
// answer: nothing
// Compiled filters live in memory that belongs to nobody; when it is full, no box can get its own filter any more.
#include <linux/filter.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifndef SO_ATTACH_FILTER
#define SO_ATTACH_FILTER 26
#endif
int main(void) {
    static struct sock_filter steps[4096];
    for (int i = 0; i < 4096; i++) steps[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0x7fff0000);
    struct sock_fprog program = {4096, steps};
    int ends[2];
    socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
    if (!setsockopt(ends[0], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program)) puts("filter");
    if (!setsockopt(ends[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program)) puts("reuseport");
    if (!prctl(PR_SET_SECCOMP, 2, &program, 0, 0)) puts("prctl");
    if (!syscall(SYS_seccomp, 1, 0, &program)) puts("seccomp");
    puts("nothing");
    return 0;
}
