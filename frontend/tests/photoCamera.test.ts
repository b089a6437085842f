import { Matrix4, PerspectiveCamera, Quaternion, Vector3 } from "three";
import { expect, test } from "vitest";
import type { PhotoCamera } from "../src/api/gateway";
import { cropAroundHead } from "../src/photoCrop";
import { containScale, projectToPhoto, setPhotoCamera } from "../src/scene/photoCamera";

type Triple = [number, number, number];

const CANVASES = [
  { width: 900, height: 700 },
  { width: 380, height: 520 },
  { width: 640, height: 640 },
];
const POINTS = [new Vector3(0, 0, 0), new Vector3(0.07, -0.05, 0.09), new Vector3(-0.03, 0.12, 0)];

/** A camera in front of the face, turned a little, with its principal point off the centre. */
function cameraOf(turn: number, principal: [number, number]): PhotoCamera {
  const towards = new Quaternion().setFromAxisAngle(new Vector3(0.3, 0.9, 0.2).normalize(), turn);
  const upright = new Matrix4().makeScale(1, -1, -1);
  const rows = upright.multiply(new Matrix4().makeRotationFromQuaternion(towards)).elements;
  const row = (i: number): Triple => [rows[i] ?? 0, rows[i + 4] ?? 0, rows[i + 8] ?? 0];
  return {
    width_px: 800,
    height_px: 1000,
    focal_length_px: 1700,
    principal_point_px: principal,
    rotation_camera_from_head: [row(0), row(1), row(2)],
    translation_m: [0.03, -0.02, 0.9],
  };
}

test.each([0, 0.4, -0.7])("the head lies over the photo on every canvas (turned by %s)", (turn) => {
  for (const principal of [[399.5, 499.5] as const, [350, 560] as const]) {
    const photo = cameraOf(turn, [...principal]);
    for (const canvas of CANVASES) {
      const camera = new PerspectiveCamera();
      setPhotoCamera(camera, photo, canvas);
      const scale = containScale(photo, canvas);
      for (const point of POINTS) {
        const seen = point.clone().project(camera);
        const expected = projectToPhoto(photo, point);
        // the photo's centre lies at the canvas' centre
        const x = (canvas.width / 2) * (1 + seen.x) - canvas.width / 2;
        const y = (canvas.height / 2) * (1 - seen.y) - canvas.height / 2;
        expect(x).toBeCloseTo(scale * (expected.x - 399.5), 3);
        expect(y).toBeCloseTo(scale * (expected.y - 499.5), 3);
      }
    }
  }
});

const share = (text: string) => Number.parseFloat(text) / 100;

test("the crop's centre is the head's", () => {
  const photo = cameraOf(0, [399.5, 499.5]);
  const crop = cropAroundHead(photo);
  const centre = projectToPhoto(photo, new Vector3());
  expect(share(crop.left) + (share(crop.width) * centre.x) / photo.width_px).toBeCloseTo(0.5, 3);
  expect(share(crop.top) + (share(crop.height) * centre.y) / photo.height_px).toBeCloseTo(0.5, 3);
});

test.each([0.2, 0.5, 0.9, 3])("the photo fills the crop from %s m", (distance) => {
  for (const principal of [[399.5, 499.5] as const, [20, 990] as const]) {
    const photo: PhotoCamera = { ...cameraOf(0, [...principal]), translation_m: [0, 0, distance] };
    const crop = cropAroundHead(photo);
    const [left, top] = [share(crop.left), share(crop.top)];
    expect(left).toBeLessThanOrEqual(0);
    expect(top).toBeLessThanOrEqual(0);
    expect(left + share(crop.width)).toBeGreaterThanOrEqual(0.9999);
    expect(top + share(crop.height)).toBeGreaterThanOrEqual(0.9999);
    expect(share(crop.height) / share(crop.width)).toBeCloseTo(1, 2); // undistorted: 4:5 in 4:5
  }
});
