import {
  BufferAttribute,
  type DataTexture,
  DoubleSide,
  InstancedBufferGeometry,
  Mesh,
  ShaderMaterial,
  Vector2,
  Vector3,
} from "three";
import type { StrandColour } from "./AvatarHair";
import { WHITE_STRANDS } from "./hairColours";
import { type Detail, THINNEST_PX } from "./hairDetail";
import { HAIR_FRAGMENT, HAIR_VERTEX } from "./hairShader";
import type { StrandFile } from "./StrandFile";
import { colourMapOf, layoutOf, meanColourOf, pointMapOf } from "./strandMaps";

const INDICES_PER_SEGMENT = 6;

type Uniforms = Record<string, { value: unknown }>;

/** Strands as ribbons that face the camera, all in one draw call. */
export class HairRibbons {
  readonly mesh: Mesh<InstancedBufferGeometry, ShaderMaterial>;
  readonly #file: StrandFile;
  readonly #pointMap: DataTexture;
  readonly #colourMap: DataTexture;
  readonly #own;
  #thickness = 1;
  #widthScale = 1;
  #leastWidth = 0;

  /** `shared`: the uniforms of the light and of the hair's shade. */
  constructor(file: StrandFile, shared: Uniforms, centre: Vector3) {
    this.#file = file;
    const layout = layoutOf(file);
    this.#pointMap = pointMapOf(file, layout);
    this.#colourMap = colourMapOf(file, layout);
    this.#own = {
      pointMap: { value: this.#pointMap },
      colourMap: { value: this.#colourMap },
      strandLayout: { value: [file.pointsPerStrand, file.colourKnots, layout.perRow] },
      rowStep: { value: 1 },
      widths: { value: new Vector2() },
      taper: { value: file.taper },
      lengthShown: { value: 1 },
      chosenColour: { value: new Vector3() },
      meanColour: { value: meanColourOf(file) },
      recoloured: { value: 0 },
      whiteShare: { value: 0 },
      whiteColour: { value: new Vector3(...WHITE_STRANDS) },
      hairCentre: { value: centre },
    };
    const material = new ShaderMaterial({
      uniforms: { ...shared, ...this.#own },
      vertexShader: HAIR_VERTEX,
      fragmentShader: HAIR_FRAGMENT,
      side: DoubleSide,
    });
    this.mesh = new Mesh(ribbonOf(file.pointsPerStrand), material);
    this.mesh.name = "hair strands";
    this.mesh.frustumCulled = false; // the geometry says nothing of where strands are
    this.mesh.visible = file.count > 0;
  }

  /** The floats to be written before `pointsChanged`: strands as `shapeStrands` writes them. */
  get points(): Float32Array {
    return this.#pointMap.image.data as Float32Array;
  }

  /** `lengthShown`: of the length that the colours are for. */
  pointsChanged(lengthShown: number): void {
    this.#own.lengthShown.value = lengthShown;
    this.#pointMap.needsUpdate = true;
  }

  setThickness(thickness: number): void {
    this.#thickness = thickness;
    this.#setWidths();
  }

  /** null: the colours of the file. */
  setColour(colour: StrandColour | null): void {
    this.#own.recoloured.value = colour === null ? 0 : 1;
    if (colour !== null) {
      this.#own.chosenColour.value.set(...colour.linear);
      this.#own.whiteShare.value = colour.whiteShare;
    }
  }

  /** Linear RGB of the strands as they are shown. */
  get meanColour(): Vector3 {
    const { recoloured, chosenColour, meanColour } = this.#own;
    return recoloured.value === 0 ? meanColour.value : chosenColour.value;
  }

  setDetail({ strands, rowStep, widthScale }: Detail): void {
    const geometry = this.mesh.geometry;
    geometry.instanceCount = strands;
    const segments = Math.ceil((this.#file.pointsPerStrand - 1) / rowStep);
    geometry.setDrawRange(0, INDICES_PER_SEGMENT * segments);
    this.#own.rowStep.value = rowStep;
    this.#widthScale = widthScale;
    this.#setWidths();
  }

  /** Metres that a pixel covers, a metre away from the camera. */
  setPixelSize(pixelM: number): void {
    this.#leastWidth = THINNEST_PX * pixelM;
    this.#setWidths();
  }

  dispose(): void {
    this.#pointMap.dispose();
    this.#colourMap.dispose();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }

  #setWidths(): void {
    const unit = 255 * this.#file.widthStepM * this.#thickness * this.#widthScale;
    this.#own.widths.value.set(unit, this.#leastWidth);
  }
}

/** Two vertices a row, as many rows as the finest detail has; the shader goes by their numbers. */
function ribbonOf(points: number): InstancedBufferGeometry {
  const segments = 2 * Math.max(points - 1, 0);
  const geometry = new InstancedBufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array(6 * (segments + 1)), 3));
  const indices = Array.from({ length: segments }, (_, segment) =>
    [0, 1, 2, 2, 1, 3].map((corner) => 2 * segment + corner),
  );
  geometry.setIndex(indices.flat());
  return geometry;
}
