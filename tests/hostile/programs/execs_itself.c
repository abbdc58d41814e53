// verdict: TLE
// A new program every millisecond: no sample of one process shows what it uses.
#include <unistd.h>
int main(int n, char **v) { (void)n; for (volatile long i = 0; i < 300000; i++) {} execv("/proc/self/exe", v); return 1; }
