import { type Box3, Vector3 } from "three";
import type { Avatar } from "./Avatar";
import type { Framing } from "./OrbitRig";

/** What is framed, in distances from the eyes to the top of the head. */
const FRAMED_HEIGHT = 1.28;
const FRAMED_WIDTH = 1.12;
const FRAME_BELOW_EYES = 0.24;
/** That hair may add above the head, and have at its sides; single strands go farther. */
const MOST_HAIR = 0.8;
const MOST_WIDTH = 1.5;

/** The head with some neck and its hair, as in a portrait; shoulders run out of the picture. */
export function framingOf(avatar: Avatar, hair: Box3 | null): Framing {
  const box = avatar.bounds();
  const centre = box.getCenter(new Vector3());
  const eyes = avatar.scene.getObjectByName("leftEye")?.getWorldPosition(new Vector3()) ?? centre;
  const unit = box.max.y - eyes.y;
  const bottom = eyes.y - (FRAME_BELOW_EYES + FRAMED_HEIGHT) * unit;
  const bald = eyes.y + (FRAMED_HEIGHT - FRAME_BELOW_EYES) * unit;
  const over = (hair?.max.y ?? box.max.y) - box.max.y;
  const top = bald + Math.min(Math.max(over, 0), MOST_HAIR * unit);
  const aside = Math.max(hair?.max.x ?? 0, -(hair?.min.x ?? 0));
  const halfWidth = Math.min(Math.max(FRAMED_WIDTH * unit, aside), MOST_WIDTH * unit);
  centre.y = (top + bottom) / 2;
  return { centre, halfHeight: (top - bottom) / 2, halfWidth };
}
