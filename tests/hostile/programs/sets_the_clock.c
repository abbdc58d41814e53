// verdict: RFE
#include <time.h>
int main(void) { struct timespec t = {0, 0}; return clock_settime(CLOCK_REALTIME, &t); }
