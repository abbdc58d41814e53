// verdict: RFE
// The same calls under other numbers, past a filter that forgot them.
#include <unistd.h>
int main(void) { return syscall(0x40000000 + 101, 0, 0, 0, 0) == 0; }
