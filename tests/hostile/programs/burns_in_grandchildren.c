// verdict: TLE
// The processes that work are never waited for.
#include <unistd.h>
int main(void) {
    for (;;) {
        if (!fork()) { if (!fork()) for (volatile long i = 0; i < 20000000; i++) {} _exit(0); }
        usleep(3000);
    }
}
