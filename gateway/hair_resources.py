"""What the HTTP interface says of hairstyles."""

from pydantic import BaseModel

from reconstruction_backend.hair.database import StyleEntry


class HairstyleResource(BaseModel):
    """A style of the database, to be tried on."""

    name: str
    title: str
    length: str
    texture: str
    parting: str
    fringe: str
    volume: str
    categories: list[str]
    thumbnail: str
    """Path of its picture, a WebP."""
    strands: str
    """Path of its strands on the mean head; `/api/v1/avatars/{id}/hair.strands?style=` has them
    on an avatar's."""

    @classmethod
    def of(cls, entry: StyleEntry) -> "HairstyleResource":
        """From the database's."""
        path, attributes = f"/api/v1/hairstyles/{entry.name}", entry.attributes
        return cls(
            name=entry.name,
            title=entry.title,
            length=attributes.length,
            texture=attributes.texture,
            parting=attributes.parting,
            fringe=attributes.fringe,
            volume=attributes.volume,
            categories=list(attributes.categories),
            thumbnail=f"{path}/thumbnail.webp",
            strands=f"{path}/hair.strands",
        )


class HairstyleList(BaseModel):
    """All styles, and the colours that have names."""

    styles: list[HairstyleResource]
    colors: dict[str, str]
    """#rrggbb in sRGB, half-way along the strands, by name."""
