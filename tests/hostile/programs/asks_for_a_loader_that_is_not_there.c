// verdict: RTE
// The kernel will not start it, which is its own doing, not the judge's.
const char interpreter[] __attribute__((section(".interp"))) = "/nonexistent/ld.so";
int main(void) { return 0; }
