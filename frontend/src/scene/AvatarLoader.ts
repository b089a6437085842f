import { MeshoptDecoder } from "three/examples/jsm/libs/meshopt_decoder.module.js";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { EMOTIONS, type EmotionNeck } from "../emotions";
import { Avatar } from "./Avatar";

export const FORMAT_VERSION = 1;

/** The file is no avatar of Cameo's, or one of a version that this page does not know. */
export class UnknownAvatarFormat extends Error {}

/** Reads `avatar.glb`. */
export class AvatarLoader {
  readonly #loader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder);

  /** Raises UnknownAvatarFormat, or what GLTFLoader raises for a file that is no glTF. */
  async load(bytes: ArrayBuffer): Promise<Avatar> {
    const gltf = await this.#loader.parseAsync(bytes, "");
    checkFormatVersion(gltf.asset);
    return new Avatar(gltf.scene, emotionNeckOf(gltf.asset));
  }
}

/** glTF's `asset` must promise the names of nodes and targets that the viewer goes by. */
export function checkFormatVersion(asset: { extras?: unknown }): void {
  const version = formatVersionOf(asset.extras);
  if (version === undefined) {
    throw new UnknownAvatarFormat("This model was not made by Cameo.");
  }
  if (version !== FORMAT_VERSION) {
    throw new UnknownAvatarFormat(
      `This avatar has format version ${version}; this page shows version ${FORMAT_VERSION}.`,
    );
  }
}

/** How each emotion turns the neck; nothing where the file says nothing. */
function emotionNeckOf(asset: { extras?: unknown }): EmotionNeck {
  const cameo = isRecord(asset.extras) ? asset.extras.cameo : undefined;
  const told = isRecord(cameo) ? cameo.emotionNeck : undefined;
  if (!isRecord(told)) {
    return {};
  }
  return Object.fromEntries(
    EMOTIONS.map((emotion) => [emotion, told[emotion]]).filter(([, turn]) => isTriple(turn)),
  );
}

function isTriple(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length === 3 && value.every((x) => Number.isFinite(x));
}

function formatVersionOf(extras: unknown): unknown {
  if (!isRecord(extras) || !isRecord(extras.cameo)) {
    return undefined;
  }
  return extras.cameo.formatVersion;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
