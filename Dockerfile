# One image for gateway and worker. Nothing is downloaded when it runs.

FROM node:20-bookworm-slim AS page
WORKDIR /build
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-fund --no-audit
COPY frontend/ ./
RUN npm run build

FROM python:3.11-slim-bookworm
# OpenCV, which mediapipe brings, is linked against these.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
# The dependencies change less often than the code: a layer of their own.
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
RUN mkdir reconstruction_backend gateway evaluation training models hair_db \
    && pip install --constraint constraints.txt --editable .
COPY reconstruction_backend/ reconstruction_backend/
COPY gateway/ gateway/
COPY models/ models/
COPY hair_db/ hair_db/
COPY --from=page /build/dist/ frontend/dist/
RUN useradd --system --uid 10001 --create-home cameo \
    && install --directory --owner=cameo --group=cameo --mode=700 /data
USER cameo
ENV CAMEO_DATA_DIR=/data NUMBA_CACHE_DIR=/data/numba MPLCONFIGDIR=/tmp/matplotlib
VOLUME /data
CMD ["python", "-m", "gateway"]
