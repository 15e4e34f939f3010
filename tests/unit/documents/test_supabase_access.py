"""Mix-ups of SUPABASE_URL and SUPABASE_SERVICE_KEY are named before any request."""

from __future__ import annotations

import base64
import json

import pytest

from extractor.documents.supabase_access import check_access
from extractor.errors import ConfigurationError

URL, KEY = "https://abc.supabase.co", "sb_secret_x"


def jwt(**claims: str) -> str:
    """A key of the older kind, without a seal."""
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.x"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        (URL, KEY),
        (f"{URL}/", jwt(role="service_role", ref="abc")),
        ("http://127.0.0.1:54321", jwt(role="service_role")),
        ("https://storage.example/supabase", "a.key.of-another-kind"),
        ("https://own-domain.example", jwt(role="service_role", ref="abc")),
    ],
)
def test_right_ones_pass(url: str, key: str) -> None:
    check_access(url, key)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        pytest.param(
            f"{URL}/rest/v1",
            "SUPABASE_URL ends with /rest/v1: write https://abc.supabase.co alone.",
            marks=pytest.mark.supported("`SUPABASE_URL` with a path such as `/rest/v1`"),
        ),
        (f"{URL}/storage/v1/s3", "SUPABASE_URL ends with /storage/v1/s3: write https://abc.supabase.co alone."),
        (f"{URL}/dashboard", "SUPABASE_URL ends with /dashboard: write https://abc.supabase.co alone."),
        ("http://own:8000/sub/auth/v1", "SUPABASE_URL ends with /sub/auth/v1: write http://own:8000/sub alone."),
        pytest.param(
            "https://supabase.com/dashboard/project/abc/settings/api",
            "SUPABASE_URL is a page of Supabase's own site: write https://abc.supabase.co.",
            marks=pytest.mark.supported("the address of the dashboard as `SUPABASE_URL`"),
        ),
        ("https://app.supabase.com", "a page of Supabase's own site: write https://PROJECT.supabase.co."),
        pytest.param(
            "https://db.abc.supabase.co",
            "SUPABASE_URL is the host of the database: write https://PROJECT.supabase.co.",
            marks=pytest.mark.supported("the host of the database as `SUPABASE_URL`"),
        ),
        ("abc.supabase.co", "SUPABASE_URL is no address of a project"),
        ("postgresql://postgres:planted@db.abc.supabase.co/postgres", "SUPABASE_URL is no address of a project"),
        ("https://[::1", "SUPABASE_URL is no address of a project"),
        ("https://abc.supabase.co:port", "SUPABASE_URL is no address of a project"),
    ],
)
def test_wrong_address_is_named(url: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_access(url, KEY)
    assert sentence in str(caught.value)
    assert "KEY" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        pytest.param(
            jwt(role="anon", ref="abc"),
            "SUPABASE_SERVICE_KEY is the anon key, which may store no document. Use the secret key",
            marks=pytest.mark.supported("the anon or publishable key as `SUPABASE_SERVICE_KEY`"),
        ),
        ("sb_publishable_x", "SUPABASE_SERVICE_KEY is the publishable key, which may store no document."),
        ("sbp_0123", "SUPABASE_SERVICE_KEY is an access token of your Supabase account."),
        pytest.param(
            jwt(role="service_role", ref="other"),
            "SUPABASE_SERVICE_KEY is a key of the project other, and SUPABASE_URL names abc",
            marks=pytest.mark.supported("a key of another project"),
        ),
    ],
)
def test_wrong_key_is_named(key: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_access(URL, key)
    assert sentence in str(caught.value)
    assert key not in str(caught.value)
