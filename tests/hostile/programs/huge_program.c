// verdict: CE
// A few bytes of source, a quarter of a gigabyte of program.
int a[1 << 26] = {1};
int main(void) { return a[5]; }
