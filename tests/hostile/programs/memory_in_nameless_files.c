// verdict: MLE
// Files in memory that have no name and no folder to be emptied.
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>
int main(void) {
    static char block[1 << 20];
    for (;;) {
        int f = memfd_create("x", 0);
        for (int i = 0; i < 8; i++) if (write(f, block, sizeof block) < 0) return 0;
    }
}
