"""The browser in which `connect` opens a page."""

import os
import sys
from pathlib import Path

import pytest

from amzlink.cli.shell.browser import open_page


def test_a_browser_gets_the_address_and_no_secret(tmp_path: Path) -> None:
    seen, browser = tmp_path / "seen", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >{seen}\nenv >>{seen}\n')
    browser.chmod(0o700)
    secrets = {"AMZLINK_SECRET_MY_SHOP_CLIENT_SECRET": "hush", "PGPASSWORD": "hush"}
    assert open_page("https://example.com/page", {"PATH": os.environ["PATH"], "BROWSER": str(browser), **secrets})
    lines = seen.read_text().splitlines()
    assert lines[0] == "https://example.com/page"
    assert f"BROWSER={browser}" in lines
    assert not [line for line in lines if "hush" in line]


def test_without_a_screen_there_is_no_browser() -> None:
    assert not open_page("https://example.com/page", {"PATH": os.environ["PATH"]})


def test_a_browser_that_refuses_has_not_taken_the_page() -> None:
    assert not open_page("https://example.com/page", {"PATH": "", "BROWSER": "/bin/false"})


def test_a_python_that_is_gone_has_opened_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")  # as while a package is being updated
    assert not open_page("https://example.com/page", {"BROWSER": "/bin/true"})
