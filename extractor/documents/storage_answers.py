"""Whether an answer is Supabase Storage's own, and what the others mean: a gateway, a proxy, a paused project.

Only Storage's own JSON counts as its word. The client library takes every 404 for a missing object, and the document
would be bought a second time.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator

import httpx
from pydantic import ValidationError
from storage3.exceptions import StorageApiError

from extractor.documents.oddities import looks_like_html
from extractor.errors import StorageError
from extractor.language.sentences import Sentence, sentence_of

# Every failure of a request that `explain` puts into words.
FAILURES = (StorageApiError, httpx.HTTPError, ValidationError, StorageError)

# Restricted, too many requests, paused: https://supabase.com/docs/guides/platform/http-status-codes. What stands in
# their bodies is not documented, so the code alone decides.
_CODES_THAT_SAY_ALL = (402, 429, 540)

_MAX_QUOTED = 200


def check_answer(response: httpx.Response) -> None:
    """A hook of httpx, which sees each answer before the library: raises StorageError unless Storage itself gave it.

    An answer of Supabase's gateway about the key is raised as Storage would say it, as StorageApiError 401.
    """
    if response.is_success and _is_download(response.request):
        return  # any bytes; the caller compares their number with what Storage says of the object
    response.read()
    body = _json(response.content)
    if response.status_code in _CODES_THAT_SAY_ALL:
        raise StorageError(_sentence(response, body))
    if response.is_success and _is_expected(response.request, body):
        return
    if response.is_error and isinstance(body, dict):
        if body.keys() >= {"statusCode", "error", "message"}:
            return
        if response.status_code == httpx.codes.UNAUTHORIZED and isinstance(body.get("message"), str):
            raise StorageApiError(body["message"], "Unauthorized", str(response.status_code))
    raise StorageError(_sentence(response, body))


def says_absent(error: StorageApiError) -> bool:
    """Whether Storage itself says that there is no such object; a missing bucket or a wrong key has another code."""
    return str(error.status) == "404" and error.code == "not_found"


def blames_key(error: Exception) -> bool:
    """Whether Storage refused the key; a wrong key is 403 on all but reading."""
    return isinstance(error, StorageApiError) and str(error.status) in ("401", "403")


def explain(error: Exception) -> str:
    """One of `FAILURES` in a sentence for the user: what happened, and what to do."""
    if isinstance(error, StorageApiError):
        return _explain_refusal(error)
    if isinstance(error, httpx.HTTPError):
        return _explain_line(error)
    if isinstance(error, ValidationError):
        return Sentence("Supabase Storage answered in a form that this program does not know.")
    return sentence_of(error)


def _is_download(request: httpx.Request) -> bool:
    return request.method == "GET" and _call(request)[0] == "object" and _call(request)[1] != "info"


def _is_expected(request: httpx.Request, body: object) -> bool:
    """Whether a success looks like Storage's: a proxy may answer 200 with a page, or with JSON of its own."""
    match request.method, _call(request):
        case ("GET", ("bucket", "")) | ("DELETE", ("object", _)):
            return isinstance(body, list) and all(isinstance(item, dict) for item in body)
        case "GET", ("object", "info"):
            return isinstance(body, dict) and "size" in body
        case "POST", ("object", "sign"):
            return isinstance(body, dict) and isinstance(body.get("signedURL"), str)
        case "POST", ("object", _):
            return isinstance(body, dict) and isinstance(body.get("Key"), str)
    return isinstance(body, dict) and bool(body.keys() & {"name", "message"})  # a bucket was made, or changed


def _call(request: httpx.Request) -> tuple[str, str]:
    """The first two parts of the path below Storage's own."""
    first, _, rest = request.url.path.rpartition("/storage/v1/")[2].partition("/")
    return first, rest.partition("/")[0]


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _sentence(response: httpx.Response, body: object) -> Sentence:
    code = f"HTTP {response.status_code}"
    if response.is_redirect or response.has_redirect_location:
        host = httpx.URL(response.headers.get("location", "")).host or Sentence("another path")
        return Sentence(
            "SUPABASE_URL leads elsewhere: {code} with a redirect to {host}. Write the address of the project, without"
            " a"
            " path.",
            code=code,
            host=host,
        )
    match response.status_code:
        case 540:
            return Sentence(
                "The Supabase project is paused ({code}): restore it on its page of the dashboard.", code=code
            )
        case 402:
            return Sentence(
                "Supabase restricts the project ({code}): its page of the dashboard says which limit or bill.",
                code=code,
            )
        case 429:
            return Sentence(
                "Supabase takes no more requests for a while ({code}{wait}).", code=code, wait=_wait(response)
            )
        case 413:
            return Sentence("A gateway before Storage takes no file of this size ({code}): raise its limit.", code=code)
    what = _what(response.content, body)
    if response.is_server_error:
        return Sentence("Supabase Storage is in trouble: {code} with {what}.", code=code, what=what)
    return Sentence(
        "Something other than Supabase Storage answered: {code} with {what}. Check SUPABASE_URL, and the proxy or"
        " gateway"
        " on the way to it.",
        code=code,
        what=what,
    )


def _wait(response: httpx.Response) -> str:
    """What the header Retry-After asks for: seconds, or a date."""
    asked = response.headers.get("retry-after", "").strip()
    if not asked:
        return ""
    if asked.isdecimal():
        return Sentence("; it asks to wait {seconds} s", seconds=asked)
    return Sentence("; it asks to wait until {moment}", moment=asked[:_MAX_QUOTED])


def _what(content: bytes, body: object) -> Sentence:
    if not content.strip():
        return Sentence("an empty body")
    if looks_like_html(content):
        return Sentence("an HTML page")
    return Sentence("something that is not JSON") if body is None else Sentence("JSON that is not Storage's")


def _explain_refusal(error: StorageApiError) -> Sentence:
    status, said = str(error.status), str(error.message)[:_MAX_QUOTED].rstrip(".")
    if blames_key(error):
        return Sentence(
            "Supabase Storage refused SUPABASE_SERVICE_KEY: {said}. Use a service_role or sb_secret_ key.", said=said
        )
    if error.code == "Bucket not found":
        return Sentence("Storage shows no such bucket: run `extractor setup`. If it is there, the key may not see it.")
    match status:
        case "409":
            return Sentence("Storage already has another object under this name.")
        case "413":
            return Sentence(
                "Storage takes no file of this size: raise the upload limit of the project (Storage, Settings), and"
                " remove the limit of the bucket."
            )
        case "415":
            return Sentence(
                "The bucket does not take PDFs ({said}): add application/pdf to its allowed MIME types.", said=said
            )
        case "429":
            return Sentence("Supabase takes no more requests for a while: {said}.", said=said)
    if status.startswith("5"):
        return Sentence("Supabase Storage is in trouble: {said}.", said=said)
    return Sentence(
        "Supabase Storage refused: {said} ({status} {code}).", said=said, status=status, code=str(error.code)
    )


def _explain_line(error: httpx.HTTPError) -> Sentence:
    causes = list(_causes(error))
    if tls := next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None):
        return Sentence(
            "No secure line to Supabase Storage: {said}. Check the host in SUPABASE_URL, this host's clock, and the"
            " certificate of a proxy (SSL_CERT_FILE).",
            said=getattr(tls, "verify_message", "") or tls.reason or str(tls),
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Sentence(
            "The host in SUPABASE_URL has no address: correct it, or look in the dashboard whether the project is"
            " paused"
            " or deleted."
        )
    if isinstance(error, httpx.TimeoutException):
        return Sentence("Supabase Storage gave no answer in time.")
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError):
        return Sentence("The line to Supabase Storage was closed before its answer was complete.")
    return Sentence("Supabase Storage cannot be reached: {said}.", said=str(error).rstrip("."))


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
