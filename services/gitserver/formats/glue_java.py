"""Owns the Java that is made of an IDL: what carries calls on both sides, and what a contestant begins with. Never runs it.

The line is that of `glue_c`. Each interface is a class of static functions, as libinteractive has it: a contestant writes those after Main
and calls ``Main.function(…)``; the setter's Main does it the other way round.
"""

from __future__ import annotations

from typing import Final

from services.gitserver.formats.glue_c import ANSWER_BIT, CUT, FIRST_FD, LEFT, NUMBER, SERIAL, SETTERS_FAULT, SPAN
from services.gitserver.formats.idl import VOID, Function, Idl, Interface, Parameter

CHILD: Final = "Main.java"
"""The file that starts a submission: it holds the class Main that the submission calls."""

_READS: Final = {"bool": "bool", "char": "letter", "short": "small", "int": "whole", "long": "large", "float": "single", "double": "real"}
_RUNTIME: Final = """
final class LiLine {
    static final int ANSWER = %(answer)d;
    private final InputStream in;
    private final OutputStream out;
    private final byte[] got = new byte[1 << 16];
    private byte[] said = new byte[1 << 12];
    private int at, filled, kept, serial;

    LiLine(InputStream in, OutputStream out) { this.in = in; this.out = out; }

    private int next() {
        if (at == filled) {
            try { filled = in.read(got); } catch (IOException failed) { filled = -1; }
            at = 0;
            if (filled <= 0) { filled = 0; return -1; }
        }
        return got[at++] & 255;
    }

    private long bytes(int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            int one = next();
            if (one < 0) LiWay.cut();
            value |= (long) one << 8 * i;
        }
        return value;
    }

    boolean bool() { return bytes(1) != 0; }
    char letter() { return (char) bytes(1); }
    short small() { return (short) bytes(2); }
    int whole() { return (int) bytes(4); }
    long large() { return bytes(8); }
    float single() { return Float.intBitsToFloat(whole()); }
    double real() { return Double.longBitsToDouble(large()); }

    private void keep(long value, int count) {
        if (kept + count > said.length) said = Arrays.copyOf(said, 2 * said.length);
        for (int i = 0; i < count; i++) said[kept++] = (byte) (value >> 8 * i);
    }

    void say(boolean value) { keep(value ? 1 : 0, 1); }
    void say(char value) { keep(value, 1); }
    void say(short value) { keep(value, 2); }
    void say(int value) { keep(value, 4); }
    void say(long value) { keep(value, 8); }
    void say(float value) { keep(Float.floatToIntBits(value), 4); }
    void say(double value) { keep(Double.doubleToLongBits(value), 8); }

    int begin(int number) { kept = 0; say(number); say(++serial); return serial; }
    void answer(int number, int theirs) { kept = 0; say(number | ANSWER); say(theirs); }

    void send() {
        try { out.write(said, 0, kept); out.flush(); } catch (IOException failed) { LiWay.left(false); }
    }

    void await(int number, int mine, boolean mayEnd) {
        while (true) {
            int first = next();
            if (first < 0) LiWay.left(mayEnd);
            int heard = first | (int) bytes(3) << 8, theirs = whole();
            if ((heard & ANSWER) == 0) { LiServed.serve(this, heard, theirs); continue; }
            if (heard != (number | ANSWER) || theirs != mine) LiWay.over(%(serial)d, "the program answered a call that was not the last one");
            return;
        }
    }

    void serve() {
        while (true) {
            int first = next();
            if (first < 0) Runtime.getRuntime().halt(0);
            LiServed.serve(this, first | (int) bytes(3) << 8, whole());
        }
    }
}
"""
_CHILDS_WAY: Final = """
final class LiWay {
    static LiLine line;
    static void over(int code, String words) { Runtime.getRuntime().halt(1); }
    static void cut() { Runtime.getRuntime().halt(0); }
    static void left(boolean mayEnd) { Runtime.getRuntime().halt(0); }
    static void check(String name, String parameter, int value, int least, int most, boolean isHeard) { }

    public static void main(String[] words) {
        line = new LiLine(new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.out));
        System.setIn(InputStream.nullInputStream());
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        line.serve();
    }
}
"""
_MAINS_WAY: Final = """
final class LiWay {
    static final LiLine[] lines = new LiLine[%(count)d];
    static {
        try {
            for (int i = 0; i < lines.length; i++)
                lines[i] = new LiLine(new FileInputStream("/proc/self/fd/" + (%(first)d + 2 * i)), new FileOutputStream("/proc/self/fd/" + (%(first)d + 2 * i + 1)));
        } catch (IOException failed) { throw new UncheckedIOException(failed); }
    }
    static void over(int code, String words) {
        System.err.println("libinteractive: " + words);
        Runtime.getRuntime().halt(code);
    }
    static void cut() { over(%(cut)d, "the program ended in the middle of a message"); }
    static void left(boolean mayEnd) {
        System.out.flush();
        if (mayEnd) Runtime.getRuntime().halt(0);
        over(%(left)d, "the program ended, or closed its line, before it had answered");
    }
    static void check(String name, String parameter, int value, int least, int most, boolean isHeard) {
        if (least <= value && value <= most) return;
        String words = parameter + " = " + value + " outside of [" + least + ", " + most + "]";
        if (isHeard) over(%(span)d, name + " was called with " + words);
        over(%(setters)d, "Main called " + name + " with " + words);
    }
}
"""


def template(idl: Idl, module: str) -> str:
    """What a contestant begins with."""
    lines = ["// Main offers:", *(f"//   static {_declared(one)}" for one in idl.main.functions)] if idl.main.functions else []
    for child in idl.children:
        lines += ["", f"{'public ' if child.name == module else ''}class {child.name} {{"]
        for function in child.functions:
            answer = {VOID: "", "bool": " return false;"}.get(function.returns, " return 0;")
            lines += [f"    public static {_declared(function)} {{", "        // your code", *([f"       {answer}"] if answer else []), "    }"]
        lines += ["}"]
    return "\n".join([*lines, ""])


def childs_side(idl: Idl, module: str) -> str:
    """What is compiled with a submission, and starts it."""
    calls = [(child.name, function) for child in idl.children for function in child.functions]
    stubs = _class(idl.main, list(enumerate(idl.main.functions)), "LiWay.line")
    return "\n".join([*_begun(module), _runtime(), _CHILDS_WAY, *_served(calls), "", *stubs, ""])


def mains_side(idl: Idl, module: str) -> str:
    """What is compiled with the setter's Main.java."""
    way = _MAINS_WAY % {"count": len(idl.children), "first": FIRST_FD, "cut": CUT, "left": LEFT, "span": SPAN, "setters": SETTERS_FAULT}
    lines = [*_begun(module), _runtime(), way, *_served([("Main", function) for function in idl.main.functions])]
    number = 0
    for place, child in enumerate(idl.children):
        lines += ["", *_class(child, list(enumerate(child.functions, number)), f"LiWay.lines[{place}]")]
        number += len(child.functions)
    return "\n".join([*lines, ""])


def _begun(module: str) -> list[str]:
    return [f"// Made from {module}.idl: change that, not this.", "import java.io.*;", "import java.util.Arrays;"]


def _runtime() -> str:
    return _RUNTIME % {"answer": ANSWER_BIT - (1 << 32), "serial": SERIAL}


def _served(calls: list[tuple[str, Function]]) -> list[str]:
    lines = ["", "final class LiServed {", "    static void serve(LiLine li, int number, int serial) {", "        switch (number) {"]
    lines += [f"            case {number}: call{number}(li, serial); return;" for number in range(len(calls))]
    lines += [f'            default: LiWay.over({NUMBER}, "the program sent what is no call");', "        }", "    }"]
    for number, (owner, function) in enumerate(calls):
        lines += ["", f"    private static void call{number}(LiLine li, int serial) {{", *_heard(function)]
        call = f"{owner}.{function.name}({', '.join(f'li{place}' for place in range(len(function.parameters)))})"
        lines.append(f"        {call};" if function.returns == VOID else f"        {_type(function.returns)} value = {call};")
        lines.append(f"        li.answer({number}, serial);")
        lines += [*(["        li.say(value);"] if function.returns != VOID else []), "        li.send();", "    }"]
    return [*lines, "}"]


def _heard(function: Function) -> list[str]:
    lines: list[str] = []
    names = [f"li{place}" for place in range(len(function.parameters))]
    for place, one in enumerate(function.parameters):
        if not one.lengths:
            lines.append(f"        {_type(one.type)} {names[place]} = li.{_READS[one.type]}();")
            lines += [f"        {line}" for line in _checked(function, place, names[place], is_heard=True)]
            continue
        sizes = _sizes(one, names)
        lines.append(f"        {_shown(one)} {names[place]} = new {_type(one.type)}{''.join(f'[{size}]' for size in sizes)};")
        lines += [f"        {_loops(sizes)} {names[place]}{_indices(sizes)} = li.{_READS[one.type]}();"]
    return lines


def _class(interface: Interface, functions: list[tuple[int, Function]], line: str) -> list[str]:
    """The functions of the other side, as this side calls them."""
    lines = [f"class {interface.name} {{"]
    for number, function in functions:
        names = [one.name for one in function.parameters]
        lines += [f"    public static {_declared(function)} {{", f"        LiLine li_at = {line};"]
        for place, name in enumerate(names):
            lines += [f"        {said}" for said in _checked(function, place, name, is_heard=False)]
        lines.append(f"        int li_serial = li_at.begin({number});")
        for one in function.parameters:
            sizes = _sizes(one, names)
            lines.append(f"        {_loops(sizes)} li_at.say({one.name}{_indices(sizes)});" if sizes else f"        li_at.say({one.name});")
        lines += ["        li_at.send();", f"        li_at.await({number}, li_serial, {str(function.may_end).lower()});"]
        lines += [f"        return li_at.{_READS[function.returns]}();"] if function.returns != VOID else []
        lines.append("    }")
    return [*lines, "}"]


def _checked(function: Function, place: int, name: str, *, is_heard: bool) -> list[str]:
    held = [length for one in function.parameters for length in one.lengths if length.place == place]
    if not held:
        return []
    words = f'"{function.name}", "{function.parameters[place].name}"'
    return [f"LiWay.check({words}, {name}, {held[0].least}, {held[0].most}, {str(is_heard).lower()});"]


def _sizes(one: Parameter, names: list[str]) -> list[str]:
    return [str(length.most) if length.place is None else names[length.place] for length in one.lengths]


def _loops(sizes: list[str]) -> str:
    return " ".join(f"for (int li_i{depth} = 0; li_i{depth} < {size}; li_i{depth}++)" for depth, size in enumerate(sizes))


def _indices(sizes: list[str]) -> str:
    return "".join(f"[li_i{depth}]" for depth in range(len(sizes)))


def _declared(function: Function) -> str:
    held = ", ".join(f"{_shown(one)} {one.name}" for one in function.parameters)
    return f"{_type(function.returns)} {function.name}({held})"


def _shown(one: Parameter) -> str:
    return _type(one.type) + "[]" * len(one.lengths)


def _type(name: str) -> str:
    return "boolean" if name == "bool" else name
