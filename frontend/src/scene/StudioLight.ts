import {
  DirectionalLight,
  PMREMGenerator,
  type Scene,
  type Texture,
  type WebGLRenderer,
} from "three";
import { RoomEnvironment } from "three/examples/jsm/environments/RoomEnvironment.js";

const ENVIRONMENT_INTENSITY = 0.38;
const ENVIRONMENT_BLUR = 0.04;
const SHADOW_MAP_SIZE = 1024;
/** Half of the key light's shadow volume, in metres: a head fits. */
const SHADOW_REACH_M = 0.25;

/** A portrait studio: a soft room, a key light from the upper left, a fill, a rim from behind. */
export class StudioLight {
  readonly #environment: Texture;

  constructor(scene: Scene, renderer: WebGLRenderer) {
    const generator = new PMREMGenerator(renderer);
    const room = new RoomEnvironment();
    this.#environment = generator.fromScene(room, ENVIRONMENT_BLUR).texture;
    room.dispose();
    generator.dispose();
    scene.environment = this.#environment;
    scene.environmentIntensity = ENVIRONMENT_INTENSITY;
    scene.add(keyLight(), fillLight(), rimLight());
  }

  dispose(): void {
    this.#environment.dispose();
  }
}

function keyLight(): DirectionalLight {
  const light = new DirectionalLight(0xfffaf5, 1.75);
  light.position.set(-0.6, 0.6, 0.75);
  light.castShadow = true;
  light.shadow.mapSize.setScalar(SHADOW_MAP_SIZE);
  light.shadow.normalBias = 0.002;
  light.shadow.bias = -0.0005;
  light.shadow.radius = 6;
  light.shadow.intensity = 0.6;
  const camera = light.shadow.camera;
  camera.left = camera.bottom = -SHADOW_REACH_M;
  camera.right = camera.top = SHADOW_REACH_M;
  camera.near = 0.4;
  camera.far = 2;
  return light;
}

function fillLight(): DirectionalLight {
  const light = new DirectionalLight(0xf6f9ff, 0.35);
  light.position.set(0.8, 0.1, 0.7);
  return light;
}

function rimLight(): DirectionalLight {
  const light = new DirectionalLight(0xffffff, 0.7);
  light.position.set(0.5, 0.5, -0.9);
  return light;
}
