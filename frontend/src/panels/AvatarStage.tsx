import { useEffect, useRef, useState } from "react";
import type { AvatarParameters, Job } from "../api/gateway";
import type { Photo } from "../journey";
import { cropAroundHead } from "../photoCrop";
import type { ViewName } from "../scene/AvatarViewer";
import { useAvatarViewer } from "../useAvatarViewer";

const VIEWS: readonly { view: ViewName; label: string }[] = [
  { view: "right", label: "Right" },
  { view: "front", label: "Front" },
  { view: "left", label: "Left" },
  { view: "back", label: "Back" },
];

interface AvatarStageProps {
  job: Job;
  photo: Photo | null;
  /** null until they are loaded. */
  parameters: AvatarParameters | null;
  /** By expression; the others are 0. */
  weights: Readonly<Record<string, number>>;
  /** Called with the names of the head's expressions. */
  onLoaded: (names: readonly string[]) => void;
  /** The head is to be laid over the photo, with the photo's expression. */
  onPhotoView: (parameters: AvatarParameters) => void;
}

/** The canvas and what lies on it. */
export function AvatarStage(props: AvatarStageProps) {
  const { job, photo, parameters, weights, onLoaded, onPhotoView } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { viewer, state } = useAvatarViewer(canvas, job.links.model, weights, onLoaded);
  const [overPhoto, setOverPhoto] = useState(false);
  const [headShare, setHeadShare] = useState(1);
  const [readable, setReadable] = useState(true);
  const shownPhoto = readable ? photo : null;

  const look = (view: ViewName) => {
    setOverPhoto(false);
    viewer.current?.look(view);
  };
  const layOverPhoto = (found: AvatarParameters) => {
    setOverPhoto(true);
    viewer.current?.matchPhoto(found);
    onPhotoView(found);
  };
  useEffect(() => {
    if (!overPhoto) {
      setHeadShare(1);
    }
  }, [overPhoto]);

  return (
    <div className="stage-area" data-state={state.name}>
      {shownPhoto !== null && overPhoto && (
        <img className="photo-behind" src={shownPhoto.url} alt="Your portrait" />
      )}
      <canvas
        ref={canvas}
        tabIndex={0}
        role="img"
        aria-label="The head in 3D. The arrow keys turn it."
        style={{ opacity: headShare }}
        onPointerDown={() => overPhoto && look("front")}
      />
      {state.name === "loading" && (
        <p className="stage-note" role="status">
          Unpacking the head…
        </p>
      )}
      {state.name === "failed" && (
        <div className="stage-note">
          <img src={job.links.preview} alt="The avatar from the front" />
          <p className="problem" role="alert">
            {state.sentence}
          </p>
        </div>
      )}
      {shownPhoto !== null && !overPhoto && (
        <figure className="photo-inset">
          <img
            src={shownPhoto.url}
            alt="Your portrait"
            style={parameters === null ? undefined : cropAroundHead(parameters.camera)}
            onError={() => setReadable(false)}
          />
        </figure>
      )}
      <div className="stage-tools" role="toolbar" aria-label="View">
        {VIEWS.map(({ view, label }) => (
          <button key={view} type="button" className="chip" onClick={() => look(view)}>
            {label}
          </button>
        ))}
        {shownPhoto !== null && parameters !== null && (
          <button
            type="button"
            className="chip"
            aria-label="Over the photo"
            aria-pressed={overPhoto}
            onClick={() => (overPhoto ? look("front") : layOverPhoto(parameters))}
          >
            Photo
          </button>
        )}
        {overPhoto && (
          <label className="chip blend">
            Photo
            <input
              type="range"
              min={0}
              max={1}
              step={0.01}
              value={headShare}
              onChange={(event) => setHeadShare(event.target.valueAsNumber)}
            />
            Head
          </label>
        )}
      </div>
    </div>
  );
}
