// verdict: RFE
// In the old table 26 is ptrace, and 101 something else.
int main(void) { long r = 26; __asm__ volatile("int $0x80" : "+a"(r) : "b"(0), "c"(0), "d"(0), "S"(0) : "memory"); return r == 0; }
