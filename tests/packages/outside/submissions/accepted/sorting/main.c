#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { char text[21]; int place; } Word;

static int cmp(const void *a, const void *b) {
    const Word *x = a, *y = b;
    int c = strcmp(x->text, y->text);
    return c ? c : x->place - y->place;
}

int main(void) {
    int n;
    scanf("%d", &n);
    Word *words = calloc(n, sizeof(Word));
    for (int i = 0; i < n; ++i) {
        scanf("%20s", words[i].text);
        words[i].place = i + 1;
    }
    qsort(words, n, sizeof(Word), cmp);
    for (int i = 1; i < n; ++i)
        if (!strcmp(words[i - 1].text, words[i].text)) {
            printf("%d %d\n", words[i - 1].place, words[i].place);
            return 0;
        }
    puts("impossible");
    return 0;
}
