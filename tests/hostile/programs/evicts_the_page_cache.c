// verdict: AC
// answer: nothing
// Throws the compiler out of the host's memory, so that everybody else waits for the disk; and makes the disk busy.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>
int main(void) {
    char b[64];
    struct iovec v = {b, sizeof b};
    int f = open("/usr/lib/os-release", O_RDONLY);
    pread(f, b, sizeof b, 0);
    posix_fadvise(f, 0, 0, POSIX_FADV_DONTNEED);
    if (preadv2(f, &v, 1, 0, RWF_NOWAIT) < 0) puts("evicted");
    sync();
    if (syncfs(-1)) puts("syncfs reaches the kernel");
    puts("nothing");
    return 0;
}
