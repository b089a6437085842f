import { useState } from "react";
import type { Working } from "../journey";
import { stageTitle } from "../stageNames";
import { Medallion } from "./Medallion";
import { StageList } from "./StageList";

interface WorkPanelProps {
  work: Working;
}

export function WorkPanel({ work }: WorkPanelProps) {
  const finished = work.stages.filter((stage) => stage.elapsedMs !== null).length;
  const progress = work.stageTotal === null ? 0 : finished / work.stageTotal;
  return (
    <section className="work">
      <Medallion progress={progress}>
        {work.photo === null ? <span /> : <PhotoInset url={work.photo.url} />}
      </Medallion>
      <div className="work-words">
        <h1 role="status">{headline(work)}</h1>
        {work.connection === "reconnecting" && (
          <p className="problem" role="alert">
            The connection to the server was lost; trying again.
          </p>
        )}
        {work.interruptions > 0 && (
          <p className="fine">The work was interrupted and has been begun again.</p>
        )}
        <StageList stages={work.stages} />
      </div>
    </section>
  );
}

/** The browser may not be able to show what the server can read: HEIC. */
function PhotoInset({ url }: { url: string }) {
  const [shown, setShown] = useState(true);
  return shown ? <img src={url} alt="Your portrait" onError={() => setShown(false)} /> : <span />;
}

function headline(work: Working): string {
  if (work.job === null) {
    return "Sending the photo";
  }
  if (work.waiting) {
    return "Waiting for its turn";
  }
  const running = work.stages.find((stage) => stage.elapsedMs === null);
  return running === undefined ? "Nearly there" : stageTitle(running.name);
}
