import { BufferGeometry, Group, Mesh, MeshBasicMaterial } from "three";
import { expect, test } from "vitest";
import { Avatar } from "../src/scene/Avatar";
import { checkFormatVersion, FORMAT_VERSION, UnknownAvatarFormat } from "../src/scene/AvatarLoader";

test("the version of this page is accepted", () => {
  checkFormatVersion({ extras: { cameo: { formatVersion: FORMAT_VERSION } } });
});

test.each([
  {},
  { extras: null },
  { extras: {} },
  { extras: { cameo: 1 } },
  { extras: { cameo: {} } },
  { extras: { cameo: { formatVersion: FORMAT_VERSION + 1 } } },
])("anything else is refused: %j", (asset) => {
  expect(() => checkFormatVersion(asset)).toThrow(UnknownAvatarFormat);
});

test("an expression moves every surface that carries it, and no other", () => {
  const [head, teeth] = [meshWith("jawOpen", "mouthPucker"), meshWith("jawOpen")];
  const avatar = new Avatar(new Group().add(head, teeth));
  expect(avatar.expressionNames).toEqual(["jawOpen", "mouthPucker"]);
  avatar.setExpression("jawOpen", 0.5);
  avatar.setExpression("mouthPucker", 0.25);
  avatar.setExpression("tailWag", 1);
  expect(head.morphTargetInfluences).toEqual([0.5, 0.25]);
  expect(teeth.morphTargetInfluences).toEqual([0.5]);
});

test("a pose turns the named joints and rests the others", () => {
  const [neck, jaw] = [jointCalled("neck"), jointCalled("jaw")];
  const avatar = new Avatar(new Group().add(neck, jaw));
  avatar.setPose({ jaw: [0.2, 0, 0] });
  expect(jaw.rotation.x).toBeCloseTo(0.2);
  avatar.setPose({ neck: [0, 0.1, 0] });
  expect(neck.rotation.y).toBeCloseTo(0.1);
  expect(jaw.quaternion.w).toBe(1);
});

function meshWith(...names: string[]): Mesh {
  const mesh = new Mesh(new BufferGeometry(), new MeshBasicMaterial());
  mesh.morphTargetDictionary = Object.fromEntries(names.map((name, index) => [name, index]));
  mesh.morphTargetInfluences = names.map(() => 0);
  return mesh;
}

function jointCalled(name: string): Group {
  const joint = new Group();
  joint.name = name;
  return joint;
}
