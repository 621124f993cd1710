# Build:  docker build -t mailguard .
# Run:    docker run -d --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#             --stop-timeout 90 -v mailguard:/var/lib/mailguard -p 2525:2525 -p 8025:8025 mailguard
# The volume holds mailguard.yaml, policies, ledger and bodies: docs/operations.md says how they get there, and which
# addresses to set, for 127.0.0.1 in them is the container itself.
# Pin the base image by its digest in your own builds: --build-arg PYTHON=python:3.13-slim@sha256:...

ARG PYTHON=python:3.13-slim
FROM ${PYTHON} AS build
WORKDIR /build
RUN python -m venv /opt/mailguard
COPY requirements/build.lock requirements/run.lock requirements/
# Wheels with hashes only: nothing is compiled and nothing unpinned comes in.
RUN /opt/mailguard/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements/run.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements/build.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY policies policies
RUN /opt/build/bin/python -m hatchling build -t wheel -d /build/wheel \
 && /opt/mailguard/bin/pip install --no-cache-dir --no-deps --no-index /build/wheel/*.whl \
 && /opt/mailguard/bin/python -m compileall -q /opt/mailguard/lib

FROM ${PYTHON}
LABEL org.opencontainers.image.title="mailguard" \
      org.opencontainers.image.description="An SMTP relay that keeps a company's mail from going to the wrong person" \
      org.opencontainers.image.licenses="Apache-2.0"
# A fixed number, so that the owner of the volume is the same on every host.
RUN groupadd --system --gid 10025 mailguard \
 && useradd --system --uid 10025 --gid mailguard --home-dir /var/lib/mailguard --shell /usr/sbin/nologin mailguard \
 && install -d -o mailguard -g mailguard -m 0700 /var/lib/mailguard
COPY --from=build /opt/mailguard /opt/mailguard
ENV PATH=/opt/mailguard/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HEALTH_URL=http://127.0.0.1:8025/livez
USER mailguard
WORKDIR /var/lib/mailguard
VOLUME /var/lib/mailguard
EXPOSE 2525 8025
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(os.environ['HEALTH_URL'], timeout=4)"]
ENTRYPOINT ["mailguard"]
CMD ["serve", "--config", "/var/lib/mailguard/mailguard.yaml"]
