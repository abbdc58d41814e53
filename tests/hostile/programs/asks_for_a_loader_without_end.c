// verdict: RTE
// The kernel will not start it: no path is so long.
__asm__(".section .interp,\"a\",@progbits\n .fill 5000,1,65\n .byte 0\n .text\n");
int main(void) { return 0; }
