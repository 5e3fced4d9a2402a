"""A body that is a page for people is told from data by how it begins; a packed one is unpacked to its end."""

import zlib

import pytest

from amzlink.http.bodies import inflated, is_gateway_page, is_html

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


class TestPagesOfGateways:
    @pytest.mark.parametrize("status", [502, 504])
    @pytest.mark.parametrize("server", [{}, {"server": "squid"}, {"server": "nginx"}])
    def test_a_page_that_says_that_nothing_is_reached_comes_from_something_on_the_way(
        self, status: int, server: dict[str, str]
    ) -> None:
        assert is_gateway_page(status, server, PAGE.encode())

    @pytest.mark.parametrize(
        ("status", "headers", "body"),
        [
            (500, {}, PAGE),
            (503, {}, PAGE),
            (502, {}, "{}"),
            (502, {"x-amzn-requestid": "1"}, PAGE),
            (502, {"server": "awselb/2.0"}, PAGE),
            (200, {}, PAGE),
        ],
    )
    def test_what_may_be_the_services_own_is_none(self, status: int, headers: dict[str, str], body: str) -> None:
        assert not is_gateway_page(status, headers, body.encode())


def test_a_packed_body_is_unpacked_to_its_end_wherever_its_pieces_end() -> None:
    """The rest of a repetition may be due when all bytes were taken in: this form has nothing behind its last one."""
    for length in range(256 * 1024 - 2, 256 * 1024 + 300, 2):
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = packer.compress(b"a" * length) + packer.flush()
        assert sum(map(len, inflated([packed], "deflate"))) == length
