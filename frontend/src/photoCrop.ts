// Which part of the photo shows the head, as CSS for an image inside a small frame.

import { Vector3 } from "three";
import type { PhotoCamera } from "./api/gateway";
import { projectToPhoto } from "./scene/photoCamera";

/** Of a head with some air around it. */
const FRAME_HEIGHT_M = 0.34;
const FRAME_ASPECT = 4 / 5;
const HEAD_CENTRE_M = new Vector3(0, 0, 0);

export interface CropStyle {
  position: "absolute";
  width: string;
  height: string;
  left: string;
  top: string;
}

/** Percentages of a frame that is 4 wide and 5 high, and that the photo fills. */
export function cropAroundHead(camera: PhotoCamera): CropStyle {
  const centre = projectToPhoto(camera, HEAD_CENTRE_M);
  const wanted = (FRAME_HEIGHT_M * camera.focal_length_px) / camera.translation_m[2];
  const height = Math.min(wanted, camera.height_px, camera.width_px / FRAME_ASPECT);
  const width = FRAME_ASPECT * height;
  const left = clamp(centre.x - width / 2, 0, camera.width_px - width);
  const top = clamp(centre.y - height / 2, 0, camera.height_px - height);
  return {
    position: "absolute",
    width: percent(camera.width_px / width),
    height: percent(camera.height_px / height),
    left: percent(-left / width),
    top: percent(-top / height),
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}
