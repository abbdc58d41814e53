/* The programs of the self-test: what a box must withstand and measure, checked from inside. See selftest.py. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int bad;

static void complain(const char *what) { puts(what); bad = 1; }

static int opens(const char *path, int flags)
{
    int fd = open(path, flags);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

static void look(int has_two_uids)
{
    char line[256];
    FILE *f = fopen("/proc/self/status", "r");
    if (!f) { complain("/proc is not there"); return; }
    while (fgets(line, sizeof line, f)) {
        if (!strncmp(line, "CapEff:", 7) && strtoull(line + 7, NULL, 16)) complain("the program has capabilities");
        if (!strncmp(line, "NoNewPrivs:", 11) && atoi(line + 11) != 1) complain("no_new_privs is not set");
        if (!strncmp(line, "Seccomp:", 8) && atoi(line + 8) != 2) complain("there is no system call filter");
    }
    fclose(f);
    if (getuid() != 1000 || geteuid() != 1000 || getgid() != 1000) complain("the program is not uid 1000");
    if (getpid() == 1) complain("the program is PID 1");
    f = fopen("/proc/self/uid_map", "r");
    unsigned inner, outer, count;
    while (f && fscanf(f, "%u %u %u", &inner, &outer, &count) == 3)
        if (outer == 0) complain("a uid in the box is root outside");
    if (f) fclose(f);
    if (opens("/etc/shadow", O_RDONLY) || opens("/etc/passwd", O_RDONLY) || opens("/root", O_RDONLY) || opens("/home", O_RDONLY))
        complain("files of the host can be read");
    if (opens("/proc/sys/kernel/core_pattern", O_WRONLY)) complain("settings of the kernel can be written");
    if (opens("/usr/box-was-here", O_WRONLY | O_CREAT) || opens("/box-was-here", O_WRONLY | O_CREAT)) complain("the root can be written");
    if (has_two_uids && opens("/program/box-was-here", O_WRONLY | O_CREAT)) complain("the program's folder can be written");
    if (!opens("/box/mine", O_WRONLY | O_CREAT) || unlink("/box/mine")) complain("the work folder cannot be written");
    if (opens("/proc/1/mem", O_RDONLY) || opens("/proc/1/environ", O_RDONLY)) complain("PID 1 can be looked into");
    if (opens("/sys/fs/cgroup", O_RDONLY)) complain("cgroups can be seen");
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_NETLINK, SOCK_RAW, 0) >= 0) complain("there are network sockets");
    f = fopen("/proc/net/route", "r");
    for (int lines = 0; f && fgets(line, sizeof line, f); lines++)
        if (lines) complain("there is a route to a network");
    if (f) fclose(f);
    struct rlimit core = {0, 0}, none = {0, 0};
    if (getrlimit(RLIMIT_CORE, &core) || core.rlim_cur != 1 || !setrlimit(RLIMIT_CORE, &none)) complain("a crash starts the host's handler");
    unsigned long context = 0;
    if (syscall(SYS_io_setup, 1, &context) == 0) complain("the machine's asynchronous requests can be used up");
    for (int fd = 3; fd < 64; fd++)
        if (fcntl(fd, F_GETFD) >= 0) complain("a descriptor was left open");
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    long amount = argc > 2 ? atol(argv[2]) : 0;
    if (!strcmp(what, "look")) look(amount);
    else if (!strcmp(what, "spin")) {
        struct timespec t, from; /* from here on: what was used before it joined its group is not measured */
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
        do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        while ((t.tv_sec - from.tv_sec) * 1000000000L + t.tv_nsec - from.tv_nsec < amount * 1000000L);
    } else if (!strcmp(what, "touch")) {
        char *p = mmap(NULL, (size_t)amount << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) return 9;
        memset(p, 1, (size_t)amount << 20);
    } else if (!strcmp(what, "flood")) {
        for (char block[4096] = "x"; write(1, block, sizeof block) > 0;) {}
    } else if (!strcmp(what, "forbidden")) ptrace(PTRACE_TRACEME, 0, 0, 0);
    else if (!strcmp(what, "fork")) {
        for (;;) fork();
    } else if (!strcmp(what, "sleep")) {
        signal(SIGTERM, SIG_IGN);
        for (;;) pause();
    } else return 2;
    return bad;
}
