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

/** Percentages of a frame that is 4 wide and 5 high. */
export function cropAroundHead(camera: PhotoCamera): CropStyle {
  const centre = projectToPhoto(camera, HEAD_CENTRE_M);
  const height = (FRAME_HEIGHT_M * camera.focal_length_px) / camera.translation_m[2];
  const width = FRAME_ASPECT * height;
  return {
    position: "absolute",
    width: percent(camera.width_px / width),
    height: percent(camera.height_px / height),
    left: percent(0.5 - centre.x / width),
    top: percent(0.5 - centre.y / height),
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}
