# One image for every component of docker-compose.yml. The build knows no secret and takes none along.
FROM python:3.12-slim-bookworm AS environment
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
COPY Makefile sandbox/stack/install.py requirements.txt /build/sandbox/stack/
WORKDIR /build/sandbox/stack
RUN python -m venv /opt/venv \
    && /opt/venv/bin/python -P install.py "$(sed -n 's/^UV_VERSION := //p' Makefile)" requirements.txt \
    && /opt/venv/bin/python -m pip uninstall --quiet --yes uv

FROM python:3.12-slim-bookworm
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin seamline \
    && install -d -o seamline -g seamline -m 0750 /opt/airflow /var/lib/seamline \
        /var/lib/seamline/landing /var/lib/seamline/logs /var/lib/seamline/sandbox /var/lib/seamline/users
COPY --from=environment /opt/venv /opt/venv
COPY --chown=root:root . /opt/seamline
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/seamline \
    PYTHONUNBUFFERED=1 \
    PYTHONUTF8=1 \
    AIRFLOW_HOME=/opt/airflow \
    XDG_RUNTIME_DIR=/tmp
WORKDIR /opt/seamline
USER seamline
CMD ["airflow", "version"]
