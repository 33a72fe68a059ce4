"""Ask the hub for one small file first, so that a refusal becomes a sentence about the model."""

from __future__ import annotations

from ...exporter.common.errors import ModelError


def check_access(repo: str) -> None:
    """Raises ModelError when the model `repo` cannot be downloaded, and says what to do about it."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        hf_hub_download(repo, "config.json")
    except HFValidationError as error:
        raise ModelError(f"{repo!r} is not a hub name like owner/model: {error}") from None
    except LocalEntryNotFoundError as error:
        status = _status(error.__cause__)
        if status in (401, 403):
            raise ModelError(_refused(repo, status)) from None
        raise ModelError(
            f"{repo} is not in the local cache, and the hub cannot be reached. Check the network, give the folder of "
            "a model that is already on this machine, or use --model embedded."
        ) from None
    except EntryNotFoundError:
        raise ModelError(
            f"{repo} has no config.json, so it is no Transformers model (a GGUF collection, perhaps)."
        ) from None
    except GatedRepoError as error:
        raise ModelError(_refused(repo, _status(error))) from None
    except RepositoryNotFoundError as error:
        hint = " If it is private, log in first: hf auth login." if _status(error) == 401 else ""
        raise ModelError(f"There is no model {repo} on the hub. Check the spelling.{hint}") from None
    except HfHubHTTPError as error:
        status = _status(error)
        if status in (401, 403):
            raise ModelError(_refused(repo, status)) from None
        raise ModelError(f"The hub answered {status} for {repo}. Try again later.") from None
    except (OSError, RuntimeError) as error:  # hub 1.5 closes its client after a failed try, and tries again with it
        raise ModelError(f"The hub cannot be reached for {repo}: {error}. Check the network.") from None


def _refused(repo: str, status: int | None) -> str:
    if status == 403:
        return (
            f"{repo} is gated and your account has no access yet (403). Open the model's page on the hub, accept its "
            "licence, and try again when access is granted."
        )
    return (
        f"{repo} is gated and no valid token was sent (401). Create a read token in the hub's settings, log in with "
        "hf auth login, and accept the licence on the model's page."
    )


def _status(error: BaseException | None) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)
