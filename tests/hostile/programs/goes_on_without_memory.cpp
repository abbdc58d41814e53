// verdict: MLE
// answer: right
// Catches whatever is thrown and tries again.
#include <cstdio>
#include <new>
int main() {
    for (int i = 0; i < 100000; i++) try { char *p = new char[1 << 20]; for (int k = 0; k < 1 << 20; k += 512) p[k] = 1; } catch (const std::bad_alloc &) {}
    std::puts("right");
}
