"""What is kept: pictures with their recipes, and the jobs that painted them.

The door is `Gallery`; docs/gallery.md tells its promises. Knows nothing of how pictures are painted or asked for.
"""

from __future__ import annotations

from allaprima.gallery.gallery import Gallery
from allaprima.gallery.records import Entry, Folder, GalleryError, Job, NewPicture, NotFoundError, State, Swept

__all__ = ["Entry", "Folder", "Gallery", "GalleryError", "Job", "NewPicture", "NotFoundError", "State", "Swept"]
