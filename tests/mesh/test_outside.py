"""An address that people give us has a form that leaves nothing to guess."""

from __future__ import annotations

import pytest

from mesh.outside import LONGEST_URL, fault_of_url, host_of


@pytest.mark.parametrize(("url", "where"), [
    ("https://receiver.example/hook?x=1", ("receiver.example", 443)),
    ("http://Receiver.Example.:8080/", ("receiver.example", 8080)),
    ("http://10.1.2.3/", ("10.1.2.3", 80)),
    ("https://[2001:DB8::1]:8443/a", ("2001:db8::1", 8443)),
    ("https://xn--bcher-kva.example", ("xn--bcher-kva.example", 443)),
    ("http://localhost:3000/hook", ("localhost", 3000)),
])  # fmt: skip
def test_addresses_with_a_right_form_pass(url: str, where: tuple[str, int]) -> None:
    assert fault_of_url(url) == ""
    assert host_of(url) == where


@pytest.mark.parametrize(("url", "fault"), [
    ("", "spaces"), ("receiver.example/hook", "begin with"), ("ftp://receiver.example/", "begin with"), ("file:///etc/passwd", "begin with"),
    ("gopher://receiver.example:70/", "begin with"), ("https:///hook", "no host"), ("https://", "no host"),
    ("https://me@receiver.example/", "password"), ("https://me:word@receiver.example/", "password"),
    ("https://public.example@10.0.0.1/", "password"), ("https://receiver.example/#part", "fragment"), ("https://receiver.example/#", "fragment"),
    ("https://receiver.example/ hook", "spaces"), ("https://receiver.example\\@10.0.0.1/", "spaces"), ("https://bücher.example/", "spaces"),
    ("https://receiver.example/\r\nHost: x", "spaces"), ("https://receiver.example:22/", "port 22"), ("https://receiver.example:25/", "port 25"),
    ("https://receiver.example:0/", "port 0"), ("https://receiver.example:6667/", "port 6667"), ("https://receiver.example:70000/", "no URL"),
    ("https://receiver.example:x/", "no URL"), ("https://[::1/", "no URL"), ("https://[fe80::1%25eth0]/", "reached from here"),
    ("https://a..b/", "no name"), ("https://receiver_%41.example/", "no name"), ("https://receiver.example/" + "a" * LONGEST_URL, "longer"),
])  # fmt: skip
def test_addresses_with_a_wrong_form_are_told_why(url: str, fault: str) -> None:
    assert fault in fault_of_url(url)
