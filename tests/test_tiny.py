"""The smallest facts: the package imports, quickly and without the trainer's libraries."""

from __future__ import annotations

import subprocess
import sys

import allaprima
from allaprima import errors


def test_a_users_mistake_is_also_a_value_error() -> None:
    assert issubclass(errors.UserError, ValueError)
    assert issubclass(errors.BundleError, errors.UserError)
    assert not issubclass(errors.TrainingError, errors.UserError)


def test_the_version_is_the_distributions() -> None:
    from importlib.metadata import version

    assert allaprima.__version__ == version("allaprima")


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = "import sys, allaprima; print([m for m in ('torch', 'onnxruntime', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
