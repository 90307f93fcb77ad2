# One image for web, worker, beat and migrate: docker-compose.yml gives each its command.
FROM python:3.11-slim-bookworm AS build
# An index of one's own, where the public one is not reached.
ARG PIP_INDEX_URL=
WORKDIR /build
RUN python -m venv /uv && /uv/bin/pip install --quiet --no-cache-dir --disable-pip-version-check uv==0.13.9
COPY requirements/server.txt .
# Compiled here, since the root file system is read-only where it runs. Nothing there needs pip, libraries' own tests, sources of
# translations and of compiled code, or hf_xet, which downloads models: nothing is downloaded.
RUN if [ -n "$PIP_INDEX_URL" ]; then export UV_DEFAULT_INDEX="$PIP_INDEX_URL"; fi \
    && python -m venv --without-pip /opt/venv \
    && UV_HTTP_TIMEOUT=180 UV_LINK_MODE=copy /uv/bin/uv pip sync --quiet --no-cache --python /opt/venv/bin/python \
       --require-hashes --compile-bytecode server.txt \
    && find /opt/venv -type d \( -name tests -o -name hf_xet \) -prune -exec rm -r {} + \
    && find /opt/venv -type f \( -name '*.po' -o -name '*.pyi' -o -name '*.pyx' -o -name '*.h' \) -delete
COPY . /opt/lectern
RUN rm -r /opt/lectern/requirements && python -m compileall -q /opt/lectern

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin lectern \
    && install --directory --owner=lectern --group=lectern --mode=700 /var/lib/lectern
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/lectern /opt/lectern
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/lectern
WORKDIR /opt/lectern
USER lectern
EXPOSE 8000
CMD ["uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--no-access-log", "--no-server-header"]
