import { BufferAttribute, BufferGeometry, type InterleavedBufferAttribute, type Mesh } from "three";

type Attribute = BufferAttribute | InterleavedBufferAttribute;

/**
 * A surface's vertices where its expressions put them, reckoned on the processor.
 *
 * The graphics card moves them by itself for every picture; whoever asks all vertices the same
 * question for many directions reads them here instead of morphing anew for each. Joints rest.
 */
export class MorphedSurface {
  readonly mesh: Mesh;
  readonly position: BufferAttribute;
  readonly normal: BufferAttribute;
  readonly #file: BufferGeometry;
  #weights: readonly number[] | null = null;

  constructor(mesh: Mesh) {
    this.mesh = mesh;
    this.#file = mesh.geometry;
    const count = this.vertexCount;
    this.position = new BufferAttribute(new Float32Array(3 * count), 3);
    this.normal = new BufferAttribute(new Float32Array(3 * count), 3);
    this.update();
  }

  get vertexCount(): number {
    return this.#file.getAttribute("position").count;
  }

  /** Takes over the weights that the mesh has now. */
  update(): void {
    const { attributes, morphAttributes } = this.#file;
    const weights = this.mesh.morphTargetInfluences ?? [];
    const before = this.#weights;
    if (before !== null && weights.every((weight, index) => weight === before[index])) {
      return;
    }
    this.#weights = [...weights];
    blend(this.position, attributes.position, morphAttributes.position ?? [], weights);
    blend(this.normal, attributes.normal, morphAttributes.normal ?? [], weights);
  }

  /**
   * From now on the mesh is drawn from here as well: where no graphics card draws, morphing each
   * vertex for each picture takes longer than all else. The mesh then follows `update` alone.
   */
  takeOver(): void {
    const geometry = new BufferGeometry();
    for (const [name, attribute] of Object.entries(this.#file.attributes)) {
      geometry.setAttribute(name, attribute);
    }
    geometry.setAttribute("position", this.position);
    geometry.setAttribute("normal", this.normal);
    geometry.setIndex(this.#file.getIndex());
    this.mesh.geometry = geometry;
  }
}

function blend(
  target: BufferAttribute,
  rest: Attribute | undefined,
  changes: readonly Attribute[],
  weights: readonly number[],
): void {
  const values = target.array;
  values.fill(0);
  if (rest !== undefined) {
    addWeighted(values, rest, 1);
  }
  changes.forEach((change, index) => {
    const weight = weights[index] ?? 0;
    if (weight !== 0) {
      addWeighted(values, change, weight);
    }
  });
  target.needsUpdate = true;
}

/** Through the getters: a compressed file stores integers of many kinds. */
function addWeighted(values: BufferAttribute["array"], added: Attribute, weight: number): void {
  for (let i = 0, at = 0; i < added.count; i += 1, at += 3) {
    values[at] = (values[at] ?? 0) + weight * added.getX(i);
    values[at + 1] = (values[at + 1] ?? 0) + weight * added.getY(i);
    values[at + 2] = (values[at + 2] ?? 0) + weight * added.getZ(i);
  }
}
