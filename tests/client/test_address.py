"""The address of a server, from what people copy out of a browser."""

from __future__ import annotations

import pytest

from odoochat.client.address import base_url


@pytest.mark.parametrize("base", ["https://x.example.com", "https://x.example.com:8443/erp"])
@pytest.mark.parametrize(
    "page",
    [
        "/web#action=1&cids=1", "/web/login?redirect=x", "/odoo", "/odoo/discuss?active_id=1", "/my", "/my/orders/3",
        "/mail/message/5", "/mail/view?model=res.partner&res_id=3", "/discuss/channel/1", "/discuss/channel/1/x",
        "/chat/5/abcdef", "/jsonrpc", "/xmlrpc/2/common", "/websocket", "/", "",
    ],
)  # fmt: skip
def test_a_page_of_odoo_is_left_out(base: str, page: str) -> None:
    assert base_url(base + page) == base


@pytest.mark.parametrize("path", ["/mysite", "/mailer/x", "/webshop", "/odoo17", "/discussions"])
def test_a_path_of_its_own_is_kept(path: str) -> None:
    assert base_url(f"https://x.example.com{path}") == f"https://x.example.com{path}"
