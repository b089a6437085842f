import { Box3, type Group, type Material, type Mesh, type Object3D, Vector3 } from "three";

const JOINTS = ["neck", "jaw", "leftEye", "rightEye"] as const;

/** A loaded head: its expressions by name, over all the surfaces that carry them. */
export class Avatar {
  readonly scene: Group;
  readonly expressionNames: readonly string[];
  readonly #meshes: readonly Mesh[];

  constructor(scene: Group) {
    this.scene = scene;
    this.#meshes = meshesOf(scene);
    const names = this.#meshes.flatMap((mesh) => Object.keys(mesh.morphTargetDictionary ?? {}));
    this.expressionNames = [...new Set(names)];
    for (const mesh of this.#meshes) {
      mesh.frustumCulled = false; // bounds at rest say nothing of a face that moves
    }
  }

  /** Weight of one expression, in [0, 1]; surfaces without it keep still. */
  setExpression(name: string, weight: number): void {
    for (const mesh of this.#meshes) {
      const index = mesh.morphTargetDictionary?.[name];
      if (index !== undefined && mesh.morphTargetInfluences !== undefined) {
        mesh.morphTargetInfluences[index] = weight;
      }
    }
  }

  /** Turns joints: axis-angle in radians by joint name, as in avatar.json; the others rest. */
  setPose(pose: Readonly<Record<string, readonly number[]>>): void {
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

  /** Frees what the scene holds on the graphics card. */
  dispose(): void {
    for (const mesh of this.#meshes) {
      mesh.geometry.dispose();
      for (const material of materialsOf(mesh)) {
        disposeMaterial(material);
      }
    }
  }
}

/** Half of the box's height and width, and its centre: what a camera has to frame. */
export function extentOf(box: Box3): { centre: Vector3; half: Vector3 } {
  return {
    centre: box.getCenter(new Vector3()),
    half: box.getSize(new Vector3()).multiplyScalar(0.5),
  };
}

function meshesOf(scene: Group): Mesh[] {
  const meshes: Mesh[] = [];
  scene.traverse((object: Object3D) => {
    if ("isMesh" in object) {
      meshes.push(object as Mesh);
    }
  });
  return meshes;
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
