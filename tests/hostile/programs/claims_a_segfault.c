// verdict: RTE
// 128 + 11 is how a shell says it.
#include <stdio.h>
#include <unistd.h>
int main(void) { puts("right"); fflush(stdout); _exit(139); }
