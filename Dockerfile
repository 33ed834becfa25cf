# One image for web, worker, beat and sandbox; the command decides. Engines and test tools are not in it.
FROM python:3.13-slim AS packages
COPY requirements/base.lock /tmp/base.lock
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /tmp/base.lock

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /home/app app \
 && install -d -o app -g app /data
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/srv/static DATA_DIR=/data
WORKDIR /srv/sallyport
COPY manage.py ./
COPY controlplane controlplane
COPY guard guard
COPY audit audit
COPY templates templates
# The settings insist on their secrets; these are used for this one command and end up nowhere.
RUN SECRET_KEY=only-for-this-one-command-while-building-0123 \
    ENCRYPTION_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    DATABASE_URL=postgres://build@localhost/build REDIS_URL=redis://localhost/0 \
    python manage.py collectstatic --noinput
USER app
EXPOSE 8000
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]
