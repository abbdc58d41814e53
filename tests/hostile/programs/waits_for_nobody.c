// verdict: TLE
// A pipe with a name and nobody at its other end.
#include <fcntl.h>
#include <sys/stat.h>
int main(void) { mkfifo("/box/x", 0666); return open("/box/x", O_RDONLY) < 0; }
