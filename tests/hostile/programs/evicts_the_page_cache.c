// verdict: AC
// answer: nothing
// Throws the compiler out of the host's memory, so that everybody else waits for the disk; and makes the disk busy.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
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
    if (fsync(-1)) puts("fsync reaches the kernel");
    if (fdatasync(-1)) puts("fdatasync reaches the kernel");
    if (sync_file_range(-1, 0, 0, SYNC_FILE_RANGE_WRITE)) puts("sync_file_range reaches the kernel");
    if (msync((void *)8, 1, MS_SYNC)) puts("msync reaches the kernel");
    struct fiemap map = {0, -1, FIEMAP_FLAG_SYNC, 0, 0, 0};
    if (ioctl(f, FS_IOC_FIEMAP, &map) == 0) puts("fiemap flushes");
    puts("nothing");
    return 0;
}
