import { type AvatarParameters, changeExpression, type Job } from "../api/gateway";
import { changeHair } from "../api/hair";
import { chosenOf, type Face, faceOf, sameFace } from "../face";
import { chosenHairOf, type Hair, hairOf, sameHair } from "../hair";
import { type Change, useWornFiles } from "../useWornFiles";

interface WornFilesProps {
  job: Job;
  /** What the avatar's own files wear. */
  parameters: AvatarParameters;
  /** That the head makes now. */
  face: Face;
  /** That it wears now. */
  hair: Hair;
}

/** The avatar's files with the face and the hair that are shown, made anew by the server. */
export function WornFiles({ job, parameters, face, hair }: WornFilesProps) {
  const { state, make } = useWornFiles(job.id);
  const { chosen } = parameters;
  const changes: Change[] = [];
  if (!sameHair(hair, hairOf(parameters.hair))) {
    changes.push((jobId) => changeHair(jobId, chosenHairOf(hair)));
  }
  if (!sameFace(face, faceOf(chosen))) {
    changes.push((jobId) => changeExpression(jobId, chosenOf(face, chosen)));
  }
  const isWorn = changes.length === 0;
  return (
    <section className="panel-part">
      <h2>As you see it now</h2>
      <p className="fine">
        The files above hold the avatar as it was made. These wear the hair and open with the face
        that you see.
      </p>
      <div>
        <button
          type="button"
          className="button quiet"
          disabled={isWorn || state.name === "making"}
          onClick={() => make(changes)}
        >
          {state.name === "making" ? "Writing the files…" : "Write and save (.zip)"}
        </button>
      </div>
      <p className="fine" role="status">
        {isWorn && "Nothing has been changed."}
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
