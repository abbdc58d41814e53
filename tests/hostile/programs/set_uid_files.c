// verdict: AC
// answer: nothing
// Becomes somebody else: by a file of its own, by the host's, by asking.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <grp.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int n, char **v) {
    if (n > 1) return geteuid() != 1000 || getegid() != 1000;
    if (setuid(0) == 0 || setgid(0) == 0 || setreuid(1, 1) == 0 || setgroups(0, 0) == 0) puts("asked");
    if (chown("/proc/self/exe", 0, 0) == 0) puts("chown");
    char b[65536];
    int from = open("/proc/self/exe", O_RDONLY), to = open("/box/x", O_CREAT | O_WRONLY, 0755);
    for (long k; (k = read(from, b, sizeof b)) > 0;) write(to, b, k);
    fchmod(to, 06777);
    close(to);
    int status = 0;
    if (!fork()) { execl("/box/x", v[0], "again", (char *)0); _exit(0); }
    wait(&status);
    if (status) puts("set-uid");
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || !prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0)) puts("new privileges");
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0) == 0 || !prctl(PR_SET_SECUREBITS, 0, 0, 0, 0)) puts("capabilities");
    puts("nothing");
    return 0;
}
