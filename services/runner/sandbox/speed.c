/* A fixed piece of work, timed from outside: whole numbers, branches, and a walk through more memory than the nearest cache holds. */
#include <stdint.h>
#include <stdio.h>

#define CELLS (1u << 17)
#define STEPS 6000000u

static uint32_t cells[CELLS];

int main(void) {
    uint32_t at = 1, sum = 0;
    for (uint32_t place = 0; place < CELLS; place++)
        cells[place] = place * 2654435761u;
    for (uint32_t step = 0; step < STEPS; step++) {
        at = at * 1664525u + 1013904223u;
        uint32_t cell = cells[(at >> 8) % CELLS];
        sum += cell & 1 ? cell % 1000003u : (cell ^ step) >> 3;
        cells[step % CELLS] = sum;
    }
    printf("%u\n", sum);
    return 0;
}
