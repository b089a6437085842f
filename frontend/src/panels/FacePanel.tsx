import { emotionsOf, MIRRORED_CONTEMPT } from "../emotions";
import { labelOf } from "../expressions";
import {
  type Face,
  type FacePreset,
  NEUTRAL,
  presetsFor,
  sameFace,
  withEmotion,
  withMuscles,
} from "../face";
import { EmotionSign } from "./EmotionSign";
import { MuscleSliders } from "./MuscleSliders";
import { Slider } from "./Slider";
import { SpeechPanel } from "./SpeechPanel";
import { Switch } from "./Switch";

interface FacePanelProps {
  /** Morph targets of the head that is shown. */
  names: readonly string[];
  face: Face;
  /** The face that the photo shows; null until it is known. */
  photoFace: Face | null;
  idle: boolean;
  onFace: (face: Face) => void;
  onIdle: (on: boolean) => void;
  onSpeak: (text: string) => void;
}

export function FacePanel(props: FacePanelProps) {
  const { names, face, photoFace, idle, onFace, onIdle, onSpeak } = props;
  const emotions = emotionsOf(names);
  const photoPreset: FacePreset[] =
    photoFace === null ? [] : [{ label: "As in the photo", face: photoFace }];
  return (
    <>
      <section className="panel-part">
        <div className="part-head">
          <h2>Expression</h2>
          <button
            type="button"
            className="link"
            disabled={sameFace(face, NEUTRAL)}
            onClick={() => onFace(NEUTRAL)}
          >
            Reset
          </button>
        </div>
        <div className="chips">
          {[...presetsFor(emotions.length > 0), ...photoPreset].map((preset) => (
            <button
              key={preset.label}
              type="button"
              className="chip"
              aria-pressed={sameFace(face, preset.face)}
              onClick={() => onFace(preset.face)}
            >
              {preset.label}
            </button>
          ))}
        </div>
        {emotions.map((emotion) => (
          <Slider
            key={emotion}
            label={labelOf(emotion)}
            sign={<EmotionSign emotion={emotion} />}
            value={face.emotions[emotion] ?? 0}
            onChange={(value) => onFace(withEmotion(face, emotion, value))}
          />
        ))}
        {names.includes(MIRRORED_CONTEMPT) && (
          <Switch
            label="Contempt on the other side"
            on={face.contemptMirrored}
            onChange={(contemptMirrored) => onFace({ ...face, contemptMirrored })}
          />
        )}
      </section>
      <section className="panel-part">
        <h2>Life</h2>
        <Switch label="Blink, glance and breathe" on={idle} onChange={onIdle} />
        <SpeechPanel names={names} onSpeak={onSpeak} />
      </section>
      <MuscleSliders
        names={names}
        weights={face.muscles}
        onChange={(targets, weight) => onFace(withMuscles(face, targets, weight))}
        onReset={() => onFace({ ...face, muscles: {} })}
      />
    </>
  );
}
