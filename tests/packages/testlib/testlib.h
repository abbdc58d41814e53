// A small stand-in for testlib.h, written for these tests: the calls that they use, with testlib's exit codes and words.
// Checkers, interactors and validators of Polygon packages are written with the real one (https://github.com/MikeMirzayanov/testlib).
#pragma once
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

enum Result { _ok = 0, _wa = 1, _pe = 2, _fail = 3, _points = 7, _partially = 16 };
#define _pc(share) Result(_partially + (share))

[[noreturn]] inline void quitf(Result result, const char* format, ...) {
    const char* word = result == _ok ? "ok " : result == _wa ? "wrong answer " : result == _pe ? "wrong output format " : "FAIL ";
    if (result >= _partially) std::fprintf(stderr, "partially correct (%d) ", result - _partially);
    else std::fputs(word, stderr);
    va_list arguments;
    va_start(arguments, format);
    std::vfprintf(stderr, format, arguments);
    va_end(arguments);
    std::exit(result >= _partially ? result - _partially : result);
}

[[noreturn]] inline void quitp(double points, const char* message) {
    std::fprintf(stderr, "points %g %s", points, message);
    std::exit(_points);
}

struct Stream {
    std::istream* in = nullptr;
    Result on_fault = _pe;

    std::string readToken() {
        std::string token;
        if (!(*in >> token)) quitf(on_fault, "Unexpected end of file - token expected");
        return token;
    }

    long long readLong(long long least, long long most, const char* name = "a number") {
        std::string token = readToken();
        char* end = nullptr;
        long long value = std::strtoll(token.c_str(), &end, 10);
        if (*end) quitf(on_fault, "Expected integer, but \"%s\" found", token.c_str());
        if (value < least || value > most) quitf(on_fault == _pe ? _wa : on_fault, "Integer parameter [name=%s] equals to %lld, violates the range", name, value);
        return value;
    }

    int readInt(int least, int most, const char* name = "a number") { return static_cast<int>(readLong(least, most, name)); }
    void readSpace() { readExactly(' '); }
    void readEoln() { readExactly('\n'); }

    void readEof() {
        if (in->get() != EOF) quitf(on_fault, "Expected EOF");
    }

    bool seekEof() {
        *in >> std::ws;
        return in->peek() == EOF;
    }

  private:
    void readExactly(char wanted) {
        if (in->get() != wanted) quitf(on_fault, "Expected another white space");
    }
};

inline Stream inf, ouf, ans;
inline std::ofstream tout;

namespace stand_in {
inline std::ifstream files[3];

inline void open(Stream& stream, int number, const char* path, Result on_fault) {
    files[number].open(path);
    if (!files[number]) quitf(_fail, "can not open %s", path);
    stream.in = &files[number];
    stream.on_fault = on_fault;
}
}  // namespace stand_in

inline void registerTestlibCmd(int count, char** words) {
    if (count < 4) quitf(_fail, "Program must be run with INPUT OUTPUT ANSWER");
    stand_in::open(inf, 0, words[1], _fail);
    stand_in::open(ouf, 1, words[2], _pe);
    stand_in::open(ans, 2, words[3], _fail);
}

inline void registerInteraction(int count, char** words) {
    if (count < 3) quitf(_fail, "Program must be run with INPUT OUTPUT [ANSWER]");
    stand_in::open(inf, 0, words[1], _fail);
    tout.open(words[2]);
    ouf.in = &std::cin;
    if (count > 3) stand_in::open(ans, 2, words[3], _fail);
}

inline void registerValidation(int count, char** words) {
    (void)count;
    (void)words;
    inf.in = &std::cin;
    inf.on_fault = _fail;
}
