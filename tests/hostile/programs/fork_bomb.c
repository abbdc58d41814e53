// verdict: TLE MLE
// Doubles for ever. What a refused fork had is freed a little later, and counts until then.
#include <unistd.h>
int main(void) { for (;;) fork(); }
