"""Bytes of a WebSocket: encrypted, refused, and cut off."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from streaming.feeds.base import FeedConfigError, FeedDisconnected
from streaming.feeds.massive.wire import ConnectionClosed, Wire
from tests.doubles.massive_ws import MassiveDouble

GREETING = b"Connected Successfully"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    host = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def secure_server(certificate: Path) -> Iterator[MassiveDouble]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with MassiveDouble(tls=context) as double:
        yield double


def test_an_encrypted_connection_works(
    secure_server: MassiveDouble, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    wire = Wire(secure_server.url, 5, 1 << 20)
    assert GREETING in wire.receive(5, 1, 1)[0]
    wire.send('{"action":"auth","params":"test-key"}')
    assert b"auth_success" in wire.receive(5, 1, 1)[0]
    assert secure_server.wait_for(lambda s: s.clients)
    big = "[" + " " * 900_000 + "]"
    secure_server.send_raw(big)
    assert wire.receive(5, 1, 1)[0] == big.encode()
    wire.close()


def test_an_unknown_certificate_is_refused(secure_server: MassiveDouble) -> None:
    with pytest.raises(FeedDisconnected, match="certificate"):
        Wire(secure_server.url, 5, 1 << 20)


def test_what_is_no_address_is_told() -> None:
    with pytest.raises(FeedConfigError, match="MASSIVE_WS_URL"):
        Wire("http://127.0.0.1", 1, 1)


def answering(text: bytes) -> tuple[str, socket.socket]:
    """The address of a server that answers one connection with `text`, or with nothing."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                if text:
                    connection.sendall(text)
                else:
                    connection.recv(4096)
        except OSError:
            pass

    threading.Thread(target=serve, daemon=True).start()
    return f"ws://127.0.0.1:{listener.getsockname()[1]}/", listener


@pytest.mark.parametrize(
    "text", [b"HTTP/1.1 503 Service Unavailable\r\n\r\n", b"nonsense\r\n\r\n", b"HTTP/1.1 101"]
)
def test_a_server_that_speaks_no_websocket_is_told(text: bytes) -> None:
    url, listener = answering(text)
    with listener, pytest.raises(FeedDisconnected, match="refuses the WebSocket"):
        Wire(url, 1, 1 << 20)


def test_a_server_that_never_answers_is_left() -> None:
    url, listener = answering(b"")
    with listener, pytest.raises(FeedDisconnected, match="no answer"):
        Wire(url, 0.2, 1 << 20)


def test_what_came_before_the_end_is_handed_over_before_it_is_told() -> None:
    with MassiveDouble() as server:
        wire = Wire(server.url, 5, 1 << 20)
        wire.receive(5, 1, 1)
        wire.send('{"action":"auth","params":"wrong"}')
        assert b"auth_failed" in wire.receive(5, 1, 1)[0]
        with pytest.raises(ConnectionClosed) as raised:
            wire.receive(5, 1, 1)
        assert raised.value.code == 1000
        with pytest.raises(ConnectionClosed):
            wire.send("anybody there?")
        wire.ping()
        wire.close()
