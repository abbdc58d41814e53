// verdict: MLE
// What waits in a pipe belongs to no process; 24 processes with 250 descriptors have room for a lot.
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>
int main(void) {
    static char block[65536];
    for (int child = 0; child < 16; child++)
        if (child == 15 || !fork()) {
            int ends[2];
            while (!pipe2(ends, O_NONBLOCK)) while (write(ends[1], block, sizeof block) > 0) {}
            usleep(300000);
            return 0;
        }
}
