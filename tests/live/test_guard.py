"""Who may ask a live server, over plain HTTP."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette

from statescape.live.guard import Guard
from statescape.live.server import link_of, own_token
from statescape.live.shelf import Shelf
from tests.live.serving import Served, in_thread


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    def none(name: str):
        raise AssertionError(f"nobody asked for {name}")

    with in_thread(Shelf(["never-loaded"], none)) as found:
        yield found


def test_the_link_itself_answers(served):
    status, content, headers = served.answer(served.link.split(str(served.port))[1])
    assert status == 200
    assert b"statescape live" in content
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


def test_the_policy_allows_no_script_of_a_page_and_nothing_from_elsewhere(served):
    _, content, headers = served.answer(f"/?token={served.token}")
    policy = dict(one.split(" ", 1) for one in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in " ".join(policy[name] for name in policy if name != "style-src-attr")
    assert b"<style" not in content
    assert content.count(b"<script") == content.count(b"<script src=") + content.count(b'<script type="module" src=')


@pytest.mark.parametrize("path", ["/", "/assets/live.js", "/api/models", "/api/path", "/nothing"])
def test_without_the_token_nothing_answers(served, path):
    assert served.ask(path)[0] == 401
    for wrong in ("x", served.token[:-1], served.token + "a", "é"):
        assert served.ask(f"{path}?token={wrong.encode().hex() if wrong == 'é' else wrong}")[0] == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "127.0.0.1:1",
        "127.0.0.1",
        "",
        "localhost.evil.example:{}",
        "[::1",
        "10.0.0.1:{}",
    ],
)
def test_a_request_that_names_another_host_is_refused(served, host):
    assert served.ask(f"/?token={served.token}", host=host.format(served.port))[0] in (400, 403)


@pytest.mark.parametrize("host", ["127.0.0.1:{}", "localhost:{}", "LOCALHOST:{}", "[::1]:{}"])
def test_the_machines_own_names_are_known(served, host):
    assert served.ask(f"/?token={served.token}", host=host.format(served.port))[0] == 200


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "https://127.0.0.1:{}",
        "http://127.0.0.1:1",
        "http://127.0.0.1:{}@evil.example",
        "file://",
    ],
)
def test_a_page_of_another_site_is_refused(served, origin):
    headers = {"origin": origin.format(served.port), "x_statescape_token": served.token}
    assert served.ask("/api/models", **headers)[0] == 403
    assert served.ask("/api/path", {"text": "a"}, **headers)[0] == 403


def test_its_own_pages_are_answered(served):
    own = {"origin": f"http://127.0.0.1:{served.port}", "x_statescape_token": served.token}
    assert served.ask("/api/models", **own)[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/assets/..%2f..%2fapp.py",
        "/assets/../app.py",
        "/assets/app.py",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/etc/passwd",
        "//etc/passwd",
    ],
)
def test_no_file_but_its_own_is_given(served, path):
    assert served.ask(f"{path}?token={served.token}")[0] == 404


def test_what_is_no_question_is_refused_in_a_sentence(served):
    token = {"x_statescape_token": served.token}
    for body in (b"", b"nonsense", b"[1]", b"[" * 10_000, {"text": 5}, {"text": "a", "model": "/etc/passwd"},
                 {"text": "a", "position": 1.5}, {"text": "a" * 30_000}, b"x" * 300_000):  # fmt: skip
        status, content = served.ask("/api/path", body, **token)
        assert status == 400
        assert content.startswith(b'{"error":"')
    assert served.ask("/api/path", **token)[0] == 405


def test_the_token_is_written_for_the_user_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("STATESCAPE_CACHE", str(tmp_path / "cache"))
    first = own_token()
    file = tmp_path / "cache" / "live-token"
    assert file.stat().st_mode & 0o777 == 0o600
    assert own_token() == first
    file.chmod(0o644)  # others may have read it
    assert own_token() != first
    assert file.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("STATESCAPE_CACHE", "off")
    assert len({own_token() for _ in range(3)}) == 3


def test_a_server_for_others_is_asked_by_a_number_or_its_own_name():
    def refused(host: str, at: str) -> bool:
        scope = {"type": "http", "headers": [(b"host", host.encode())], "query_string": b"token=t"}
        return Guard(Starlette(), "t", at, 80).refusal(scope) is not None

    assert not refused("10.1.2.3", "0.0.0.0")
    assert not refused("[fe80::1]", "0.0.0.0")
    assert refused("evil.example", "0.0.0.0")
    assert refused("10.1.2.3", "127.0.0.1")
    assert link_of("::1", 5, "t") == "http://[::1]:5/?token=t"
