"""Owns which names an interface, a function or a parameter cannot have, since code is made of them in several languages. Never reads one."""

from __future__ import annotations

from typing import Final

OURS: Final = "li_"
"""What every name in the made code begins with, so that it is nobody else's."""

_KEYWORDS: Final = """
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class co_await co_return co_yield compl
concept const const_cast consteval constexpr constinit continue decltype default delete do double dynamic_cast else enum explicit export
extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected
public register reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast struct switch template this
thread_local throw true try typedef typeid typename typeof union unsigned using virtual void volatile wchar_t while xor xor_eq
abstract assert boolean byte extends final finally implements import instanceof interface native null package strictfp super synchronized
throws transient var record yield
as async await def del elif except from global in is lambda nonlocal pass raise with None True False unix linux
"""
"""Words that C, C++, Java or Python 3 keep for themselves, and two that GNU C does."""

_TAKEN: Final = """
_exit abort calloc close dup dup2 exit fcntl fprintf free fflush malloc main memcpy open perror printf read realloc signal stderr stdin stdout
write
"""
"""What the made C calls itself, or starts by."""

_MACROS: Final = frozenset({"NULL", "EOF", "BUFSIZ", "errno", "stdin", "stdout", "stderr", "environ"})
"""What C's headers make something else of."""

_CLASSES: Final = """
Object String System Integer Long Float Double Character Boolean Math Override Throwable Exception Runtime Arrays InputStream OutputStream
FileInputStream FileOutputStream FileDescriptor PrintStream IOException UncheckedIOException LiLine LiWay LiServed
"""
"""Classes of Java that its made code, or any other, could not see any more; and its own."""


def why_not(name: str, what: str) -> str | None:
    """Why a "class", "function" or "parameter" cannot be called so; None when it can."""
    if name.startswith("_") or name.lower().startswith(OURS):
        return f"cannot be a name: those that begin with _ or {OURS} belong to the made code"
    if name in _KEYWORDS.split():
        return "cannot be a name: C, C++, Java or Python keeps it for itself"
    if name in _MACROS:
        return "cannot be a name: the C library defines it"
    if what == "function" and name in _TAKEN.split():
        return "cannot be the name of a function: the C library has one"
    if what == "class" and name in _CLASSES.split():
        return "cannot be the name of an interface: Java has a class of that name"
    return None
