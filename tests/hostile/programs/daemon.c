// verdict: AC
// answer: done
// Leaves a daemon that would burn the processor and hold the output.
#include <stdio.h>
#include <unistd.h>
int main(void) {
    puts("done");
    fflush(stdout);
    if (!fork()) {
        setsid();
        if (!fork()) { chdir("/"); for (;;) {} }
        _exit(0);
    }
    usleep(20000);
    return 0;
}
