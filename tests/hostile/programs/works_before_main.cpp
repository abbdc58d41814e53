// verdict: TLE
struct Early { Early() { for (;;) __asm__ volatile(""); } } early;
int main() { return 0; }
