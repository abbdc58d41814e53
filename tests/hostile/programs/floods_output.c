// verdict: OLE
#include <unistd.h>
int main(void) { static char b[65536]; for (;;) if (write(1, b, sizeof b) < 0) return 0; }
