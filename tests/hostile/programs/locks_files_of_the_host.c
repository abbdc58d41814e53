// verdict: AC
// answer: nothing
// Whoever may read a file may lock it: a lock on a file of /usr would stop every box and the host. Here nobody is ever locked out.
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
int main(void) {
    int first = open("/usr/lib/os-release", O_RDONLY), second = open("/usr/lib/os-release", O_RDONLY);
    flock(first, LOCK_EX);
    if (flock(second, LOCK_EX | LOCK_NB)) puts("locked");
    flock(0, LOCK_EX);
    puts("nothing");
    return 0;
}
