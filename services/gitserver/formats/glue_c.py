"""Owns the C and C++ that is made of an IDL: the header, what carries calls on both sides, and what a contestant begins with. Never runs it.

What goes over the line, both ways, little end first: a call is its number, a serial number, and its arguments; an answer is the number
with the highest bit set, the same serial number, and the value. Who waits for an answer serves the calls that come before it. Numbers are
places: of the contestant's functions in the order of their interfaces, of Main's in its own. The setter's side checks all that comes from
the other: a number, a serial number, the length of an array. It ends as libinteractive does when the other is at fault (`PEER_FAULTS`).

The contestant's side moves its ends of the line away from stdin and stdout before anything else begins, and puts /dev/null there: what the
contestant prints goes nowhere.
"""

from __future__ import annotations

from typing import Final

from services.gitserver.formats.idl import SIZES, VOID, Function, Idl, Parameter

ANSWER_BIT: Final = 0x80000000
FIRST_FD: Final = 4
"""The setter's program reads from the contestant's process number k on descriptor 4 + 2k and writes to it on the next one."""

CUT, SERIAL, NUMBER, LEFT, SPAN = 239, 240, 241, 242, 243
PEER_FAULTS: Final = (CUT, SERIAL, NUMBER, LEFT, SPAN)
"""How the setter's side ends when the contestant's broke a message off, answered another call, named no call, ended, or named a length that
cannot be. Source: omegaup/quark ``runner/runner.go`` (isPeerDeath), but for the last."""

SETTERS_FAULT: Final = 70
"""How it ends when Main itself passes a length outside of its Range."""

_RUNTIME: Final = r"""
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct { int in, out; unsigned serial; size_t at, filled, kept; unsigned char got[1 << 16], said[1 << 16]; } li_line;

static inline void li_over(int code, const char *words)
{
    fprintf(stderr, "libinteractive: %s\n", words);
    _exit(code);
}

static inline void *li_room(size_t bytes)
{
    void *room = calloc(bytes + 8, 1); /* after characters there is a NUL */
    if (!room) { perror("libinteractive"); abort(); }
    return room;
}

static inline void li_put(li_line *line, const void *from, size_t length)
{
    for (const char *at = (const char *)from; length;) {
        ssize_t n = write(line->out, at, length);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) li_left();
        at += n;
        length -= (size_t)n;
    }
}

static inline void li_flush(li_line *line)
{
    li_put(line, line->said, line->kept);
    line->kept = 0;
}

static inline void li_say(li_line *line, const void *from, size_t length)
{
    if (length > sizeof line->said - line->kept) li_flush(line);
    if (length > sizeof line->said) { li_put(line, from, length); return; }
    if (length) memcpy(line->said + line->kept, from, length);
    line->kept += length;
}

static inline void li_say_head(li_line *line, unsigned number, unsigned serial)
{
    unsigned head[2] = {number, serial};
    li_say(line, head, sizeof head);
}

static inline int li_hear(li_line *line, void *to, size_t length)
{
    char *at = (char *)to;
    size_t left = length;
    while (left) {
        size_t here = line->filled - line->at;
        if (here) {
            size_t n = here < left ? here : left;
            memcpy(at, line->got + line->at, n);
            line->at += n;
            at += n;
            left -= n;
            continue;
        }
        int is_large = left >= sizeof line->got;
        ssize_t n = read(line->in, is_large ? (void *)at : (void *)line->got, is_large ? left : sizeof line->got);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0 && left == length) return 0;
        if (n <= 0) li_cut();
        if (is_large) { at += n; left -= (size_t)n; }
        else { line->at = 0; line->filled = (size_t)n; }
    }
    return 1;
}

static inline void li_need(li_line *line, void *to, size_t length)
{
    if (length && !li_hear(line, to, length)) li_cut();
}

static inline bool li_bool(li_line *line)
{
    unsigned char byte = 0;
    li_need(line, &byte, 1);
    return byte != 0;
}

static inline void li_need_bools(li_line *line, bool *to, size_t length)
{
    for (size_t i = 0; i < length; i++) to[i] = li_bool(line);
}
"""

_MAINS_WAY: Final = f"""
static inline void li_over(int code, const char *words);
static inline void li_left(void) {{ li_over({LEFT}, "the program ended, or closed its line, before it had answered"); }}
static inline void li_cut(void) {{ li_over({CUT}, "the program ended in the middle of a message"); }}
"""
_CHILDS_WAY: Final = """
static inline void li_left(void) { _exit(0); }
static inline void li_cut(void) { _exit(0); }
"""
_CHILD_BEGINS: Final = r"""
__attribute__((constructor(101))) static void li_begin(void)
{
    int nothing = open("/dev/null", O_RDWR);
    signal(SIGPIPE, SIG_IGN);
    li_lines[0].in = fcntl(0, F_DUPFD_CLOEXEC, 10);
    li_lines[0].out = fcntl(1, F_DUPFD_CLOEXEC, 10);
    dup2(nothing, 0);
    dup2(nothing, 1);
    close(nothing);
}

int main(void)
{
    unsigned head[2];
    li_line *line = &li_lines[0];
    while (li_hear(line, head, sizeof head)) li_serve(line, head[0], head[1]);
    _exit(0);
}
"""
_MAIN_BEGINS: Final = """
__attribute__((constructor(101))) static void li_begin(void) { signal(SIGPIPE, SIG_IGN); }
"""


def header(idl: Idl, module: str) -> str:
    """The header that both sides include, ``module``.h."""
    guard = f"LI_{module.upper()}_H"
    mains = [f"{declared(function)};" for function in idl.main.functions] or ["/* nothing */"]
    ours = [line for child in idl.children for line in (f"/* {child.name} */", *(f"{declared(function)};" for function in child.functions))]
    return _lines(f"#ifndef {guard}", f"#define {guard}", "#include <stdbool.h>", "", "/* What you may call. */", *mains, "",
                  "/* What you write. */", *ours, "", "#endif")  # fmt: skip


def template(idl: Idl, module: str) -> str:
    """What a contestant begins with: every function that is wanted, doing nothing."""
    lines = [f'#include "{module}.h"']
    for _, function in idl.calls():
        answer = "" if function.returns == VOID else "    return 0;"
        lines += ["", declared(function), "{", "    /* your code */", *([answer] if answer else []), "}"]
    return _lines(*lines)


def childs_side(idl: Idl, module: str) -> str:
    """What is compiled with a submission."""
    wanted = [function for _, function in idl.calls()]
    lines = [*_begun(module), _CHILDS_WAY, _RUNTIME, "static li_line li_lines[1];", *_served(wanted, is_main=False)]
    for number, function in enumerate(idl.main.functions):
        lines += _shim(function, number, 0, is_main=False)
    return _lines(*lines, _CHILD_BEGINS)


def mains_side(idl: Idl, module: str) -> str:
    """What is compiled with the setter's program."""
    fds = ", ".join(f"{{{FIRST_FD + 2 * place}, {FIRST_FD + 2 * place + 1}, 0, 0, 0, 0, {{0}}, {{0}}}}" for place in range(len(idl.children)))
    lines = [*_begun(module), _MAINS_WAY, _RUNTIME, f"static li_line li_lines[{len(idl.children)}] = {{{fds}}};"]
    lines += _served(list(idl.main.functions), is_main=True)
    for number, (place, function) in enumerate(idl.calls()):
        lines += _shim(function, number, place, is_main=True)
    return _lines(*lines, _MAIN_BEGINS)


def declared(function: Function) -> str:
    """A function as C declares it."""
    held = ", ".join(_parameter(one) for one in function.parameters)
    return f"{_type(function.returns)} {function.name}({held or 'void'})"


def _begun(module: str) -> list[str]:
    about = f"/* Made from {module}.idl: change that, not this. */"
    return [about, "#ifndef _GNU_SOURCE", "#define _GNU_SOURCE", "#endif", "#include <stddef.h>", f'#include "{module}.h"', "#include <unistd.h>"]


def _served(functions: list[Function], *, is_main: bool) -> list[str]:
    """The calls that come from the other side, and the waiting for an answer."""
    lines = ["", "static void li_serve(li_line *li_at, unsigned li_number, unsigned li_serial)", "{", "    switch (li_number) {"]
    for number, function in enumerate(functions):
        lines += [f"    case {number}: {{", *(f"        {line}" for line in _case(function, number, is_main=is_main)), "        return;", "    }"]
    unknown = f'li_over({NUMBER}, "the program sent what is no call")' if is_main else "_exit(1)"
    lines += ["    default:", f"        {unknown};", "    }", "    (void)li_at;", "    (void)li_serial;", "}", ""]
    lines += ["static void li_wait(li_line *li_at, unsigned li_number, unsigned li_serial, int li_may_end)", "{", "    unsigned li_head[2];", "    for (;;) {"]
    lines += ["        if (!li_hear(li_at, li_head, sizeof li_head)) {", "            if (li_may_end) exit(0);" if is_main else "            _exit(0);", "            li_left();", "        }"]
    lines += [f"        if (!(li_head[0] & {ANSWER_BIT}u)) {{ li_serve(li_at, li_head[0], li_head[1]); continue; }}"]
    stray = f'li_over({SERIAL}, "the program answered a call that was not the last one")' if is_main else "_exit(1)"
    lines += [f"        if (li_head[0] != (li_number | {ANSWER_BIT}u) || li_head[1] != li_serial) {stray};", "        return;", "    }", "    (void)li_may_end;", "}"]
    return lines


def _case(function: Function, number: int, *, is_main: bool) -> list[str]:
    """One call from the other side: its arguments heard, the function called, its value said."""
    lines: list[str] = []
    names = [f"li_{place}" for place in range(len(function.parameters))]
    for place, one in enumerate(function.parameters):
        name = names[place]
        if one.lengths:
            cast = f"({_type(one.type)} (*){_rest(one)})" if len(one.lengths) > 1 else f"({_type(one.type)} *)"
            kind = f"{_type(one.type)} (*{name}){_rest(one)}" if len(one.lengths) > 1 else f"{_type(one.type)} *{name}"
            lines.append(f"{kind} = {cast}li_room({_bytes(one, names)});")
            bools = f"li_need_bools(li_at, (bool *){name}, {_bytes(one, names)});"
            lines.append(bools if one.type == "bool" else f"li_need(li_at, {name}, {_bytes(one, names)});")
        elif one.type == "bool":
            lines.append(f"bool {name} = li_bool(li_at);")
        else:
            lines += [f"{_type(one.type)} {name};", f"li_need(li_at, &{name}, sizeof {name});"]
            if is_main and (span := _span_of(function, place)) is not None:
                words = f"{function.name} was called with {one.name} outside of [{span[0]}, {span[1]}]"
                lines.append(f'if ({_is_outside(name, span)}) li_over({SPAN}, "{words}");')
    call = f"{function.name}({', '.join(names)})"
    lines.append(f"{call};" if function.returns == VOID else f"{_type(function.returns)} li_value = {call};")
    lines.append(f"li_say_head(li_at, {number}u | {ANSWER_BIT}u, li_serial);")
    if function.returns != VOID:
        lines.append("li_say(li_at, &li_value, sizeof li_value);")
    return [*lines, "li_flush(li_at);", *(f"free({name});" for name, one in zip(names, function.parameters, strict=True) if one.lengths)]


def _shim(function: Function, number: int, place: int, *, is_main: bool) -> list[str]:
    """A function of the other side, as this side calls it."""
    lines = ["", declared(function), "{", f"    li_line *li_at = &li_lines[{place}];"]
    names = [one.name for one in function.parameters]
    if is_main:
        for at, one in enumerate(function.parameters):
            if (span := _span_of(function, at)) is not None:
                words = f"Main called {function.name} with {one.name} outside of [{span[0]}, {span[1]}]"
                lines.append(f'    if ({_is_outside(one.name, span)}) li_over({SETTERS_FAULT}, "{words}");')
    lines += ["    unsigned li_serial = ++li_at->serial;", f"    li_say_head(li_at, {number}u, li_serial);"]
    for one in function.parameters:
        lines.append(f"    li_say(li_at, {one.name}, {_bytes(one, names)});" if one.lengths else f"    li_say(li_at, &{one.name}, sizeof {one.name});")
    lines += ["    li_flush(li_at);", f"    li_wait(li_at, {number}u, li_serial, {int(function.may_end)});"]
    if function.returns == "bool":
        lines.append("    return li_bool(li_at);")
    elif function.returns != VOID:
        lines += [f"    {_type(function.returns)} li_value;", "    li_need(li_at, &li_value, sizeof li_value);", "    return li_value;"]
    return [*lines, "}"]


def _span_of(function: Function, place: int) -> tuple[int, int] | None:
    """What a parameter must keep to because an array's length hangs on it."""
    held = [length for one in function.parameters for length in one.lengths if length.place == place]
    return (held[0].least, held[0].most) if held else None


def _is_outside(name: str, span: tuple[int, int]) -> str:
    return f"(long long){name} < {span[0]}LL || (long long){name} > {span[1]}LL"


def _bytes(one: Parameter, names: list[str]) -> str:
    sizes = [f"(size_t){names[length.place]}" if length.place is not None else f"(size_t){length.most}" for length in one.lengths]
    return " * ".join([*sizes, str(SIZES[one.type])])


def _rest(one: Parameter) -> str:
    return "".join(f"[{length.most}]" for length in one.lengths[1:])


def _parameter(one: Parameter) -> str:
    return f"{_type(one.type)} {one.name}[]{_rest(one)}" if one.lengths else f"{_type(one.type)} {one.name}"


def _type(name: str) -> str:
    return "long long" if name == "long" else name


def _lines(*lines: str) -> str:
    return "\n".join([*lines, ""])
