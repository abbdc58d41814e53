// verdict: TLE
// Fills the process table with sleepers that ignore every signal, then waits.
#include <signal.h>
#include <unistd.h>
int main(void) {
    for (int i = 1; i < 32; i++) signal(i, SIG_IGN);
    while (fork() >= 0) {}
    for (;;) pause();
}
