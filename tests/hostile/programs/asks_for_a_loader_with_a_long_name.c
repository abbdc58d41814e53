// verdict: RTE
// The kernel will not start it: a path may be so long, a name may not.
__asm__(".section .interp,\"a\",@progbits\n .byte 47\n .fill 400,1,65\n .byte 0\n .text\n");
int main(void) { return 0; }
