import { Box3, type Group, type Material, Matrix4, Mesh, type Object3D, Vector3 } from "three";

import type { EmotionNeck } from "../emotions";
import type { HeadSolid } from "./AvatarHair";

/** Nodes of the file with ribbons for engines that know no strands. */
const RIBBONS = /^hair/;
const JOINTS = ["neck", "jaw", "leftEye", "rightEye"] as const;
/** Depth at which the head stops light: hair that lies on the skin is not in the skin's shade. */
const BELOW_SKIN_M = 0.012;
/** Axis-angle in radians by joint name, as in avatar.json; joints that are not named rest. */
export type Pose = Readonly<Partial<Record<string, readonly number[]>>>;

/** A loaded head: its expressions by name, over all the surfaces that carry them. */
export class Avatar {
  readonly scene: Group;
  readonly meshes: readonly Mesh[];
  readonly expressionNames: readonly string[];
  /** The skin at rest, as what hair grows on. */
  readonly solid: HeadSolid;

  /** By emotion; empty for a head without emotions. */
  readonly emotionNeck: EmotionNeck;

  constructor(scene: Group, emotionNeck: EmotionNeck = {}) {
    this.scene = scene;
    this.emotionNeck = emotionNeck;
    removeRibbons(scene);
    this.meshes = meshesOf(scene);
    const names = this.meshes.flatMap((mesh) => Object.keys(mesh.morphTargetDictionary ?? {}));
    this.expressionNames = [...new Set(names)];
    for (const mesh of this.meshes) {
      mesh.frustumCulled = false; // bounds at rest say nothing of a face that moves
    }
    this.solid = this.#solidNow();
  }

  /** Weight of one expression, in [0, 1]; surfaces without it keep still. */
  setExpression(name: string, weight: number): void {
    for (const mesh of this.meshes) {
      const index = mesh.morphTargetDictionary?.[name];
      if (index !== undefined && mesh.morphTargetInfluences !== undefined) {
        mesh.morphTargetInfluences[index] = weight;
      }
    }
  }

  setPose(pose: Pose): void {
    for (const name of JOINTS) {
      const [x = 0, y = 0, z = 0] = pose[name] ?? [];
      const axis = new Vector3(x, y, z);
      const angle = axis.length();
      this.scene.getObjectByName(name)?.quaternion.setFromAxisAngle(axis.normalize(), angle);
    }
  }

  /** Of the skin at rest, metres. */
  bounds(): Box3 {
    const head = this.scene.getObjectByName("head") ?? this.scene;
    return new Box3().setFromObject(head);
  }

  #solidNow(): HeadSolid {
    const head = this.meshes.find((mesh) => mesh.name === "head") ?? this.meshes[0];
    const position = head?.geometry.getAttribute("position");
    const pointsM = new Float32Array(3 * (position?.count ?? 0));
    const bounds = new Box3();
    const point = new Vector3();
    const normal = head?.geometry.getAttribute("normal");
    const inward = new Vector3();
    for (let i = 0; position !== undefined && i < position.count; i += 1) {
      bounds.expandByPoint(point.fromBufferAttribute(position, i));
      if (normal !== undefined) {
        point.addScaledVector(inward.fromBufferAttribute(normal, i), -BELOW_SKIN_M);
      }
      point.toArray(pointsM, 3 * i);
    }
    return { bounds, pointsM };
  }

  /** Lets an object in the frame of the head at rest follow the head. */
  wear(object: Object3D): void {
    const neck = this.scene.getObjectByName("neck") ?? this.scene;
    const turned = neck.quaternion.clone();
    neck.quaternion.identity();
    neck.updateWorldMatrix(true, false);
    object.applyMatrix4(new Matrix4().copy(neck.matrixWorld).invert());
    neck.quaternion.copy(turned);
    neck.add(object);
  }

  /** Frees what the scene holds on the graphics card. */
  dispose(): void {
    for (const mesh of this.meshes) {
      mesh.geometry.dispose();
      for (const material of materialsOf(mesh)) {
        disposeMaterial(material);
      }
    }
  }
}

/** Whether light passes a surface: a cornea, the gaps between lashes. */
export function isOpaque(mesh: Mesh): boolean {
  return materialsOf(mesh).every((material) => !material.transparent && material.alphaTest === 0);
}

function meshesOf(scene: Group): Mesh[] {
  const meshes: Mesh[] = [];
  scene.traverse((object: Object3D) => {
    if (object instanceof Mesh) {
      meshes.push(object);
    }
  });
  return meshes;
}

/** The page draws strands instead. */
function removeRibbons(scene: Group): void {
  for (const mesh of meshesOf(scene).filter(({ name }) => RIBBONS.test(name))) {
    mesh.removeFromParent();
    mesh.geometry.dispose();
    materialsOf(mesh).forEach(disposeMaterial);
  }
}

function materialsOf(mesh: Mesh): Material[] {
  return Array.isArray(mesh.material) ? mesh.material : [mesh.material];
}

function disposeMaterial(material: Material): void {
  for (const value of Object.values(material)) {
    if (value !== null && typeof value === "object" && "isTexture" in value) {
      value.dispose();
    }
  }
  material.dispose();
}
