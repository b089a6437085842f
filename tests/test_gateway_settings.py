"""Settings come from the environment, and go back into one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings import BYTES_PER_MEGABYTE, Settings
from reconstruction_backend.errors import InvalidOption


def test_an_empty_environment_means_the_defaults() -> None:
    assert Settings.from_environment({}) == Settings()
    assert Settings.from_environment({"CAMEO_PORT": ""}) == Settings()
    assert Settings().host == "127.0.0.1"


@given(
    st.builds(
        Settings,
        host=st.sampled_from(["127.0.0.1", "::1", "0.0.0.0"]),
        port=st.integers(0, 65535),
        data_dir=st.sampled_from([Path("/data"), Path("var")]),
        allowed_hosts=st.lists(st.sampled_from(["a", "b.c"]), min_size=1).map(tuple),
        worker=st.sampled_from(["embedded", "external"]),
        max_upload_bytes=st.integers(1, 500).map(lambda n: n * BYTES_PER_MEGABYTE),
        max_waiting_jobs=st.integers(1, 1000),
        max_attempts=st.integers(1, 9),
        lease_s=st.floats(0.1, 1e4),
    )
)
def test_settings_survive_the_way_to_the_worker(settings: Settings) -> None:
    assert Settings.from_environment(settings.to_environment()) == settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CAMEO_PORT", "-1"),
        ("CAMEO_PORT", "http"),
        ("CAMEO_PORT", "٣"),
        ("CAMEO_MAX_ATTEMPTS", "0"),
        ("CAMEO_MAX_UPLOAD_MB", "1.5"),
        ("CAMEO_LEASE_S", "0"),
        ("CAMEO_LEASE_S", "nan"),
        ("CAMEO_LEASE_S", "inf"),
        ("CAMEO_LEASE_S", "soon"),
        ("CAMEO_WORKER", "cloud"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidOption, match=name):
        Settings.from_environment({name: value})
