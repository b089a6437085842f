import { Group, Mesh } from "three";
import { expect, test } from "vitest";
import { Avatar } from "../src/scene/Avatar";
import { FaceDriver } from "../src/scene/FaceDriver";
import { gazeWeights, IdleMotion, lidAt } from "../src/scene/IdleMotion";
import { composeWeights } from "../src/scene/motion";
import { SpeechMotion } from "../src/scene/SpeechMotion";
import { soundsOf } from "../src/visemes";
import { ARKIT_NAMES } from "./arkit";

const SECONDS_WATCHED = 120;
const STEP_S = 1 / 60;

/** Numbers that look random and are the same every time. */
function sequence(): () => number {
  let state = 1;
  return () => {
    state = (48271 * state) % 2147483647;
    return state / 2147483647;
  };
}

function headWith(names: readonly string[]): { mesh: Mesh; avatar: Avatar; neck: Group } {
  const mesh = new Mesh();
  mesh.morphTargetDictionary = Object.fromEntries(names.map((name, index) => [name, index]));
  mesh.morphTargetInfluences = names.map(() => 0);
  const neck = new Group();
  neck.name = "neck";
  return { mesh, neck, avatar: new Avatar(new Group().add(mesh, neck)) };
}

test("layers add up within their range, and lips close only an open jaw", () => {
  expect(composeWeights({ a: 0.7 }, { a: 0.6, b: 0.2 })).toEqual({ a: 1, b: 0.2 });
  expect(composeWeights({ mouthClose: 0.9 })).toEqual({ mouthClose: 0 });
  expect(composeWeights({ mouthClose: 0.9, jawOpen: 0.4 }).mouthClose).toBe(0.4);
});

test("a blink over half-closed lids closes them, and no further", () => {
  expect(composeWeights({ eyeBlinkLeft: 0.5 }, { eyeBlinkLeft: 0.96 }).eyeBlinkLeft).toBeCloseTo(
    0.98,
  );
});

test("a lid falls, rests and rises without a jump", () => {
  expect(lidAt(0)).toBe(0);
  expect(lidAt(0.11)).toBe(1);
  expect(lidAt(1)).toBe(0);
  for (let time = 0; time < 0.4; time += 0.005) {
    expect(Math.abs(lidAt(time + 0.005) - lidAt(time))).toBeLessThan(0.1);
  }
});

test("both eyes look the same way", () => {
  const left = gazeWeights({ sidewards: 0.5, upwards: 0 });
  expect(left.eyeLookOutLeft).toBe(0.5);
  expect(left.eyeLookInRight).toBe(0.5);
  expect(left.eyeLookOutRight).toBe(0);
});

test("idle motion is small, made of expressions that exist, and blinks now and then", () => {
  const idle = new IdleMotion(sequence());
  let blinks = 0;
  let shut = false;
  for (let time = 0; time < SECONDS_WATCHED; time += STEP_S) {
    const { weights, neckRad } = idle.at(time);
    for (const [name, weight] of Object.entries(weights)) {
      expect(ARKIT_NAMES).toContain(name);
      expect(weight).toBeLessThanOrEqual(name.startsWith("eyeBlink") ? 1 : 0.1);
    }
    expect(Math.hypot(...neckRad)).toBeLessThan(0.03);
    const closed = (weights.eyeBlinkLeft ?? 0) > 0.9;
    blinks += closed && !shut ? 1 : 0;
    shut = closed;
  }
  const perMinute = (60 * blinks) / SECONDS_WATCHED;
  expect(perMinute).toBeGreaterThan(8);
  expect(perMinute).toBeLessThan(30);
});

test("words become sounds that follow each other", () => {
  expect(soundsOf("Thumb!").map((sound) => sound.viseme)).toEqual([
    "viseme_TH",
    "viseme_U",
    "viseme_PP",
  ]);
  expect(soundsOf("đẹp").map((sound) => sound.viseme)).toEqual([
    "viseme_DD",
    "viseme_E",
    "viseme_PP",
  ]);
  expect(soundsOf(" 42 ")).toEqual([]);
  const sounds = soundsOf("good morning");
  for (const [index, sound] of sounds.slice(1).entries()) {
    const before = sounds[index];
    expect(sound.startS).toBeGreaterThanOrEqual((before?.startS ?? 0) + (before?.lengthS ?? 0));
  }
});

test("speech begins and ends with a still mouth and never says more than one whole sound", () => {
  const speech = new SpeechMotion(soundsOf("pa"));
  expect(speech.at(-1).weights).toEqual({});
  expect(speech.at(speech.lengthS + 1).weights).toEqual({});
  for (let time = 0; time < speech.lengthS; time += 0.01) {
    const sum = Object.values(speech.at(time).weights).reduce((a, b) => a + b, 0);
    expect(sum).toBeLessThanOrEqual(1 + 1e-9);
  }
  expect(speech.at(0.04).weights.viseme_PP).toBeGreaterThan(0.5);
});

test("an emotion's weight reaches the morph influences, and leaves them again", () => {
  const { mesh, avatar, neck } = headWith(["happiness", "jawOpen"]);
  mesh.morphTargetInfluences = [0.4, 0.2]; // as the file was saved
  const face = new FaceDriver(avatar);
  face.apply(0);
  expect(mesh.morphTargetInfluences).toEqual([0, 0]);
  face.setFace({ happiness: 0.7 }, [0.1, 0, 0]);
  face.apply(16);
  expect(mesh.morphTargetInfluences).toEqual([0.7, 0]);
  expect(neck.rotation.x).toBeCloseTo(0.1);
  face.setFace({}, [0, 0, 0]);
  face.apply(32);
  expect(mesh.morphTargetInfluences).toEqual([0, 0]);
});

test("a face without idle motion stands still; with it, it moves until paused", () => {
  const { avatar, neck } = headWith(["eyeBlinkLeft", "eyeBlinkRight"]);
  const face = new FaceDriver(avatar);
  expect(face.moving).toBe(false);
  face.setIdle(true);
  expect(face.moving).toBe(true);
  face.apply(0);
  face.apply(1000);
  expect(neck.rotation.x).not.toBe(0);
  face.setPaused(true);
  expect(face.moving).toBe(false);
  face.apply(2000);
  expect(neck.rotation.x).toBeCloseTo(0);
});

test("words are said once", () => {
  const { mesh, avatar } = headWith(["viseme_aa"]);
  const face = new FaceDriver(avatar);
  face.speak(new SpeechMotion(soundsOf("a")));
  face.apply(5000);
  face.apply(5065);
  expect(mesh.morphTargetInfluences?.[0]).toBeGreaterThan(0.5);
  face.apply(9000);
  expect(face.speaking).toBe(false);
  expect(mesh.morphTargetInfluences).toEqual([0]);
});
