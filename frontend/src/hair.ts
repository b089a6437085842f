// What the visitor asks of the hair: a style, a colour, and changes to them.

import type { AvatarParameters } from "./api/gateway";
import type { ChosenHair, HairRecord } from "./api/hair";
import { OWN_LOOK, type StrandColour, type StrandLook } from "./scene/AvatarHair";
import { HAIR_COLOURS, WHITE_STRANDS } from "./scene/hairColours";

export const PHOTO_STYLE = "photo";
export const NO_HAIR = "none";

export interface Hair {
  /** `photo`, `none`, or the name of a style. */
  style: string;
  /** The name of a colour, or #rrggbb; null is that of the photo. */
  colour: string | null;
  edit: HairEdit;
}

/** Factors; 1 leaves the hair as it is. */
export interface HairEdit {
  length: number;
  curl: number;
  thickness: number;
  density: number;
}

export const UNEDITED: HairEdit = { length: 1, curl: 1, thickness: 1, density: 1 };

export interface EditRange {
  key: keyof HairEdit;
  label: string;
  low: number;
  high: number;
}

/** What a slider offers; the server takes a little more. */
export const EDIT_RANGES: readonly EditRange[] = [
  { key: "length", label: "Length", low: 0.2, high: 1.8 },
  { key: "curl", label: "Curl", low: 0, high: 2 },
  { key: "thickness", label: "Thickness", low: 0.4, high: 2.5 },
  { key: "density", label: "Density", low: 0.1, high: 1 },
];

const BARE = "The photo shows no hair that could be copied, so the avatar has none.";

export interface Swatch {
  name: string;
  label: string;
  /** #rrggbb of many strands together. */
  css: string;
}

/** The named colours, from dark to light, then grey, then dyes. */
export const SWATCHES: readonly Swatch[] = Object.keys(HAIR_COLOURS).map((name) => ({
  name,
  label: labelOf(name),
  css: cssOf(strandColourOf(name)),
}));

/** The hair that an archive's files wear. */
export function hairOf(record: HairRecord | null | undefined): Hair {
  if (record === null || record === undefined) {
    return { style: NO_HAIR, colour: null, edit: UNEDITED };
  }
  return { style: record.style, colour: null, edit: { ...UNEDITED, ...record.edit } };
}

/** Why an avatar wears no hair of its photo's, in a sentence; null where it wears some. */
export function hairNoteOf({ hair, warnings }: AvatarParameters): string | null {
  if (hair !== null && hair !== undefined) {
    return null;
  }
  return warnings.find((warning) => /\bhair\b/i.test(warning)) ?? BARE;
}

export function sameHair(one: Hair, other: Hair): boolean {
  return (
    one.style === other.style &&
    one.colour === other.colour &&
    EDIT_RANGES.every(({ key }) => one.edit[key] === other.edit[key])
  );
}

/** As a request for files that wear it. */
export function chosenHairOf({ style, colour, edit }: Hair): ChosenHair {
  return { style, color: colour, edit };
}

/** What of it the viewer can do without other strands. */
export function lookOf({ colour, edit }: Hair): StrandLook {
  return { ...OWN_LOOK, ...edit, colour: colour === null ? null : strandColourOf(colour) };
}

/** Of a name or #rrggbb. */
export function strandColourOf(colour: string): StrandColour {
  const named = Object.entries(HAIR_COLOURS).find(([name]) => name === colour)?.[1];
  return named ?? { linear: linearOf(colour), whiteShare: 0 };
}

function linearOf(css: string): [number, number, number] {
  const channel = (at: number) => {
    const value = Number.parseInt(css.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

function cssOf({ linear, whiteShare }: StrandColour): string {
  const bytes = linear.map((value, channel) => {
    const mean = value + whiteShare * ((WHITE_STRANDS[channel] ?? value) - value);
    const srgb = mean <= 0.0031308 ? 12.92 * mean : 1.055 * mean ** (1 / 2.4) - 0.055;
    return Math.round(255 * srgb)
      .toString(16)
      .padStart(2, "0");
  });
  return `#${bytes.join("")}`;
}

function labelOf(name: string): string {
  const plain = name.replaceAll("-", " ");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}
