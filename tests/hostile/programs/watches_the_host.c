// verdict: AC
// answer: nothing
// A watch on /usr tells when anybody on the machine compiles.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    int watch = inotify_init1(IN_NONBLOCK);
    if (inotify_add_watch(watch, "/usr/bin", IN_ALL_EVENTS) >= 0) puts("inotify");
    if (fcntl(open("/usr/bin", O_RDONLY | O_DIRECTORY), F_NOTIFY, DN_ACCESS) == 0) puts("dnotify");
    if (syscall(SYS_fanotify_init, 0, 0) >= 0) puts("fanotify");
    unsigned long range[2] = {0, 0}, seen[5];
    if (syscall(451, open("/usr/lib/os-release", O_RDONLY), range, seen, 0) == 0) puts("cachestat");
    puts("nothing");
    return 0;
}
