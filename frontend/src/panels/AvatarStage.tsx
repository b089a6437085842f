import { type PointerEvent, type RefObject, useEffect, useState } from "react";
import type { AvatarParameters, Job } from "../api/gateway";
import type { Photo } from "../journey";
import { type Background, type StageView, VIEWS } from "../looks";
import { cropAroundHead } from "../photoCrop";
import type { ViewerState } from "../useAvatarViewer";
import { ComparePhoto, type Comparison, canvasStyle } from "./ComparePhoto";

const FIRST_COMPARISON: Comparison = { mode: "wipe", headShare: 0.5 };

interface AvatarStageProps {
  canvas: RefObject<HTMLCanvasElement | null>;
  state: ViewerState;
  /** Whether the head wears its hair; it is not shown before. */
  ready: boolean;
  job: Job;
  photo: Photo | null;
  /** null until they are loaded. */
  parameters: AvatarParameters | null;
  /** null once the head has been turned by hand. */
  view: StageView | null;
  background: Background;
  onView: (view: StageView) => void;
}

/** The canvas and what lies on it. */
export function AvatarStage(props: AvatarStageProps) {
  const { canvas, state, ready, job, photo, parameters, view, background, onView } = props;
  const [comparison, setComparison] = useState(FIRST_COMPARISON);
  const [readable, setReadable] = useState(true);
  const shownPhoto = readable ? photo : null;
  const shown = state.name === "shown" && ready;
  const stage = state.name === "shown" && !ready ? "loading" : state.name;
  const comparing = view === "photo" && shownPhoto !== null;

  useEffect(() => {
    if (view === "photo") {
      setComparison(FIRST_COMPARISON);
    }
  }, [view]);
  const wipe = (event: PointerEvent<HTMLCanvasElement>) => {
    if (comparing && comparison.mode === "wipe" && event.buttons === 1) {
      const box = event.currentTarget.getBoundingClientRect();
      const share = 1 - (event.clientX - box.left) / box.width;
      setComparison({ mode: "wipe", headShare: Math.min(1, Math.max(0, share)) });
    }
  };

  return (
    <div className={`stage-area background-${background}`} data-state={stage}>
      {comparing && <img className="photo-behind" src={shownPhoto.url} alt="Your portrait" />}
      <canvas
        ref={canvas}
        className={canvasClass(shown, comparing)}
        tabIndex={0}
        role="img"
        aria-label="The head in 3D. The arrow keys turn it, plus and minus bring it closer."
        style={comparing ? canvasStyle(comparison) : undefined}
        onPointerDown={wipe}
        onPointerMove={wipe}
      />
      {stage === "loading" && (
        <div className="stage-note">
          <img src={job.links.preview} alt="" className="stage-poster" />
          <p role="status" className="stage-wait">
            <span className="spinner" aria-hidden="true" />
            {state.name === "loading" ? "Unpacking the head…" : "Combing the hair…"}
          </p>
        </div>
      )}
      {state.name === "failed" && (
        <div className="stage-note">
          <img src={job.links.preview} alt="The avatar from the front" />
          <p className="problem" role="alert">
            {state.sentence}
          </p>
        </div>
      )}
      {shownPhoto !== null && !comparing && (
        <button
          type="button"
          className="photo-inset"
          aria-label="Compare with the photo"
          disabled={parameters === null}
          onClick={() => onView("photo")}
        >
          <img
            src={shownPhoto.url}
            alt="Your portrait"
            style={parameters === null ? undefined : cropAroundHead(parameters.camera)}
            onError={() => setReadable(false)}
          />
        </button>
      )}
      {comparing && <ComparePhoto comparison={comparison} onChange={setComparison} />}
      <div className="stage-tools">
        <div className="views" role="toolbar" aria-label="View">
          <button
            type="button"
            aria-pressed={view === "photo"}
            aria-label="As the photo was taken"
            disabled={parameters === null}
            onClick={() => onView("photo")}
          >
            Photo
          </button>
          {VIEWS.map(({ view: side, label, name }) => (
            <button
              key={side}
              type="button"
              aria-pressed={view === side}
              aria-label={name}
              onClick={() => onView(side)}
            >
              {label}
            </button>
          ))}
        </div>
      </div>
    </div>
  );
}

function canvasClass(shown: boolean, comparing: boolean): string | undefined {
  return comparing ? "comparing" : shown ? undefined : "unready";
}
