"""The settings: what a production start refuses, and with which words."""

import base64
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine

from backoffice.config import ConfigError, Settings, check_database_login, normalise_database_url
from backoffice.embedded import EmbeddedPostgres

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
PRODUCTION = {
    "DATABASE_URL": "postgresql://program:pass@db.example.org/backoffice",
    "REDIS_URL": "redis://cache.example.org",
    "SECRET_KEY": "q8Vt2mZr7Lx0Np4Kc9Ws1Hd6Jf3Gb5Ty",
    "ENCRYPTION_KEYS": KEY,
    "PUBLIC_BASE_URL": "https://office.example.org",
    "SMTP_HOST": "mail.example.org",
}


def test_a_complete_production_is_accepted() -> None:
    settings = Settings.from_environment(PRODUCTION)
    assert settings.app_env == "production"
    assert settings.database_url.startswith("postgresql+psycopg://program:pass@")
    assert settings.encryption_keys == (KEY,)
    assert settings.trusted_proxies == 0


@pytest.mark.parametrize("name", PRODUCTION)
def test_production_names_the_setting_that_is_missing(name: str) -> None:
    without = {**PRODUCTION, "APP_ENV": "production", name: ""}
    with pytest.raises(ConfigError, match=f"^{name} is not set"):
        Settings.from_environment(without)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "x" * 64),
        ("SECRET_KEY", "please-change-me-to-something-random-0123456789"),
        ("SECRET_KEY", "django-insecure-secret-key-0123456789abcdef"),
        ("ENCRYPTION_KEYS", "not-a-key"),
        ("ENCRYPTION_KEYS", base64.b64encode(bytes(32)).decode()),
        ("ENCRYPTION_KEYS", f"{KEY},{KEY[:-4]}"),
        ("APP_ENV", "prod"),
        ("APP_ENV", "Production"),
        ("LOG_LEVEL", "loud"),
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "५०००"),
        ("TRUSTED_PROXIES", "yes"),
        ("TRUSTED_PROXIES", "99"),
        ("LIVE_STREAMS", "501"),
        ("SMTP_PORT", "smtp"),
        ("JWT_EXPIRES_IN", "a week"),
        ("JWT_EXPIRES_IN", "0d"),
        ("JWT_SECRET", "short"),
        ("REDIS_URL", "cache.example.org"),
        ("DATABASE_URL", "mysql://root@localhost/backoffice"),
        ("DATABASE_URL", "sqlite:///backoffice.db"),
        ("DATABASE_URL", "no url at all"),
        ("PUBLIC_BASE_URL", "office.example.org"),
        ("PUBLIC_BASE_URL", "javascript://office"),
        ("STRIPE_API_BASE", "ftp://stripe"),
    ],
)
def test_production_refuses_the_unsafe_value_and_names_it(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name) as caught:
        Settings.from_environment({**PRODUCTION, name: value})
    assert len(str(caught.value).splitlines()) == 1


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.from_environment({**PRODUCTION, "PORT": "x", "SECRET_KEY": "", "LOG_LEVEL": "x"})
    assert len(str(caught.value).splitlines()) == 3


def test_an_error_does_not_tell_a_secret() -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.from_environment(
            {**PRODUCTION, "SECRET_KEY": "hunter2", "DATABASE_URL": "mysql://a:hunter2@b/c"}
        )
    assert "hunter2" not in str(caught.value)


def test_settings_do_not_show_secrets() -> None:
    shown = repr(
        Settings.from_environment({**PRODUCTION, "STRIPE_SECRET_KEY": "sk_live_1", "SMTP_PASS": "mail-1"})
    )
    for value in (PRODUCTION["SECRET_KEY"], KEY, "pass@", "sk_live_1", "mail-1"):
        assert value not in shown


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_postgres_scheme_becomes_psycopg(scheme: str) -> None:
    url = normalise_database_url(f"{scheme}://u:p%40ss@/b?host=%2Ftmp%2Fx&port=5")
    assert url == "postgresql+psycopg://u:p%40ss@/b?host=%2Ftmp%2Fx&port=5"


@pytest.mark.parametrize(("text", "seconds"), [("", 604_800), ("7d", 604_800), ("30m", 1800), ("3600", 3600)])
def test_a_token_life_is_read_as_seconds(text: str, seconds: int) -> None:
    assert Settings.from_environment({**PRODUCTION, "JWT_EXPIRES_IN": text}).jwt_expires_in == seconds


def test_a_demonstration_makes_its_secrets_once_and_keeps_them_private(tmp_path: Path) -> None:
    environ = {**PRODUCTION, "APP_ENV": "demo", "INSTANCE_PATH": str(tmp_path / "an instance")}
    environ["SECRET_KEY"] = environ["ENCRYPTION_KEYS"] = ""
    first, second = Settings.from_environment(environ), Settings.from_environment(environ)
    assert first == second
    assert first.demo_password
    kept = tmp_path / "an instance" / "secrets.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_command_beside_a_running_demonstration_finds_its_servers(tmp_path: Path) -> None:
    run = {"database_url": "postgresql://a@127.0.0.1:5/b", "redis_url": "redis://:p@127.0.0.1:6/0"}
    (tmp_path / "run.json").write_text(json.dumps(run | {"smtp": {"host": "127.0.0.1", "port": 2525}}))
    settings = Settings.from_environment({"INSTANCE_PATH": str(tmp_path)})
    assert settings.database_url == "postgresql+psycopg://a@127.0.0.1:5/b"
    assert settings.redis_url == run["redis_url"]
    assert settings.smtp_port == 2525


def test_production_and_tests_never_take_the_servers_of_a_demonstration(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"database_url": "postgresql://a@127.0.0.1:5/b"}))
    for app_env in ("production", "test"):
        with pytest.raises(ConfigError, match="DATABASE_URL is not set"):
            Settings.from_environment({"INSTANCE_PATH": str(tmp_path), "APP_ENV": app_env})


def test_production_makes_no_secret_up(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        Settings.from_environment({"INSTANCE_PATH": str(tmp_path), "APP_ENV": "production"})
    assert list(tmp_path.iterdir()) == []


def check(url: str) -> None:
    engine = create_engine(normalise_database_url(url))
    try:
        with engine.connect() as connection:
            check_database_login(connection)
    finally:
        engine.dispose()


@pytest.fixture
def plain_login(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A login of its own in a database of the owner's with one table."""
    postgres.create_database("logins")
    with psycopg.connect(postgres.url_of("backoffice_owner", "logins"), autocommit=True) as owner:
        owner.execute("CREATE TABLE things (id int)")
    as_superuser(postgres, "CREATE ROLE plain LOGIN PASSWORD 'plain'")
    postgres.passwords["plain"] = "plain"
    yield postgres.url_of("plain", "logins")
    postgres.drop_database("logins")
    as_superuser(postgres, "DROP ROLE plain")


def as_superuser(postgres: EmbeddedPostgres, statement: str) -> None:
    with psycopg.connect(postgres.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement))


def test_a_plain_login_is_accepted(plain_login: str) -> None:
    check(plain_login)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("ALTER ROLE plain SUPERUSER", "is a superuser"),
        ("ALTER ROLE plain BYPASSRLS", "bypasses row level security"),
        ("ALTER ROLE plain CREATEROLE", "may change roles"),
        ("GRANT backoffice_owner TO plain", "owns the tables"),
        ("ALTER ROLE plain NOINHERIT; GRANT backoffice_owner TO plain", "owns the tables"),
        ("GRANT postgres TO plain", "is a superuser"),
        ("CREATE ROLE between; GRANT backoffice_owner TO between; GRANT between TO plain", "owns the tables"),
        ("ALTER DATABASE logins OWNER TO plain", "owns the tables"),
    ],
)
def test_a_login_that_row_level_security_does_not_bind_is_refused(
    postgres: EmbeddedPostgres, plain_login: str, statement: str, reason: str
) -> None:
    as_superuser(postgres, statement)
    try:
        with pytest.raises(ConfigError, match=reason):
            check(plain_login)
    finally:
        as_superuser(postgres, "ALTER DATABASE logins OWNER TO backoffice_owner; DROP ROLE IF EXISTS between")


def test_the_roles_of_the_embedded_server_are_what_they_should_be(postgres: EmbeddedPostgres) -> None:
    check(postgres.url)
    with pytest.raises(ConfigError, match="backoffice_owner, which owns the tables"):
        check(postgres.owner_url)
