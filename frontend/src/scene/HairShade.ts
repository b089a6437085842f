import { Data3DTexture, LinearFilter, RGBAFormat, Vector3 } from "three";
import type { Grid, HairVolume, Sweep } from "./HairVolume";
import { luminance, sphereDirections } from "./LightReach";
import type { HeadLight } from "./lightPresets";
import { radianceFrom } from "./sphericalHarmonics";

/** Channels of the maps: the dome, the two lamps; on skin what is seen between roots, on hair shine. */
const DOME = 0;
const FIRST_LAMP = 1;
const BETWEEN_ROOTS = 3;
const SHINE = 3;
const DOME_DIRECTIONS = 14;
/** Of the light that meets a strand, about so much goes on ahead, scattered a little. */
export const OPACITY = 0.6;
const NOWHERE: Grid = { low: new Vector3(), voxelM: 1, size: [1, 1, 1] };
const UNSHADED = new Uint8Array([255, 255, 255, 255]);

/** Roots lie in each other's shade. */
const ROOT_SHADE = 0.55;

export interface ShadeUniforms extends Record<string, { value: unknown }> {
  hairShade: { value: Data3DTexture };
  hairShadeLow: { value: Vector3 };
  hairShadeScale: { value: Vector3 };
  rootColour: { value: Vector3 };
}

/** How much light reaches the hair past hair and head, and the skin past hair: two maps in 3D. */
export class HairShade {
  readonly onSkin = unshaded();
  readonly onHair = unshaded();

  /** `hair` alone, and the same with the head; a byte a voxel for the skin between roots. */
  update(hair: HairVolume, withHead: HairVolume, betweenRoots: Uint8Array, light: HeadLight): void {
    const sweeps = sweepsOf(light);
    const onSkin = hair.transmittance(sweeps, OPACITY);
    betweenRoots.forEach((share, voxel) => {
      onSkin[4 * voxel + BETWEEN_ROOTS] = share;
    });
    show(this.onSkin, hair.grid, onSkin);
    show(this.onHair, hair.grid, withHead.transmittance([...sweeps, ...shineOf(light)], OPACITY));
  }

  /** Linear RGB of the strands. */
  setColour(linear: Vector3): void {
    this.onSkin.rootColour.value.copy(linear).multiplyScalar(ROOT_SHADE);
  }

  /** There is no hair. */
  clear(): void {
    for (const uniforms of [this.onSkin, this.onHair]) {
      show(uniforms, NOWHERE, UNSHADED);
    }
  }

  dispose(): void {
    this.onSkin.hairShade.value.dispose();
    this.onHair.hairShade.value.dispose();
  }
}

/** All directions of the dome by what they bring, and the middles of the lamps. */
function sweepsOf(light: HeadLight): readonly Sweep[] {
  const directions = sphereDirections(DOME_DIRECTIONS);
  const worth = directions.map((direction) => luminance(radianceFrom(light.dome, direction)));
  const total = worth.reduce((sum, value) => sum + value, 0);
  const dome = directions.map((direction, index) => ({
    direction,
    weight: total === 0 ? 1 / DOME_DIRECTIONS : (worth[index] ?? 0) / total,
    channel: DOME,
  }));
  const lamps = light.lamps
    .map(({ direction, colour }, index) => ({ direction, colour, channel: FIRST_LAMP + index }))
    .filter(({ colour }) => luminance(colour) > 0)
    .map(({ direction, channel }) => ({ direction, weight: 1, channel }));
  return [...dome, ...lamps];
}

/** All lamps that hair shines in together: each reaches a side of its own. */
function shineOf(light: HeadLight): readonly Sweep[] {
  const weight = 1 / Math.max(light.shine.length, 1);
  return light.shine.map(({ direction }) => ({ direction, weight, channel: SHINE }));
}

function unshaded(): ShadeUniforms {
  return {
    hairShade: { value: mapOf(UNSHADED, [1, 1, 1]) },
    hairShadeLow: { value: new Vector3() },
    hairShadeScale: { value: new Vector3(1, 1, 1) },
    rootColour: { value: new Vector3() },
  };
}

function show(uniforms: ShadeUniforms, grid: Grid, bytes: Uint8Array<ArrayBuffer>): void {
  const { low, size, voxelM } = grid;
  uniforms.hairShade.value.dispose();
  uniforms.hairShade.value = mapOf(bytes, size);
  uniforms.hairShadeLow.value.copy(low);
  uniforms.hairShadeScale.value
    .set(1, 1, 1)
    .divide(new Vector3(...size))
    .divideScalar(voxelM);
}

function mapOf(bytes: Uint8Array<ArrayBuffer>, size: Grid["size"]): Data3DTexture {
  const map = new Data3DTexture(bytes, ...size);
  map.format = RGBAFormat;
  map.minFilter = map.magFilter = LinearFilter;
  map.unpackAlignment = 4;
  map.needsUpdate = true;
  return map;
}
