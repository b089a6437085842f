import type { DataTexture } from "three";
import { dataTexture, readPixels } from "./dataMap";

const MOST_TEXELS = 1024;

/** What harmonics cannot give of the photo's light: cast shadows, highlights. */
export async function readResidualLightMap(png: ArrayBuffer): Promise<DataTexture> {
  const { rgba, size } = await readPixels(png, MOST_TEXELS);
  return dataTexture(new Uint8Array(rgba), size);
}
