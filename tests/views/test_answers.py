"""What a refusal or an accident looks like from outside."""

import pytest
from flask import Flask, make_response
from sqlalchemy import create_engine
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tests.servers import DatabaseUrls


def test_no_free_connection_is_busy_and_no_accident(app: Flask, database_urls: DatabaseUrls) -> None:
    engine = create_engine(database_urls.app, pool_size=1, max_overflow=0, pool_timeout=0.05)
    with engine.connect(), pytest.raises(PoolTimeout) as full:
        engine.connect()
    engine.dispose()
    with app.test_request_context("/"):
        answer = make_response(app.handle_user_exception(full.value))
    assert answer.status_code == 503
    assert "please try again in a moment" in answer.get_data(as_text=True).lower()
