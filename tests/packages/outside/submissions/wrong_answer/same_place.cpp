#include <iostream>
int main() { std::cout << "1 1" << std::endl; }
