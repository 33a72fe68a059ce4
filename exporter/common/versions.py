"""Versions of installed packages, compared by `packaging`."""

from __future__ import annotations

from importlib import metadata

from packaging.version import InvalidVersion, Version


def installed(package: str) -> str | None:
    """The version of `package` in this Python; None where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def release(text: str) -> Version:
    """The release that the version `text` belongs to, to compare by.

    Pre-release, development and local parts are dropped: `5.0.0rc1` has the API of 5.0.0, and `2.9.0+cu126` that of
    2.9.0. What is not a version at all is older than every release.
    """
    try:
        return Version(Version(text).base_version)
    except InvalidVersion:
        return Version("0")
