"""Owns the Python 3 that is made of an IDL: what carries calls on both sides, and what a contestant begins with. Never runs it.

The line is that of `glue_c`. Here the functions are a table that one piece of code reads. A ``char`` is a string of one character, an array
a list (of lists); where an array of characters is wanted a string or bytes will do.
"""

from __future__ import annotations

from typing import Final

from services.gitserver.formats.glue_c import ANSWER_BIT, CUT, FIRST_FD, LEFT, NUMBER, SERIAL, SETTERS_FAULT, SPAN
from services.gitserver.formats.idl import VOID, Function, Idl

STARTS: Final = "__main__.py"
"""The file that is started, on either side."""

_CODES: Final = {"bool": "?", "char": "c", "short": "h", "int": "i", "long": "q", "float": "f", "double": "d", VOID: ""}
_RUNTIME: Final = """
def li_over(code, words):
    sys.stderr.write("libinteractive: %s\\n" % words)
    sys.stderr.flush()
    os._exit(code)


class LiLine:
    def __init__(self, incoming, outgoing, wanted, offered, find):
        self.incoming, self.outgoing = os.fdopen(incoming, "rb", 1 << 16), os.fdopen(outgoing, "wb", 1 << 16)
        self.wanted, self.offered, self.find, self.serial = wanted, offered, find, 0

    def hear(self, length):
        got = self.incoming.read(length)
        if len(got) != length:
            li_cut()
        return got

    def value(self, code, lengths):
        if not lengths:
            one = struct.unpack("<" + code, self.hear(struct.calcsize("<" + code)))[0]
            return one.decode("latin-1") if code == "c" else one
        count = 1
        for length in lengths:
            count *= length
        got = self.hear(count * struct.calcsize("<" + code))
        flat = list(got.decode("latin-1")) if code == "c" else list(struct.unpack("<%d%s" % (count, code), got))
        for length in reversed(lengths[1:]):
            flat = [flat[at : at + length] for at in range(0, len(flat), length)]
        return flat

    def call(self, number, values):
        name, parameters, answer, may_end = self.wanted[number]
        if len(values) != len(parameters):
            raise TypeError("%s takes %d arguments" % (name, len(parameters)))
        li_check(name, parameters, values, False)
        said = [li_packed(code, li_lengths(lengths, values), value) for (_, code, lengths, _), value in zip(parameters, values)]
        self.serial = serial = (self.serial + 1) & 0xFFFFFFFF
        self.say(number, serial, said)
        while True:
            head = self.incoming.read(8)
            if not head:
                li_left(may_end)
            if len(head) != 8:
                li_cut()
            got, theirs = struct.unpack("<II", head)
            if not got & ANSWER:
                self.serve(got, theirs)
                continue
            if got != number | ANSWER or theirs != serial:
                li_stray()
            return self.value(answer, ()) if answer else None

    def serve(self, number, serial):
        if number >= len(self.offered):
            li_unknown()
        name, parameters, answer, _ = self.offered[number]
        values = []
        for place, (_, code, lengths, _) in enumerate(parameters):
            values.append(self.value(code, li_lengths(lengths, values)))
            li_check(name, parameters[place : place + 1], values[place:], True)
        value = self.find(name)(*values)
        self.say(number | ANSWER, serial, [li_packed(answer, (), value)] if answer else [])

    def say(self, number, serial, pieces):
        try:
            self.outgoing.write(struct.pack("<II", number, serial) + b"".join(pieces))
            self.outgoing.flush()
        except OSError:
            li_left(False)


def li_lengths(lengths, values):
    return tuple(values[-1 - length] if length < 0 else length for length in lengths)


def li_packed(code, lengths, value):
    if not lengths:
        if code == "c":
            value = value.encode("latin-1") if isinstance(value, str) else bytes([value]) if isinstance(value, int) else bytes(value)
        return struct.pack("<" + code, value)
    if len(lengths) > 1:
        if len(value) < lengths[0]:
            raise ValueError("an array has %d rows, and needs %d" % (len(value), lengths[0]))
        return b"".join(li_packed(code, lengths[1:], value[at]) for at in range(lengths[0]))
    if len(value) < lengths[0]:
        raise ValueError("an array has %d places, and needs %d" % (len(value), lengths[0]))
    held = value[: lengths[0]]
    if code != "c":
        return struct.pack("<%d%s" % (lengths[0], code), *held)
    if isinstance(held, str):
        return held.encode("latin-1")
    return bytes(held) if isinstance(held, (bytes, bytearray)) else b"".join(li_packed("c", (), one) for one in held)


def li_module(name, functions):
    made = types.ModuleType(name)
    for number, (function, _, _, _) in enumerate(functions):
        setattr(made, function, lambda *values, li_number=number: li_call(li_number, values))
    sys.modules[name] = made
"""
_CHILDS_WAY: Final = """
def li_check(name, parameters, values, is_heard):
    pass


def li_cut():
    os._exit(0)


def li_left(may_end):
    os._exit(0)


def li_stray():
    os._exit(1)


def li_unknown():
    os._exit(1)


def li_call(number, values):
    return LINE.call(number, values)


def li_find(name):
    return getattr(PROGRAM, name)


LINE = LiLine(os.dup(0), os.dup(1), MAINS, OURS, li_find)
nothing = os.open("/dev/null", os.O_RDWR)
os.dup2(nothing, 0)
os.dup2(nothing, 1)
os.close(nothing)
li_module("Main", MAINS)
"""
_CHILD_RUNS: Final = """
while True:
    li_head = LINE.incoming.read(8)
    if len(li_head) != 8:
        os._exit(0)
    LINE.serve(*struct.unpack("<II", li_head))
"""
_MAINS_WAY: Final = f"""
def li_check(name, parameters, values, is_heard):
    for (parameter, _, _, span), value in zip(parameters, values):
        if span and not span[0] <= value <= span[1]:
            if is_heard:
                li_over({SPAN}, "%s was called with %s = %d outside of %s" % (name, parameter, value, list(span)))
            li_over({SETTERS_FAULT}, "Main called %s with %s = %d outside of %s" % (name, parameter, value, list(span)))


def li_cut():
    li_over({CUT}, "the program ended in the middle of a message")


def li_left(may_end):
    if may_end:
        sys.stdout.flush()
        os._exit(0)
    li_over({LEFT}, "the program ended, or closed its line, before it had answered")


def li_stray():
    li_over({SERIAL}, "the program answered a call that was not the last one")


def li_unknown():
    li_over({NUMBER}, "the program sent what is no call")


def li_call(number, values):
    return LINES[PLACES[number]].call(number, values)


def li_find(name):
    return li_main.__dict__[name]


"""
_MAIN_RUNS: Final = """
li_main = types.ModuleType("__main__")
li_main.__file__ = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Main.py")
sys.modules["__main__"] = sys.modules["Main"] = li_main
with open(li_main.__file__, "rb") as li_file:
    exec(compile(li_file.read(), li_main.__file__, "exec"), li_main.__dict__)
"""


def template(idl: Idl) -> str:
    """What a contestant begins with."""
    lines = ["import Main", "", f"# Main offers: {', '.join(_declared(one) for one in idl.main.functions) or 'nothing'}"]
    for _, function in idl.calls():
        lines += ["", "", f"def {_declared(function)}:", "    # your code", "    return" if function.returns == VOID else "    return 0"]
    return "\n".join([*lines, ""])


def childs_side(idl: Idl, module: str) -> str:
    """What starts a submission, which is ``module``.py beside it."""
    runs = f"\nimport {module} as PROGRAM\n"
    return _begun(idl, module) + _RUNTIME + "\n" + _CHILDS_WAY + runs + _CHILD_RUNS


def mains_side(idl: Idl, module: str) -> str:
    """What starts the setter's Main.py, which is beside it."""
    places = [place for place, _ in idl.calls()]
    lines = [f"PLACES = {places}", f"LINES = [LiLine({FIRST_FD} + 2 * place, {FIRST_FD + 1} + 2 * place, OURS, MAINS, li_find) for place in range({len(idl.children)})]"]
    return _begun(idl, module) + _RUNTIME + "\n" + _MAINS_WAY + "\n".join([*lines, f'li_module("{module}", OURS)', ""]) + _MAIN_RUNS


def _begun(idl: Idl, module: str) -> str:
    lines = [f"# Made from {module}.idl: change that, not this.", "import os", "import struct", "import sys", "import types", ""]
    lines += [f"ANSWER = {ANSWER_BIT:#x}", "MAINS = [", *(f"    {_row(one)!r}," for one in idl.main.functions), "]"]
    return "\n".join([*lines, "OURS = [", *(f"    {_row(one)!r}," for _, one in idl.calls()), "]", ""])


def _row(function: Function) -> tuple[str, list[tuple[str, str, tuple[int, ...], tuple[int, int] | None]], str, bool]:
    """A function as the table has it: a length that is a parameter's stands as -1 less the place of that."""
    held = [length for one in function.parameters for length in one.lengths if length.place is not None]
    spans = {length.place: (length.least, length.most) for length in held}
    rows = [
        (one.name, _CODES[one.type], tuple(length.most if length.place is None else -1 - length.place for length in one.lengths), spans.get(place))
        for place, one in enumerate(function.parameters)
    ]
    return function.name, rows, _CODES[function.returns], function.may_end


def _declared(function: Function) -> str:
    return f"{function.name}({', '.join(one.name for one in function.parameters)})"
