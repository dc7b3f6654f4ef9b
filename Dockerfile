# The server alone: no demo, no load tests, nothing to build with at run time.
#   docker build -t samtale . && docker run --read-only --tmpfs /tmp -p 8000:8000 -v samtale:/data samtale
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
# Without pip of its own: what runs cannot install anything.
RUN python -m venv --without-pip /opt/samtale
COPY requirements.lock ./
RUN pip --python /opt/samtale/bin/python install --require-hashes --requirement requirements.lock
COPY pyproject.toml ./
COPY chat ./chat
COPY protocol ./protocol
RUN pip --python /opt/samtale/bin/python install --no-deps --no-build-isolation . \
    && /opt/samtale/bin/python -m compileall -q /opt/samtale/lib

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home samtale \
    && install --directory --owner=samtale --mode=0700 /data
COPY --from=build /opt/samtale /opt/samtale
ENV PATH=/opt/samtale/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SAMTALE_DATA=/data \
    SAMTALE_HOST=0.0.0.0
USER samtale
WORKDIR /data
VOLUME /data
EXPOSE 8000 9100
STOPSIGNAL SIGTERM
# Unready while it drains and while the database is away; degraded is healthy.
HEALTHCHECK --interval=5s --timeout=4s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=3)"]
CMD ["samtale", "serve"]
