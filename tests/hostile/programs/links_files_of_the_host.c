// verdict: AC
// answer: nothing
// A second name for a file of the host, or of the input, in a folder that it may write.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    if (!link("/usr/lib/os-release", "/box/a")) puts("link");
    if (!linkat(0, "", AT_FDCWD, "/box/b", AT_EMPTY_PATH)) puts("linkat");
    if (!linkat(AT_FDCWD, "/proc/self/fd/0", AT_FDCWD, "/box/c", AT_SYMLINK_FOLLOW)) puts("linkat input");
    if (!rename("/program/main", "/box/d")) puts("rename");
    if (!renameat2(AT_FDCWD, "/box", AT_FDCWD, "/tmp", RENAME_EXCHANGE)) puts("exchange");
    if (!rename("/box", "/tmp/box") || !rmdir("/feedback") || !rmdir("/dev/shm") || !chmod("/box", 0)) puts("folders");
    if (open("/program", O_TMPFILE | O_RDWR, 0600) >= 0) puts("tmpfile");
    puts("nothing");
    return 0;
}
