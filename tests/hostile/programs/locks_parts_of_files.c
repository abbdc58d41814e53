// verdict: AC
// answer: nothing
// Each lock on a part of a file is kernel memory that no group counts; on a file of the host's it would be a sign to other boxes.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static const int orders[] = {F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW};
int main(void) {
    int own = open("/tmp/own", O_CREAT | O_RDWR, 0600), hosts = open("/usr/lib/os-release", O_RDONLY);
    for (long at = 0; at < 20000; at += 2)
        for (int i = 0; i < 4; i++) {
            struct flock write = {.l_type = F_WRLCK, .l_start = at, .l_len = 1}, read = {.l_type = F_RDLCK, .l_start = at, .l_len = 1};
            if (fcntl(own, orders[i], &write)) puts("own");
            if (fcntl(0, orders[i], &read)) puts("input");
            if (fcntl(hosts, orders[i], &read)) puts("host");
        }
    if (fork() == 0) { /* who asks is told the truth */
        int again[] = {open("/tmp/own", O_RDWR), 0, hosts};
        for (int i = 0; i < 3; i++) {
            struct flock asked = {.l_type = F_WRLCK};
            fcntl(again[i], F_GETLK, &asked);
            if (asked.l_type != F_UNLCK) printf("%d is locked\n", i);
        }
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    puts("nothing");
    return 0;
}
