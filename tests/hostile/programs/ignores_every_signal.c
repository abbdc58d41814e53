// verdict: TLE
// Sleeps, and cannot be asked to stop.
#include <signal.h>
#include <unistd.h>
int main(void) {
    for (int i = 1; i < 65; i++) signal(i, SIG_IGN);
    for (;;) sleep(1000);
}
