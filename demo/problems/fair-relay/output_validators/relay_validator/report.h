// Says to the jury why an output is wrong, and ends.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

namespace report {

inline std::string folder;

[[noreturn]] inline void reject(const std::string &reason) {
    std::ofstream(folder + "/judgemessage.txt") << reason << "\n";
    std::exit(43);
}

}  // namespace report
