// verdict: TLE
// All of its time is the kernel's: it counts as its own.
#include <fcntl.h>
#include <unistd.h>
int main(void) { static char b[1 << 16]; int f = open("/dev/urandom", O_RDONLY); for (;;) read(f, b, sizeof b); }
