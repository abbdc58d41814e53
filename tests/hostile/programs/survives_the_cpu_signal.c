// verdict: TLE
// Takes the warning of the CPU limit and goes on.
#include <signal.h>
static void again(int n) { (void)n; }
int main(void) { signal(SIGXCPU, again); for (;;) {} }
