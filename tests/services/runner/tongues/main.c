#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static volatile int spins;
static int deep(int n) { int x = spins; return n == 0 ? x : 1 + deep(n - 1) + (spins & 0); }
static int fall(int n) { volatile char room[64]; room[0] = (char)n; return fall(n + 1) + room[0]; }
int main(int count, char **given) {
    char word[8];
    int a, b;
    if (scanf("%7s%d%d", word, &a, &b) != 3) return 1;
    if (!strcmp(word, "sum")) printf("%d", a + b);
    if (!strcmp(word, "deep")) printf("%d", deep(a));
    if (!strcmp(word, "throw")) abort();
    if (!strcmp(word, "loop")) for (;;) spins = 0;
    if (!strcmp(word, "hog")) for (;;) memset(malloc(1 << 20), 1, 1 << 20);
    if (!strcmp(word, "given")) {
        FILE *file = fopen("map/a.txt", "r");
        for (int i = 1; i < count; i++) printf("[%s]", given[i]);
        for (int c; (c = getc(file)) != EOF;) putchar(c);
    }
    if (!strcmp(word, "fall")) printf("%d", fall(0));
}
