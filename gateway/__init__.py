"""The HTTP gateway: jobs, storage and the FastAPI application. Reconstruction runs in a worker."""
