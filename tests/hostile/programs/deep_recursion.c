// verdict: MLE RTE
#include <string.h>
static int deep(int n, char *up) { char b[1024]; memset(b, n, sizeof b); __asm__ volatile("" :: "r"(b) : "memory"); return deep(n + 1, b) + b[7] + up[0]; }
int main(void) { return deep(0, ""); }
