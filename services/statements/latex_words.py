"""Owns what single commands and environments of LaTeX stand for. Never reads a source.

Source: the macros of problemtools' ``problemset.cls``, the subset that the 2025-09 package format names, and what packages use.
"""

from __future__ import annotations

from typing import Final

HEADINGS: Final = {"section": "h2", "subsection": "h3", "subsubsection": "h4", "paragraph": "h5"}
WRAPS: Final = {
    "textbf": "strong", "emph": "em", "textit": "em", "textsl": "em", "texttt": "code", "underline": "u", "sout": "s",
    "textsuperscript": "sup", "textsubscript": "sub",
}  # fmt: skip
SWITCHES: Final = {"bf": "strong", "bfseries": "strong", "it": "em", "itshape": "em", "em": "em", "tt": "code", "ttfamily": "code"}
TEXTS: Final = {
    "ldots": "…", "dots": "…", "textellipsis": "…", "textbackslash": "\\", "quad": "\u2003", "qquad": "\u2003\u2003", ",": "\u2009",
    " ": " ", ";": " ", ":": " ", "!": "", "/": "", "-": "\u00ad", "@": "", "%": "%", "&": "&", "_": "_", "#": "#", "$": "$", "{": "{",
    "}": "}", "\n": " ", "textasciitilde": "~", "textasciicircum": "^", "S": "§", "copyright": "©", "textdegree": "°", "ss": "ß",
    "ae": "æ", "AE": "Æ", "o": "ø", "O": "Ø", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł", "i": "\u0131", "LaTeX": "LaTeX", "TeX": "TeX",
    "textless": "<", "textgreater": ">", "textbar": "|", "textendash": "\u2013", "textemdash": "—", "euro": "€", "pounds": "£",
}  # fmt: skip
ACCENTS: Final = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307", "u": "\u0306",
    "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a", "d": "\u0323", "b": "\u0331",
}  # fmt: skip
SKIPPED_ARGUMENTS: Final = {
    "problemname": 1, "label": 1, "vspace": 1, "vspace*": 1, "hspace": 1, "hspace*": 1, "setlength": 2, "usepackage": 1, "documentclass": 1,
    "renewcommand": 2, "newcommand": 2, "providecommand": 2, "DeclareMathOperator": 2, "pagestyle": 1, "ref": 1, "cite": 1, "color": 1, "addtolength": 2,
    "setcounter": 2, "input": 1, "include": 1, "definecolor": 3, "newenvironment": 3, "renewenvironment": 3, "phantom": 1, "thispagestyle": 1,
    "hyphenation": 1, "bibliographystyle": 1, "lstset": 1, "captionsetup": 1, "pgfplotsset": 1, "usetikzlibrary": 1, "hypersetup": 1, "newline*": 0, "fontsize": 2, "cline": 1,
}  # fmt: skip
LISTS: Final = {"itemize": "ul", "enumerate": "ol", "compactitem": "ul", "compactenum": "ol"}
PLAIN: Final = {"---": "\u2014", "--": "\u2013", "``": "\u201c", "''": "\u201d", "`": "\u2018", "'": "\u2019"}
SECTIONS: Final = {"Input": "Input", "Output": "Output", "Interaction": "Interaction", "Limits": "Limits", "Scoring": "Scoring", "Notes": "Notes"}
"""Environments of statements that have a heading."""

SAMPLE_MARKS: Final = {"nextsample": "next", "remainingsamples": "rest"}
"""Commands in whose place samples stand."""

SILENT: Final = frozenset({
    "noindent", "indent", "centering", "raggedright", "raggedleft", "hfill", "vfill", "hline", "toprule", "midrule", "bottomrule", "bigskip",
    "medskip", "smallskip", "clearpage", "newpage", "pagebreak", "nopagebreak", "linebreak", "maketitle", "tiny", "scriptsize",
    "footnotesize", "small", "normalsize", "large", "Large", "LARGE", "huge", "Huge", "normalfont", "rm", "rmfamily", "sf", "sffamily", "sc",
    "scshape", "md", "mdseries", "upshape", "selectfont", "protect", "relax", "xspace", "sloppy", "fussy", "null", "strut", "leavevmode",
    "begingroup", "endgroup", "displaystyle", "textstyle", "item", "problemyamlname", "htmlPixelsInCm", "appendix", "tableofcontents", "onecolumn",
    "twocolumn", "flushbottom", "raggedbottom", "allowbreak", "nolinebreak", "textnormal", "mbox", "hbox", "makebox", "fbox", "textrm",
    "textsf", "textup", "textmd", "boldmath", "unboldmath", "minipage", "sampleinput", "sampleoutput", "kattisId",
})  # fmt: skip
"""Commands that say how something is set, which a page does its own way: they leave nothing behind but what they enclose."""

FIGURES: Final = {"includegraphics": 0, "illustration": 1}
"""Commands that show a figure, with how many arguments stand before its name."""

INPUTS: Final = frozenset({"input", "include"})
"""Commands in whose place the text of another file stands."""

SPECIAL: Final = frozenset({
    "begin", "end", "includegraphics", "illustration", "href", "url", "caption", "footnote", "textsc", "epigraph", "def", "par", "graphicspath", "ensuremath",
})  # fmt: skip
"""Commands that mean something of their own each."""

IN_TABLES: Final = frozenset({"multirow", "multicolumn"})
BREAKS: Final = frozenset({"\\", "newline", "linebreak"})

TABLES: Final = frozenset({"tabular", "tabular*", "tabularx", "array"})
CENTRED: Final = frozenset({"center", "figure", "figure*", "wrapfigure", "table"})
QUOTES: Final = frozenset({"quote", "quotation", "verse"})
_PLAIN_ENVIRONMENTS: Final = frozenset({
    "description", "document", "problem", "minipage", "flushleft", "flushright", "samepage", "multicols", "sloppypar", "verbatim", "verbatim*",
    "lstlisting", "minted", "abstract", "small", "footnotesize", "scriptsize", "large", "Large", "table*", "subfigure", "threeparttable",
})  # fmt: skip
"""Environments of which what they enclose is all there is."""


def is_known(command: str) -> bool:
    """Whether a page shows the command as it is meant, or leaves it out for a reason."""
    plain = command.rstrip("*")
    return any(command in words or plain in words for words in _VOCABULARY)


def is_known_environment(name: str) -> bool:
    """Whether a page shows what stands in it as it is meant."""
    return any(name in words for words in (LISTS, TABLES, CENTRED, QUOTES, SECTIONS, _PLAIN_ENVIRONMENTS))


_VOCABULARY: Final = (HEADINGS, WRAPS, SWITCHES, TEXTS, SKIPPED_ARGUMENTS, SAMPLE_MARKS, ACCENTS, SPECIAL, IN_TABLES, BREAKS, SILENT)
