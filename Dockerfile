# The program alone; its servers are in compose.yaml. The slim image has glibc, which the wheels need.
FROM python:3.13-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/backoffice

COPY requirements.txt .
RUN python -m pip install --require-hashes -r requirements.txt

COPY app.py ./
COPY backoffice backoffice
COPY migrations migrations
COPY templates templates

# Compiled once, here: otherwise every start compiles anew what it may not write.
RUN python -m compileall -q app.py backoffice migrations \
    && useradd --system --uid 10001 --create-home backoffice \
    && install -d -o backoffice -g backoffice -m 700 /srv/backoffice/instance
USER backoffice

ENV APP_ENV=production PORT=8000
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "-c", "backoffice/launch/gunicorn_config.py", "--bind", "0.0.0.0:8000", "app:app"]
