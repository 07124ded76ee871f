# One image for every program of ours; docker-compose.yml says which one a container runs.
FROM docker.io/library/python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/turvavork
COPY requirements.lock ./
RUN /opt/turvavork/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY services services
COPY system system
RUN /opt/turvavork/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM docker.io/library/python:3.11-slim-bookworm
COPY --from=build /opt/turvavork /opt/turvavork
ENV PATH=/opt/turvavork/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["turvavork"]
CMD ["--help"]
