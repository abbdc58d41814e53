// verdict: CE
constexpr long f(long n) { long s = 0; for (long i = 0; i < n; i++) for (long k = 0; k < n; k++) s += i ^ k; return s; }
constexpr long a = f(1000000);
int main() { return a; }
