// Maps of the atlas whose bytes are data and no colours.

import {
  DataTexture,
  LinearFilter,
  LinearMipmapLinearFilter,
  RGBAFormat,
  UnsignedByteType,
} from "three";

export interface Pixels {
  /** Of an edge. */
  size: number;
  rgba: Uint8ClampedArray;
}

/** The bytes of a square PNG, at most so many texels along an edge; none are blended. */
export async function readPixels(png: ArrayBuffer, mostTexels: number): Promise<Pixels> {
  const bitmap = await createImageBitmap(new Blob([png], { type: "image/png" }), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const size = Math.min(mostTexels, bitmap.width);
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) {
    throw new Error("This browser cannot read the avatar's maps.");
  }
  context.imageSmoothingEnabled = false;
  context.drawImage(bitmap, 0, 0, size, size);
  bitmap.close();
  return { size, rgba: context.getImageData(0, 0, size, size).data };
}

/** Filtered like the head's other maps. */
export function dataTexture(rgba: Uint8Array<ArrayBuffer>, size: number): DataTexture {
  const texture = new DataTexture(rgba, size, size, RGBAFormat, UnsignedByteType);
  texture.minFilter = LinearMipmapLinearFilter;
  texture.magFilter = LinearFilter;
  texture.generateMipmaps = true;
  texture.needsUpdate = true;
  return texture;
}
