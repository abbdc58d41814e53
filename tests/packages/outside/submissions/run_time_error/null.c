#include <stdio.h>
int main(void) {
    volatile int *nowhere = 0;
    printf("%d\n", *nowhere);
    return 0;
}
