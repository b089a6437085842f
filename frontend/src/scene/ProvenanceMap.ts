import type { DataTexture } from "three";
import { dataTexture, readPixels } from "./dataMap";

/** Texels along an edge that the overlay needs; the archive's map may be larger. */
const MOST_TEXELS = 1024;
/** Values of `Provenance`: seen, mirrored, invented; 0 lies outside every chart. */
const KINDS = 3;

/** Where each texel comes from, as one channel a kind, so that borders can be blended. */
export async function readProvenanceMap(png: ArrayBuffer): Promise<DataTexture> {
  const { rgba, size } = await readPixels(png, MOST_TEXELS);
  return dataTexture(kindsOf(rgba), size);
}

/** RGBA pixels of grey kinds to one channel a kind. */
export function kindsOf(rgba: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const kinds = new Uint8Array(rgba.length);
  for (let at = 0; at < rgba.length; at += 4) {
    const kind = rgba[at] ?? 0;
    if (kind >= 1 && kind <= KINDS) {
      kinds[at + kind - 1] = 255;
    }
    kinds[at + KINDS] = 255;
  }
  return kinds;
}
