// verdict: OLE TLE
// Each byte wakes the reader.
#include <unistd.h>
int main(void) { for (;;) if (write(1, "x", 1) < 0) return 0; }
