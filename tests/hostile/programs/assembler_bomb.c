// verdict: CE
__asm__(".section .rodata\n.rept 0x7fffffff\n.quad 1\n.endr\n.text\n");
int main(void) { return 0; }
