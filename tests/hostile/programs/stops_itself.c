// verdict: TLE
// Neither runs nor ends; its children wait for it.
#include <signal.h>
#include <unistd.h>
int main(void) {
    for (int i = 0; i < 4; i++) if (!fork()) for (;;) raise(SIGSTOP);
    for (;;) raise(SIGSTOP);
}
