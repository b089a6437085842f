import {
  BufferAttribute,
  type DataTexture,
  DoubleSide,
  InstancedBufferGeometry,
  Matrix4,
  Mesh,
  type PerspectiveCamera,
  ShaderMaterial,
  Vector2,
  Vector3,
  type WebGLRenderer,
} from "three";
import type { StrandColour } from "./AvatarHair";
import { HairLight } from "./HairLight";
import { WHITE_STRANDS } from "./hairColours";
import { type Detail, THINNEST_PX } from "./hairDetail";
import { HAIR_FRAGMENT, HAIR_VERTEX } from "./hairShader";
import type { StrandFile } from "./StrandFile";
import { colourMapOf, layoutOf, meanColourOf, pointMapOf } from "./strandMaps";

const INDICES_PER_SEGMENT = 6;
const MM = 1000;
/** That can be told apart in one ribbon. */
const MOST_HAIRS_ACROSS = 14;

/** Strands stand for more hairs than there are; as in `cameo render`, holes in dense hair are none. */
const FULLER = 1.15;

type Uniforms = Record<string, { value: unknown }>;

/** Strands as ribbons that face the camera, all in one draw call. */
export class HairRibbons {
  readonly mesh: Mesh<InstancedBufferGeometry, ShaderMaterial>;
  readonly #file: StrandFile;
  readonly #pointMap: DataTexture;
  readonly #colourMap: DataTexture;
  readonly #light: HairLight;
  readonly #drawn;
  readonly #lit;
  #thickness = 1;
  #widthScale = 1;
  #leastWidth = 0;
  #strands = 0;

  /** `shared`: the uniforms of the light and of the hair's shade. */
  constructor(file: StrandFile, shared: Uniforms, centre: Vector3) {
    this.#file = file;
    const layout = layoutOf(file);
    this.#pointMap = pointMapOf(file, layout);
    this.#colourMap = colourMapOf(file, layout);
    const pointMap = { value: this.#pointMap };
    const strandLayout = { value: [file.pointsPerStrand, file.colourKnots, layout.perRow] };
    this.#lit = {
      pointMap,
      strandLayout,
      colourMap: { value: this.#colourMap },
      eye: { value: new Vector3() },
      worldFromRest: { value: new Matrix4() },
      widthUnitMm: { value: 255 * MM * file.widthStepM },
      taper: { value: file.taper },
      lengthShown: { value: 1 },
      chosenColour: { value: new Vector3() },
      meanColour: { value: meanColourOf(file) },
      recoloured: { value: 0 },
      whiteShare: { value: 0 },
      whiteColour: { value: new Vector3(...WHITE_STRANDS) },
      hairCentre: { value: centre },
    };
    this.#light = new HairLight(layout, this.#pointMap.image.width, { ...shared, ...this.#lit });
    this.#drawn = {
      pointMap,
      strandLayout,
      lightMap: { value: this.#light.map },
      firstStrand: { value: 0 },
      rowStep: { value: 1 },
      widths: { value: new Vector2() },
      hairsAcross: { value: 1 },
      chance: { value: 0 },
    };
    const material = new ShaderMaterial({
      uniforms: this.#drawn,
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
    this.#lit.lengthShown.value = lengthShown;
    this.#pointMap.needsUpdate = true;
  }

  setThickness(thickness: number): void {
    this.#thickness = thickness;
    this.#setWidths();
  }

  /** null: the colours of the file. */
  setColour(colour: StrandColour | null): void {
    this.#lit.recoloured.value = colour === null ? 0 : 1;
    if (colour !== null) {
      this.#lit.chosenColour.value.set(...colour.linear);
      this.#lit.whiteShare.value = colour.whiteShare;
    }
  }

  /** Linear RGB of the strands as they are shown. */
  get meanColour(): Vector3 {
    const { recoloured, chosenColour, meanColour } = this.#lit;
    return recoloured.value === 0 ? meanColour.value : chosenColour.value;
  }

  /** Strands of a whole picture. */
  get strands(): number {
    return this.#strands;
  }

  /** How a whole picture is drawn; all of it, until a range is chosen. */
  setDetail({ strands, rowStep, widthScale }: Detail): void {
    const segments = Math.ceil((this.#file.pointsPerStrand - 1) / rowStep);
    this.mesh.geometry.setDrawRange(0, INDICES_PER_SEGMENT * segments);
    this.#drawn.rowStep.value = rowStep;
    this.#drawn.hairsAcross.value = Math.min(MOST_HAIRS_ACROSS, Math.round(widthScale));
    this.#strands = strands;
    this.#widthScale = widthScale;
    this.#setWidths();
    this.setRange(0, strands);
  }

  /** Which of the picture's strands are drawn next. */
  setRange(first: number, count: number): void {
    this.#drawn.firstStrand.value = first;
    this.mesh.geometry.instanceCount = Math.max(0, Math.min(count, this.#strands - first));
  }

  /** Another one in [0, 1) draws other strands where only some are drawn. */
  setChance(chance: number): void {
    this.#drawn.chance.value = chance;
  }

  /** Metres that a pixel covers, a metre away from the camera. */
  setPixelSize(pixelM: number): void {
    this.#leastWidth = THINNEST_PX * pixelM;
    this.#setWidths();
  }

  /** Lights the strands that are drawn next. */
  relight(renderer: WebGLRenderer, camera: PerspectiveCamera): void {
    const first = this.#drawn.firstStrand.value;
    const count = this.mesh.geometry.instanceCount;
    if (count > 0) {
      this.mesh.updateWorldMatrix(true, false);
      this.#light.update(renderer, { first, count }, camera.position, this.mesh.matrixWorld);
    }
  }

  dispose(): void {
    this.#pointMap.dispose();
    this.#colourMap.dispose();
    this.#light.dispose();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }

  #setWidths(): void {
    const wider = (FULLER * this.#thickness * this.#widthScale) / MM;
    this.#drawn.widths.value.set(wider, this.#leastWidth);
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
