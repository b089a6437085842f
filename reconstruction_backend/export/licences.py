"""What an avatar may be used for: the terms of everything that went into its files."""

from dataclasses import dataclass

from reconstruction_backend.avatar import Avatar
from reconstruction_backend.hair.database import StyleDatabase
from reconstruction_backend.hair.hair import Hair

_MIT_TERMS = """\
Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE."""


@dataclass(frozen=True)
class Licence:
    """The terms of one component of an avatar."""

    component: str
    licence: str
    """SPDX identifier, or a short phrase where there is none."""
    notice: str
    """What has to travel with the files."""


_LIKENESS = Licence(
    "likeness and texture",
    "as the portrait",
    "Made from the portrait that was given. Cameo claims no rights in it: what the photo's author\n"
    "and the person shown allow for the photo holds for the avatar.",
)
_HEAD_MODELS = {
    "cameo-head": Licence(
        "head model cameo-head",
        "Apache-2.0 AND MIT",
        "Copyright 2026 the Cameo authors, Apache License, Version 2.0\n"
        "(https://www.apache.org/licenses/LICENSE-2.0). Learned from ICT-FaceKit:\n\n"
        "MIT License\n\nCopyright (c) 2020 USC Institute for Creative Technologies\n\n"
        + _MIT_TERMS,
    ),
    "gnm": Licence(
        "head model gnm",
        "Apache-2.0",
        "GNM Head, Copyright Google LLC, Apache License, Version 2.0\n"
        "(https://www.apache.org/licenses/LICENSE-2.0).",
    ),
}


def licences_of(avatar: Avatar) -> tuple[Licence, ...]:
    """The terms that hold for an avatar's files, the person's own first."""
    name = avatar.head_model.name
    own = Licence(
        f"head model {name}",
        "the model's own licence",
        "This head model was supplied by whoever made the avatar. The licence that came with it\n"
        "says what the avatar's geometry may be used for.",
    )
    return (_LIKENESS, _HEAD_MODELS.get(name, own), *_hair(avatar.hair))


def _hair(hair: Hair | None) -> tuple[Licence, ...]:
    """Of a style of the database; the photo's hair is part of the likeness."""
    if hair is None or hair.source == "photo":
        return ()
    if hair.style in StyleDatabase.shipped().folders:
        notice = (
            "Copyright 2026 the Cameo authors, Apache License, Version 2.0\n"
            "(https://www.apache.org/licenses/LICENSE-2.0)."
        )
        return (Licence(f"hairstyle {hair.style}", "Apache-2.0", notice),)
    notice = (
        "This hairstyle was supplied by whoever made the avatar. The licence that came with it\n"
        "says what the hair may be used for."
    )
    return (Licence(f"hairstyle {hair.style}", "the groom's own licence", notice),)


def licences_text(avatar: Avatar) -> str:
    """The content of LICENSES.txt."""
    sections = [
        f"{entry.component}\nLicence: {entry.licence}\n\n{entry.notice}"
        for entry in licences_of(avatar)
    ]
    rule = "\n\n" + "-" * 78 + "\n\n"
    return rule.join(["Licences of what this avatar is made of", *sections]) + "\n"
