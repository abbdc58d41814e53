// verdict: RFE
// PID 1 holds the line to the runner.
#include <sys/ptrace.h>
int main(void) { ptrace(PTRACE_ATTACH, 1, 0, 0); return 0; }
