"""Ask the hub for one small file first, so that a refusal becomes a sentence about the model."""

from __future__ import annotations

from dataclasses import dataclass

from ...exporter.common.errors import ModelError, Problem


@dataclass(frozen=True)
class Refusal:
    """Why a model cannot be downloaded, and what to do about it."""

    cause: Problem
    remedy: Problem


def check_access(repo: str) -> None:
    """Raises ModelError when the model `repo` cannot be downloaded, and says what to do about it."""
    if refused := refusal(repo):
        raise ModelError("{cause} {remedy}", cause=refused.cause, remedy=refused.remedy)


def refusal(repo: str) -> Refusal | None:
    """Why the model `repo` cannot be downloaded; None when it can, or is in the local cache."""
    from huggingface_hub import errors, hf_hub_download

    try:
        hf_hub_download(repo, "config.json")
    except errors.HFValidationError as error:
        return _refusal("{repo} is not a hub name: {error}.", "Write it as owner/model.", repo, error=error)
    except (errors.EntryNotFoundError, errors.HfHubHTTPError) as error:
        return _explained(repo, error)
    except (OSError, RuntimeError) as error:  # hub 1.5 closes its client after a failed try, and tries again with it
        return _refusal("The hub cannot be reached for {repo}: {error}.", "Check the network.", repo, error=error)
    return None


def _explained(repo: str, error: Exception) -> Refusal:
    from huggingface_hub import errors

    offline = isinstance(error, errors.LocalEntryNotFoundError)
    status = _status(error.__cause__ if offline else error)
    if isinstance(error, errors.GatedRepoError) or (
        status in (401, 403) and not isinstance(error, errors.RepositoryNotFoundError)
    ):
        return _gated(repo, status)
    if offline:
        return _refusal(
            "{repo} is not in the local cache, and the hub cannot be reached.",
            "Check the network, give the folder of a model that is on this machine, or use --model embedded.",
            repo,
        )
    if isinstance(error, errors.EntryNotFoundError):
        return _refusal(
            "{repo} has no config.json, so it is not a Transformers model (perhaps a GGUF collection).",
            "Get the Transformers version of the model.",
            repo,
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return _refusal(
            "There is no model {repo} on the hub.",
            "Check the spelling. If it is private, log in first: hf auth login."
            if status == 401
            else "Check the spelling.",
            repo,
        )
    return _refusal("The hub answered {status} for {repo}.", "Try again later.", repo, status=status)


def _gated(repo: str, status: int | None) -> Refusal:
    if status == 403:
        return _refusal(
            "{repo} is gated and your account has no access yet (403).",
            "Open the model's page on the hub, accept its licence, and try again when access is granted.",
            repo,
        )
    return _refusal(
        "{repo} is gated and no valid token was sent (401).",
        "Create a read token in the hub's settings, log in with hf auth login, and accept the licence on the model's "
        "page.",
        repo,
    )


def _refusal(cause: str, remedy: str, repo: str, **values: object) -> Refusal:
    return Refusal(Problem(cause, {"repo": repo, **values}), Problem(remedy))


def _status(error: BaseException | None) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)
