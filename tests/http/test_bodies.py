"""A body that is a page for people is told from data by how it begins."""

import pytest

from amzlink.http.bodies import is_html

PAGE = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>"


class TestPagesForPeople:
    @pytest.mark.parametrize(
        "page",
        [
            PAGE,
            "  \r\n<HTML><body>",
            "\ufeff<!doctype html><html>",
            '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">',
            "<!-- saved from the portal --><html>",
        ],
    )
    def test_it_is_known_by_its_beginning_whatever_stands_before_the_first_tag(self, page: str) -> None:
        assert is_html(page.encode())

    @pytest.mark.parametrize("body", [b"", b"{}", b'{"title": "<html>"}', b'"<!doctype html>"', b"<Error/>", b"html"])
    def test_anything_else_is_none(self, body: bytes) -> None:
        assert not is_html(body)
