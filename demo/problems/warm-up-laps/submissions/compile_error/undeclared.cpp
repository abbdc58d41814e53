// Uses what it does not declare.
#include <iostream>

int main() {
    std::cin >> n;
    std::cout << n << std::endl;
}
