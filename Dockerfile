# syntax=docker/dockerfile:1
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc g++ cmake make libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package tillgate-server --bin tillgate \
    && install -D target/release/tillgate /out/tillgate

FROM debian:bookworm-slim
# Root certificates for the PSPs' and PostgreSQL's TLS.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --no-create-home tillgate \
    && install --directory --owner=tillgate --group=tillgate --mode=0700 /data
COPY --from=build /out/tillgate /usr/local/bin/tillgate
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/tillgate/
USER tillgate
WORKDIR /data
VOLUME /data
ENV TILLGATE_DATA_DIR=/data \
    TILLGATE_LISTEN=0.0.0.0:8080
EXPOSE 8080
# bash speaks TCP itself: no other program is needed in the image.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["tillgate"]
CMD ["serve"]
