// Accepts every right relay. validate INPUT ANSWER FEEDBACK_FOLDER < OUTPUT; 42 right, 43 wrong.
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "report.h"

int main(int count, char **arguments) {
    if (count < 4) return 1;
    std::ifstream input(arguments[1]);
    report::folder = arguments[3];
    long long n;
    if (!(input >> n)) return 1;
    std::vector<long long> energies(n);
    for (auto &energy : energies)
        if (!(input >> energy)) return 1;

    long long l, r;
    if (!(std::cin >> l >> r)) report::reject("two integers were expected");
    std::string more;
    if (std::cin >> more) report::reject("there is more than two integers: " + more.substr(0, 40));
    if (l < 1 || r > n || l > r) report::reject("the relay " + std::to_string(l) + " to " + std::to_string(r) + " is not in the row");
    long long rest = 0;
    for (long long i = l - 1; i < r; i++) rest = (rest + energies[i]) % n;
    if (rest != 0) report::reject("the sum leaves " + std::to_string(rest) + " when divided by " + std::to_string(n));
    return 42;
}
