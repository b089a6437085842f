// The camera that took the photo, for a canvas that shows the photo as CSS `object-fit: contain`.

import { Matrix3, Matrix4, type PerspectiveCamera, Vector3 } from "three";
import type { PhotoCamera } from "../api/gateway";

export interface Size {
  width: number;
  height: number;
}

const DEGREES = 180 / Math.PI;

/** Pixels of the canvas per pixel of the photo, where the whole photo is shown. */
export function containScale(photo: PhotoCamera, canvas: Size): number {
  return Math.min(canvas.width / photo.width_px, canvas.height / photo.height_px);
}

/**
 * Sets the camera so that the head lies over the photo.
 *
 * The photo's camera frame is OpenCV's (y down, z into the scene), three.js' is y up, z out of it.
 */
export function setPhotoCamera(camera: PerspectiveCamera, photo: PhotoCamera, canvas: Size): void {
  const scale = containScale(photo, canvas);
  const [principalX, principalY] = photo.principal_point_px;
  const shiftX = scale * (principalX - (photo.width_px - 1) / 2);
  const shiftY = scale * (principalY - (photo.height_px - 1) / 2);
  camera.fov = 2 * DEGREES * Math.atan(canvas.height / (2 * scale * photo.focal_length_px));
  camera.aspect = canvas.width / canvas.height;
  camera.setViewOffset(canvas.width, canvas.height, -shiftX, -shiftY, canvas.width, canvas.height);

  const headFromCamera = rotation(photo).transpose();
  const translation = new Vector3(...photo.translation_m);
  camera.position.copy(translation.applyMatrix3(headFromCamera).negate());
  const flip = new Matrix4().makeScale(1, -1, -1);
  const orientation = new Matrix4().setFromMatrix3(headFromCamera).multiply(flip);
  camera.quaternion.setFromRotationMatrix(orientation);
  camera.updateProjectionMatrix();
  camera.updateMatrixWorld();
}

/** Where a point of the head frame (metres) lies in the photo, pixels. */
export function projectToPhoto(photo: PhotoCamera, pointM: Vector3): { x: number; y: number } {
  const inCamera = pointM
    .clone()
    .applyMatrix3(rotation(photo))
    .add(new Vector3(...photo.translation_m));
  const [principalX, principalY] = photo.principal_point_px;
  return {
    x: principalX + (photo.focal_length_px * inCamera.x) / inCamera.z,
    y: principalY + (photo.focal_length_px * inCamera.y) / inCamera.z,
  };
}

function rotation(photo: PhotoCamera): Matrix3 {
  const [first, second, third] = photo.rotation_camera_from_head;
  return new Matrix3(...first, ...second, ...third);
}
