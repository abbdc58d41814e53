// verdict: RTE
#include <stdlib.h>
int main(void) { exit(137); }
