// verdict: MLE
// Memory that belongs to no process: files in /dev/shm.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(void) {
    static char block[1 << 20];
    memset(block, 1, sizeof block);
    for (int i = 0; ; i++) {
        char name[64];
        sprintf(name, "/dev/shm/%d", i);
        int f = open(name, O_CREAT | O_WRONLY, 0600);
        for (int k = 0; k < 8; k++) if (write(f, block, sizeof block) < 0) return 0;
        close(f);
    }
}
