"""What the gallery's tests share: places where a gallery can be opened, small pictures, small vectors."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from allaprima.gallery import Gallery


@dataclass(frozen=True)
class Place:
    """Where a gallery can be opened, any number of times."""

    url: str
    store: str

    def open(self) -> Gallery:
        return Gallery.open(self.url, self.store)


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL server, reached through a socket in `folder`."""

    folder: Path
    user: str

    def new_schema(self) -> str:
        """The URL of a fresh, empty schema: as good as a database of its own, and made at once."""
        import psycopg

        name = f"gallery_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(f"host={self.folder} user={self.user} dbname=postgres", autocommit=True) as connection:
            connection.execute(f'CREATE SCHEMA "{name}"')
        return f"postgresql://{self.user}@/postgres?host={self.folder}&options=-csearch_path%3D{name}"


@lru_cache
def picture(colour: str = "red", size: int = 8, format: str = "PNG") -> bytes:
    """A small picture's file."""
    out = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(out, format)
    return out.getvalue()


def direction(*near: float) -> NDArray[np.float32]:
    """A vector [384] whose first numbers are given."""
    vector = np.zeros(384, np.float32)
    vector[: len(near)] = near
    return vector
