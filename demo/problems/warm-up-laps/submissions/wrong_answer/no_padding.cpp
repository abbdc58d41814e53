// Forgets the leading zeros of minutes and seconds.
#include <iostream>

int main() {
    int n, total = 0, best = 1 << 30, which = 0;
    std::cin >> n;
    for (int i = 1; i <= n; i++) {
        int m, s;
        char colon;
        std::cin >> m >> colon >> s;
        total += 60 * m + s;
        if (60 * m + s < best) best = 60 * m + s, which = i;
    }
    std::cout << total / 3600 << ":" << total / 60 % 60 << ":" << total % 60 << "\n" << which << "\n";
}
