// verdict: CE
template <int N, int M> struct X { static const long v = X<N - 1, M>::v + X<N - 1, M + 1>::v + X<N, M + 1>::v; };
template <int M> struct X<0, M> { static const long v = 1; };
template <int N> struct X<N, 4000> { static const long v = 1; };
int main() { return X<900, 0>::v; }
