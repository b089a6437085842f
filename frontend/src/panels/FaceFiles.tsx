import type { ChosenExpression, Job } from "../api/gateway";
import { chosenOf, type Face, faceOf, sameFace } from "../face";
import { useFaceFiles } from "../useFaceFiles";

interface FaceFilesProps {
  job: Job;
  /** The face that the avatar's own files wear. */
  chosen: ChosenExpression;
  /** That the head makes now. */
  face: Face;
}

/** The avatar's files with the face that the sliders show, made anew by the server. */
export function FaceFiles({ job, chosen, face }: FaceFilesProps) {
  const { state, make } = useFaceFiles(job.id);
  const isWorn = sameFace(face, faceOf(chosen));
  return (
    <section className="panel-part">
      <h2>With this face</h2>
      <p className="fine">
        The model holds every expression. These files open with the one that you see now.
      </p>
      <div>
        <button
          type="button"
          className="button quiet"
          disabled={isWorn || state.name === "making"}
          onClick={() => make(chosenOf(face, chosen))}
        >
          {state.name === "making" ? "Writing the files…" : "Write and save (.zip)"}
        </button>
      </div>
      <p className="fine" role="status">
        {isWorn && "The files above wear this face already."}
        {state.name === "saved" && !isWorn && "Saved."}
      </p>
      {state.name === "failed" && (
        <p className="problem" role="alert">
          {state.sentence}
        </p>
      )}
    </section>
  );
}
