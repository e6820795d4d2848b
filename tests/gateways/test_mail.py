"""What arrives is what was meant, whatever the names; and what goes wrong says whether trying again can help."""

import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from flask import Flask
from flask_mailman import Mail

from backoffice.gateways import mail
from backoffice.gateways.mail import Letter, MailDelayed, MailRefused, Post
from backoffice.launch.plan import free_port
from tests.jobs.mail_server import Mailbox, MailServer

LETTER = Letter(
    message_id="<1@x.example>",
    sender=("A Provider", "office@x.example"),
    recipient=("Jane Doe", "jane@x.example"),
    subject="Your booking",
    text="Hello\n.\nFrom here\n",
    html="<p>Hello</p>",
)
NAMES = (
    'O\'Brien, Jane "JJ" <x@evil.example>',
    "<script>alert(1)</script>",
    "Ünïcödé Nämé",
    "日本語の名前" * 16,
    "a" * 100,
    "=?utf-8?q?Bcc=3A?= x",
    "back\\slash; semi, comma:colon",
)


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def mailbox(server: MailServer) -> Mailbox:
    server.mailbox.clear()
    return server.mailbox


@pytest.fixture
def post(server: MailServer) -> Iterator[Post]:
    app = Flask("mail")
    app.config |= {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": server.port, "MAIL_TIMEOUT": 1}
    Mail(app)
    with app.app_context():
        made = Post(app.extensions["mailman"])
        yield made
        made.hang_up()


def only(mailbox: Mailbox) -> EmailMessage:
    (mail,) = mailbox.mails
    return mail


def test_both_bodies_and_the_calendar_file_arrive(mailbox: Mailbox, post: Post) -> None:
    post.send(replace(LETTER, calendar="BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", calendar_method="CANCEL"))
    mail = only(mailbox)
    assert mail["Message-ID"] == "<1@x.example>"
    text, html, calendar = (part for part in mail.walk() if not part.is_multipart())
    assert text.get_content().splitlines() == ["Hello", ".", "From here"]
    assert html.get_content().strip() == "<p>Hello</p>"
    assert calendar.get_content_type() == "text/calendar" and calendar.get_param("method") == "CANCEL"
    assert calendar.get_filename() == "booking.ics"


@pytest.mark.parametrize("name", NAMES)
def test_any_name_arrives_as_a_name(mailbox: Mailbox, post: Post, name: str) -> None:
    post.send(replace(LETTER, sender=(name, "office@x.example"), recipient=(name, "jane@x.example")))
    mail = only(mailbox)
    for header, address in (("To", "jane@x.example"), ("From", "office@x.example")):
        (found,) = mail[header].addresses
        assert found.addr_spec == address
    assert mail["Bcc"] is None and mail["Cc"] is None


@pytest.mark.parametrize("field", ["subject", "sender", "recipient"])
def test_a_line_end_in_a_header_is_refused(mailbox: Mailbox, post: Post, field: str) -> None:
    evil = "x\r\nBcc: evil@x.example"
    change: dict[str, Any] = {field: evil if field == "subject" else (evil, "j@x.example")}
    with pytest.raises(MailRefused):
        post.send(replace(LETTER, **change))
    assert mailbox.mails == []


def test_an_address_that_no_server_takes_is_refused_and_not_bent(mailbox: Mailbox, post: Post) -> None:
    with pytest.raises(MailRefused):
        post.send(replace(LETTER, recipient=("Jörg", "jörg@x.example")))
    assert mailbox.mails == []


@pytest.mark.parametrize(("answer", "meaning"), [("451 later", MailDelayed), ("550 never", MailRefused)])
def test_the_answer_says_whether_trying_again_can_help(
    mailbox: Mailbox, post: Post, answer: str, meaning: type[Exception]
) -> None:
    mailbox.refuse["jane@x.example"] = answer
    with pytest.raises(meaning, match=answer[:3]):
        post.send(LETTER)
    mailbox.refuse.clear()
    post.send(LETTER)  # the next one is not held up by it
    assert len(mailbox.mails) == 1


def test_a_server_that_is_away_is_a_delay(mailbox: Mailbox) -> None:
    app = Flask("mail")
    app.config |= {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": free_port(), "MAIL_TIMEOUT": 1}
    Mail(app)
    with app.app_context(), pytest.raises(MailDelayed):
        Post(app.extensions["mailman"]).send(LETTER)


def test_a_password_goes_only_to_a_server_whose_certificate_is_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = tmp_path / "cert.pem"
    key = tmp_path / "key.pem"
    make_certificate(certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with MailServer(tls_context=context, require_starttls=True) as server:
        app = Flask("mail")
        app.config |= {
            "MAIL_SERVER": "localhost",
            "MAIL_PORT": server.port,
            "MAIL_TIMEOUT": 2,
            "MAIL_USE_TLS": True,
        }
        Mail(app)
        with app.app_context():
            post = Post(app.extensions["mailman"])
            with pytest.raises(MailDelayed, match="certificate"):
                post.send(LETTER)
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            post.send(LETTER)
            post.hang_up()
        assert len(server.mailbox.mails) == 1


def make_certificate(certificate: Path, key: Path) -> None:
    """For localhost, signed by itself."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, SHA256())
    )
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def test_one_connection_serves_many_and_a_lost_one_is_made_anew(
    server: MailServer, mailbox: Mailbox, post: Post
) -> None:
    for _ in range(3):
        post.send(LETTER)
    assert mailbox.connections == 1
    server.stop()
    server.start()
    post.send(LETTER)
    assert (len(mailbox.mails), mailbox.connections) == (4, 2)


def test_a_connection_that_was_lost_in_the_text_is_not_tried_again_at_once(
    mailbox: Mailbox, post: Post
) -> None:
    """The server may have taken the mail: the next try comes later, with the same Message-ID."""
    post.send(LETTER)
    post.backend.connection.data = lambda text: cut_off(post)
    with pytest.raises(MailDelayed):
        post.send(LETTER)
    assert len(mailbox.mails) == 1


def cut_off(post: Post) -> None:
    post.backend.connection.has_begun_text = True
    raise smtplib.SMTPServerDisconnected("gone")


def test_a_connection_brings_no_more_than_servers_bear(
    mailbox: Mailbox, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "MOST_MAILS", 2)
    for _ in range(5):
        post.send(LETTER)
    assert (len(mailbox.mails), mailbox.connections) == (5, 3)


def test_an_idle_connection_is_ended(mailbox: Mailbox, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.send(LETTER)
    post.close_idle()
    assert post.backend.connection is not None
    monkeypatch.setattr(mail, "IDLE_SECONDS", -1.0)
    post.close_idle()
    assert post.backend.connection is None
