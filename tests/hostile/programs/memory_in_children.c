// verdict: MLE
// Each child stays below the limit, all together do not; the parent ends well.
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    for (int i = 0; i < 8; i++)
        if (!fork()) {
            char *p = memset(malloc(24 << 20), 1, 24 << 20);
            __asm__ volatile("" :: "r"(p) : "memory");
            usleep(200000);
            _exit(0);
        }
    while (wait(0) > 0) {}
    return 0;
}
