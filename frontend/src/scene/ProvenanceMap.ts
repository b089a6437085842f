import {
  DataTexture,
  LinearFilter,
  LinearMipmapLinearFilter,
  RGBAFormat,
  UnsignedByteType,
} from "three";

/** Texels along an edge that the overlay needs; the archive's map may be larger. */
const MOST_TEXELS = 1024;
/** Values of `Provenance`: seen, mirrored, invented; 0 lies outside every chart. */
const KINDS = 3;

/** Where each texel comes from, as one channel a kind, so that borders can be blended. */
export async function readProvenanceMap(png: ArrayBuffer): Promise<DataTexture> {
  const bitmap = await createImageBitmap(new Blob([png], { type: "image/png" }), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const size = Math.min(MOST_TEXELS, bitmap.width);
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) {
    throw new Error("This browser cannot read the map of what the photo showed.");
  }
  context.imageSmoothingEnabled = false; // kinds are names, not amounts
  context.drawImage(bitmap, 0, 0, size, size);
  bitmap.close();
  const pixels = context.getImageData(0, 0, size, size).data;
  const texture = new DataTexture(kindsOf(pixels), size, size, RGBAFormat, UnsignedByteType);
  texture.minFilter = LinearMipmapLinearFilter;
  texture.magFilter = LinearFilter;
  texture.generateMipmaps = true;
  texture.needsUpdate = true;
  return texture;
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
