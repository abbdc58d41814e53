// verdict: CE
// silent: root:
// The assembler reads files too.
__asm__(".incbin \"/etc/shadow\"");
int main(void) { return 0; }
