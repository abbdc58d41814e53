"""What of a statement is told before anyone opens it."""

from __future__ import annotations

import zlib

import pytest

from services.gitserver.formats.files import made
from services.gitserver.formats.statements import pages_of

PLAIN = b"%PDF-1.4\n1 0 obj\n<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>\nendobj\n"
INNER = zlib.compress(b"1 0 2 60 << /Type /Pages /Kids [3 0 R] /Count 12 >> << /Type /Page >>")
PACKED = b"%PDF-1.5\n1 0 obj\n<< /Type /ObjStm /N 2 /First 8 /Length 70 /Filter /FlateDecode >>\nstream\n" + INNER + b"\nendstream\nendobj\n"


@pytest.mark.parametrize(
    ("content", "pages"),
    [
        (PLAIN, 2),
        (PACKED, 12),
        (PLAIN + b"<< /Type /Pages /Count 7 /Parent 1 0 R >>\n", 7),
        (b"<< /Type /Outlines /Count 99 >>", 0),
        (b"not a pdf", 0),
        (PACKED[:90], 0),
        (PACKED.replace(INNER, b"\0" * 30), 0),
        (b"<< /Count " * 20_000, 0),
        (b"/Type /ObjStm >>\nstream\n" * 5_000, 0),
    ],
)  # fmt: skip
def test_pages_are_what_a_pdf_says_in_the_open_or_in_packed_objects(content: bytes, pages: int) -> None:
    assert pages_of(made("problem.pdf", content)) == pages
