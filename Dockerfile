FROM python:3.12-slim-bookworm

RUN useradd --create-home --uid 1000 tickstock && install -d -o tickstock /app
USER tickstock
WORKDIR /app

# The packages change more seldom than the code: a layer of their own.
COPY --chown=tickstock requirements*.txt package.json package-lock.json .npmrc ./
COPY --chown=tickstock bin bin
RUN bash -c '. bin/_lib/setup.sh && ensure_python requirements.txt && ensure_browser_parts' \
    && install -d -m 700 .services && install -d logs

COPY --chown=tickstock . .
EXPOSE 8000
CMD ["bin/run", "--host", "0.0.0.0"]
