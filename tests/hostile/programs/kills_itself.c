// verdict: RTE
// Looks as if we had done it.
#include <signal.h>
int main(void) { return raise(SIGKILL); }
