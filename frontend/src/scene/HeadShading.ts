import {
  CustomBlending,
  type DataTexture,
  type Material,
  type Mesh,
  MeshStandardMaterial,
  OneFactor,
  type Texture,
  Vector3,
  ZeroFactor,
} from "three";
import { type Finish, finishOf } from "./finishes";
import type { ShadeUniforms } from "./HairShade";
import {
  FRAGMENT_END,
  FRAGMENT_LIGHT,
  FRAGMENT_MAP,
  FRAGMENT_START,
  VERTEX_DEPTH,
  VERTEX_END,
  VERTEX_START,
} from "./headShader";
import { TABLE_WIDTH } from "./LightReach";
import type { HeadLight } from "./lightPresets";

const NO_LIGHT = new Vector3();

type Program = Parameters<Material["onBeforeCompile"]>[0];
interface Uniform<T> {
  value: T;
}

/** The light that head and hair share. */
export interface LightUniforms extends Record<string, Uniform<unknown>> {
  domeLight: Uniform<Vector3[]>;
  lampDirection: Uniform<Vector3[]>;
  lampColour: Uniform<Vector3[]>;
  asPhotographed: Uniform<number>;
  /** Lamps of the dome that hair shines in. */
  shineDirection: Uniform<Vector3[]>;
  shineColour: Uniform<Vector3[]>;
}

/** What all surfaces of the head share. */
interface SharedUniforms {
  lampRadius: Uniform<number[]>;
  lampBars: Uniform<number[]>;
  scatterShare: Uniform<number>;
  reachTable: Uniform<Texture | null>;
  openTable: Uniform<Texture | null>;
  provenanceMap: Uniform<DataTexture | null>;
  provenanceShare: Uniform<number>;
  residualLightMap: Uniform<DataTexture | null>;
  hasResidualLight: Uniform<number>;
}

/**
 * Lights the head as `cameo render` does: harmonics for the dome, GGX and wrapped, tinted diffuse
 * light for the lamps, all of it only as far as it reaches each vertex (`LightReach`).
 *
 * The loader's materials keep maps, morphing and skinning; their lighting is replaced.
 */
export class HeadShading {
  readonly light: LightUniforms = {
    domeLight: { value: Array.from({ length: 9 }, () => new Vector3()) },
    lampDirection: { value: [new Vector3(), new Vector3()] },
    lampColour: { value: [new Vector3(), new Vector3()] },
    asPhotographed: { value: 0 },
    shineDirection: { value: [new Vector3(), new Vector3()] },
    shineColour: { value: [new Vector3(), new Vector3()] },
  };
  readonly #hairShade: ShadeUniforms;
  readonly #shared: SharedUniforms = {
    lampRadius: { value: [1, 1] },
    lampBars: { value: [0, 0] },
    scatterShare: { value: 1 },
    reachTable: { value: null },
    openTable: { value: null },
    provenanceMap: { value: null },
    provenanceShare: { value: 0 },
    residualLightMap: { value: null },
    hasResidualLight: { value: 0 },
  };

  /** `hairShade`: what the hair leaves of the light on the skin. */
  constructor(hairShade: ShadeUniforms) {
    this.#hairShade = hairShade;
  }

  /** Takes over the light of a mesh, whose vertices begin at this row of the reach table. */
  dress(mesh: Mesh, firstRow: number): void {
    const material = mesh.material;
    if (!(material instanceof MeshStandardMaterial)) {
      return;
    }
    const finish = finishOf(material.name);
    if (finish.clear) {
      addOnTop(material);
    }
    // vertex colours darken the mouth for engines without shadows; this light knows better
    material.vertexColors = false;
    const own = {
      ...this.light,
      ...this.#shared,
      ...this.#hairShade,
      ...uniformsOf(finish),
      reachRow: { value: firstRow },
    };
    material.onBeforeCompile = (program) => replaceLight(program, own);
    material.customProgramCacheKey = () => `head ${finish.clear}`;
    material.defines = {
      ...material.defines,
      REACH_WIDTH: `${TABLE_WIDTH}`,
      ...(finish.clear ? { CLEAR_LAYER: "" } : {}),
    };
    material.needsUpdate = true;
  }

  setLight(light: HeadLight): void {
    light.dome.forEach((value, index) => {
      this.light.domeLight.value[index]?.copy(value);
    });
    light.lamps.forEach((lamp, index) => {
      this.light.lampDirection.value[index]?.copy(lamp.direction);
      this.light.lampColour.value[index]?.copy(lamp.colour);
      this.#shared.lampRadius.value[index] = lamp.radiusRad;
      this.#shared.lampBars.value[index] = lamp.bars ? 1 : 0;
    });
    this.light.shineDirection.value.forEach((direction, index) => {
      direction.copy(light.shine[index]?.direction ?? direction);
      this.light.shineColour.value[index]?.copy(light.shine[index]?.colour ?? NO_LIGHT);
    });
    this.#shared.scatterShare.value = light.scatterShare;
    this.light.asPhotographed.value = light.asPhotographed ? 1 : 0;
  }

  /** The tables of `LightReach`. */
  setReach([reach, open]: readonly Texture[]): void {
    this.#shared.reachTable.value = reach ?? null;
    this.#shared.openTable.value = open ?? null;
  }

  /** What the photo's light has beyond the dome. */
  setResidualLight(map: DataTexture): void {
    this.#shared.residualLightMap.value = map;
    this.#shared.hasResidualLight.value = 1;
  }

  setProvenance(map: DataTexture | null): void {
    this.#shared.provenanceMap.value = map;
  }

  /** 0 shows the colours of the head, 1 those of the legend. */
  setProvenanceShare(share: number): void {
    this.#shared.provenanceShare.value = this.#shared.provenanceMap.value === null ? 0 : share;
  }
}

function uniformsOf(finish: Finish) {
  return {
    glossRoughness: { value: [finish.roughness, finish.sheenRoughness] },
    sheenShare: { value: finish.sheenShare },
    gloss: { value: finish.gloss },
    reflectance: { value: finish.reflectance },
    scatter: { value: new Vector3(...finish.scatter) },
    inMouth: { value: finish.place === "mouth" ? 1 : 0 },
    inEye: { value: finish.place === "eye" ? 1 : 0 },
  };
}

/** A clear layer adds what it mirrors to what lies below; alpha, the picture's, stays. */
function addOnTop(material: MeshStandardMaterial): void {
  material.transparent = true;
  material.depthWrite = false;
  material.blending = CustomBlending;
  material.blendSrc = OneFactor;
  material.blendDst = OneFactor;
  material.blendSrcAlpha = ZeroFactor;
  material.blendDstAlpha = OneFactor;
}

function replaceLight(program: Program, uniforms: Record<string, { value: unknown }>): void {
  Object.assign(program.uniforms, uniforms);
  program.vertexShader = withChunks(program.vertexShader, {
    common: ["#include <common>", VERTEX_START],
    begin_vertex: ["#include <begin_vertex>", VERTEX_END],
    project_vertex: ["#include <project_vertex>", VERTEX_DEPTH],
  });
  program.fragmentShader = withChunks(program.fragmentShader, {
    common: ["#include <common>", FRAGMENT_START],
    map_fragment: ["#include <map_fragment>", FRAGMENT_MAP],
    lights_fragment_maps: [FRAGMENT_LIGHT],
    lights_fragment_end: [],
    aomap_fragment: [],
    tonemapping_fragment: [FRAGMENT_END],
  });
}

/** Replaces three.js' includes. Raises an Error where a version of three.js has them no more. */
function withChunks(shader: string, chunks: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(chunks).reduce((text, [name, replacement]) => {
    const include = `#include <${name}>`;
    if (!text.includes(include)) {
      throw new Error(`This three.js has no shader chunk ${name}.`);
    }
    return text.replace(include, replacement.join("\n"));
  }, shader);
}
