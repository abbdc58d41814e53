// verdict: RTE
// 42 is a validator's word, not a solution's.
int main(void) { return 42; }
