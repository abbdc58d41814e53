// verdict: RTE
// The kernel will not start it: what it asks for is no program.
const char interpreter[] __attribute__((section(".interp"))) = "/dev/zero";
int main(void) { return 0; }
