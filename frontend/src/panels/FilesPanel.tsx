import type { AvatarParameters, Job } from "../api/gateway";
import type { Face } from "../face";
import type { Hair } from "../hair";
import { duration } from "../stageNames";
import { StageList } from "./StageList";
import { WornFiles } from "./WornFiles";

interface FilesPanelProps {
  job: Job;
  /** null until they are loaded. */
  parameters: AvatarParameters | null;
  /** That the head makes now. */
  face: Face;
  /** That it wears now. */
  hair: Hair;
  onRemove: () => void;
}

/** What can be taken away, how long it took, and how to leave nothing behind. */
export function FilesPanel({ job, parameters, face, hair, onRemove }: FilesPanelProps) {
  return (
    <>
      <section className="panel-part">
        <h2>Take it with you</h2>
        <ul className="files">
          <li>
            <a className="button" href={job.links.archive} download="avatar.zip">
              Everything (.zip)
            </a>
            <span className="fine">Model, maps, picture, parameters and licences.</span>
          </li>
          <li>
            <a className="button quiet" href={job.links.model} download="avatar.glb">
              Model (.glb)
            </a>
            <span className="fine">Rigged head with its expressions, for engines and viewers.</span>
          </li>
          <li>
            <a className="button quiet" href={job.links.preview} download="avatar.png">
              Picture (.png)
            </a>
            <span className="fine">A portrait of the avatar without background.</span>
          </li>
        </ul>
        {job.warnings.map((warning) => (
          <p key={warning} className="fine">
            {warning}
          </p>
        ))}
      </section>
      {parameters !== null && (
        <WornFiles job={job} parameters={parameters} face={face} hair={hair} />
      )}
      {parameters !== null && <Times stageMs={parameters.stage_ms} />}
      <section className="panel-part">
        <h2>Leave nothing behind</h2>
        <p className="fine">The photo is gone already; this deletes the avatar as well.</p>
        <div>
          <button type="button" className="button quiet danger" onClick={onRemove}>
            Delete this avatar
          </button>
        </div>
      </section>
    </>
  );
}

function Times({ stageMs }: { stageMs: Readonly<Record<string, number>> }) {
  const stages = Object.entries(stageMs).map(([name, elapsedMs]) => ({ name, elapsedMs }));
  const total = stages.reduce((sum, stage) => sum + stage.elapsedMs, 0);
  return (
    <details className="panel-part group">
      <summary>Made in {duration(total)}</summary>
      <StageList stages={stages} />
    </details>
  );
}
