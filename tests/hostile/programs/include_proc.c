// verdict: CE
// silent: PALESTRA
#include "/proc/1/environ"
#include "/proc/self/environ"
#include "/proc/self/cmdline"
#include "/proc/self/mountinfo"
int main(void) { return 0; }
