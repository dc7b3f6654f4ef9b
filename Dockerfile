# The server alone: no demo, no load tests, nothing to build with at run time.
#   docker build -t samtale . && docker run -p 8000:8000 -v samtale:/data samtale
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN python -m venv /opt/samtale
COPY requirements.lock ./
RUN /opt/samtale/bin/pip install --require-hashes --requirement requirements.lock
COPY pyproject.toml ./
COPY chat ./chat
COPY protocol ./protocol
RUN /opt/samtale/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home samtale \
    && install --directory --owner=samtale --mode=0700 /data
COPY --from=build /opt/samtale /opt/samtale
ENV PATH=/opt/samtale/bin:$PATH PYTHONUNBUFFERED=1 SAMTALE_DATA=/data
USER samtale
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["samtale", "serve", "--host", "0.0.0.0"]
